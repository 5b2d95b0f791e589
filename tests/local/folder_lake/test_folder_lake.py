"""A folder of the user's, served from the embedded AWS and read back through boto3."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from datalfred.errors import LocalStackError
from datalfred.local.folder_lake import BUCKET, reading, seed, seed_folder, semantics_uri
from datalfred.local.folder_lake.names import distinct, identifier
from datalfred.local.folder_lake.scan import scan
from datalfred.local.folder_lake.types import Mapped


class Recorder:
    """Remembers the progress that it was told."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float]] = []

    def __call__(self, text: str, fraction: float) -> None:
        self.steps.append((text, fraction))


class Nobody:
    """An embedded AWS that is never asked."""

    def client(self, name: str):
        raise AssertionError(name)


def parquet(path: Path, sql: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(sql).write_parquet(str(path))


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("My Lake")
    parquet(
        root / "Sales" / "orders.parquet", "SELECT 1::BIGINT AS id, 9.5::DECIMAL(8,2) AS amount"
    )
    write(
        root / "Sales" / "Order Items (2).csv",
        'Order ID;Product;Price;Sold on\n1;"Chair; oak";10.5;2025-01-02\n2;;7;2025-01-03\n',
    )
    for month in ("01", "02"):
        for country in ("FR", "DE"):
            parquet(
                root / "Sales" / "events" / f"month={month}" / f"country={country}" / "a.parquet",
                f"SELECT range AS n, '{month}' AS seen FROM range(3)",
            )
    for year in (2024, 2025):
        write(
            root / "visits" / f"Year={year}" / f"day={year}-01-31" / "part.jsonl",
            "\n".join(json.dumps({"page": f"p{n}", "ms": n, "user": {"id": n}}) for n in range(4)),
        )
    write(root / "people.json", json.dumps([{"name": "Zoé", "tags": ["a"], "Größe": 1.8}]))
    with gzip.open(root / "zipped.csv.gz", "wt") as file:
        file.write("a,b\n1,x\n")
    write(root / "notes.txt", "hello")
    write(root / "Sales" / "sheet.xlsx", "no table")
    write(root / "_SUCCESS", "")
    write(root / ".hidden.csv", "a,b\n")
    write(root / "sales.yaml", "tables: {}\n")
    write(root / "semantics.yaml", "tables: {people: {}}\n")
    return root


@pytest.fixture(scope="module")
def before(folder) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}


@pytest.fixture(scope="module")
def progress() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def aws(embedded_aws, folder, before, progress):
    seed_folder(embedded_aws, folder, progress)
    return embedded_aws


def table(aws, database: str, name: str) -> dict:
    return aws.client("glue").get_table(DatabaseName=database, Name=name)["Table"]


def columns(described: dict) -> dict[str, str]:
    return {c["Name"]: c["Type"] for c in described["StorageDescriptor"]["Columns"]}


def rows(aws, tmp_path: Path, prefix: str) -> list[tuple]:
    s3 = aws.client("s3")
    for number, found in enumerate(s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]):
        body = s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read()
        (tmp_path / f"{number}.parquet").write_bytes(body)
    return duckdb.sql(f"FROM '{tmp_path}/*.parquet'").fetchall()


def test_folders_are_databases_and_files_are_tables(aws):
    glue = aws.client("glue")

    found = {
        database["Name"]: sorted(
            t["Name"] for t in glue.get_tables(DatabaseName=database["Name"])["TableList"]
        )
        for database in glue.get_databases()["DatabaseList"]
    }

    assert found == {
        "files": ["people", "visits", "zipped"],
        "sales": ["events", "order_items_2", "orders"],
    }


def test_a_parquet_file_is_served_as_it_is(aws, folder):
    orders = table(aws, "sales", "orders")
    body = aws.client("s3").get_object(Bucket=BUCKET, Key="sales/orders/orders.parquet")["Body"]

    assert columns(orders) == {"id": "bigint", "amount": "decimal(8,2)"}
    assert orders["Parameters"]["recordCount"] == "1"
    assert orders["Description"] == "Read from Sales/orders.parquet (parquet)."
    assert body.read() == (folder / "Sales" / "orders.parquet").read_bytes()


