"""The manifest: one YAML file a service under ``services/``, read when the service is first called.

A file says, by operation, what has its real effect (``executed``), what is accepted and given back
without it (``stored``, with the effect that is missing), and which parameters are refused because
nobody here evaluates them. What no file lists is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

SERVICES = Path(__file__).parent / "services"

_BY_SIGNATURE = {
    "bedrock": ("bedrock-agent-runtime", "bedrock-agent", "bedrock"),
    "elasticmapreduce": ("emr",),
    "monitoring": ("cloudwatch",),
    "servicequotas": ("service-quotas",),
    "states": ("stepfunctions",),
}
"""boto3's names of services that sign under another one."""


@dataclass(frozen=True)
class Operation:
    """What is said of one operation.

    Attributes:
        name: such as ``GetTables``.
        missing: the effect that is missing when the operation is only stored; empty when it is
            executed.
        refuses: parameters that are refused, each with the values that are not, because they say
            what happens anyway. A nested one is written with dots.
        ignores: parameters that change nothing that can be seen here.
        note: where it differs from AWS.
        wire: where its refused parameters travel, of a REST service: ``header x-amz-acl`` or
            ``query versionId``; what is not here is in the body.
    """

    name: str
    missing: str = ""
    refuses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignores: tuple[str, ...] = ()
    note: str = ""
    wire: Mapping[str, str] = field(default_factory=dict)

    @property
    def executed(self) -> bool:
        """Whether it has its real effect."""
        return not self.missing


@dataclass(frozen=True)
class ServiceCoverage:
    """What is said of one service.

    Attributes:
        name: boto3's name of it, such as ``stepfunctions``.
        title: as AWS writes it.
        by: who answers: ``datalfred``, ``moto`` or ``datalfred and moto``.
        about: one sentence on how.
        operations: by name; what is not here is refused.
        everywhere: the parameters that all of its operations refuse or ignore, if they have them.
    """

    name: str
    title: str
    by: str
    about: str
    operations: Mapping[str, Operation]
    everywhere: Operation = Operation("")

    @property
    def executed(self) -> list[Operation]:
        """The operations that have their real effect, by name."""
        return [each for each in self._sorted() if each.executed]

    @property
    def stored(self) -> list[Operation]:
        """The operations that are accepted and given back without their effect, by name."""
        return [each for each in self._sorted() if not each.executed]

    def _sorted(self) -> list[Operation]:
        return sorted(self.operations.values(), key=lambda operation: operation.name)


def covered_services() -> Iterator[ServiceCoverage]:
    """Every service of the manifest, by title."""
    services = (_read(path.stem) for path in SERVICES.glob("*.yaml"))
    yield from sorted((each for each in services if each), key=lambda each: each.title.lower())


@lru_cache(maxsize=64)
def coverage_of(signing_name: str) -> tuple[ServiceCoverage, ...]:
    """What is said of the services that sign under ``signing_name``; empty when nothing is."""
    names = _BY_SIGNATURE.get(signing_name, (signing_name,))
    return tuple(found for name in names if (found := _read(name)))


@cache
def _read(name: str) -> ServiceCoverage | None:
    path = SERVICES / f"{name}.yaml"
    if not name.replace("-", "").isalnum() or not path.is_file():
        return None
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    said: dict[str, Any] = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506 -- a safe one
    wire = said.get("wire", {})
    operations = [_operation(each, what or {}, wire) for each, what in said["executed"].items()]
    for each, what in said.get("stored", {}).items():
        entry = {"missing": what} if isinstance(what, str) else what
        operations.append(_operation(each, entry, wire))
    return ServiceCoverage(
        name=name,
        title=said["title"],
        by=said["by"],
        about=" ".join(said["about"].split()),
        operations={each.name: each for each in operations},
        everywhere=_operation("", said.get("everywhere", {}), wire),
    )


def _operation(name: str, said: Mapping[str, Any], wire: Mapping[str, str]) -> Operation:
    refuses: dict[str, tuple[str, ...]] = {}
    for each in said.get("refuses", ()):
        fine = each if isinstance(each, dict) else {each: ()}
        refuses |= {parameter: tuple(map(str, values)) for parameter, values in fine.items()}
    return Operation(
        name=name,
        missing=said.get("missing", ""),
        refuses=refuses,
        ignores=tuple(said.get("ignores", ())),
        note=said.get("note", ""),
        wire={each: wire.get(f"{name}.{each}", wire.get(each, "")) for each in refuses},
    )
