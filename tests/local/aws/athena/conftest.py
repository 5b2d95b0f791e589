"""A translator over an empty catalog, and Athena behind the front door with a small lake."""

import json
import threading
import time
from datetime import UTC, datetime

import duckdb
import pytest

from datalfred import clients, settings
from datalfred.local.aws import athena
from datalfred.local.aws.athena.engine import Engine
from datalfred.local.aws.athena.errors_of_duckdb import translated
from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.rendering import rendered
from datalfred.local.aws.athena.translate.dialect import Source, parse_query
from datalfred.local.aws.athena.translate.statement import translate
from tests.support.permissions import EVERYTHING

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
TEXT = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
JSON = "org.openx.data.jsonserde.JsonSerDe"
MONTHS = ("2024-01", "2024-02", "2024-03")
REGION = "eu-west-1"


@pytest.fixture(scope="module")
def aws(embedded_aws):
    athena.install(embedded_aws)
    for role in ("reader", "stranger"):
        embedded_aws.permissions.grant(role, EVERYTHING)
    return embedded_aws


@pytest.fixture(scope="module")
def boto(aws):
    """The client of a service, as the person at the laptop or in a role."""
    made = {}

    def client(name, role=""):
        if (role, name) not in made:
            with settings.using(aws.environment(role)):
                made[role, name] = clients.client(name)
        return made[role, name]

    yield client
    for each in made.values():
        each.close()


@pytest.fixture(scope="module")
def lake(boto, tmp_path_factory):
    """Buckets and a database with one table of each format."""
    folder = tmp_path_factory.mktemp("lake")
    s3, glue = boto("s3"), boto("glue")
    for bucket in ("lake", "results"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    glue.create_database(DatabaseInput={"Name": "sales", "Description": "What we sell"})
    _orders(folder, s3, glue)
    _others(s3, glue)
    return glue


def _orders(folder, s3, glue):
    for number, month in enumerate(MONTHS):
        file = folder / f"{month}.parquet"
        extra = ", 'new' AS note" if number == 2 else ""
        duckdb.sql(
            f"SELECT {number} * 100 + range AS order_id, CAST(range + 0.5 AS DECIMAL(12,2)) AS "
            f"amount, TIMESTAMP '2024-01-01 00:00:00.123456' AS ordered_at{extra} FROM range(100)"
        ).write_parquet(str(file))
        s3.upload_file(str(file), "lake", f"orders/month={month}/part.parquet")
    s3.put_object(Bucket="lake", Key="orders/_SUCCESS", Body=b"done")
    s3.put_object(Bucket="lake", Key="orders/month=2024-01/.hidden", Body=b"no parquet")
    columns = [("order_id", "bigint"), ("amount", "decimal(12,2)"), ("ordered_at", "timestamp")]
    columns += [("note", "string"), ("odd", "uniontype<int,string>")]
    _table(glue, "orders", ("s3://lake/orders/", PARQUET, {}), columns, keys=[("month", "string")])
    glue.batch_create_partition(
        DatabaseName="sales",
        TableName="orders",
        PartitionInputList=[
            {
                "Values": [month],
                "StorageDescriptor": {"Location": f"s3://lake/orders/month={month}"},
            }
            for month in MONTHS
        ],
    )


def _others(s3, glue):
    text = "id,name,price,launched\n1,Chair,9.50,2024-01-05\n2,,x,\n3,\\N,7,2024-02-30\n"
    s3.put_object(Bucket="lake", Key="products/a.csv", Body=text.encode())
    columns = [("id", "int"), ("name", "string"), ("price", "double"), ("launched", "date")]
    options = {"field.delim": ","}
    _table(glue, "products", ("s3://lake/products", TEXT, options), columns, header="1")

    text = '"1";"a;b"\n"2";"say ""x"""\n'
    s3.put_object(Bucket="lake", Key="quoted/a.csv", Body=text.encode())
    options = {"separatorChar": ";", "quoteChar": '"'}
    said = ("s3://lake/quoted/", OPEN_CSV, options)
    _table(glue, "quoted", said, [("id", "int"), ("said", "string")])
    _table(glue, "misread", said, [("id", "int"), ("said", "int")])

    lines = [
        {"Id": 1, "at": "2024-01-05 10:00:00", "tags": ["a"], "who": {"name": "Ana"}, "n": None},
        {"id": 2, "at": None, "note": {"k": 1}, "n": "7"},
    ]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    s3.put_object(Bucket="lake", Key="events/a.json", Body=body)
    columns = [("id", "int"), ("at", "timestamp"), ("tags", "array<string>"), ("n", "bigint")]
    columns += [("who", "struct<name:string>"), ("note", "string"), ("renamed", "string")]
    _table(glue, "events", ("s3://lake/events/", JSON, {"mapping.renamed": "note"}), columns)

    s3.put_object(Bucket="lake", Key="broken/a.json", Body=b'{"id": "x"}\n')
    _table(glue, "broken", ("s3://lake/broken/", JSON, {}), [("id", "int")])
    _table(glue, "empty", ("s3://lake/empty/", PARQUET, {}), [("id", "int")])
    _table(glue, "avro", ("s3://lake/empty/", "org.apache.avro.Whatever", {}), [("id", "int")])
    january = ("s3://lake/orders/month=2024-01/", PARQUET, {})
    _table(glue, "badly_typed", january, [("order_id", "string")])


@pytest.fixture(scope="module")
def table(lake):
    """Makes a table of delimited text, or of another format."""

    def table(name, location, columns, library=TEXT, options=None, **more):
        where = (location, library, options or {"field.delim": ","})
        _table(lake, name, where, columns, **more)

    return table


def _table(glue, name, where, columns, *, keys=(), header=None, **more):
    location, library, options = where
    parameters = {"skip.header.line.count": header} if header else {}
    glue.create_table(
        DatabaseName="sales",
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {**parameters, **more},
            "PartitionKeys": [{"Name": k, "Type": t, "Comment": "the part"} for k, t in keys],
            "StorageDescriptor": {
                "Columns": [{"Name": c, "Type": t} for c, t in columns],
                "Location": location,
                "SerdeInfo": {"SerializationLibrary": library, "Parameters": options},
            },
        },
    )


