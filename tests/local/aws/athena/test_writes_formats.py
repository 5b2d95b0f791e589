"""What was written is read back: every type in every format, and what a format cannot carry."""

import gzip

import pytest

from datalfred.local.aws.athena.trino_types import from_trino

VALUES = [
    ("a_boolean", "true", "false"),
    ("a_tinyint", "CAST(-128 AS tinyint)", "CAST(127 AS tinyint)"),
    ("a_smallint", "CAST(-32768 AS smallint)", "CAST(7 AS smallint)"),
    ("an_integer", "2147483647", "-1"),
    ("a_bigint", "9223372036854775807", "CAST(0 AS bigint)"),
    ("a_real", "CAST(1.25 AS real)", "CAST('-Infinity' AS real)"),
    ("a_double", "1e300", "nan()"),
    ("a_decimal", "CAST('12345678901234567890.123456789' AS decimal(38,9))", "DECIMAL '-0.5'"),
    ("a_varchar", "'Grüße, \"日本\" 😀 \\ tab\u0009'", "''"),
    ("a_short", "CAST('abcdef' AS varchar(3))", "CAST('' AS varchar(3))"),
    ("a_char", "CAST('ab' AS char(4))", "CAST('' AS char(4))"),
    ("a_date", "DATE '2024-02-29'", "DATE '1969-12-31'"),
    ("a_timestamp", "TIMESTAMP '2024-01-05 10:11:12.345'", "TIMESTAMP '1900-01-01 00:00:00'"),
    ("a_list", "ARRAY[1, NULL, 3]", "CAST(ARRAY[] AS array(integer))"),
    ("texts", "ARRAY['a', NULL, 'ü, {x=1}']", "ARRAY['']"),
    ("a_map", "MAP(ARRAY['a', 'b'], ARRAY[1, NULL])", "MAP(ARRAY['z'], ARRAY[0])"),
    (
        "a_row",
        "CAST(ROW(1, 'x', NULL) AS ROW(a integer, b varchar, c date))",
        "CAST(ROW(NULL, '', DATE '2024-01-01') AS ROW(a integer, b varchar, c date))",
    ),
    (
        "deep",
        (
            "CAST(ARRAY[ROW(1, MAP(ARRAY['k'], ARRAY[ARRAY[2.5e0, NULL]]))] AS "
            "array(row(n bigint, m map(varchar, array(double)))))"
        ),
        "NULL",
    ),
]
FORMATS = ["format = 'PARQUET'", "format = 'JSON'", "format = 'TEXTFILE'"]
# What Hive's delimited text cannot tell apart: a list of one empty text from an empty list, and a
# row whose fields are empty at a depth where NULL is only a missing part.
NOT_IN_TEXT = {"texts"}


def succeeded(execution):
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def source(columns):
    first = ", ".join(f"{one} AS {name}" for name, one, _ in columns)
    second = ", ".join(two for _, _, two in columns)
    nulls = ", ".join("NULL" for _ in columns)
    return f"SELECT 1 AS id, {first} UNION ALL SELECT 2, {second} UNION ALL SELECT 3, {nulls}"


def bodies(boto, prefix):
    s3 = boto("s3")
    listed = s3.list_objects_v2(Bucket="lake", Prefix=prefix)["Contents"]
    return {
        each["Key"]: s3.get_object(Bucket="lake", Key=each["Key"])["Body"].read() for each in listed
    }


@pytest.mark.parametrize("form", FORMATS)
def test_every_type_is_read_back_as_it_was_written(run, rows, form):
    name = f"types_{form[-4:-1].lower()}"
    text = "TEXTFILE" in form
    columns = [each for each in VALUES if not (text and each[0] in NOT_IN_TEXT)]
    right = rows(f"SELECT * FROM ({source(columns)}) ORDER BY id")

    succeeded(run(f"CREATE TABLE {name} WITH ({form}) AS {source(columns)}"))
    found = rows(f"SELECT * FROM {name} ORDER BY id")

    for (column, _, _), got, wanted in zip(
        [("id", "", ""), *columns], zip(*found, strict=True), zip(*right, strict=True), strict=True
    ):
        assert got == wanted, column


