"""Statements on the catalog: databases, external tables, partitions, DROP."""

import botocore.exceptions
import pytest


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def succeeded(execution):
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def refused(call, *arguments, **more):
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call(*arguments, **more)
    return failure.value.response


def glue_table(lake, name):
    return lake.get_table(DatabaseName="sales", Name=name)["Table"]


def values_of(lake, name):
    listed = lake.get_partitions(DatabaseName="sales", TableName=name)["Partitions"]
    return {tuple(p["Values"]): p["StorageDescriptor"]["Location"] for p in listed}


def test_a_database_is_made_and_dropped(boto, lake, run):
    execution = succeeded(
        run(
            "CREATE DATABASE IF NOT EXISTS staging COMMENT 'tries' LOCATION 's3://lake/staging/' "
            "WITH DBPROPERTIES ('owner'='ana')"
        )
    )

    assert (execution["StatementType"], execution["SubstatementType"]) == (
        "DDL",
        "CREATE_DATABASE",
    )
    key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://results/")
    assert key.endswith(".txt")
    assert boto("s3").get_object(Bucket="results", Key=key)["Body"].read() == b""
    made = lake.get_database(Name="staging")["Database"]
    assert (made["Description"], made["LocationUri"]) == ("tries", "s3://lake/staging/")
    assert made["Parameters"] == {"owner": "ana"}
    assert reason(run("CREATE SCHEMA staging")).endswith("DDLTask. Database staging already exists")
    succeeded(run("CREATE SCHEMA IF NOT EXISTS staging"))

    succeeded(run("CREATE TABLE staging.t AS SELECT 1 AS x"))
    assert "Database staging is not empty" in reason(run("DROP DATABASE staging"))
    succeeded(run("DROP DATABASE staging CASCADE"))
    assert reason(run("DROP SCHEMA staging")) == (
        "FAILED: SemanticException [Error 10072]: Database does not exist: staging"
    )
    succeeded(run("DROP DATABASE IF EXISTS staging RESTRICT"))


def test_a_dropped_table_leaves_its_files(boto, lake, run):
    succeeded(
        run("CREATE TABLE gone WITH (external_location = 's3://lake/gone/') AS SELECT 1 AS x")
    )
    execution = succeeded(run("DROP TABLE sales.gone;"))

    assert execution["SubstatementType"] == "DROP_TABLE"
    assert boto("s3").list_objects_v2(Bucket="lake", Prefix="gone/")["KeyCount"] == 1
    assert reason(run("DROP TABLE gone")) == (
        "FAILED: SemanticException [Error 10001]: Table not found sales.gone"
    )
    succeeded(run("DROP TABLE IF EXISTS gone"))
    assert glue_table(lake, "orders")


def test_an_external_table_of_csv_is_declared_and_read(boto, lake, run, rows):
    body = "id|tags|who\n1|a;b|k:1;l:2\n2|\\N|\n"
    boto("s3").put_object(Bucket="lake", Key="declared/a.csv", Body=body.encode())
    sql = """
        CREATE EXTERNAL TABLE IF NOT EXISTS `sales`.`declared` (
            `id` INT COMMENT 'the key',
            tags ARRAY< STRING >,
            who map<string, int>
        )
        COMMENT "it's declared"
        ROW FORMAT DELIMITED
            FIELDS TERMINATED BY '|'
            COLLECTION ITEMS TERMINATED BY ';'
            MAP KEYS TERMINATED BY ':'
            NULL DEFINED AS '\\\\N'
        STORED AS TEXTFILE
        LOCATION 's3://lake/declared/'
        TBLPROPERTIES ('skip.header.line.count'='1')
    """
    execution = succeeded(run(sql))

    assert execution["SubstatementType"] == "CREATE_TABLE"
    made = glue_table(lake, "declared")
    assert made["Description"] == "it's declared"
    columns = made["StorageDescriptor"]["Columns"]
    assert [(c["Name"], c["Type"]) for c in columns] == [
        ("id", "int"),
        ("tags", "array<string>"),
        ("who", "map<string,int>"),
    ]
    assert columns[0]["Comment"] == "the key"
    assert rows("SELECT id, tags, who FROM declared ORDER BY id") == [
        ("1", "[a, b]", "{k=1, l=2}"),
        ("2", None, "{}"),
    ]
    succeeded(run(sql))
    assert "AlreadyExistsException(message:Table declared already exists)" in reason(
        run(sql.replace("IF NOT EXISTS", ""))
    )


