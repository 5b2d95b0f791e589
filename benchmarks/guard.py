"""What the guard costs: for statements as people write them, and for the worst it looks at.

    python -m benchmarks.guard [RUNS]

CPU time of this process. Ordinary are the reads of the guard's own suite, and one of 2,000
characters; hostile are families of statements of up to 20,000 characters.
"""

import contextlib
import statistics
import sys
import time
from pathlib import Path

import yaml

from datalfred.errors import CorrectableError
from datalfred.lake.sql.guard import check
from tests.support import long_statements

READS = Path("tests/lake/sql/cases/reads.yaml")
ORDINARY = f"SELECT {', '.join(f'sum(amount) AS total_{n}' for n in range(77))} FROM orders"  # noqa: S608 -- numbers of our own
WANTED_ORDINARY, WANTED_HOSTILE = 5.0, 100.0
WORST = 10


def milliseconds(sql: str, runs: int) -> float:
    """The median time of one judgement."""
    return statistics.median(_once(sql) for _ in range(runs))


def _once(sql: str) -> float:
    began = time.process_time()
    with contextlib.suppress(CorrectableError):
        check(sql, database="sales")
    return 1000 * (time.process_time() - began)


def main(runs: int) -> None:
    """Measures and prints."""
    reads = [case["sql"] for case in yaml.safe_load(READS.read_text("utf-8"))]
    times = sorted(milliseconds(sql, runs) for sql in reads)
    print(f"guard, CPU milliseconds, medians of {runs} runs")
    print(
        f"{len(reads)} reads: median {statistics.median(times):.2f}, "
        f"p90 {times[len(times) * 9 // 10]:.2f}, worst {times[-1]:.2f}"
    )
    print(
        f"{len(ORDINARY):,} characters of a read: {milliseconds(ORDINARY, runs):.2f} "
        f"(wanted: at most {WANTED_ORDINARY:.0f})"
    )
    hostile = long_statements.statements()
    worst = sorted(((milliseconds(sql, runs), name) for name, sql in hostile.items()), reverse=True)
    print(f"the worst of {len(hostile)} hostile families (wanted: at most {WANTED_HOSTILE:.0f})")
    for spent, name in worst[:WORST]:
        print(f"  {spent:>6.1f}  {name} ({len(hostile[name]):,} characters)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
