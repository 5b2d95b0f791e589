import pytest

from datalfred import settings
from datalfred.errors import ConfigurationError, RefusedError
from datalfred.lake.access import Access
from datalfred.lake.sql.guard import check

LISTS = [
    # databases, patterns, readable, refused
    ("", "", "a.x information_schema.tables", "mysql.a.x"),
    ("a", "", "a.x A.X awsdatacatalog.a.x", "b.x information_schema.tables"),
    ("a,information_schema", "", "information_schema.tables", "b.x"),
    ("", "a.*", "a.x a.x$partitions", "b.x information_schema.tables"),
    ("", "a.*,b.or*", "a.x b.orders b.ord b.orders$files", "b.returns ab.x b.xorders"),
    ("", "*.orders", "a.orders b.orders", "a.x information_schema.orders"),
    ("", "*.*", "a.x", "information_schema.tables mysql.a.x"),
    ("", "information_schema.columns", "information_schema.columns", "information_schema.tables"),
    ("", "!b.pay", "a.x b.x", "b.pay b.pay$partitions B.PAY information_schema.columns"),
    ("", "b.*,!b.pay*", "b.x", "b.pay b.payroll a.x"),
    ("", "!b.pay,b.pay", "", "b.pay"),
    ("", "!b.*", "a.b", "b.x b.x$files"),
    ("a", "!a.y,b.*", "", "a.y b.x"),
    ("a,b", "*.x", "a.x b.x", "a.y c.x"),
    ("", "s3/bucket.a.*", '"s3/bucket".a.x', 'a.x "s3/other".a.x "s3/bucket".b.x'),
    ("", "a.(x|y)+", "", "a.x"),
]


def named(name):
    return ".".join(f'"{part}"' if "$" in part else part for part in name.split("."))


@pytest.mark.parametrize(("databases", "tables", "readable", "refused"), LISTS)
def test_a_table_is_read_where_a_list_opens_it_and_none_closes_it(
    databases, tables, readable, refused
):
    lists = {
        "databases": [each for each in databases.split(",") if each],
        "tables": [each for each in tables.split(",") if each],
    }
    for name in readable.split():
        assert check(f"SELECT * FROM {named(name)}", **lists).tables
    for name in refused.split():
        with pytest.raises(RefusedError, match="may not be read"):
            check(f"SELECT * FROM {named(name)}", **lists)


def test_a_refusal_says_what_may_be_read():
    with pytest.raises(RefusedError, match=r"'b.pay' may not be read \(line 1:15\)") as refused:
        check("SELECT * FROM b.pay", tables=["b.*", "!b.pay"])

    assert "b.*, not b.pay" in refused.value.hint


def test_tables_are_listed_by_name_only_where_all_of_them_may_be_read():
    assert Access(tables=["a.*"]).may_list("a")
    assert Access(databases=["a"]).may_list("a")
    assert Access(tables=["!b.pay"]).may_list("a")
    for access in (Access(tables=["a.o*"]), Access(tables=["!a.x"]), Access(databases=["b"])):
        assert not access.may_list("a")
    with pytest.raises(RefusedError, match="Not all tables of 'a'") as refused:
        check("SHOW TABLES IN a", tables=["a.*", "!a.x"])
    assert "search_tables" in refused.value.hint


def test_the_database_of_a_pattern_may_be_entered_unless_all_of_it_is_refused():
    access = Access(tables=["a.x", "b.*", "!b.*"])

    assert access.may_enter("A")
    assert not access.may_enter("b")
    assert not access.may_enter("c")
    assert not Access().may_enter("a", "mysql")
    assert Access(["a"], ["c.d.*"]).may_enter("d", "c")
    assert not Access(["a"], ["b.*"]).may_enter("b")


@pytest.mark.parametrize(
    "pattern", ["sales", "*", "a.b.c.d", "*.a.b", "!", "a..b", "a .b", "!!a.b"]
)
def test_what_is_no_pattern_of_tables_is_refused_by_the_settings(pattern):
    with (
        settings.using({"DATALFRED_TABLES": f"sales.*, {pattern}"}),
        pytest.raises(ConfigurationError, match="no pattern of tables"),
    ):
        settings.load()


def test_the_settings_of_each_function_are_its_own():
    with settings.using({"DATALFRED_TABLES": "sales.*, !sales.pay,s3tables/b.a.*"}):
        loaded = settings.load()

    assert loaded.tables == ("sales.*", "!sales.pay", "s3tables/b.a.*")
    assert Access(loaded.databases, loaded.tables).may_read("sales", "orders")