def test_external_tables_of_parquet_and_json_are_declared(boto, lake, run, rows):
    succeeded(
        run(
            "CREATE EXTERNAL TABLE again (order_id bigint, amount decimal(12,2)) "
            "PARTITIONED BY (month string) STORED AS PARQUET LOCATION 's3://lake/orders/'"
        )
    )
    succeeded(
        run(
            "CREATE EXTERNAL TABLE lines_again (id int, `at` timestamp) "
            "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' "
            "WITH SERDEPROPERTIES ('ignore.malformed.json'='true') "
            "STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat' "
            "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' "
            "LOCATION 's3://lake/events/'"
        )
    )

    stored = glue_table(lake, "again")["StorageDescriptor"]
    assert stored["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert rows("SELECT count(*) FROM again") == [("0",)]
    assert rows("SELECT count(*), min(at) FROM lines_again") == [("2", "2024-01-05 10:00:00.000")]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE TABLE x (a int) LOCATION 's3://lake/x/'", "Only external table creation"),
        ("CREATE EXTERNAL TABLE x (a int)", "LOCATION must be an S3 URI"),
        ("CREATE EXTERNAL TABLE x (a int) LOCATION '/tmp'", "LOCATION must be an S3 URI"),
        (
            "CREATE TABLE x (a int) LOCATION 's3://lake/x/' TBLPROPERTIES ('table_type'='ICEBERG')",
            "NOT_SUPPORTED: An Iceberg table",
        ),
        (
            "CREATE EXTERNAL TABLE x (a int) STORED AS ORC LOCATION 's3://lake/x/'",
            "NOT_SUPPORTED: STORED AS ORC",
        ),
        (
            "CREATE EXTERNAL TABLE x (a int, a int) LOCATION 's3://lake/x/'",
            "[Error 10036]: Duplicate column name: a",
        ),
        (
            "CREATE EXTERNAL TABLE x (a uniontype<int,string>) LOCATION 's3://lake/x/'",
            "NOT_SUPPORTED: The column a of type uniontype<int,string>",
        ),
        (
            "CREATE EXTERNAL TABLE nodb.x (a int) LOCATION 's3://lake/x/'",
            "[Error 10072]: Database does not exist: nodb",
        ),
    ],
)
def test_tables_that_cannot_be_declared_are_refused(lake, run, sql, said):
    assert said in reason(run(sql))
    with pytest.raises(lake.exceptions.EntityNotFoundException):
        glue_table(lake, "x")


@pytest.fixture(scope="module")
def days(boto, run):
    """A table of days without partitions, over two folders."""
    for day in ("2024-01-01", "2024-01-02"):
        key = f"days/region=eu/day={day}/a.csv"
        boto("s3").put_object(Bucket="lake", Key=key, Body=f"{day}\n".encode())
    boto("s3").put_object(Bucket="lake", Key="days/readme/x/a.csv", Body=b"no\n")
    boto("s3").put_object(Bucket="lake", Key="apart/a.csv", Body=b"apart\n")

    def make(name):
        succeeded(
            run(
                f"CREATE EXTERNAL TABLE {name} (said string) PARTITIONED BY (region string, "
                "day date) LOCATION 's3://lake/days/'"
            )
        )

    return make


