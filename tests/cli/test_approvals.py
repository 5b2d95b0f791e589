"""What a person reads before a decision."""

import pytest

from datalfred.cli.approvals import _describe


def described(sql, **more):
    """The lines between the summary and who asked."""
    approval = {
        "id": "0" * 32,
        "state": "PENDING",
        "summary": "Run a query.",
        "action": "query",
        "requester": "local:ana",
        "expires_at": "2026-11-20T14:00:00Z",
        "details": {"sql": sql} if sql is not None else {},
        **more,
    }
    return _describe(approval).split("\n")[2:-1]


@pytest.mark.parametrize(
    ("mark", "spelled"),
    [
        ("\u202e", "\\u202e"),
        ("\u2066", "\\u2066"),
        ("\u200b", "\\u200b"),
        ("\u200d", "\\u200d"),
        ("\u2028", "\\u2028"),
        ("\u3164", "\\u3164"),
        ("\ufeff", "\\ufeff"),
        ("\x1b", "\\x1b"),
        ("\x08", "\\x08"),
        ("\x85", "\\x85"),
        ("\x0b", "\\x0b"),
        ("\r", "\\r"),
        ("\xa0", "\\xa0"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_a_mark_that_does_not_show_is_spelled_where_it_stands(mark, spelled):
    shown, note = described(f"SELECT 'a{mark}b' -- c")

    assert shown == f"    SELECT 'a{spelled}b' -- c"
    assert "is spelled" in note


def test_a_statement_that_shows_is_shown_as_it_is():
    sql = "SELECT 'Köln', '中', \"a:b\"\n\tFROM sales.orders\n\nWHERE x < 3 AND y = '$a$'"

    assert described(sql) == [f"    {line}" for line in sql.split("\n")]


def test_a_redrive_has_no_statement():
    assert described(None, action="redrive") == []
