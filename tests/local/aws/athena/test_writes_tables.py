"""CREATE TABLE AS: what is in Glue, in S3 and in the table afterwards."""

import pytest

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.translate.types import Type
from datalfred.local.aws.athena.writes import hive_names
from datalfred.local.aws.faults import FaultError


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def succeeded(execution):
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def glue_table(lake, name, database="sales"):
    return lake.get_table(DatabaseName=database, Name=name)["Table"]


def keys_under(boto, prefix, bucket="lake"):
    listed = boto("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [each["Key"] for each in listed.get("Contents", [])]


def absent(lake, name):
    with pytest.raises(lake.exceptions.EntityNotFoundException):
        lake.get_table(DatabaseName="sales", Name=name)
    return True


def test_a_table_made_from_a_query_is_parquet_under_the_output_location(boto, lake, run, rows):
    execution = succeeded(run("CREATE TABLE plain AS SELECT order_id, amount, note FROM orders"))

    query_id = execution["QueryExecutionId"]
    assert execution["StatementType"] == "DDL"
    assert execution["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    assert execution["ResultConfiguration"]["OutputLocation"] == (
        f"s3://results/here/tables/{query_id}"
    )
    stored = glue_table(lake, "plain")
    described = stored["StorageDescriptor"]
    assert described["Location"] == f"s3://results/here/tables/{query_id}/"
    assert [(c["Name"], c["Type"]) for c in described["Columns"]] == [
        ("order_id", "bigint"),
        ("amount", "decimal(12,2)"),
        ("note", "string"),
    ]
    assert described["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert described["InputFormat"].endswith("MapredParquetInputFormat")
    assert stored["TableType"] == "EXTERNAL_TABLE"
    assert stored["Parameters"]["parquet.compression"] == "GZIP"
    assert rows("SELECT count(*), sum(amount), count(note) FROM plain") == [
        ("300", "15000.00", "100")
    ]


def test_a_write_counts_its_rows_and_lists_its_files_in_a_manifest(boto, lake, run):
    execution = succeeded(run("CREATE TABLE counted AS SELECT order_id FROM orders"))

    query_id = execution["QueryExecutionId"]
    page = boto("athena").get_query_results(QueryExecutionId=query_id)
    assert page["UpdateCount"] == 300
    assert page["ResultSet"]["Rows"] == []
    manifest = execution["Statistics"]["DataManifestLocation"]
    assert manifest == f"s3://results/here/tables/{query_id}-manifest.csv"
    key = manifest.removeprefix("s3://results/")
    listed = boto("s3").get_object(Bucket="results", Key=key)["Body"].read().decode().split()
    folder = f"here/tables/{query_id}/"
    assert listed == [f"s3://results/{key}" for key in keys_under(boto, folder, "results")]
    assert len(listed) == 1
    scanned = run("SELECT order_id FROM orders")["Statistics"]["DataScannedInBytes"]
    assert execution["Statistics"]["DataScannedInBytes"] == scanned > 0


def test_the_names_of_files_start_with_the_time_of_the_query(boto, run):
    execution = succeeded(run("CREATE TABLE dated AS SELECT 1 AS x"))

    folder = f"here/tables/{execution['QueryExecutionId']}/"
    (key,) = keys_under(boto, folder, "results")
    submitted = execution["Status"]["SubmissionDateTime"]
    assert key.removeprefix(folder).startswith(f"{submitted:%Y%m%d_%H}")


def test_partitions_lie_in_folders_of_their_own_and_are_registered(boto, lake, run, rows):
    sql = (
        "CREATE TABLE parted WITH (external_location = 's3://lake/parted/', "
        "partitioned_by = ARRAY['month']) AS SELECT order_id, month FROM orders"
    )
    succeeded(run(sql))

    assert {key.rsplit("/", 1)[0] for key in keys_under(boto, "parted/")} == {
        "parted/month=2024-01",
        "parted/month=2024-02",
        "parted/month=2024-03",
    }
    assert [c["Name"] for c in glue_table(lake, "parted")["PartitionKeys"]] == ["month"]
    listed = lake.get_partitions(DatabaseName="sales", TableName="parted")["Partitions"]
    assert sorted(each["Values"][0] for each in listed) == ["2024-01", "2024-02", "2024-03"]
    assert rows("SELECT month, count(*) FROM parted GROUP BY 1 ORDER BY 1")[0] == (
        "2024-01",
        "100",
    )
    one = run("SELECT sum(order_id) FROM parted WHERE month = '2024-02'")
    every = run("SELECT sum(order_id) FROM parted")
    assert 0 < one["Statistics"]["DataScannedInBytes"] < every["Statistics"]["DataScannedInBytes"]


def test_a_partition_without_a_value_and_one_with_odd_characters_are_read_back(run, rows):
    sql = (
        "CREATE TABLE odd_parts WITH (external_location = 's3://lake/odd_parts/', "
        "partitioned_by = ARRAY['k']) AS "
        "SELECT * FROM (VALUES (1, 'a/b=c %'), (2, CAST(NULL AS varchar)), (3, 'é')) t(x, k)"
    )
    succeeded(run(sql))

    assert rows("SELECT x, k FROM odd_parts ORDER BY x") == [
        ("1", "a/b=c %"),
        ("2", None),
        ("3", "é"),
    ]


def test_more_than_a_hundred_partitions_are_too_many(lake, run, boto):
    sql = (
        "CREATE TABLE many WITH (external_location = 's3://lake/many/', "
        "partitioned_by = ARRAY['k']) AS SELECT x, x AS k FROM UNNEST(sequence(1, {})) t(x)"
    )
    assert reason(run(sql.format(101))).startswith(
        "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions/buckets"
    )
    assert absent(lake, "many")
    assert keys_under(boto, "many/") == []

    succeeded(run(sql.format(100)))


def test_a_table_without_data_has_columns_and_no_file(boto, lake, run, rows):
    sql = "CREATE TABLE hollow AS SELECT order_id, note FROM orders WITH NO DATA"
    execution = succeeded(run(sql))

    assert keys_under(boto, f"here/tables/{execution['QueryExecutionId']}/", "results") == []
    assert rows("SELECT count(*), max(note) FROM hollow") == [("0", None)]
    said = "COMMENT 'full' WITH (is_external = true, table_type = 'HIVE', format = 'json')"
    succeeded(run(f"CREATE TABLE with_data {said} AS (SELECT 1 AS x) WITH DATA"))
    assert glue_table(lake, "with_data")["Description"] == "full"
    assert rows("SELECT x FROM with_data") == [("1",)]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("1", "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1"),
        (
            "1 AS a, 2 AS a",
            "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'a' specified more than once",
        ),
        ("NULL AS a", "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown: a"),
        ("now() AS a", "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone"),
        ("json_parse('1') AS a", "NOT_SUPPORTED: Unsupported Hive type: json"),
        ("ROW(1, 2) AS a", "NOT_SUPPORTED: Anonymous row type is not supported in Hive."),
        (
            "CAST(now() AS timestamp(6)) AS a",
            (
                "NOT_SUPPORTED: Incorrect timestamp precision for timestamp(6); the configured "
                "precision is MILLISECONDS; column name: a"
            ),
        ),
    ],
)
def test_columns_that_hive_cannot_hold_make_no_table(lake, run, columns, said):
    assert reason(run(f"CREATE TABLE refused AS SELECT {columns}")).startswith(said)
    assert absent(lake, "refused")


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("format = 'ORC'", "NOT_SUPPORTED: Writing the format ORC is not supported"),
        ("format = 'AVRO'", "NOT_SUPPORTED: Writing the format AVRO"),
        ("format = 'CSV'", "NOT_SUPPORTED: Writing the format CSV; TEXTFILE with"),
        ("format = 'XML'", "INVALID_TABLE_PROPERTY: Unable to set table property 'format'"),
        ("table_type = 'ICEBERG'", "NOT_SUPPORTED: A table of the type ICEBERG"),
        ("bucketed_by = ARRAY['a'], bucket_count = 4", "NOT_SUPPORTED: A bucketed table"),
        ("colour = 'red'", "INVALID_TABLE_PROPERTY: line 1:1: Catalog 'awsdatacatalog' table"),
        ("write_compression = 'LZO'", "NOT_SUPPORTED: Writing parquet with the compression LZO"),
        ("field_delimiter = ','", "INVALID_TABLE_PROPERTY: Cannot specify field_delimiter"),
        (
            "format = 'TEXTFILE', field_delimiter = '||'",
            "INVALID_TABLE_PROPERTY: field_delimiter must be a single-character string",
        ),
        ("external_location = 'here'", "INVALID_TABLE_PROPERTY: External location is not"),
        ("partitioned_by = ARRAY['z']", "INVALID_TABLE_PROPERTY: Partition columns ['z'] not"),
        ("partitioned_by = ARRAY['a']", "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the"),
        ("partitioned_by = ARRAY['a', 'b']", "INVALID_TABLE_PROPERTY: Table contains only"),
    ],
)
def test_properties_that_cannot_be_make_no_table(lake, run, properties, said):
    sql = f"CREATE TABLE refused WITH ({properties}) AS SELECT 1 AS a, 2 AS b"

    assert reason(run(sql)).startswith(said)
    assert absent(lake, "refused")


