import pytest

from datalfred.errors import NotFoundError
from datalfred.lake import names

KNOWN = ("orders-ingestion", "orders_report", "customer-sync", "Sync")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("orders-ingestion", "orders-ingestion"),
        ("Orders Ingestion", "orders-ingestion"),
        ("ordersreport", "orders_report"),
        ("ingest", "orders-ingestion"),
        ("sync", "Sync"),
        ("customer", "customer-sync"),
    ],
)
def test_a_name_is_meant_exactly_or_by_its_only_fragment(asked, meant):
    assert names.one_of("pipeline", asked, KNOWN) == meant


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("orders", ("orders-ingestion", "orders_report")),
        ("custommer-sink", ("customer-sync",)),
        ("zzzz", ()),
        ("", ()),
        ("--", ()),
    ],
)
def test_a_name_that_means_none_or_several_is_refused_with_the_near_ones(asked, near):
    with pytest.raises(NotFoundError) as caught:
        names.one_of("pipeline", asked, KNOWN)

    assert caught.value.near == near


def test_an_empty_fragment_is_in_every_name():
    assert names.holding("", KNOWN) == list(KNOWN)