def test_a_csv_file_is_understood_with_its_delimiter_quotes_and_types(aws, tmp_path):
    assert columns(table(aws, "sales", "order_items_2")) == {
        "order_id": "bigint",
        "product": "string",
        "price": "double",
        "sold_on": "date",
    }
    assert [row[:3] for row in rows(aws, tmp_path, "sales/order_items_2/")] == [
        (1, "Chair; oak", 10.5),
        (2, None, 7.0),
    ]


def test_a_list_of_json_objects_becomes_rows(aws, tmp_path):
    assert columns(table(aws, "files", "people")) == {
        "name": "string",
        "tags": "array<string>",
        "groe": "double",
    }
    assert rows(aws, tmp_path, "files/people/") == [("Zoé", ["a"], 1.8)]


def test_a_compressed_file_is_read(aws, tmp_path):
    assert rows(aws, tmp_path, "files/zipped/") == [(1, "x")]


def test_hive_partitions_are_partitions_with_their_types(aws):
    glue = aws.client("glue")
    events, visits = table(aws, "sales", "events"), table(aws, "files", "visits")

    assert {k["Name"]: k["Type"] for k in events["PartitionKeys"]} == {
        "month": "string",
        "country": "string",
    }
    assert {k["Name"]: k["Type"] for k in visits["PartitionKeys"]} == {"year": "int", "day": "date"}
    partitions = glue.get_partitions(DatabaseName="files", TableName="visits")["Partitions"]
    assert sorted(p["Values"] for p in partitions) == [
        ["2024", "2024-01-31"],
        ["2025", "2025-01-31"],
    ]
    assert all(p["Parameters"]["recordCount"] == "4" for p in partitions)
    assert columns(visits) == {"page": "string", "ms": "bigint", "user": "struct<id:bigint>"}


def test_partitioned_parquet_keeps_its_files(aws):
    found = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="sales/events/")["Contents"]

    assert [one["Key"] for one in found] == [
        f"sales/events/month={m}/country={c}/a.parquet" for m in ("01", "02") for c in ("DE", "FR")
    ]


def test_the_semantic_layer_beside_the_tables_is_served(aws, folder):
    s3 = aws.client("s3")
    prefix = semantics_uri(folder).removeprefix(f"s3://{BUCKET}/")

    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]

    assert [one["Key"] for one in found] == [f"{prefix}/files.yaml", f"{prefix}/sales.yaml"]


def test_what_is_no_table_is_said_once(aws, progress):
    said = [text for text, _ in progress.steps if "Left out" in text]

    assert said == ["Left out, neither Parquet nor CSV nor JSON: Sales/sheet.xlsx, notes.txt"]
    fractions = [fraction for _, fraction in progress.steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_nothing_is_written_into_the_folder(aws, folder, before):
    after = {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}

    assert after == before


def refused(folder: Path) -> LocalStackError:
    with pytest.raises(LocalStackError) as caught:
        seed_folder(Nobody(), folder, Recorder())
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.parquet", "no parquet at all"),
        ("broken.json", '{"a": 1'),
        ("broken.csv", b"a,b\n\xff\xfe\xfd,1\n"),
        ("broken.csv.gz", "no gzip"),
    ],
)
def test_a_broken_file_is_named_with_the_way_out(tmp_path, name, content):
    write(tmp_path / "db" / name, content)

    error = refused(tmp_path)

    assert error.message.startswith(f"{tmp_path / 'db' / name} cannot be read as ")


def test_letters_that_are_no_utf_8_are_told_as_such(tmp_path):
    write(tmp_path / "cafes.csv", b"id,name\n1,caf\xe9\n")

    error = refused(tmp_path)

    assert "cafes.csv cannot be read as csv: its letters are not written as UTF-8." in error.message
    assert "Save it as UTF-8" in error.hint


