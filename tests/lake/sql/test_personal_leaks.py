"""Queries over people, run for real: nothing personal is in what a model would see."""

import pytest

from datalfred import settings
from datalfred.errors import QueryFailedError
from datalfred.lake.sql import reading
from datalfred.lake.sql import run as running
from datalfred.local.aws import athena as executing_athena
from tests.support import small_lake

T = "people.people"
ROWS = (
    '{"id": 1, "full_name": "Zoraida Quilty", "nick": "zq", "city": "Lyon"}\n'
    '{"id": 2, "full_name": "Yaromir Vexley", "nick": "yv", "city": "Bonn"}\n'
)
SEMANTICS = "tables:\n  people:\n    columns:\n      full_name: {personal: true}\n"
SECRETS = ("zoraida", "quilty", "yaromir", "vexley", "adiaroz", "dml6a", "em9yyw")

VIEWS = [
    f"CREATE VIEW people.named AS SELECT full_name AS address, city FROM {T}",
    "CREATE VIEW people.renamed AS SELECT x AS who FROM (SELECT address AS x FROM people.named)",
]
LEAKS = [
    f"SELECT full_name FROM {T}",
    f"SELECT FULL_NAME AS x FROM {T}",
    f'SELECT "full_name" "x" FROM {T}',
    f"SELECT * FROM {T}",
    f"TABLE {T}",
    f"SELECT p.* FROM {T} p",
    f"SELECT *, upper(full_name) FROM {T}",
    f"SELECT *, full_name AS x, lower(full_name) FROM {T}",
    f"SELECT p.*, reverse(full_name), id FROM {T} AS p",
    f"SELECT (full_name) FROM {T}",
    f"SELECT ((full_name)) AS x FROM {T}",
    f"SELECT full_name || '' FROM {T}",
    f"SELECT concat('a', full_name) AS x FROM {T}",
    f"SELECT concat_ws('-', city, full_name) FROM {T}",
    f"SELECT substr(full_name, 1, 7) x, substr(full_name, 9) y FROM {T}",
    f"SELECT replace(full_name, 'z', 'z') FROM {T}",
    f"SELECT reverse(full_name) AS r FROM {T}",
    f"SELECT split(full_name, ' ')[1] AS r FROM {T}",
    f"SELECT element_at(split(full_name, ' '), 1) FROM {T}",
    f"SELECT to_base64(to_utf8(full_name)) FROM {T}",
    f"SELECT to_base64(to_utf8(lower(full_name))) AS b FROM {T}",
    f"SELECT coalesce(full_name, 'x') FROM {T}",
    f"SELECT CASE WHEN id = 1 THEN full_name ELSE city END AS c FROM {T}",
    f"SELECT if(id = 1, full_name) FROM {T}",
    f"SELECT nullif(full_name, 'x') AS c FROM {T}",
    f"SELECT CAST(full_name AS varchar(100)) FROM {T}",
    f"SELECT TRY_CAST(full_name AS varchar) AS v FROM {T}",
    f"SELECT min(full_name), max(full_name) FROM {T}",
    f"SELECT max_by(full_name, id) FROM {T}",
    f"SELECT arbitrary(full_name) AS one FROM {T}",
    f"SELECT array_agg(full_name) FROM {T}",
    f"SELECT array_agg(full_name ORDER BY id)[1] AS f FROM {T}",
    f"SELECT listagg(full_name, ',') WITHIN GROUP (ORDER BY id) AS l FROM {T}",
    f"SELECT array_join(array_agg(full_name), ',') AS l FROM {T}",
    f"SELECT map_agg(id, full_name) AS m FROM {T}",
    f"SELECT histogram(full_name) AS h FROM {T}",
    f"SELECT transform(array_agg(full_name), x -> upper(x)) AS t FROM {T}",
    f"SELECT reduce(array_agg(full_name), '', (s, x) -> s || x, s -> s) AS t FROM {T}",
    f"SELECT ROW(full_name, 1) AS r FROM {T}",
    f"SELECT CAST(ROW(full_name) AS ROW(x varchar)).x AS v FROM {T}",
    f"SELECT CAST(ROW(full_name) AS ROW(x varchar)).x FROM {T}",
    f"SELECT json_format(CAST(ARRAY[full_name] AS json)) AS j FROM {T}",
    f"SELECT x FROM (SELECT full_name AS x FROM {T})",
    f"SELECT * FROM (SELECT full_name AS x FROM {T})",
    f"SELECT y AS z FROM (SELECT city, full_name FROM {T}) AS t (a, y)",
    f"SELECT b FROM {T} AS t (a, b, c, d)",
    f"SELECT * FROM {T} AS t (a, b, c, d)",
    f"SELECT t.b || '' FROM {T} AS t (a, b, c, d)",
    f"WITH a (p, q) AS (SELECT full_name, city FROM {T}) SELECT p, q FROM a",
    f"WITH a (p, q, r, s) AS (SELECT * FROM {T}) SELECT q AS w, r, s FROM a",
    f"WITH a AS (SELECT full_name p FROM {T}), b AS (SELECT p q FROM a) SELECT q AS r FROM b",
    f"WITH a AS (SELECT * FROM {T}), b (i, j, k, l) AS (TABLE a) SELECT j FROM b",
    (
        f"WITH RECURSIVE r (n, v) AS (SELECT 1, CAST('x' AS varchar) UNION ALL "
        f"SELECT n + 1, (SELECT max(full_name) FROM {T}) FROM r WHERE n < 3) SELECT n, v FROM r"
    ),
    f"SELECT city FROM {T} UNION SELECT full_name FROM {T}",
    f"SELECT city FROM {T} UNION ALL (SELECT full_name FROM {T})",
    f"SELECT city AS x FROM {T} UNION ALL SELECT * FROM (SELECT full_name FROM {T})",
    f"SELECT 'a' AS x UNION ALL SELECT y FROM (SELECT full_name AS y FROM {T})",
    f"SELECT 1 a, 'b' b, 'c' c, 'd' d UNION ALL SELECT * FROM {T}",
    f"SELECT 1 a, 'b' b, 'c' c, 'd' d UNION ALL TABLE {T}",
    f"SELECT city FROM {T} INTERSECT SELECT city FROM {T} UNION ALL SELECT full_name FROM {T}",
    f"SELECT full_name AS x FROM {T} EXCEPT SELECT 'nobody'",
    f"SELECT a.city, b.full_name AS n FROM {T} a JOIN {T} b ON a.id = b.id",
    f"SELECT b.* FROM {T} a JOIN {T} b USING (id)",
    (
        f"SELECT * FROM (SELECT id, city FROM {T}) a JOIN (SELECT id, full_name n FROM {T}) b "
        "USING (id)"
    ),
    (
        f"SELECT w FROM (SELECT * FROM (SELECT id FROM {T}) a "
        f"JOIN (SELECT id, full_name FROM {T}) b USING (id)) AS t (v, w)"
    ),
    f"SELECT (SELECT max(full_name) FROM {T}) AS m",
    f"SELECT (SELECT max(full_name) FROM {T})",
    f"SELECT a.id, (SELECT max(b.full_name) FROM {T} b WHERE b.id = a.id) AS m FROM {T} a",
    f"VALUES (1, (SELECT max(full_name) FROM {T}))",
    f"SELECT * FROM (VALUES ((SELECT max(full_name) FROM {T}))) AS t (x)",
    f"SELECT x FROM {T} CROSS JOIN UNNEST(ARRAY[full_name]) AS t (x)",
    f"SELECT x, n FROM {T} CROSS JOIN UNNEST(ARRAY[full_name]) WITH ORDINALITY AS t (x, n)",
    f"SELECT x FROM (SELECT array_agg(full_name) l FROM {T}) CROSS JOIN UNNEST(l) AS t (x)",
    f"SELECT k, v FROM (SELECT map_agg(full_name, id) m FROM {T}) CROSS JOIN UNNEST(m) AS t (k, v)",
    f"SELECT l.a FROM {T} p CROSS JOIN LATERAL (SELECT p.full_name AS a) AS l",
    f"SELECT first_value(full_name) OVER (ORDER BY id) AS f FROM {T}",
    f"SELECT lag(full_name) OVER (ORDER BY id) AS f FROM {T}",
    f"SELECT full_name AS k, count(*) AS n FROM {T} GROUP BY full_name",
    f"SELECT full_name k, count(*) n FROM {T} GROUP BY 1 ORDER BY 2 DESC",
    f"SELECT DISTINCT full_name AS d FROM {T}",
    f"SELECT people.full_name AS d FROM {T}",
    f"SELECT people.people.full_name AS d FROM {T}",
    f"SELECT x AS y FROM (SELECT * FROM (SELECT full_name AS x FROM {T} LIMIT 5))",
    "SELECT address AS a FROM people.named",
    "SELECT * FROM people.named",
    f"SELECT n.address AS a, p.city FROM people.named n JOIN {T} p ON p.full_name = n.address",
    "WITH v AS (SELECT * FROM people.named) SELECT upper(address) FROM v",
    "SELECT who AS w FROM people.renamed",
    "SELECT * FROM people.renamed",
]
OPEN = [
    (f"SELECT city FROM {T} WHERE full_name IS NOT NULL", "Lyon"),
    (f"SELECT count(DISTINCT full_name) AS n FROM {T}", "2"),
    (
        f"SELECT count(full_name) FILTER (WHERE full_name > 'a') AS n, city FROM {T} GROUP BY city",
        "Lyon",
    ),
    (f"SELECT city, row_number() OVER (ORDER BY full_name) AS place FROM {T}", "Lyon"),
    (f"SELECT full_name IS NULL AS empty, city FROM {T}", "false"),
    (f"SELECT n.city AS c FROM (SELECT * FROM {T}) n", "Lyon"),
    (f"SELECT id AS n FROM {T} GROUP BY id, full_name", "1"),
    (f"SELECT x FROM (SELECT count(full_name) AS x FROM {T})", "2"),
    (f"WITH a AS (SELECT full_name, city c FROM {T}) SELECT c FROM a", "Lyon"),
    (f"SELECT max(nick) AS x FROM {T}", "zq"),
]


