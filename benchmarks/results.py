"""A result of 100,000 rows and 10 columns made into a summary: from its object, and by pages.

    python -m benchmarks.results [RUNS]

Both ways make the same summary with the same code, alternately, in one process; the services run in
another. The object is read as the product reads it; the pages come from boto3's paginator, decoded
as it decodes them. What counts is CPU time of this process. The splitter is measured alone, too.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from datalfred import clients, settings
from datalfred.lake.sql import run
from datalfred.lake.sql.delimited import Row, csv_rows
from datalfred.lake.sql.models import ResultSummary
from datalfred.lake.sql.results import columns_of, rows_of
from datalfred.lake.sql.summary import summarise

ROWS = 100_000
WANTED_RATIO = 6.0
BUCKET = "bench-results"
SQL = f"""
SELECT n AS order_id, n % 9973 AS customer_id,
  CAST(date_add('minute', n, TIMESTAMP '2026-01-01 00:00:00') AS timestamp(3)) AS ordered_at,
  element_at(ARRAY['completed', 'cancelled', 'returned', 'pending'], 1 + n % 4) AS status,
  element_at(ARRAY['web', 'app', 'store'], 1 + n % 3) AS channel,
  element_at(ARRAY['FR', 'DE', 'IT', 'ES', 'NL'], 1 + n % 5) AS country,
  CAST(n % 50000 / DECIMAL '100.00' AS decimal(12, 2)) AS amount,
  CAST(n % 7 AS double) / 3 AS rate,
  nullif(concat('SAVE', CAST(n % 50 AS varchar)), 'SAVE0') AS coupon,
  concat('order ', CAST(n AS varchar), ', "gift"') AS note
FROM (SELECT a * 1000 + b AS n FROM UNNEST(sequence(0, {ROWS // 1000 - 1})) AS t (a)
  CROSS JOIN UNNEST(sequence(1, 1000)) AS u (b)) AS v
"""  # noqa: S608 -- a number of our own

_SERVER = """
import sys
from datalfred.local.aws import athena
from datalfred.local.aws.embedded import EmbeddedAws
with EmbeddedAws() as aws:
    athena.install(aws)
    place = {"LocationConstraint": "eu-west-1"}
    aws.client("s3").create_bucket(Bucket=sys.argv[1], CreateBucketConfiguration=place)
    output = {"OutputLocation": "s3://" + sys.argv[1] + "/"}
    change = {"ResultConfigurationUpdates": output}
    aws.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates=change)
    print("\\n".join(f"{name}={value}" for name, value in aws.environment().items()))
    print(flush=True)
    sys.stdin.read()
"""


def from_object(execution: run.Execution) -> ResultSummary:
    """The summary as the product makes it."""
    columns = columns_of(execution["QueryExecutionId"])
    with closing(rows_of(run.result_location(execution), len(columns))) as rows:
        return summarise(columns, rows)


def by_pages(execution: run.Execution) -> ResultSummary:
    """The same summary of what GetQueryResults returns."""
    return summarise(columns_of(execution["QueryExecutionId"]), _paged(execution))


def _paged(execution: run.Execution) -> Iterator[list[Row]]:
    pages = clients.client("athena").get_paginator("get_query_results")
    first = 1  # the header
    for page in pages.paginate(QueryExecutionId=execution["QueryExecutionId"]):
        yield [
            [datum.get("VarCharValue") for datum in row["Data"]]
            for row in page["ResultSet"]["Rows"][first:]
        ]
        first = 0


def cpu(action: Callable[[], Any]) -> float:
    """CPU seconds of this process."""
    began = time.process_time()
    action()
    return time.process_time() - began


def measure(runs: int) -> dict[str, list[float]]:
    """CPU seconds of each way, one figure for each run; the first run does not count."""
    execution = run.run(SQL)
    if from_object(execution) != by_pages(execution):
        raise RuntimeError("The two ways do not say the same.")
    location = run.result_location(execution)
    bucket, _, key = location.removeprefix("s3://").partition("/")
    data = clients.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    ways: dict[str, Callable[[], Any]] = {
        "GetQueryResults, paged": lambda: by_pages(execution),
        "result object": lambda: from_object(execution),
        "of which: split into rows": lambda: sum(map(len, csv_rows([data], 10))),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            found[name].append(cpu(way))
    print(f"{ROWS} rows, 10 columns, {len(data) / 1e6:.1f} MB; runs: {runs}; CPU seconds")
    return found


def main(runs: int) -> None:
    """Measures and prints."""
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, BUCKET],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        lines = iter(server.stdout or ())
        environment = dict(line.rstrip("\n").split("=", 1) for line in iter(lines.__next__, "\n"))
        with settings.using(environment):
            found = measure(runs)
        server.communicate()
    slowest = statistics.median(found["GetQueryResults, paged"])
    print(f"{'way':<28} {'median':>8} {'min':>8} {'max':>8} {'ratio':>6}")
    for name, times in found.items():
        middle = statistics.median(times)
        print(
            f"{name:<28} {middle:>8.3f} {min(times):>8.3f} {max(times):>8.3f} "
            f"{slowest / middle:>6.1f}"
        )
    print(f"wanted: at least {WANTED_RATIO}")


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(int(given.get(1, "5")))
