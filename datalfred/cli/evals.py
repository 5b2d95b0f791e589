"""``datalfred evals``: how well questions are answered, as figures."""

import json
from collections import Counter
from typing import TYPE_CHECKING

import click

from datalfred.cli.options import Target, target_options

if TYPE_CHECKING:
    from datalfred.evals.runner import Graded

_INCIDENTS = "incidents"


@click.group()
def evals() -> None:
    """Grade answers on the operation that was called and on the value."""


@evals.command()
@click.argument("suite", default="questions")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@target_options
def run(target: Target, suite: str, *, as_json: bool) -> None:
    """Run a suite on fresh local stacks and report right, abstained and wrong.

    SUITE is questions (the default) or incidents: faults that are injected into pipelines, each
    diagnosis scored by its facts alone, without a model.
    """
    if target.kind != "local":
        raise click.UsageError(
            "The truth of these questions is computed from the files of local lakes; "
            "leave out -p and --target aws."
        )
    from datalfred.cli.progress import progress

    if suite == _INCIDENTS:
        _run_incidents(as_json=as_json)
        return
    from datalfred.evals.cases import load_suite
    from datalfred.evals.runner import run as run_suite

    cases = load_suite(suite)
    with progress() as report:
        graded = list(run_suite(cases, report, target.size))
    click.echo(json.dumps(_as_object(graded)) if as_json else _as_text(graded))


def _run_incidents(*, as_json: bool) -> None:
    from datalfred.cli.progress import progress
    from datalfred.evals.incidents import load_incidents
    from datalfred.evals.incidents_run import run as play
    from datalfred.evals.incidents_telling import as_object, as_text

    with progress() as report:
        scored = list(play(load_incidents(), report))
    click.echo(json.dumps(as_object(scored)) if as_json else as_text(scored))


def _counts(graded: "list[Graded]") -> dict[str, Counter[str]]:
    by_file: dict[str, Counter[str]] = {}
    for each in graded:
        by_file.setdefault(each.file, Counter())[each.grade.verdict] += 1
    return by_file


def _as_object(graded: "list[Graded]") -> dict[str, object]:
    cases = [
        {
            "file": each.file,
            "id": each.case.id,
            "question": each.case.question,
            "verdict": each.grade.verdict,
            "reason": each.grade.reason,
        }
        for each in graded
    ]
    return {"files": _counts(graded), "cases": cases}


def _as_text(graded: "list[Graded]") -> str:
    lines = [
        f"{each.grade.verdict:<9} {each.file}/{each.case.id}: {each.case.question}\n"
        f"          {' '.join(each.grade.reason.split())[:300]}"
        for each in graded
        if each.grade.verdict != "right"
    ]
    lines.append(f"{'':<16} {'cases':>6} {'right':>7} {'abstained':>10} {'wrong':>7}")
    for file, counts in _counts(graded).items():
        total = counts.total()
        shares = [f"{counts[verdict] / total:.1%}" for verdict in ("right", "abstained", "wrong")]
        lines.append(f"{file:<16} {total:>6} {shares[0]:>7} {shares[1]:>10} {shares[2]:>7}")
    return "\n".join(lines)
