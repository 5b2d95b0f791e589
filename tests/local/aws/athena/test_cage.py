"""Names and texts of a statement never become SQL of DuckDB: each comes back as what it is.

DuckDB sees copies of files that other callers may read. Whoever could write its SQL could read
them, and its settings.
"""

import pytest

from datalfred.local.aws.athena.failures import StatementError

PEEK = "current_setting('allowed_directories')"
NAMES = [
    "a'b",
    'a"b',
    f"x' || {PEEK}::varchar || '",
    f'x" integer)), (select {PEEK}) as y --',
    f'x" , {PEEK} as "y',
    "a\\",
    "a' --",
    'a" /*',
    "{0}",
    "$1",
    "%s",
    "a;b",
]
WITH_NAME = [
    'select 1 as "{name}"',
    'select "{name}" from (select 1 as "{name}")',
    'select "{name}".x from (select 1 as x) "{name}"',
    'select * from (values 1) "t" ("{name}")',
    'with "{name}" as (select 1 as x) select x from "{name}"',
    'with t("{name}") as (select 1) select t."{name}" from t',
    'with t as (select 1 as "{name}") select max("{name}") from t group by "{name}"',
    'select "{name}" from unnest(array[1]) as t("{name}")',
    'select u.k from unnest(map(array[1], array[2])) as u(k, "{name}")',
    'select r."{name}" from (select cast(row(1) as row("{name}" integer)) as r)',
    'select cast(row(1, 2) as row("{name}" integer, b integer))',
    'select cast(cast(row(1) as row("{name}" integer)) as json)',
    'select cast(array[row(1)] as array(row("{name}" integer)))',
    "select cast(json '[1]' as row(\"{name}\" integer))",
    "select try(cast(json '1' as row(\"{name}\" integer)))",
    "select cast(json '[[1]]' as array(row(\"{name}\" integer)))",
    "select try(cast(json '1' as array(row(\"{name}\" integer))))",
    'select cast(json \'{{"k":[1]}}\' as map(varchar, row("{name}" integer)))',
    "select try(cast(json '1' as map(varchar, row(\"{name}\" integer))))",
    'select cast(null as row("{name}" integer))',
    'select transform(array[1], "{name}" -> "{name}" + 1)',
    'select reduce(array[1], 0, ("{name}", x) -> "{name}" + x, "{name}" -> "{name}")',
    'select sum(x) over "{name}" from (values 1) t(x) window "{name}" as (order by x)',
    'select * from (select 1 as "{name}") a join (select 1 as "{name}") b using ("{name}")',
    'select x from (values 1) t(x) order by (select max("{name}") from (select 1 as "{name}"))',
    'select "{name}" from (values 1) t("{name}") group by grouping sets (("{name}"), ())',
    'select * from (select 1 as "{name}" union all select 2)',
    'select t.* from (select 1 as "{name}", row(1) as r) t',
    "select row(1 , '{text}')",
]
WITH_TEXT = [
    "select '{text}'",
    "select upper('{text}') || '{text}'",
    "select json_extract('{{}}', '$[\"{text}\"]')",
    "select try(json_extract('{{}}', '{text}'))",
    "select try(json_value('{{}}', 'lax $.\"{text}\"'))",
    "select try(date_format(timestamp '2020-01-01 00:00:00', '{text}'))",
    "select try(format_datetime(timestamp '2020-01-01 00:00:00', '{text}'))",
    "select try(date_parse('2020', '{text}'))",
    "select try(parse_datetime('2020', '{text}'))",
    "select try(regexp_replace('abc', '{text}', '{text}'))",
    "select try(regexp_extract('abc', '{text}'))",
    "select try(regexp_like('abc', '{text}'))",
    "select 'abc' like '{text}'",
    "select 'abc' like '{text}' escape '!'",
    "select try(at_timezone(timestamp '2020-01-01 00:00:00 UTC', '{text}'))",
    "select try(format('{text}', 1))",
    "select split('{text}', '{text}'), strpos('abc', '{text}'), replace('abc', '{text}', '')",
    "select try(cast('{text}' as integer))",
    "select try(cast('{text}' as timestamp)), try(cast('{text}' as date))",
    "select try(date_add('{text}', 1, date '2020-01-01'))",
    "select try(date_trunc('{text}', date '2020-01-01'))",
    "select map(array['{text}'], array[1])['{text}']",
    "select try(split_to_map('{text}', '{text}', '='))",
    "select url_extract_parameter('http://x/?a=1', '{text}'), url_encode('{text}')",
    "select try(from_base('{text}', 10)), try(from_hex('{text}'))",
    "select listagg(x, '{text}') within group (order by x) from (values 'a', 'b') t(x)",
    "select array_join(array['a', 'b'], '{text}', '{text}')",
    "select translate('abc', 'abc', '{text}'), lpad('a', 9, '{text}')",
    "select * from (values '{text}') t(x) where x in ('{text}', 'b')",
    "select timestamp '{text}'",
    "select json '{text}'",
    "select interval '{text}' day",
    "select cast(row('{text}') as row(a varchar(2)))",
    "select approx_distinct('{text}'), min_by('{text}', 1), array_agg('{text}')",
]


def check(evaluate, sql):
    """What a statement gives, or in which words Trino refuses it, is none of DuckDB's."""
    try:
        said = str(evaluate(sql))
    except StatementError as refused:
        said = str(refused)

    assert "/mirror" not in said, sql
    for word in ("Parser Error", "Binder Error", "Catalog Error"):
        assert word not in said, f"{sql}: {said}"


@pytest.mark.parametrize("template", WITH_NAME)
def test_no_name_becomes_sql(evaluate, template):
    for name in NAMES:
        quoted, text = name.replace('"', '""'), name.replace("'", "''")
        check(evaluate, template.format(name=quoted, text=text))


@pytest.mark.parametrize("template", WITH_TEXT)
def test_no_text_becomes_sql(evaluate, template):
    for text in NAMES:
        check(evaluate, template.format(text=text.replace("'", "''")))


NAMES_IN_CATALOG = ['a"b', 'a" integer); select 1 --', "a'b"]


@pytest.mark.parametrize("name", NAMES_IN_CATALOG)
def test_no_name_of_a_field_in_the_catalog_becomes_sql(boto, table, run, name):
    boto("s3").put_object(Bucket="lake", Key="cage/a.csv", Body=b"1,2\n")
    named = f"cage_{NAMES_IN_CATALOG.index(name)}"
    table(named, "s3://lake/cage", [("id", "int"), ("s", f"struct<{name}:int>")])

    status = run(f"select * from {named}")["Status"]

    assert "Parser Error" not in status.get("StateChangeReason", "")
