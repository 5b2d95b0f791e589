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
}


@dataclass
class Scope:
    """The fields that an expression may name at its place in the pipe.

    Attributes:
        defined: fields that earlier commands made.
        closed: whether ``stats`` came before, after which only its own fields remain.
    """

    defined: dict[str, Value] = field(default_factory=dict)
    closed: bool = False

    def find(self, path: tuple[str, ...]) -> Value | None:
        """The field of this path; None when nothing of that name can exist any more."""
        name = ".".join(path)
        if name in self.defined:
            return self.defined[name]
        if self.closed:
            return None
        known = EVENT_FIELDS | LAMBDA_FIELDS
        return known.get(name) or Value(_discovered(path), Kind.TEXT)


def _discovered(path: tuple[str, ...]) -> str:
    """A field of the JSON in the message: nested, or with dots in its name; objects are none."""
    steps = "".join(f"[{s}]" if s.isdigit() else f'."{_escaped(s)}"' for s in path)
    nested = f"json_field(document, {quoted('$' + steps)})"
    if len(path) == 1:
        return nested
    dotted = quoted('$."' + _escaped(".".join(path)) + '"')
    return f"coalesce({nested}, json_field(document, {dotted}))"


def _escaped(step: str) -> str:
    return step.replace('"', '\\"')