def test_repair_registers_the_folders_that_hive_would_name_so(days, lake, run, rows):
    days("repaired")

    execution = succeeded(run("MSCK REPAIR TABLE repaired"))
    lines = [line for (line,) in rows("MSCK REPAIR TABLE repaired")]

    assert execution["SubstatementType"] == "MSCK_REPAIR_TABLE"
    assert lines == []
    assert set(values_of(lake, "repaired")) == {("eu", "2024-01-01"), ("eu", "2024-01-02")}
    assert rows("SELECT said, day FROM repaired ORDER BY 1") == [
        ("2024-01-01", "2024-01-01"),
        ("2024-01-02", "2024-01-02"),
    ]
    lake.delete_partition(
        DatabaseName="sales", TableName="repaired", PartitionValues=["eu", "2024-01-02"]
    )
    found = [line for (line,) in rows("MSCK REPAIR TABLE repaired")]
    assert found == [
        "Partitions not in metastore:\trepaired:region=eu/day=2024-01-02",
        "Repair: Added partition to metastore repaired:region=eu/day=2024-01-02",
    ]


def test_partitions_are_added_and_dropped_by_name(days, boto, lake, run, rows):
    days("listed")

    succeeded(
        run(
            "ALTER TABLE listed ADD PARTITION (region = 'eu', day = '2024-01-01') "
            "PARTITION (day = DATE '2024-05-05', region = 'us') LOCATION 's3://lake/apart/'"
        )
    )

    assert values_of(lake, "listed") == {
        ("eu", "2024-01-01"): "s3://lake/days/region=eu/day=2024-01-01/",
        ("us", "2024-05-05"): "s3://lake/apart/",
    }
    assert rows("SELECT said FROM listed ORDER BY day") == [("2024-01-01",), ("apart",)]
    again = "ADD {}PARTITION (region = 'eu', day = '2024-01-01')"
    assert "AlreadyExistsException" in reason(run(f"ALTER TABLE listed {again.format('')}"))
    succeeded(run(f"ALTER TABLE listed {again.format('IF NOT EXISTS ')}"))

    drop = "ALTER TABLE listed DROP {}PARTITION (region = 'us', day = '2024-05-05')"
    succeeded(run(drop.format("")))
    assert list(values_of(lake, "listed")) == [("eu", "2024-01-01")]
    assert "Partition not found region=us/day=2024-05-05" in reason(run(drop.format("")))
    succeeded(run(drop.format("IF EXISTS ")))
    assert boto("s3").list_objects_v2(Bucket="lake", Prefix="apart/")["KeyCount"] >= 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("ALTER TABLE orders ADD PARTITION (day = '1')", "doesn't match the keys month"),
        ("ALTER TABLE products ADD PARTITION (day = '1')", "is not a partitioned table"),
        ("ALTER TABLE nope ADD PARTITION (a = 1)", "[Error 10001]: Table not found sales.nope"),
        ("MSCK REPAIR TABLE nope", "[Error 10001]: Table not found sales.nope"),
        ("ALTER TABLE orders RENAME TO x", "Of ALTER, the embedded Athena runs only"),
        ("ALTER TABLE orders ADD COLUMNS (x int)", "Of ALTER, the embedded Athena runs only"),
        (
            "DELETE FROM orders WHERE order_id = 1",
            "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables",
        ),
        ("UPDATE orders SET amount = 0", "NOT_SUPPORTED: Modifying Hive table rows"),
        (
            "MERGE INTO orders o USING orders p ON true WHEN MATCHED THEN DELETE",
            "NOT_SUPPORTED: Modifying Hive table rows",
        ),
        ("OPTIMIZE orders REWRITE DATA USING BIN_PACK", "NOT_SUPPORTED: OPTIMIZE is only"),
        ("VACUUM orders", "NOT_SUPPORTED: VACUUM is only supported for Iceberg tables"),
        ("TRUNCATE TABLE orders", "NOT_SUPPORTED: Cannot truncate non-managed Hive table"),
    ],
)
def test_what_athena_does_not_do_to_such_a_table_changes_nothing(lake, run, rows, sql, said):
    before = glue_table(lake, "orders")

    assert said in reason(run(sql))
    assert glue_table(lake, "orders") == before
    assert rows("SELECT count(*) FROM orders") == [("300",)]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE TABLE t AS SELECT 1 FROM", "line 1:32: mismatched input"),
        ("INSERT INTO t DELETE FROM u", "line 1:15: mismatched input"),
        ("CREATE TABLE t AS", "line 1:18: mismatched input"),
        ("CREATE OR REPLACE TABLE t AS SELECT 1", "line 1:19: mismatched input 'TABLE'"),
        ("CREATE TABLE t WITH (format) AS SELECT 1", "line 1:28: mismatched input ')'"),
        ("CREATE FUNCTION f", "line 1:8: mismatched input 'FUNCTION'. Expecting: 'TABLE'"),
        ("CREATE EXTERNAL TABLE t (a) LOCATION 's3://x/'", "line 1:27: mismatched input ')'"),
        ("CREATE EXTERNAL TABLE t (a int) PAINTED BLUE", "line 1:33: mismatched input 'PAINTED'"),
        ("CREATE DATABASE d COMMENT", "line 1:26: mismatched input '<EOF>'. Expecting: <string>"),
        ("INSERT INTO t", "line 1:14: mismatched input"),
        ("INSERT INTO lambda.db.t VALUES (1)", "Expecting: <table of AwsDataCatalog>"),
        ("INSERT OVERWRITE t SELECT 1", "line 1:8: mismatched input 'OVERWRITE'"),
        ("UNLOAD SELECT 1 TO 's3://x/'", "line 1:8: mismatched input 'SELECT'. Expecting: '('"),
        ("UNLOAD (SELECT 1) TO x", "line 1:22: mismatched input 'x'. Expecting: <string>"),
        ("UNLOAD (SELECT 1", "Expecting: ')'"),
        ("DROP INDEX i", "line 1:6: mismatched input 'INDEX'"),
        ("DROP TABLE t u", "line 1:14: mismatched input 'u'. Expecting: <EOF>"),
        ("MSCK REPAIR t", "line 1:13: mismatched input 't'. Expecting: 'TABLE'"),
        ("ALTER TABLE t ADD PARTITION (a = b)", "line 1:34: mismatched input 'b'"),
        ("INSERT INTO t VALUES (1); DROP TABLE t", "Only one sql statement is allowed"),
    ],
)
def test_a_write_that_does_not_read_is_refused_at_once(boto, lake, sql, said):
    where = {"ResultConfiguration": {"OutputLocation": "s3://results/"}}
    error = refused(boto("athena").start_query_execution, QueryString=sql, **where)

    assert said in error["Error"]["Message"], error["Error"]
    assert error["AthenaErrorCode"] in {"MALFORMED_QUERY", "INVALID_QUERY"}