def test_a_table_that_exists_and_a_folder_that_is_not_empty_are_left_alone(boto, lake, run, rows):
    assert reason(run("CREATE TABLE orders AS SELECT 1 AS x")) == (
        "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.sales.orders' "
        "already exists"
    )
    assert rows("SELECT count(*) FROM orders") == [("300",)]
    execution = succeeded(run("CREATE TABLE IF NOT EXISTS orders AS SELECT 1 AS x"))
    assert execution["Statistics"]["DataScannedInBytes"] == 0

    sql = "CREATE TABLE taken WITH (external_location = 's3://lake/products') AS SELECT 1 AS x"
    assert reason(run(sql)).startswith(
        "HIVE_PATH_ALREADY_EXISTS: Target directory for table 'sales.taken' already exists: "
        "s3://lake/products/."
    )
    assert absent(lake, "taken")
    assert reason(run("CREATE TABLE nodb.x AS SELECT 1 AS x")).startswith("SCHEMA_NOT_FOUND")


def test_a_row_that_fails_leaves_neither_files_nor_a_table(boto, lake, run):
    sql = (
        "CREATE TABLE broken_off WITH (external_location = 's3://lake/broken_off/') AS "
        "SELECT 10 / (order_id - 250) AS x FROM orders"
    )

    assert reason(run(sql)) == "DIVISION_BY_ZERO: Division by zero"
    assert keys_under(boto, "broken_off/") == []
    assert absent(lake, "broken_off")