@pytest.mark.parametrize("form", ["format = 'PARQUET'", "format = 'TEXTFILE'"])
def test_bytes_are_read_back_as_they_were_written(run, rows, form):
    name = f"bytes_{form[-4:-1].lower()}"
    succeeded(run(f"CREATE TABLE {name} WITH ({form}) AS SELECT X'00ff10' AS b"))

    assert rows(f"SELECT b FROM {name}") == [("00 ff 10",)]


def test_bytes_in_json_are_text_or_refused(run, rows):
    sql = "CREATE TABLE bytes_{} WITH (format = 'JSON') AS SELECT {} AS b"
    succeeded(run(sql.format("utf8", "to_utf8('é')")))
    assert rows("SELECT b FROM bytes_utf8") == [("c3 a9",)]

    assert reason(run(sql.format("wild", "X'ff'"))).startswith("NOT_SUPPORTED: Hive's JSON")


def test_json_lines_hold_null_members_and_names_in_lower_case(boto, run):
    succeeded(
        run(
            "CREATE TABLE as_json WITH (format = 'JSON', external_location = 's3://lake/as_json') "
            "AS SELECT 1 AS Id, CAST(NULL AS varchar) AS note, DECIMAL '1.50' AS price, "
            "TIMESTAMP '2024-01-05 10:00:00.000' AS at, 1e7 AS big"
        )
    )

    ((key, body),) = bodies(boto, "as_json/").items()
    assert key.endswith(".gz")
    assert gzip.decompress(body).decode() == (
        '{"id":1,"note":null,"price":1.50,"at":"2024-01-05 10:00:00","big":1.0E7}\n'
    )


def test_delimited_text_writes_null_as_hive_does_and_escapes_nothing(boto, run, rows):
    sql = (
        "CREATE TABLE as_csv WITH (format = 'TEXTFILE', field_delimiter = ',', "
        "write_compression = 'NONE', external_location = 's3://lake/as_csv/') AS "
        "SELECT * FROM (VALUES (1, 'plain', NULL), (2, 'a,b', 'shifted'), (3, '', 'x')) "
        "t(id, said, more)"
    )
    succeeded(run(sql))

    ((key, body),) = bodies(boto, "as_csv/").items()
    assert not key.endswith(".gz")
    assert sorted(body.decode().splitlines()) == ["1,plain,\\N", "2,a,b,shifted", "3,,x"]
    # The delimiter inside a value shifts the columns that follow, as in Hive and in Athena.
    assert rows("SELECT * FROM as_csv ORDER BY id") == [
        ("1", "plain", None),
        ("2", "a", "b"),
        ("3", "", "x"),
    ]


def test_a_table_that_names_an_escape_character_carries_its_delimiter(boto, lake, run, rows):
    succeeded(
        run(
            "CREATE EXTERNAL TABLE escaped (id int, said string) ROW FORMAT DELIMITED "
            "FIELDS TERMINATED BY ',' ESCAPED BY '\\\\' LOCATION 's3://lake/escaped/'"
        )
    )
    succeeded(run("INSERT INTO escaped VALUES (1, 'a,b'), (2, 'c\\d')"))

    ((_, body),) = bodies(boto, "escaped/").items()
    assert gzip.decompress(body).decode() == "1,a\\,b\n2,c\\\\d\n"
    assert rows("SELECT id, said FROM escaped ORDER BY 1") == [("1", "a,b"), ("2", "c\\d")]


def test_quoted_csv_holds_texts_only_and_null_as_an_empty_text(boto, table, run, rows):
    library = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    options = {"separatorChar": ";", "quoteChar": '"'}
    columns = [("a", "string"), ("b", "string")]
    table("quotes", "s3://lake/quotes/", columns, library, options, header="1")
    table("numbers_csv", "s3://lake/numbers_csv/", [("n", "int")], library, options)

    succeeded(run("INSERT INTO quotes VALUES ('x;y', 'say \"z\"'), (NULL, 'ü')"))

    ((_, body),) = bodies(boto, "quotes/").items()
    assert gzip.decompress(body).decode() == '"a";"b"\n"x;y";"say ""z"""\n"";"ü"\n'
    assert rows("SELECT a, b FROM quotes ORDER BY 1 DESC") == [("x;y", 'say "z"'), ("", "ü")]
    assert reason(run("INSERT INTO numbers_csv VALUES (1)")).startswith(
        "NOT_SUPPORTED: Hive CSV storage format only supports VARCHAR (unbounded). "
        "Unsupported columns: n integer"
    )


