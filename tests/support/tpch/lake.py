"""TPC-H's tables in S3 and Glue, read through Athena."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.tpch.tables import COLUMNS

DATABASE, BUCKET, RESULTS = "tpch", "tpch-lake", "tpch-results"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


def install(clients: Mapping[str, Any], files: Mapping[str, Path], region: str) -> None:
    """Uploads the files and registers the tables.

    Args:
        clients: boto3's ``s3`` and ``glue``.
        files: the Parquet file of each table.
        region: of the bucket.
    """
    s3, glue = clients["s3"], clients["glue"]
    for bucket in (BUCKET, RESULTS):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    glue.create_database(DatabaseInput={"Name": DATABASE})
    for table, columns in COLUMNS.items():
        s3.upload_file(str(files[table]), BUCKET, f"{table}/part-0.parquet")
        described = {
            "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
            "Location": f"s3://{BUCKET}/{table}/",
            "SerdeInfo": {"SerializationLibrary": _PARQUET},
        }
        glue.create_table(
            DatabaseName=DATABASE, TableInput={"Name": table, "StorageDescriptor": described}
        )


def run(client: Any, sql: str, patience: float = 60.0, pause: float = 0.002) -> dict[str, Any]:
    """Runs a statement to its end.

    Args:
        client: boto3's ``athena``.
        sql: the statement.
        patience: seconds after which the wait is given up.
        pause: seconds between two looks at the state.
    """
    started = client.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": DATABASE},
        ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/"},
    )
    deadline, wait = time.monotonic() + patience, threading.Event().wait
    while time.monotonic() < deadline:
        found: dict[str, Any] = client.get_query_execution(
            QueryExecutionId=started["QueryExecutionId"]
        )["QueryExecution"]
        if found["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            return found
        wait(pause)
    raise TimeoutError(sql)
