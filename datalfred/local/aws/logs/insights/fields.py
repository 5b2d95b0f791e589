"""The fields of an event: its own, those of Lambda's lines, and those of its JSON."""

from dataclasses import dataclass, field

from datalfred.local.aws.logs.insights.values import Kind, Value, quoted

EVENT_FIELDS = {
    "@timestamp": Value("event_time", Kind.TIME),
    "@ingestionTime": Value("ingested", Kind.TIME),
    "@message": Value("message", Kind.TEXT),
    "@logStream": Value("log_stream", Kind.TEXT),
    "@log": Value("log", Kind.TEXT),
    "@ptr": Value("pointer", Kind.TEXT),
}

_MEGABYTE = "1000000"


def _extracted(pattern: str) -> str:
    return f"nullif(regexp_extract(message, '{pattern}', 1), '')"


def _reported(label: str, unit: str, factor: str = "1") -> Value:
    # A report line names each figure after a tab, the first after the request id.
    figure = _extracted(rf"^REPORT RequestId[^\n]*\t{label}: ([\d.]+) {unit}")
    return Value(f"(TRY_CAST({figure} AS DOUBLE) * {factor})", Kind.NUMBER)


LAMBDA_FIELDS = {
    "@requestId": Value(_extracted(r"RequestId: ([\w-]+)"), Kind.TEXT),
    "@type": Value(_extracted("^(START|END|REPORT) RequestId"), Kind.TEXT),
    "@duration": _reported("Duration", "ms"),
    "@billedDuration": _reported("Billed Duration", "ms"),
    "@initDuration": _reported("Init Duration", "ms"),
    "@memorySize": _reported("Memory Size", "MB", _MEGABYTE),
    "@maxMemoryUsed": _reported("Max Memory Used", "MB", _MEGABYTE),
    "@xrayTraceId": Value(_extracted(r"\tXRAY TraceId: (\S+)"), Kind.TEXT),
    "@xraySegmentId": Value(_extracted(r"\tSegmentId: (\S+)"), Kind.TEXT),
}


@dataclass
class Scope:
    """The fields that an expression may name at its place in the pipe.

    Attributes:
        defined: fields that earlier commands made.
        closed: whether ``stats`` came before, after which only its own fields remain.
        computing: whether it is that of ``stats``, where ``count(*)`` means to count again.
    """

    defined: dict[str, Value] = field(default_factory=dict)
    closed: bool = False
    computing: bool = False

    def headers(self) -> list[str]:
        """Columns of ``stats`` that are named by what computes them, as ``count(*)``."""
        if not self.closed or self.computing:
            return []
        return [name for name in self.defined if "(" in name]

    def find(self, path: tuple[str, ...]) -> Value | None:
        """The field of this path; None when nothing of that name can exist any more."""
        name = ".".join(path)
        if name in self.defined:
            return self.defined[name]
        if (part := self._part(path)) is not None or self.closed:
            return part
        known = EVENT_FIELDS.get(name) or LAMBDA_FIELDS.get(name)
        if known is not None:
            return known
        if not name.startswith("@"):
            return Value(_discovered(path), Kind.TEXT)
        # CloudWatch puts its sign before fields of the log that have it already.
        own = _discovered((path[0][1:], *path[1:])) if name.startswith("@@") else "NULL::VARCHAR"
        return Value(own, Kind.TEXT)

    def _part(self, path: tuple[str, ...]) -> Value | None:
        """What stands at a path in a map or list that an earlier command made."""
        for length in range(len(path) - 1, 0, -1):
            value = self.defined.get(".".join(path[:length]))
            if value is not None and value.kind is Kind.STRUCTURE:
                return part_of(value, path[length:])
        return None


def part_of(value: Value, path: tuple[str, ...]) -> Value:
    """What stands at a path in a map or list."""
    return Value(f"json_part({value.sql}, {quoted('$' + _steps(path))})", Kind.STRUCTURE)


def _discovered(path: tuple[str, ...]) -> str:
    """A field of the JSON in the message: nested, or with dots in its name; objects are none."""
    nested = f"json_field(document, {quoted('$' + _steps(path))})"
    if len(path) == 1:
        return nested
    dotted = quoted('$."' + _escaped(".".join(path)) + '"')
    return f"coalesce({nested}, json_field(document, {dotted}))"


def _steps(path: tuple[str, ...]) -> str:
    """A path as DuckDB writes it."""
    return "".join(f"[{s}]" if s.isascii() and s.isdecimal() else f'."{_escaped(s)}"' for s in path)


def _escaped(step: str) -> str:
    return step.replace("\\", "\\\\").replace('"', '\\"')