def test_links_that_lead_nowhere_or_back_up_are_left_out(tmp_path):
    write(tmp_path / "db" / "t" / "a.csv", "a\n1\n")
    (tmp_path / "db" / "dead.csv").symlink_to(tmp_path / "nowhere.csv")
    (tmp_path / "db" / "again").symlink_to(tmp_path)
    (tmp_path / "db" / "twin.csv").symlink_to(tmp_path / "db" / "t" / "a.csv")

    names = [table.name for table in scan(tmp_path).tables]

    assert names == ["t", "twin"]


def test_the_broken_file_of_a_table_of_many_is_named(tmp_path):
    parquet(tmp_path / "db" / "t" / "a.parquet", "SELECT 1 AS x")
    write(tmp_path / "db" / "t" / "b.parquet", "broken")

    file = tmp_path / "db" / "t" / "b.parquet"
    assert refused(tmp_path).message.startswith(f"{file} cannot be read as parquet: ")


def test_a_table_that_fails_although_each_file_is_read_is_named(tmp_path, monkeypatch):
    write(tmp_path / "db" / "t" / "a.csv", "a\nx\n")
    monkeypatch.setattr(reading, "mapped", lambda _kind: Mapped("date", "DATE"))

    assert f"{tmp_path / 'db' / 't'} cannot" in refused(tmp_path).message


def test_an_empty_file_is_named(tmp_path):
    write(tmp_path / "db" / "t.csv", "")

    assert str(tmp_path / "db" / "t.csv") in refused(tmp_path).message


def test_a_folder_without_tables_says_what_it_holds(tmp_path):
    write(tmp_path / "a.txt", "x")

    assert "a.txt" in refused(tmp_path).message


def test_an_empty_folder_is_refused(tmp_path):
    assert "holds no Parquet" in refused(tmp_path).message


def test_a_table_of_two_formats_is_refused(tmp_path):
    write(tmp_path / "db" / "t" / "a.csv", "a\n1\n")
    write(tmp_path / "db" / "t" / "b.json", "{}")

    assert "csv and json" in refused(tmp_path).message


def test_files_of_different_partitions_are_refused(tmp_path):
    write(tmp_path / "db" / "t" / "month=1" / "a.csv", "a\n1\n")
    write(tmp_path / "db" / "t" / "b.csv", "a\n1\n")

    assert "different partitions" in refused(tmp_path).message


def test_more_than_a_laptop_serves_is_refused(tmp_path, monkeypatch):
    write(tmp_path / "t.csv", "a\n1\n")
    monkeypatch.setattr(seed, "_LARGEST", 3)

    assert "GiB" in refused(tmp_path).message


def test_many_files_of_other_types_are_counted(tmp_path):
    write(tmp_path / "t.csv", "a\n")
    for number in range(12):
        write(tmp_path / f"{number:02}.txt", "x")
    progress = Recorder()

    with pytest.raises(AssertionError):
        seed_folder(Nobody(), tmp_path, progress)

    assert progress.steps[0][0].endswith("09.txt and 2 more")


def test_a_folder_without_a_semantic_layer_has_no_uri(tmp_path):
    write(tmp_path / "t.csv", "a\n1\n")

    assert semantics_uri(tmp_path) == ""


def test_tables_of_the_same_name_stay_apart(tmp_path):
    write(tmp_path / "files" / "t.csv", "a\n1\n")
    write(tmp_path / "t.csv", "a\n1\n")
    write(tmp_path / "T.json", '{"a": 1}\n')

    found = {(table.database, table.name): table.source for table in scan(tmp_path).tables}

    assert found == {
        ("files", "t"): "T.json",
        ("files", "t_2"): "t.csv",
        ("files_2", "t"): "files/t.csv",
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Order Items (2)", "order_items_2"),
        ("CamelCase", "camelcase"),
        ("2025", "t_2025"),
        ("Größe", "groe"),
        ("Crème brûlée", "creme_brulee"),
        ("日本", "t"),
        ("a__b--c", "a_b_c"),
    ],
)
def test_names_are_those_that_athena_takes(text, name):
    assert identifier(text, "t") == name


def test_the_same_name_twice_gets_a_number():
    assert distinct(["a", "a", "b", "a"]) == ["a", "a_2", "b", "a_3"]