@pytest.fixture(scope="module")
def people(small_aws):
    s3, glue = small_aws.client("s3"), small_aws.client("glue")
    s3.put_object(Bucket=small_lake.BUCKET, Key="people/all.json", Body=ROWS.encode())
    s3.put_object(Bucket=small_lake.BUCKET, Key="_semantics/people.yaml", Body=SEMANTICS.encode())
    glue.create_database(DatabaseInput={"Name": "people"})
    columns = [("id", "bigint"), ("full_name", "string"), ("nick", "string"), ("city", "string")]
    glue.create_table(
        DatabaseName="people",
        TableInput={
            "Name": "people",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "json"},
            "StorageDescriptor": small_lake.storage(
                f"s3://{small_lake.BUCKET}/people/", columns, small_lake.JSON
            ),
        },
    )
    executing_athena.install(small_aws)
    small_aws.client("athena").update_work_group(
        WorkGroup="primary",
        ConfigurationUpdates={
            "ResultConfigurationUpdates": {"OutputLocation": f"s3://{small_lake.RESULTS}/"}
        },
    )
    environment = small_lake.environment(small_aws, DATALFRED_DATABASES="people,sales,customer")
    with settings.using(environment):
        for view in VIEWS:
            running.run(view)
        yield


def leaked(text):
    return [secret for secret in SECRETS if secret in text.lower()]


