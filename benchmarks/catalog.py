"""A search over a catalog of 5,000 tables: cold, warm, and beside boto3's pages of the same tables.

    python -m benchmarks.catalog [RUNS]

Fifty databases of a hundred tables with twenty columns, in an embedded Glue of its own process. The
ways take turns in this one, so what is measured of it are wall seconds with the answers of Glue in
them, and its own CPU seconds. Cold: nothing is kept of the catalog.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from datalfred import clients, settings
from datalfred.lake.catalog import documents
from datalfred.lake.catalog.describe import describe_table
from datalfred.lake.catalog.search import search_tables

DATABASES, TABLES, COLUMNS = 50, 100, 20
WANTED_COLD, WANTED_WARM, WANTED_TYPO = 1.0, 0.25, 0.35
"""At most so many times as long as boto3 takes for the pages alone."""
ASKED, TYPO = "refund amount of orders_0042", "refnud amuont"

_SERVER = """
import sys
from datalfred.local.aws import glue as service
from datalfred.local.aws.embedded import EmbeddedAws
databases, tables, columns = map(int, sys.argv[1:])
words = ["order", "customer", "refund", "amount", "country", "channel", "shipment", "invoice"]
with EmbeddedAws() as aws:
    service.install(aws)
    glue = aws.client("glue")
    for number in range(databases):
        database = f"domain_{number:02}"
        glue.create_database(DatabaseInput={"Name": database})
        for table in range(tables):
            kinds = [
                {"Name": f"{words[(table + at) % 8]}_{words[at % 7]}_{at}" if at
                 else f"{words[table % 8]}_id", "Type": "string",
                 "Comment": f"The {words[at % 8]} of each {words[table % 8]}, number {at}."}
                for at in range(columns)
            ]
            glue.create_table(DatabaseName=database, TableInput={
                "Name": f"{words[table % 8]}s_{number:02}{table:02}",
                "Description": f"Each {words[table % 8]} of domain {number}, as it was told.",
                "StorageDescriptor": {"Columns": kinds, "Location": f"s3://lake/{number}/{table}/"},
            })
    print("\\n".join(f"{name}={value}" for name, value in aws.environment().items()))
    print(flush=True)
    sys.stdin.read()
"""


def paged() -> int:
    """How many tables boto3's pages hold, one database after the other."""
    glue = clients.client("glue", retries=0)
    names = [
        database["Name"]
        for page in glue.get_paginator("get_databases").paginate()
        for database in page["DatabaseList"]
    ]
    pages = glue.get_paginator("get_tables")
    return sum(
        len(page["TableList"]) for name in names for page in pages.paginate(DatabaseName=name)
    )


def cold() -> int:
    """How many tables a search finds that knows nothing yet."""
    documents.forget()
    return len(search_tables(ASKED))


def measure(runs: int) -> dict[str, list[tuple[float, float]]]:
    """Wall and CPU seconds of each way, a pair for each run; the first run does not count."""
    ways: dict[str, Callable[[], Any]] = {
        "GetTables, boto3's pages": paged,
        "cold search": cold,
        "warm search": lambda: search_tables(ASKED),
        "warm search, misspelt": lambda: search_tables(TYPO),
        "describe one table": lambda: describe_table("domain_07", "orders_0700"),
    }
    if paged() != DATABASES * TABLES or not cold():
        raise RuntimeError("The catalog is not the one that was made.")
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            found[name].append(clock(way))
    return found


def clock(way: Callable[[], Any]) -> tuple[float, float]:
    """Wall and CPU seconds of one go."""
    wall, own = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - wall, time.process_time() - own


def main(runs: int) -> None:
    """Measures and prints."""
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(DATABASES), str(TABLES), str(COLUMNS)],
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
    print(f"{DATABASES} databases, {TABLES} tables each, {COLUMNS} columns; runs: {runs}; seconds")
    medians = {
        name: [statistics.median(each) for each in zip(*times, strict=True)]
        for name, times in found.items()
    }
    base = medians["GetTables, boto3's pages"][0]
    print(f"{'way':<26} {'wall':>7} {'min':>7} {'max':>7} {'CPU':>7} {'ratio':>7}")
    for name, (wall, own) in medians.items():
        walls = [each for each, _ in found[name]]
        print(
            f"{name:<26} {wall:>7.3f} {min(walls):>7.3f} {max(walls):>7.3f} {own:>7.3f} "
            f"{wall / base:>7.3f}"
        )
    print(f"wanted ratios: cold <= {WANTED_COLD}, warm <= {WANTED_WARM}, misspelt <= {WANTED_TYPO}")


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(int(given.get(1, "5")))