def test_comments_and_quotes_do_not_confuse_the_reading_of_a_write(run, rows):
    sql = (
        "CREATE /* ; AS SELECT */ TABLE -- WITH\n \"q u\" WITH (format = 'TEXTFILE', "
        "field_delimiter = '|') AS SELECT 'it''s) WITH NO DATA' AS \"With No\", '\\' AS b"
    )
    succeeded(run(sql))

    assert rows('SELECT "with no" FROM "q u"') == [("it's) WITH NO DATA",)]


def test_parameters_take_their_places_in_a_write(run, rows):
    succeeded(run("CREATE TABLE asked AS SELECT ? AS x, '?' AS y", ExecutionParameters=["'it''s'"]))
    succeeded(run("INSERT INTO asked VALUES (?, ?)", ExecutionParameters=["'b'", "'c'"]))

    assert rows("SELECT x, y FROM asked ORDER BY 1") == [("b", "c"), ("it's", "?")]


def test_the_partitions_of_a_table_are_a_table_themselves(boto, run, rows):
    assert rows('SELECT month FROM "orders$partitions" ORDER BY 1 DESC LIMIT 1') == [("2024-03",)]
    scanned = run('SELECT count(*) FROM "orders$partitions"')
    assert scanned["Statistics"]["DataScannedInBytes"] == 0
    assert reason(run('SELECT * FROM "products$partitions"')) == (
        "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.sales.products$partitions' "
        "does not exist"
    )
