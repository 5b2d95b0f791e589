"""Runs a suite: every question through the wire, as a channel would ask it."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from datalfred import settings
from datalfred.answers.assemble import AnswerBuilder
from datalfred.answers.models import Answer
from datalfred.bedrock.adapter import BedrockAgentRuntime
from datalfred.bedrock.runtime import Turn
from datalfred.definitions.naming import SIZES, agent_variables
from datalfred.errors import DatalfredError, UnavailableError
from datalfred.evals import lakes
from datalfred.evals.cases import Case, CaseFile
from datalfred.evals.grading import Grade, Verdict, grade
from datalfred.evals.reference import Reference

Report = Callable[[str, float], None]


@dataclass(frozen=True)
class Graded:
    """One case and how its answer did."""

    file: str
    case: Case
    grade: Grade
    answer: str


def run(suite: dict[str, CaseFile], report: Report, size: str = SIZES[0]) -> Iterator[Graded]:
    """Yields each case of the suite as it is graded.

    Args:
        suite: case files by their stem.
        report: told what is being asked, and the fraction that is done.
        size: the team that answers.
    """
    total, done = sum(len(file.cases) for file in suite.values()), 0
    for stem, file in suite.items():
        with _stack(file.lake, report, size) as (runtime, reference):
            for case in file.cases:
                report(f"{stem}: {case.question}", done / total)
                yield _run_case(stem, case, runtime, reference)
                done += 1


def _run_case(stem: str, case: Case, runtime: BedrockAgentRuntime, reference: Reference) -> Graded:
    truth = reference.rows(case.expect.sql) if case.expect.sql else []
    session = f"eval-{uuid.uuid4().hex}"
    try:
        for earlier in case.after:
            _ask(runtime, session, earlier)
        answer = _ask(runtime, session, case.question)
    except DatalfredError as error:
        return Graded(stem, case, Grade(Verdict.WRONG, f"failed: {error.message}"), "")
    finally:
        runtime.end(session)
    return Graded(stem, case, grade(answer, case.expect, truth), answer.answer)


def _ask(runtime: BedrockAgentRuntime, session: str, question: str) -> Answer:
    turn = Turn(
        text=question,
        session_id=session,
        request_id=uuid.uuid4().hex,
        user=settings.operating_system_user(),
        channel="evals",
    )
    builder = AnswerBuilder(target="evals", session_id=session)
    for event in runtime.invoke(turn):
        builder.feed(event)
    if builder.failure:
        raise UnavailableError(builder.failure.message)
    return builder.build()


@contextmanager
def _stack(lake: str, report: Report, size: str) -> Iterator[tuple[BedrockAgentRuntime, Reference]]:
    """A stack of its own in a state directory of its own, so that nothing is left behind."""
    from datalfred.local import stack  # noqa: PLC0415 -- without [local] the cases can still be read

    with tempfile.TemporaryDirectory(prefix="datalfred-evals-") as folder:
        root = Path(folder)
        served = "demo" if lake == "demo" else str(lakes.generate(lake, root / "lake"))
        with stack.start(
            "demo", "local", lake=served, state=root / "state", progress=report
        ) as running:
            environment = {**settings.environment(), **running.environment()}
            with settings.using(environment):
                agent, alias = (environment[name] for name in agent_variables(size))
                runtime = BedrockAgentRuntime.connect(agent, alias)
                with Reference() as reference:
                    yield runtime, reference
