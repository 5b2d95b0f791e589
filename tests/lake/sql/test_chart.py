import pytest

from datalfred.lake.sql.chart import suggest
from datalfred.lake.sql.results import ResultColumn
from datalfred.lake.sql.summary import summarise


def chart(columns, rows):
    return suggest(summarise([ResultColumn(*column) for column in columns], [rows]))


COUNTRY = ("country", "varchar")
REVENUE = ("revenue", "decimal(14,2)")


def test_categories_are_bars():
    drawn = chart([COUNTRY, REVENUE], [["FR", "1.5"], ["DE", "2"]])

    assert (drawn.kind, drawn.x, drawn.y) == ("bar", "country", ("revenue",))
    assert drawn.title == "revenue by country"


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (("day", "date"), ["2026-10-01", "2026-10-02"]),
        (("at", "timestamp"), ["2026-10-01 00:00:00.000", "2026-10-02 00:00:00.000"]),
        (("period", "varchar"), ["2026-09", "2026-10"]),
        (("quarter", "varchar"), ["Q1", "Q2"]),
        (("year", "bigint"), ["2025", "2026"]),
    ],
)
def test_time_is_a_line(column, values):
    drawn = chart([column, REVENUE, ("orders", "bigint")], [[value, "1", "2"] for value in values])

    assert (drawn.kind, drawn.x, drawn.y) == ("line", column[0], ("revenue", "orders"))


def test_shares_of_a_whole_are_a_pie():
    rows = [["web", "60"], ["app", "40"]]

    assert chart([("channel", "varchar"), ("share", "double")], rows).kind == "pie"
    assert (
        chart([("channel", "varchar"), ("share", "double")], [["a", "1"], ["b", "-1"]]).kind
        == "bar"
    )
    assert (
        chart([("channel", "varchar"), ("share", "double")], [["a", "1"], ["b", None]]).kind
        == "bar"
    )


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ([COUNTRY, REVENUE], [["FR", "1"]]),
        ([COUNTRY, REVENUE], []),
        ([COUNTRY], [["FR"], ["DE"]]),
        ([REVENUE], [["1"], ["2"]]),
        ([COUNTRY, ("city", "varchar"), REVENUE], [["FR", "Lyon", "1"], ["DE", "Köln", "2"]]),
        ([COUNTRY, ("customer_id", "bigint"), REVENUE], [["FR", "7", "1"], ["DE", "8", "2"]]),
        ([COUNTRY, REVENUE], [["FR", "1"], ["FR", "2"]]),
        ([COUNTRY, REVENUE], [["FR", "1"], [None, "2"]]),
        ([COUNTRY, REVENUE], [[f"C{number}", "1"] for number in range(21)]),
        ([COUNTRY, REVENUE], [["FR", None], ["DE", None]]),
        ([COUNTRY, ("rate", "double")], [["FR", "NaN"], ["DE", "1"]]),
        ([COUNTRY, ("rate", "double")], [["FR", "Infinity"], ["DE", "1"]]),
        ([("note", "varchar"), REVENUE], [["a@example.org", "1"], ["b@example.org", "2"]]),
        (
            [("day", "date"), REVENUE],
            [["2026-10-02", "1"], ["2026-10-01", "1"], ["2026-10-03", "1"]],
        ),
        ([COUNTRY, ("total", "decimal(38)")], [["FR", "9" * 400], ["DE", "1"]]),
        ([("day", "date"), REVENUE], [[f"day {number}", "1"] for number in range(60)]),
        (
            [COUNTRY, *((f"m{number}", "double") for number in range(7))],
            [["FR", *"1234567"], ["DE", *"1234567"]],
        ),
    ],
)
def test_what_does_not_fit_is_not_drawn(columns, rows):
    assert chart(columns, rows) is None


def test_names_that_are_masked_are_no_labels():
    columns = [ResultColumn("email", "varchar"), ResultColumn("orders", "bigint")]
    rows = [["ana@example.org", "1"], ["ben@example.org", "2"]]

    assert suggest(summarise(columns, [rows], masked=frozenset({"email"}))) is None


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("share", ["0", "0"], "bar"),
        ("share", ["0", "1"], "pie"),
        ("pct", ["10", "20", "30", "10", "10", "20"], "pie"),
        ("pct", ["1"] * 7, "bar"),
        ("percentage", ["1", "-0.1"], "bar"),
        ("shareholders", ["1", "2"], "bar"),
        ("revenue", ["-1", "2"], "bar"),
    ],
)
def test_a_pie_is_for_few_shares_of_something(name, values, kind):
    rows = [[f"C{place}", value] for place, value in enumerate(values)]

    assert chart([COUNTRY, (name, "double")], rows).kind == kind


@pytest.mark.parametrize("step", [1, -1])
def test_days_forwards_or_backwards_are_a_line(step):
    rows = [[f"2026-10-{day:02}", str(day)] for day in range(1, 31)][::step]

    assert chart([("day", "date"), REVENUE], rows).kind == "line"


def test_a_result_of_which_columns_are_missing_is_not_drawn():
    whole = summarise(
        [ResultColumn(*COUNTRY), ResultColumn(*REVENUE)], [[["FR", "2"], ["DE", "1"]]]
    )

    assert suggest(whole) is not None
    assert suggest(whole.model_copy(update={"columns_omitted": 1})) is None
