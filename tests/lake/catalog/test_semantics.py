import pytest
from botocore.exceptions import ClientError

from datalfred import settings
from datalfred.errors import OperatorError
from datalfred.lake.catalog import semantics
from tests.support import small_lake

URI = "s3://small-lake/other"


def put(aws, name, text):
    aws.client("s3").put_object(
        Bucket=small_lake.BUCKET, Key=f"other/{name}.yaml", Body=text.encode()
    )


@pytest.fixture
def other(small_aws):
    with settings.using(small_lake.environment(small_aws, DATALFRED_SEMANTICS_URI=f"{URI}/")):
        yield small_aws


def test_no_prefix_means_no_semantics(small_aws):
    with settings.using(small_lake.environment(small_aws, DATALFRED_SEMANTICS_URI="")):
        assert semantics.of_database("sales").tables == {}


def test_an_absent_file_means_no_semantics(other):
    assert semantics.of_database("nothing").tables == {}


def test_a_file_is_read_again_only_when_it_changed(other, monkeypatch):
    put(other, "sales", "tables: {a: {time_column: x}}")
    first = semantics.of_database("sales")
    put(other, "sales", "tables: {a: {time_column: y}}")

    assert semantics.of_database("sales") is first

    monkeypatch.setattr(semantics, "_FRESH_SECONDS", 0.0)
    changed = semantics.of_database("sales")
    assert changed.tables["a"].time_column == "y"
    assert semantics.of_database("sales") is changed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tables:\n  a: [", "bad.yaml, line 2: "),
        ("tables:\n  a:\n    colour: red\n", "bad.yaml, line 3: tables.a.colour: Extra inputs"),
        (
            "tables:\n  a:\n    joins:\n      - {table: b, columns: {}}\n",
            "line 4: tables.a.joins.0",
        ),
        ("tables:\n  a:\n    measures:\n      m: {unit: EUR}\n", "line 4: tables.a.measures.m"),
        ("- a\n- b\n", "line 1: "),
        (
            "tables:\n  a:\n    columns:\n      c: {values: {no: []}}\n",
            "line 4: tables.a.columns.c",
        ),
        ("tables: 7", "line 1: tables"),
    ],
)
def test_a_broken_file_is_named_with_its_line(other, text, said):
    put(other, "bad", text)

    with pytest.raises(OperatorError) as broken:
        semantics.of_database("bad")

    assert "s3://small-lake/other/bad.yaml" in broken.value.message
    assert said in broken.value.message


def test_an_empty_file_declares_nothing():
    assert semantics.parse("", "x.yaml").tables == {}


def test_numbers_may_stand_for_texts():
    parsed = semantics.parse("tables: {a: {columns: {c: {values: {1: [one]}}}}}", "x.yaml")

    assert parsed.tables["a"].columns["c"].values == {"1": ("one",)}


def test_personal_columns_are_gathered_over_tables(lake):
    pairs = [("customer", "customers"), ("customer", "nothing"), ("sales", "orders")]

    assert semantics.personal_columns(pairs) == {"email"}


def test_what_s3_refuses_is_told(other, monkeypatch):
    def refuse(**_):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")

    monkeypatch.setattr(semantics.clients.client("s3"), "get_object", refuse)

    with pytest.raises(ClientError):
        semantics.of_database("refused")
