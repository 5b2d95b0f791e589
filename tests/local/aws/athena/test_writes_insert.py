"""INSERT INTO and UNLOAD: rows, partitions, types, and what is refused."""

import gzip

import pytest


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def succeeded(execution):
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def keys_under(boto, prefix, bucket="lake"):
    listed = boto("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [each["Key"] for each in listed.get("Contents", [])]


@pytest.fixture(scope="module")
def target(run, lake):
    """Makes a small table with one row, by CREATE TABLE AS."""

    def target(name, properties="", columns="1 AS id, CAST('a' AS varchar) AS said"):
        more = f", {properties}" if properties else ""
        where = f"external_location = 's3://lake/{name}/'{more}"
        succeeded(run(f"CREATE TABLE {name} WITH ({where}) AS SELECT {columns}"))

    return target


@pytest.mark.parametrize("form", ["PARQUET", "JSON", "TEXTFILE"])
def test_rows_are_added_to_a_table_of_each_format(boto, target, run, rows, form):
    name = f"into_{form.lower()}"
    target(name, f"format = '{form}'")

    execution = succeeded(run(f"INSERT INTO {name} SELECT 2, 'b' UNION ALL SELECT 3, NULL"))

    assert execution["StatementType"] == "DML"
    assert execution["SubstatementType"] == "INSERT"
    query_id = execution["QueryExecutionId"]
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://results/here/{query_id}"
    manifest = f"s3://results/here/{query_id}-manifest.csv"
    assert execution["Statistics"]["DataManifestLocation"] == manifest
    page = boto("athena").get_query_results(QueryExecutionId=query_id)
    assert page["UpdateCount"] == 2
    assert len(keys_under(boto, f"{name}/")) == 2
    assert rows(f"SELECT id, said FROM {name} ORDER BY 1") == [
        ("1", "a"),
        ("2", "b"),
        ("3", None),
    ]


def test_values_and_named_columns_leave_the_others_null(target, run, rows):
    target("named", columns="1 AS a, 2e0 AS b, CAST('c' AS varchar) AS c")

    succeeded(run("INSERT INTO sales.named (c, a) VALUES ('z', 9), ('y', 8)"))

    assert rows("SELECT a, b, c FROM named ORDER BY a") == [
        ("1", "2.0", "c"),
        ("8", None, "y"),
        ("9", None, "z"),
    ]


def test_values_become_the_wider_types_of_the_table(target, run, rows):
    kinds = "CAST(1 AS bigint) AS a, 1e0 AS b, CAST(1 AS decimal(12,2)) AS c, current_date AS d"
    target("wider", columns=f"{kinds}, TIMESTAMP '2024-01-01 00:00:00.000' AS e")

    succeeded(run("INSERT INTO wider VALUES (7, 1, 3, DATE '2024-01-05', DATE '2024-01-06')"))

    assert rows("SELECT a, b, c, e FROM wider WHERE a = 7") == [
        ("7", "1.0", "3.00", "2024-01-06 00:00:00.000")
    ]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "INSERT INTO strict VALUES ('x', 'y')",
            (
                "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
                "Table: [integer, varchar(3)], Query: [varchar(1), varchar(1)]"
            ),
        ),
        (
            "INSERT INTO strict VALUES (1)",
            (
                "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
                "Table: [integer, varchar(3)], Query: [integer]"
            ),
        ),
        (
            "INSERT INTO strict VALUES (1, 'abcd')",
            "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types",
        ),
        (
            "INSERT INTO strict SELECT CAST(1 AS bigint), 'a'",
            "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types",
        ),
        (
            "INSERT INTO strict (id, nope) VALUES (1, 'a')",
            "COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target table: nope",
        ),
        (
            "INSERT INTO strict (id, id) VALUES (1, 2)",
            "DUPLICATE_COLUMN_NAME: line 1:1: Insert column name is specified more than once: id",
        ),
        (
            "INSERT INTO nope VALUES (1)",
            "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.sales.nope' does not exist",
        ),
        ("INSERT INTO nodb.t VALUES (1)", "SCHEMA_NOT_FOUND: line 1:1: Schema 'nodb'"),
        (
            "INSERT INTO events VALUES (1)",
            (
                "HIVE_UNSUPPORTED_FORMAT: Output format "
                "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat with SerDe "
                "org.openx.data.jsonserde.JsonSerDe is not supported"
            ),
        ),
        ("INSERT INTO strict SELECT id, nope FROM strict", "COLUMN_NOT_FOUND: line 1:31"),
    ],
)
def test_what_does_not_fit_the_table_is_refused_in_trinos_words(target, boto, run, sql, said):
    if not keys_under(boto, "strict/"):
        target("strict", columns="1 AS id, CAST('a' AS varchar(3)) AS said")

    assert reason(run(sql)).startswith(said)
    assert len(keys_under(boto, "strict/")) == 1