@pytest.mark.parametrize("sql", LEAKS)
def test_no_personal_value_is_in_what_a_model_sees(people, sql):
    answer = reading.run(reading.prepared(sql))

    assert answer.result is not None
    assert leaked(answer.result.model_dump_json()) == []
    assert "•••" in answer.result.model_dump_json()
    assert answer.chart is None or "•" not in str(answer.chart)


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT CAST(full_name AS bigint) FROM {T}",
        f"SELECT count(*) FROM {T} WHERE CAST(full_name AS bigint) = 1",
        f"SELECT date_parse(full_name, '%Y') FROM {T}",
    ],
)
def test_a_failure_does_not_quote_the_person_at_whom_it_failed(people, sql):
    with pytest.raises(QueryFailedError) as failed:
        reading.run(reading.prepared(sql))
    with pytest.raises(QueryFailedError) as again:
        reading.results(failed.value.query_id)

    for failure in (failed.value, again.value):
        assert leaked(failure.message + failure.hint) == []
        assert "•••" in failure.message


def test_a_failure_still_names_what_the_statement_names(people):
    with pytest.raises(QueryFailedError, match="'nickname'"):
        reading.run(reading.prepared(f"SELECT nickname FROM {T}"))


@pytest.mark.parametrize(("sql", "shown"), OPEN)
def test_what_tells_nothing_of_a_person_is_shown(people, sql, shown):
    answer = reading.run(reading.prepared(sql))

    assert shown in str(answer.result.rows)
    assert "•••" not in str(answer.result.rows)
