"""The manifest for people: as data, and as the page of the reference."""

from collections.abc import Iterable
from typing import Any

from datalfred.local.aws.coverage.manifest import Operation, ServiceCoverage, covered_services

_INTRODUCTION = """\
What `datalfred local` vouches for. An operation is **executed** when it has its real effect, and
**stored** when it is accepted and given back without it. Everything else, and every parameter that
is listed as refused, answers `NotImplementedException` in the service's own protocol, with one line
in the log; so does every service that has no section here. `datalfred local --coverage` prints the
same.
"""


def as_data(service: ServiceCoverage, known: Iterable[str]) -> dict[str, Any]:
    """The coverage of one service as JSON prints it.

    Args:
        service: what the manifest says.
        known: all operations of the service, to tell which are refused.
    """
    return {
        "service": service.name,
        "title": service.title,
        "answered_by": service.by,
        "about": service.about,
        "refused_parameters": _refused(service.everywhere),
        "executed": [_entry(each) for each in service.executed],
        "stored": [{**_entry(each), "missing": each.missing} for each in service.stored],
        "refused": sorted(set(known) - set(service.operations)),
    }


def operations_of(services: Iterable[str]) -> dict[str, list[str]]:
    """All operations that AWS has, by service; source: botocore's service models."""
    import botocore.session

    session = botocore.session.Session()
    return {name: list(session.get_service_model(name).operation_names) for name in services}


def page() -> str:
    """The body of the page, in Markdown."""
    services = list(covered_services())
    rows = [
        f"| [{each.title}](#{_anchor(each.title)}) | {len(each.executed)} | {len(each.stored)} |"
        for each in services
    ]
    overview = ["| service | executed | stored |", "|---|---|---|", *rows, ""]
    return "\n".join([_INTRODUCTION, *overview, *(_section(each) for each in services)])


def sentence(operation: Operation, quote: str = "") -> str:
    """What there is to say of an operation besides its name; empty when there is nothing.

    Args:
        operation: of the manifest.
        quote: put around the names of parameters.
    """
    said = [operation.missing, operation.note.rstrip(".")]
    if operation.refuses:
        said.append("refuses " + refused_words(operation, quote))
    return "; ".join(each for each in said if each)


def refused_words(operation: Operation, quote: str = "") -> str:
    """The refused parameters in words; empty when there are none."""
    return ", ".join(
        f"{quote}{name}{quote}" + (f" other than {' or '.join(fine)}" if fine else "")
        for name, fine in operation.refuses.items()
    )


def _section(service: ServiceCoverage) -> str:
    lines = [f"## {service.title}", "", f"{service.about} Answered by {service.by}.", ""]
    if service.everywhere.refuses:
        lines += [f"Refused in all operations: {refused_words(service.everywhere, '`')}.", ""]
    for kind, operations in (("Executed", service.executed), ("Stored", service.stored)):
        plain = [each.name for each in operations if not sentence(each)]
        if plain:
            lines += [f"{kind}: {_code(plain)}.", ""]
        told = [each for each in operations if sentence(each)]
        if told:
            lines += [f"{kind}, with a word to say:" if plain else f"{kind}:", ""]
            lines += [f"- `{each.name}`: {sentence(each, '`')}" for each in told] + [""]
    return "\n".join(lines)


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _entry(operation: Operation) -> dict[str, Any]:
    note = {"note": operation.note} if operation.note else {}
    return {
        "operation": operation.name,
        "refused_parameters": _refused(operation),
        **note,
    }


def _refused(operation: Operation) -> list[dict[str, Any]]:
    return [{"name": name, "except": list(fine)} for name, fine in operation.refuses.items()]


def _anchor(title: str) -> str:
    """GitHub's anchor of a heading."""
    kept = "".join(each for each in title.lower() if each.isalnum() or each in " -")
    return kept.replace(" ", "-")
