"""The error of the price before a run: every statement that the evaluation's questions lead to.

``python -m benchmarks.estimate`` asks all questions over the demo lake and holds the estimate of
each statement that ran against the bytes that Athena scanned, then prices them again by the clock.
"""

import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from datalfred import settings
from datalfred.answers.assemble import AnswerBuilder
from datalfred.answers.models import SqlUse
from datalfred.bedrock.adapter import BedrockAgentRuntime
from datalfred.bedrock.runtime import Turn
from datalfred.definitions.naming import SIZES, agent_variables
from datalfred.evals.cases import load_suite
from datalfred.lake.sql import reading
from datalfred.local import stack

STEMS = ("demo_lake", "demo_lake_team")
_LONGEST_SHOWN = 200


def main() -> None:
    """Prints the error over all statements, and how long a price takes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        stack.start("demo", "local", state=Path(folder)) as running,
        settings.using({**settings.environment(), **running.environment()}),
    ):
        agent, alias = (running.environment()[name] for name in agent_variables(SIZES[0]))
        runtime = BedrockAgentRuntime.connect(agent, alias)
        ran = {each.sql: each for each in _statements(runtime) if not each.reused}
        _report(list(ran.values()))
        _clock(list(ran))


def _statements(runtime: BedrockAgentRuntime) -> Iterator[SqlUse]:
    suite = load_suite("questions")
    for stem in STEMS:
        for case in suite[stem].cases:
            session = uuid.uuid4().hex
            for question in (*case.after, case.question):
                builder = AnswerBuilder(target="benchmark", session_id=session)
                who = settings.operating_system_user()
                turn = Turn(question, session, uuid.uuid4().hex, user=who, channel="benchmark")
                for event in runtime.invoke(turn):
                    builder.feed(event)
                yield from builder.build().sql


def _report(ran: Sequence[SqlUse]) -> None:
    known = [(each.bytes_estimated, each.bytes_scanned) for each in ran]
    pairs = [(guess, read) for guess, read in known if guess is not None]
    ratios = sorted(guess / read for guess, read in pairs if read)
    print(f"statements {len(ran)}, without an estimate {len(ran) - len(pairs)}")
    print(f"exact {sum(guess == read for guess, read in pairs)}, ", end="")
    print(f"too low {sum(guess < read for guess, read in pairs)}")
    p90 = ratios[round(0.9 * (len(ratios) - 1))]
    print(f"estimated / scanned: median {statistics.median(ratios):.3f}, p90 {p90:.3f}, ", end="")
    print(f"max {ratios[-1]:.3f}")
    for each in ran:
        if each.bytes_estimated != each.bytes_scanned:
            shown = " ".join(each.sql.split())[:_LONGEST_SHOWN]
            print(f"  {each.bytes_estimated} for {each.bytes_scanned}: {shown}")


def _clock(statements: Sequence[str]) -> None:
    taken = []
    for sql in statements:
        statement = reading.prepared(sql)
        begun = time.perf_counter()
        reading.estimate(statement)
        taken.append(1000 * (time.perf_counter() - begun))
    taken.sort()
    p90 = taken[round(0.9 * (len(taken) - 1))]
    print(f"a price takes: median {statistics.median(taken):.1f} ms, p90 {p90:.1f} ms, ", end="")
    print(f"max {taken[-1]:.1f} ms")


if __name__ == "__main__":
    main()
