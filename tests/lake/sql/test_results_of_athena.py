"""Results as the embedded Athena leaves them: in an object, in pages, or gone."""

from contextlib import closing

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from datalfred import clients, settings
from datalfred.errors import NotFoundError, PermissionMissingError, UnavailableError
from datalfred.lake.sql import run
from datalfred.lake.sql.results import columns_of, rows_of
from datalfred.local.aws import athena as executing_athena
from tests.support import small_lake

MANY = "SELECT n, nullif(n % 2, 0) AS odd, '' AS empty FROM UNNEST(sequence(1, 2500)) AS t (n)"


@pytest.fixture(scope="module")
def athena(small_aws):
    executing_athena.install(small_aws)
    client = small_aws.client("athena")
    client.update_work_group(
        WorkGroup="primary",
        ConfigurationUpdates={
            "ResultConfigurationUpdates": {"OutputLocation": f"s3://{small_lake.RESULTS}/"}
        },
    )
    client.create_work_group(
        Name="managed",
        Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}},
    )
    with settings.using(small_lake.environment(small_aws)):
        yield small_aws


def rows(execution, location=None):
    query_id = execution["QueryExecutionId"]
    width = len(columns_of(query_id))
    where = run.result_location(execution) if location is None else location
    with closing(rows_of(where, width, query_id)) as found:
        return [row for batch in found for row in batch]


def test_a_result_is_the_same_from_its_object_and_from_its_pages(athena):
    execution = run.run(MANY)

    from_object = rows(execution)

    assert len(from_object) == 2_500
    assert from_object[:2] == [["1", "1", ""], ["2", None, ""]]
    assert rows(execution, location="") == from_object


def test_a_result_that_athena_keeps_itself_is_paged(athena):
    with settings.using(small_lake.environment(athena, DATALFRED_WORKGROUP="managed")):
        execution = run.run(MANY)

        assert run.result_location(execution) == ""
        assert len(rows(execution)) == 2_500


@pytest.mark.parametrize("sql", ["SHOW TABLES IN sales", "DESCRIBE sales.orders"])
def test_a_result_in_text_is_read_whole(athena, sql):
    execution = run.run(sql, reusable=False)

    assert run.result_location(execution).endswith(".txt")
    assert "orders" in str(rows(execution)) or "order_id" in str(rows(execution))


def test_a_result_that_is_gone_is_told(athena):
    with pytest.raises(NotFoundError, match=r"result.*gone\.csv"):
        list(rows_of(f"s3://{small_lake.RESULTS}/gone.csv", 1))
    with pytest.raises(NotFoundError):
        list(rows_of("s3://no-such-bucket-of-ours/gone.csv", 1))


class Failing:
    """A body that breaks off; or, without one, a refusal."""

    def __init__(self, error):
        self.error = error
        self.closed = False

    def get_object(self, **_asked):
        return {"Body": self}

    def read(self, _size):
        raise self.error

    def close(self):
        self.closed = True


def test_a_result_that_breaks_off_is_told_and_let_go(monkeypatch):
    body = Failing(ReadTimeoutError(endpoint_url="http://127.0.0.1"))
    monkeypatch.setattr(clients, "client", lambda _name: body)

    with pytest.raises(UnavailableError, match="broke off"):
        list(rows_of("s3://bucket/a.csv", 1))
    assert body.closed


@pytest.mark.parametrize("status", [("AccessDenied", PermissionMissingError), ("SlowDown", None)])
def test_a_result_that_may_not_be_read_names_the_permission(monkeypatch, status):
    code, expected = status
    refusal = refusal_of(code)

    class Refusing:
        def get_object(self, **_asked):
            raise refusal

    monkeypatch.setattr(clients, "client", lambda _name: Refusing())

    with pytest.raises(expected or type(refusal)):
        list(rows_of("s3://bucket/a.csv", 1))


def refusal_of(code):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")
