"""What the catalog does not know, and what only looks so, in the words of the built-in model."""

from collections.abc import Mapping
from typing import Any

import pytest

from datalfred.models.offline.catalog_typos import retyped
from datalfred.models.offline.unknowns import gaps_of

GAP = "No permission for s3:ListBucket."
NO_TABLES: Mapping[str, Any] = {"tables": [], "total": 0, "page": 1, "pages": 1}


class Told:
    """A lake whose operations answer otherwise: in whole, or only of described tables."""

    def __init__(self, lake: Any, **answers: Any) -> None:
        self._lake, self._answers = lake, answers
        self.described: dict[str, Any] = answers.pop("described", {})

    def call(self, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = {**self._lake.call(operation, given), **self._answers.get(operation, {})}
        if operation == "describe_table" and answer.get("table"):
            own = self.described.get(answer["table"]["name"], {})
            answer["table"] = {**answer["table"], **self.described.get("*", {}), **own}
        return answer


@pytest.fixture
def told(talks: Any, shop: Any) -> Any:
    def ask(question: str, **answers: Any) -> Any:
        return talks(Told(shop, **answers)).ask(question)

    return ask


FRESH = {"rhythm": "daily", "late": True, "summary": "daily, last 2026-11-02, late by its rhythm"}
LIKELY = {
    "database": "customer",
    "table": "customers",
    "columns": {"customer_id": "customer_id"},
    "score": 0.9,
    "reason": "likely: customers is named after the key",
}


@pytest.mark.parametrize(
    "question", ["how fresh is orders?", "is the orders table up to date", "describe orders"]
)
def test_how_fresh_a_table_is_stands_in_its_answer(told: Any, question: str) -> None:
    answer = told(question, described={"orders": {"freshness": FRESH}})

    assert "daily, last 2026-11-02, late by its rhythm" in answer.text


def test_an_unknown_age_and_size_are_said_to_be_unknown(told: Any) -> None:
    nothing = {"freshness": None, "rows": None, "bytes": None, "gaps": [GAP]}

    answer = told("how fresh is orders?", described={"orders": nothing})

    assert "how fresh it is is unknown" in answer.text
    assert "unknown number of rows; unknown size" in answer.text
    assert "Not known: No permission for s3:ListBucket." in answer.text


def test_a_join_that_nobody_declared_is_only_likely(told: Any) -> None:
    plain = {key: LIKELY[key] for key in ("database", "table", "columns")}
    given = {"*": {"joins": []}, "orders": {"joins": [plain], "likely_joins": [LIKELY]}}

    described = told("describe orders", described=given)
    joined = told("how do orders and customers join?", described=given)

    assert "Likely joins, which nobody declared: customer.customers" in described.text
    assert " Joins: " not in described.text
    assert joined.text.startswith("Likely joins, which nobody declared")
    assert "(customers is named after the key)" in joined.text
    assert "Many-to-one" not in joined.text


def test_declared_joins_stand_apart_from_likely_ones(told: Any) -> None:
    other = {**LIKELY, "database": "sales", "table": "returns", "columns": {"order_id": "order_id"}}

    answer = told("describe orders", described={"orders": {"likely_joins": [other]}})

    assert "Joins: customer.customers on customer_id." in answer.text
    assert "Likely joins, which nobody declared: sales.returns on order_id." in answer.text


def test_a_join_found_from_both_ends_is_told_once(told: Any) -> None:
    answer = told("which tables can I join with orders?")

    assert answer.text.count("orders.order_id = ") + answer.text.count("= orders.order_id") == 2
    assert "sales.returns to sales.orders" in answer.text
    assert "sales.orders to customer.customers" in answer.text


def test_that_there_is_no_join_is_said_with_what_is_not_known(told: Any) -> None:
    answer = told("how do I join stores?", described={"*": {"joins": [], "gaps": [GAP]}})

    assert answer.abstained
    assert "the catalog declares no join for sales.stores" in answer.text
    assert GAP in answer.text


def test_the_number_of_tables_may_be_unknown(told: Any) -> None:
    unread = {"name": "hr", "description": "", "tables": None}
    gap = "No permission for glue:GetTables on hr."

    answer = told("list databases", list_databases={"databases": [unread], "gaps": [gap]})

    assert "**hr** (number of tables unknown)" in answer.text
    assert "None" not in answer.text
    assert gap in answer.text


@pytest.mark.parametrize("gaps", [[], [GAP]])
def test_no_database_is_no_success(told: Any, gaps: list[str]) -> None:
    answer = told("list databases", list_databases={"databases": [], "total": 0, "gaps": gaps})

    assert answer.abstained
    assert (GAP in answer.text) == bool(gaps)


def test_tables_that_refused_to_be_read_are_told_beside_those_found(told: Any) -> None:
    listed = told("list all tables", search_tables={"gaps": [GAP]})
    found = told("which tables hold refunds", search_tables={"gaps": [GAP]})

    assert "There are at least 12 tables" in listed.text
    assert GAP in listed.text
    assert GAP in found.text


def test_where_the_catalog_could_not_be_read_nothing_is_said_to_be_missing(told: Any) -> None:
    listed = told("list all tables", search_tables={**NO_TABLES, "gaps": [GAP]})
    found = told("which tables hold refunds", search_tables={**NO_TABLES, "gaps": [GAP]})
    empty = told("list all tables", search_tables=NO_TABLES)

    assert listed.abstained
    assert found.abstained
    assert GAP in listed.text
    assert GAP in found.text
    assert empty.text.startswith("No tables.")


def test_partitions_that_were_not_listed_are_unknown(told: Any) -> None:
    nothing = {"partitions": [], "total": 0}

    unknown = told("partitions of orders", list_partitions={**nothing, "gaps": [GAP]})
    none = told("partitions of orders", list_partitions=nothing)

    assert unknown.abstained
    assert GAP in unknown.text
    assert "has no partitions" in none.text


def test_an_owner_is_told_and_none_is_invented(told: Any) -> None:
    named = told("who owns the orders table?", described={"orders": {"owner": "team-checkout"}})
    nobody = told("who is responsible for orders")

    assert "**sales.orders** belongs to team-checkout." in named.text
    assert nobody.abstained
    assert "names no owner of **sales.orders**" in nobody.text


def test_tables_are_late_only_where_a_rhythm_is_known(told: Any) -> None:
    late = {"orders": {"freshness": FRESH}, "*": {"freshness": None}}
    dated = {"returns": {"freshness": {"summary": "newest file of 2026-11-19"}}}

    answer = told("which tables are stale?", described={**late, **dated})
    fresh = told("which tables are up to date?", described={**late, **dated})

    assert answer.text.startswith("1 of 1 tables is late by the rhythm of its partitions:")
    assert "**sales.orders**: daily, last 2026-11-02" in answer.text
    assert "sales.returns (newest file of 2026-11-19)" in answer.text
    assert fresh.text.startswith("0 of 1 tables are as new")


def test_sizes_that_are_unknown_are_not_ranked(told: Any) -> None:
    sizes = {"*": {"bytes": 5, "rows": 2}, "orders": {"bytes": 900}, "stores": {"bytes": None}}

    answer = told("which are the largest tables?", described=sizes)
    rows = told("which table has the most rows?", described=sizes)

    assert "size of their files:\n\n- **sales.orders**: 900 bytes" in answer.text
    assert "Of unknown size: sales.stores." in answer.text
    assert ": 2 rows" in rows.text


def test_of_a_large_catalog_the_rest_is_said_not_to_be_looked_at(told: Any) -> None:
    answer = told("which tables are partitioned?", search_tables={"total": 300, "pages": 15})

    assert "288 more could not be looked at." in answer.text


def test_tables_that_cannot_be_described_are_no_empty_success(told: Any) -> None:
    denied = {"table": None, "error": {"code": "PERMISSION_MISSING", "message": "No glue:GetTable"}}

    answer = told("which tables hold personal data?", describe_table=denied)

    assert answer.abstained
    assert "No glue:GetTable" in answer.text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wich tabels hold x", "which tables hold x"),
        ("partitons of orders", "partitions of orders"),
        ("sessions by tablet", "sessions by tablet"),
        ("witch is described", "witch is described"),
        ("the owned products", "the owned products"),
    ],
)
def test_words_of_the_catalog_are_read_as_meant(typed: str, meant: str) -> None:
    assert retyped(typed) == meant


def test_many_gaps_are_told_in_part_and_each_is_cut() -> None:
    gaps = [f"gap {number} {'x' * 300}" for number in range(5)]

    said = gaps_of({"gaps": gaps})

    assert said.startswith("Not known: gap 0 xxx")
    assert said.endswith("… (and 2 more).")
    assert len(said) < 600
    assert gaps_of({"gaps": "none"}) == gaps_of({"gaps": [None, ""]}) == gaps_of({}) == ""
