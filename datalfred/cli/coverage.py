"""``datalfred local --coverage``: what the embedded AWS does of each service."""

import json
import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from datalfred.local.aws.coverage.manifest import Operation, ServiceCoverage

_WIDTH = 100


def show(*, as_json: bool) -> None:
    """Prints the manifest.

    Args:
        as_json: a list with one object a service; else a table of counts, and the lists.
    """
    from datalfred.local.aws.coverage.manifest import covered_services
    from datalfred.local.aws.coverage.report import as_data, operations_of

    services = list(covered_services())
    known = operations_of(each.name for each in services)
    if as_json:
        data = [as_data(service, known[service.name]) for service in services]
        click.echo(json.dumps(data, indent=2))
        return
    _print_counts(services, known)
    for service in services:
        click.echo(f"\n{service.title} ({service.name})")
        for line in _lines(service):
            click.echo(line)


def _print_counts(
    services: "Sequence[ServiceCoverage]", known: "Mapping[str, Sequence[str]]"
) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("service", "answered by")
    for column in ("executed", "stored", "refused"):
        table.add_column(column, justify="right")
    for each in services:
        refused = len(set(known[each.name]) - set(each.operations))
        counts = (len(each.executed), len(each.stored), refused)
        table.add_row(each.title, each.by, *map(str, counts))
    console = Console(highlight=False)
    Console(highlight=False, width=max(console.width, _WIDTH)).print(table)
    click.echo("Services that are not listed are refused as a whole.")


def _lines(service: "ServiceCoverage") -> "Iterator[str]":
    from datalfred.local.aws.coverage.report import refused_words

    yield from _wrapped("  ", service.about)
    yield from _kind("executed", service.executed)
    yield from _kind("stored only", service.stored)
    if words := refused_words(service.everywhere):
        yield from _wrapped("  refused in all of them: ", words)


def _kind(kind: str, operations: "Sequence[Operation]") -> "Iterator[str]":
    from datalfred.local.aws.coverage.report import sentence

    plain = [each.name for each in operations if not sentence(each)]
    if plain:
        yield from _wrapped(f"  {kind}: ", ", ".join(plain))
    for each in operations:
        if words := sentence(each):
            yield from _wrapped(f"  {kind}: ", f"{each.name}: {words}")


def _wrapped(first: str, words: str) -> list[str]:
    return textwrap.wrap(words, _WIDTH, initial_indent=first, subsequent_indent="    ")