def test_errors_in_the_query_say_where_they_are_in_the_whole_statement(run):
    assert reason(run("CREATE TABLE x AS\nSELECT nope FROM orders")).startswith(
        "COLUMN_NOT_FOUND: line 2:8: Column 'nope'"
    )


def test_a_partition_that_glue_refuses_takes_the_table_away_again(aws, boto, lake, run):
    def authorize(request):
        if request.via == "athena" and request.target[1] == "BatchCreatePartition":
            raise FaultError("AccessDeniedException", "User: x is not authorized", 400)

    before, aws.door.authorize = aws.door.authorize, authorize
    try:
        execution = run(
            "CREATE TABLE half WITH (external_location = 's3://lake/half/', partitioned_by = "
            "ARRAY['month']) AS SELECT order_id, month FROM orders"
        )
    finally:
        aws.door.authorize = before

    assert reason(execution) == (
        "Insufficient permissions to execute the query. User: x is not authorized"
    )
    assert absent(lake, "half")
    assert len(keys_under(boto, "half/")) == 3  # as in Athena: what was written stays


def test_a_type_that_no_hive_table_has_is_refused_by_name():
    with pytest.raises(StatementError, match="Unsupported Hive type: uuid"):
        hive_names.hive_type(Type("uuid"), "id")
