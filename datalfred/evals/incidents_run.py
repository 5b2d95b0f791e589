"""Plays every incident and scores its diagnosis."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from datalfred.evals.incidents import Incident
from datalfred.evals.incidents_grading import Score, score
from datalfred.lake.pipelines import diagnosis
from datalfred.lake.pipelines.models import Diagnosis

Report = Callable[[str, float], None]


@dataclass(frozen=True)
class Scored:
    """One incident, its diagnosis and how that did.

    Attributes:
        incident: the case.
        found: the diagnosis.
        score: how it did.
        seconds: how long the diagnosis took.
        calls: how many AWS calls it made.
    """

    incident: Incident
    found: Diagnosis
    score: Score
    seconds: float
    calls: int


def run(incidents: Iterable[Incident], report: Report) -> Iterator[Scored]:
    """Yields each incident as it is scored; all of them share one embedded AWS.

    Args:
        incidents: the cases.
        report: told what is being played, and the fraction that is done.
    """
    from datalfred.evals.incidents_lab import laboratory  # noqa: PLC0415 -- loads the interpreter

    cases = tuple(incidents)
    with laboratory() as lab:
        for done, incident in enumerate(cases):
            report(f"incidents: {incident.id}", done / len(cases))
            arn = lab.play(incident)
            lab.aws.door.calls.clear()
            began = time.perf_counter()
            with lab.denying(incident.denied):
                found = diagnosis.diagnose(arn)
            seconds = time.perf_counter() - began
            calls = lab.calls()
            yield Scored(incident, found, score(found, incident.expect, calls), seconds, len(calls))
            lab.clear()