def test_new_partitions_are_registered_and_old_ones_grow_where_they_are(
    boto, lake, target, run, rows
):
    target("grow", "partitioned_by = ARRAY['day']", "1 AS id, DATE '2024-01-01' AS day")
    elsewhere = {"Values": ["2024-01-02"], "StorageDescriptor": {"Location": "s3://lake/apart/x"}}
    stored = lake.get_table(DatabaseName="sales", Name="grow")["Table"]["StorageDescriptor"]
    elsewhere["StorageDescriptor"] = {**stored, "Location": "s3://lake/apart/x"}
    lake.create_partition(DatabaseName="sales", TableName="grow", PartitionInput=elsewhere)

    execution = succeeded(
        run(
            "INSERT INTO grow SELECT CAST(n AS integer), date_add('day', n, DATE '2023-12-31') "
            "FROM UNNEST(sequence(1, 3)) t(n)"
        )
    )

    assert len(keys_under(boto, "grow/day=2024-01-01/")) == 2
    assert len(keys_under(boto, "apart/x/")) == 1
    assert len(keys_under(boto, "grow/day=2024-01-03/")) == 1
    listed = lake.get_partitions(DatabaseName="sales", TableName="grow")["Partitions"]
    assert sorted(each["Values"][0] for each in listed) == [
        "2024-01-01",
        "2024-01-02",
        "2024-01-03",
    ]
    assert rows("SELECT day, count(*) FROM grow GROUP BY 1 ORDER BY 1") == [
        ("2024-01-01", "2"),
        ("2024-01-02", "1"),
        ("2024-01-03", "1"),
    ]
    assert execution["Statistics"]["DataScannedInBytes"] == 0


def test_a_table_can_be_read_while_it_is_written(target, run, rows):
    target("doubled")

    succeeded(run("INSERT INTO doubled SELECT id + 1, said FROM doubled"))
    succeeded(run("INSERT INTO doubled SELECT id + 2, said FROM doubled"))

    assert rows("SELECT id FROM doubled ORDER BY 1") == [("1",), ("2",), ("3",), ("4",)]


def test_a_failing_row_adds_nothing(boto, lake, target, run):
    target("careful", "partitioned_by = ARRAY['k']", "1 AS id, 1 AS k")

    sql = "INSERT INTO careful SELECT 1 / (3 - n), n FROM UNNEST(ARRAY[1, 2, 3, 4]) t(n)"

    assert reason(run(sql)) == "DIVISION_BY_ZERO: Division by zero"
    assert len(keys_under(boto, "careful/")) == 1
    listed = lake.get_partitions(DatabaseName="sales", TableName="careful")["Partitions"]
    assert [each["Values"] for each in listed] == [["1"]]


