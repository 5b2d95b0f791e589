import pytest

from datalfred.lake.figures import spoken_bytes, spoken_count, spoken_usd


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1_258_291, "1.2 MB"), (2**50 * 4096, "4096.0 PB")],
)
def test_bytes_are_spoken_in_their_unit(count, said):
    assert spoken_bytes(count) == said


def test_small_amounts_keep_four_digits():
    assert [spoken_usd(amount) for amount in (0.0, 0.00005, 1.2, None)] == [
        "$0.0000",
        "$0.0001",
        "$1.20",
        "cost unknown",
    ]


def test_one_is_singular():
    assert (spoken_count(1, "table"), spoken_count(1_200, "table")) == ("1 table", "1,200 tables")