@pytest.fixture(scope="module")
def run(boto, lake):
    """Runs a statement to its end: the execution as the API describes it."""

    def run(sql, **more):
        client = boto("athena")
        arguments = {
            "QueryExecutionContext": {"Database": "sales"},
            "ResultConfiguration": {"OutputLocation": "s3://results/here/"},
            **more,
        }
        started = client.start_query_execution(QueryString=sql, **arguments)
        return _ended(client, started["QueryExecutionId"])

    return run


@pytest.fixture(scope="module")
def ended(boto):
    """Waits for the end of an execution."""
    return lambda query_id: _ended(boto("athena"), query_id)


def _ended(client, query_id):
    deadline, pause = time.monotonic() + 20, threading.Event()
    while time.monotonic() < deadline:
        found = client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if found["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            return found
        pause.wait(0.005)
    raise AssertionError("the query did not end")


@pytest.fixture(scope="module")
def rows(boto, run):
    """The rows of a query, without the names; None is NULL."""

    def rows(sql, **more):
        execution = run(sql, **more)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        page = boto("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
        first = 1 if execution["StatementType"] == "DML" else 0
        return [
            tuple(cell.get("VarCharValue") for cell in row["Data"])
            for row in page["ResultSet"]["Rows"]
        ][first:]

    return rows


NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


class NoTables:
    """A catalog in which every name is unknown."""

    def find(self, catalog, schema, table, at):
        name = f"{catalog}.{schema}.{table}"
        raise StatementError("TABLE_NOT_FOUND", f"Table '{name}' does not exist", at=at)


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    engine = Engine(tmp_path_factory.mktemp("mirror"))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def evaluate(engine):
    """Runs a query as Athena would: rows of text and the types of the columns."""

    def run(sql):
        source = Source(sql)
        plan = translate(parse_query(source), source, NoTables(), "default", NOW)
        try:
            rows = engine.rows(plan.sql)
        except duckdb.Error as error:
            raise translated(error) from error
        return rendered(rows, plan.columns), plan.columns

    return run