def test_an_insert_of_no_rows_writes_no_file(boto, target, run):
    target("still")

    execution = succeeded(run("INSERT INTO still SELECT * FROM still WHERE id > 5"))

    assert len(keys_under(boto, "still/")) == 1
    page = boto("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert page["UpdateCount"] == 0


def test_an_insert_that_would_read_too_much_is_cancelled(boto, target, run, table):
    target("modest")
    boto("athena").create_work_group(
        Name="tight",
        Configuration={
            "BytesScannedCutoffPerQuery": 10_000_000,
            "ResultConfiguration": {"OutputLocation": "s3://results/tight/"},
        },
    )
    boto("s3").put_object(Bucket="lake", Key="wide/a.csv", Body=b"1234567,x\n" * 1_100_000)
    table("wide", "s3://lake/wide/", [("id", "int"), ("said", "string")])

    execution = run("INSERT INTO modest SELECT id, said FROM wide", WorkGroup="tight")

    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert len(keys_under(boto, "modest/")) == 1


def test_a_workgroup_that_enforces_its_output_forbids_another_location(boto, lake, run):
    boto("athena").create_work_group(
        Name="enforced",
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {"OutputLocation": "s3://results/enforced/"},
        },
    )
    sql = "CREATE TABLE elsewhere WITH (external_location = 's3://lake/e/') AS SELECT 1 AS x"

    assert "enforces a centralized output location" in reason(run(sql, WorkGroup="enforced"))
    execution = succeeded(run("CREATE TABLE inside AS SELECT 1 AS x", WorkGroup="enforced"))
    stored = lake.get_table(DatabaseName="sales", Name="inside")["Table"]["StorageDescriptor"]
    folder = f"s3://results/enforced/tables/{execution['QueryExecutionId']}/"
    assert stored["Location"] == folder


def test_a_query_is_unloaded_into_an_empty_folder(boto, run):
    sql = (
        "UNLOAD (SELECT order_id, month FROM orders WHERE order_id < 2 OR order_id = 100) TO "
        "'s3://lake/unloaded/' WITH (format = 'JSON', partitioned_by = ARRAY['month'])"
    )
    execution = succeeded(run(sql))

    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "UNLOAD")
    first, second = keys_under(boto, "unloaded/")
    assert first.startswith("unloaded/month=2024-01/")
    assert second.startswith("unloaded/month=2024-02/")
    body = boto("s3").get_object(Bucket="lake", Key=second)["Body"].read()
    assert gzip.decompress(body) == b'{"order_id":100}\n'
    manifest = execution["Statistics"]["DataManifestLocation"]
    listed = boto("s3").get_object(Bucket="results", Key=manifest.removeprefix("s3://results/"))[
        "Body"
    ]
    assert listed.read().decode().split() == [f"s3://lake/{first}", f"s3://lake/{second}"]
    page = boto("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert page["UpdateCount"] == 3

    assert reason(run(sql)).startswith(
        "HIVE_PATH_ALREADY_EXISTS: Target directory already exists: s3://lake/unloaded/"
    )


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("format = 'TEXTFILE', compression = 'NONE'", b"1\x01x)\n"),
        ("format = 'TEXTFILE', compression = 'NONE', field_delimiter = '|'", b"1|x)\n"),
        ("format = 'PARQUET', compression = 'SNAPPY'", b"PAR1"),
    ],
)
def test_unloaded_files_have_the_format_that_was_asked_for(boto, run, form, body):
    place = f"unload/{abs(hash(form))}/"
    succeeded(run(f"UNLOAD (SELECT 1, 'x)') TO 's3://lake/{place}' WITH ({form})"))

    (key,) = keys_under(boto, place)
    found = boto("s3").get_object(Bucket="lake", Key=key)["Body"].read()
    assert found.startswith(body)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("TO 's3://lake/no/' WITH (format = 'ORC')", "NOT_SUPPORTED: Writing the format ORC"),
        ("TO 's3://lake/no/' WITH (colour = 'x')", "INVALID_PROPERTY: Unload property 'colour'"),
        ("TO 's3://lake/no/'", "INVALID_PROPERTY: UNLOAD needs the property 'format'"),
        ("TO 'here' WITH (format = 'JSON')", "INVALID_FUNCTION_ARGUMENT: Invalid S3 location"),
        ("TO 's3://no-such-bucket/' WITH (format = 'JSON')", "NoSuchBucket"),
    ],
)
def test_an_unload_that_cannot_be_is_refused(boto, run, rest, said):
    assert reason(run(f"UNLOAD (SELECT 1 AS x) {rest}")).startswith(said)
    assert keys_under(boto, "no/") == []
