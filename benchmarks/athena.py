"""TPC-H through Athena beside DuckDB itself, over the same Parquet files, in the same run.

    python -m benchmarks.athena [SCALE] [RUNS]

Each query runs alternately on both sides, after one run of each that does not count. Athena's time
is from StartQueryExecution until its state is SUCCEEDED, through boto3 without a socket; DuckDB's
is from the text until its rows are fetched, with as many threads. Translation alone is listed too.
"""

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from datalfred.local import collecting
from datalfred.local.aws import athena
from datalfred.local.aws.athena.catalog import GlueCatalog
from datalfred.local.aws.athena.engine import THREADS
from datalfred.local.aws.athena.translate.dialect import Source, parse_query
from datalfred.local.aws.athena.translate.statement import translate
from datalfred.local.aws.embedded import EmbeddedAws
from tests.support.tpch import lake, queries, tables

REGION = "eu-west-1"
WANTED_RATIO = 1.5


def seconds(action: Callable[[], Any]) -> float:
    """How long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def translated(glue: Any, sql: str) -> None:
    """Translates one query, with what it asks of Glue."""
    source = Source(sql)
    now = datetime.now(UTC)
    translate(parse_query(source), source, GlueCatalog(glue, now), lake.DATABASE, now)


def measure(scale: float, runs: int, folder: Path) -> list[tuple[float, float, float]]:
    """Medians of each query: Athena, DuckDB, translation; in seconds."""
    files = tables.write(folder, scale)
    with EmbeddedAws() as aws, duckdb.connect(config={"threads": THREADS}) as native:
        athena.install(aws)
        tables.views(native, files)
        native.execute("SET parquet_metadata_cache = true")
        clients = {name: aws.client(name) for name in ("s3", "glue", "athena")}
        lake.install(clients, files, REGION)
        collecting.settle()  # as `datalfred local` does
        found = []
        for number in queries.NUMBERS:
            sql = queries.text(number, scale)
            times = [_times(clients, native, sql) for _ in range(runs + 1)][1:]
            ours, theirs, words = (statistics.median(column) for column in zip(*times, strict=True))
            found.append((ours, theirs, words))
    gc.unfreeze()  # or DuckDB's bindings would call what is left a leak
    return found


def _times(
    clients: dict[str, Any], native: duckdb.DuckDBPyConnection, sql: str
) -> tuple[float, float, float]:
    ours = _seconds_to_succeed(clients["athena"], sql)
    theirs = seconds(lambda: native.execute(sql).fetchall())
    return ours, theirs, seconds(lambda: translated(clients["glue"], sql))


def _seconds_to_succeed(client: Any, sql: str) -> float:
    """From StartQueryExecution until the state is SUCCEEDED, as the service says it.

    Who asks for the state all the time takes the processor from the query; so it is asked seldom.
    """
    began = time.time()
    ended = lake.run(client, sql, pause=0.05)
    if ended["Status"]["State"] != "SUCCEEDED":
        raise RuntimeError(ended["Status"]["StateChangeReason"])
    completed: datetime = ended["Status"]["CompletionDateTime"]
    return completed.timestamp() - began


def main(scale: float, runs: int) -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure(scale, runs, Path(folder))
    print(f"TPC-H at scale {scale}, medians of {runs} runs, milliseconds")
    print(f"{'query':<8} {'Athena':>8} {'DuckDB':>8} {'ratio':>6} {'translation':>12}")
    total = tuple(sum(column) for column in zip(*found, strict=True))
    for name, row in [*((f"Q{i}", row) for i, row in enumerate(found, 1)), ("all", total)]:
        ours, theirs, words = (1000 * each for each in row)
        print(f"{name:<8} {ours:>8.1f} {theirs:>8.1f} {ours / theirs:>6.2f} {words:>12.1f}")
    print(f"wanted: at most {WANTED_RATIO} in all")


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(float(given.get(1, "0.1")), int(given.get(2, "5")))