@pytest.mark.parametrize("codec", ["GZIP", "SNAPPY", "ZSTD", "NONE"])
def test_parquet_is_compressed_as_asked(lake, run, rows, codec):
    name = f"codec_{codec.lower()}"
    sql = f"CREATE TABLE {name} WITH (write_compression = '{codec}') AS SELECT 'x' AS x"
    succeeded(run(sql))

    stored = lake.get_table(DatabaseName="sales", Name=name)["Table"]
    assert stored["Parameters"]["parquet.compression"] == codec
    assert rows(f"SELECT x FROM {name}") == [("x",)]


def test_text_nested_deeper_than_hive_has_separators_is_refused(run):
    deep = "ARRAY[" * 9 + "1" + "]" * 9

    assert "nested too deeply for text" in reason(
        run(f"CREATE TABLE too_deep WITH (format = 'TEXTFILE') AS SELECT {deep} AS x")
    )


def test_a_header_line_is_written_where_the_table_skips_one(boto, table, run, rows):
    table("headed", "s3://lake/headed/", [("id", "int"), ("said", "string")], header="1")
    table("twice", "s3://lake/twice/", [("id", "int")], header="2")

    succeeded(run("INSERT INTO headed VALUES (1, 'x')"))

    ((_, body),) = bodies(boto, "headed/").items()
    assert gzip.decompress(body).decode() == "id,said\n1,x\n"
    assert rows("SELECT * FROM headed") == [("1", "x")]
    assert "skip.header.line.count property greater than 1" in reason(
        run("INSERT INTO twice VALUES (1)")
    )


def test_a_json_number_of_many_digits_is_read_exactly_or_not_at_all(boto, run, rows):
    digits = "12345678901234567.123456789"
    lines = f'{{"n": {digits}, "t": 1.10, "l": [{digits}]}}\n{{"n": 2.50, "t": 7, "l": []}}\n'
    boto("s3").put_object(Bucket="lake", Key="exact/a.json", Body=lines.encode())
    doubtful = f'{{"n": {digits}, "o": {{"n": {digits}}}}}\n'
    boto("s3").put_object(Bucket="lake", Key="doubtful/a.json", Body=doubtful.encode())
    serde = "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'"
    columns = "n decimal(38,9), t string, l array<decimal(38,9)>"
    for name in ("exact", "doubtful"):
        where = f"LOCATION 's3://lake/{name}/'"
        succeeded(run(f"CREATE EXTERNAL TABLE {name} ({columns}) {serde} {where}"))

    assert rows("SELECT n, t FROM exact ORDER BY t") == [
        (digits, "1.10"),
        ("2.500000000", "7"),
    ]
    said = "NOT_SUPPORTED: A number of so many digits in JSON"
    assert reason(run("SELECT l FROM exact")).startswith(said)
    assert reason(run("SELECT n FROM doubtful")).startswith(said)
    assert rows("SELECT t FROM doubtful") == [(None,)]


def test_a_table_whose_bucket_is_gone_takes_no_rows(table, run):
    table("bucketless", "s3://no-such-bucket/x/", [("id", "int")])

    assert reason(run("INSERT INTO bucketless VALUES (1)")).startswith(
        "HIVE_FILESYSTEM_ERROR: The bucket of s3://no-such-bucket/x/"
    )


def test_a_delimiter_that_is_part_of_the_text_for_null_is_refused(boto, table, run):
    boto("s3").put_object(Bucket="lake", Key="slashed/a.csv", Body=b"1\\2\n")
    options = {"field.delim": "\\"}
    table("slashed", "s3://lake/slashed/", [("a", "int"), ("b", "int")], options=options)

    assert "is not supported" in reason(run("SELECT * FROM slashed"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("row(a bigint, b row(c varchar(2)))", "row(a bigint, b row(c varchar(2)))"),
        ('row("a b" bigint)', "row(a b bigint)"),
        ("map(varchar, array(decimal(3, 1)))", "map(varchar, array(decimal(3,1)))"),
        ("timestamp(6) with time zone", "timestamp(6) with time zone"),
        ("timestamp", "timestamp(3)"),
        ("array(hyperloglog)", "unknown"),
        ("map(varchar)", "unknown"),
        ("HyperLogLog", "unknown"),
    ],
)
def test_types_are_read_as_views_write_them(written, said):
    assert str(from_trino(written)) == said
