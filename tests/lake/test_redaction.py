import random
import time
import uuid

import pytest

from datalfred.lake.redaction import hide_quoted, holds_cards, redact, redact_cell


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ana@example.org", "{EMAIL}"),
        ("write to a.b+c@mail.example.co.uk, please", "write to {EMAIL}, please"),
        ("call +49 221 123456-7", "call {PHONE}"),
        ("+33612345678", "{PHONE}"),
        ("+1 (212) 555-0199.", "{PHONE}."),
        ("DE89 3704 0044 0532 0130 00", "{IBAN}"),
        ("GB82WEST12345698765432", "{IBAN}"),
        ("iban de89370400440532013000.", "iban {IBAN}."),
        ("DE89 3704 0044 0532 0130 00 PAID TWICE", "{IBAN} PAID TWICE"),
        ("DE89 3704 0044 0532 0130 00 GB82 WEST 1234 5698 7654 32", "{IBAN} {IBAN}"),
        ("NO9386011117947", "{IBAN}"),
        ("FR14-2004-1010-0505-0001-3M02-606", "{IBAN}"),
        ("Ana <ana.o'neil@example.org>; ben@x.io", "Ana <{EMAIL}>; {EMAIL}"),
        ("mailto:ana%40example.org", "mailto:{EMAIL}"),
        ("jürgen@müller.example", "{EMAIL}"),
        ("ana\uff20example.org", "{EMAIL}"),
        ("ana@xn--mller-kva.example", "{EMAIL}"),
        ('{"to": "ana@example.org"}', '{"to": "{EMAIL}"}'),
        ("x" * 100 + "@example.org", "{EMAIL}"),
        ("+49\u00a0221\u00a01234567", "{PHONE}"),
        ("(212) 555-0199", "{PHONE}"),
        ("212-555-0199", "{PHONE}"),
        ("tel 06 12 34 56 78 now", "tel {PHONE} now"),
        ("123-45-6789", "{SSN}"),
        ("4111 1111 1111 1111", "{CARD}"),
        ("card 4111111111111111.", "card {CARD}."),
        ("5555-5555-5555-4444", "{CARD}"),
        ("2223003122003222", "{CARD}"),
        ("378282246310005", "{CARD}"),
        ("30569309025904", "{CARD}"),
        ("6011111111111117", "{CARD}"),
        ("3530111333300000", "{CARD}"),
    ],
)
def test_what_points_to_a_person_is_masked(text, shown):
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-09 08:00:00.000",
        "123456789012",
        "1,000,000.00",
        "-12.50",
        "+3.5",
        "0033612345678",
        "s3://bucket/key=2026-10-09/part-00000.parquet",
        "arn:aws:states:eu-west-1:123456789012:execution:orders:0a1b",
        "3f2a0c1e-0000-4000-8000-001234567890",
        "user@host",
        "@timestamp",
        "DE89 3704 0044 0532 0130 01",
        "SKU12345678901234",
        "4111111111111112",
        "9111111111111111",
        "41111111111111111",
        "4111.111111111111",
        "1700000000000000",
        "40048239-1447-6bdd-63ff-ff74c2e324ef",
        "DE89370400440532013000X",
        "XX89370400440532013000",
        "DE8937040044053",
        "123-45-67890",
        "000-12-3456",
        "12345-6789",
        "package@1.2.3",
        "10.0.12.34",
        "2026-10-09 08 00",
        "1.0E10",
        "2026-01-01T00:00:00+00:00",
        "",
    ],
)
def test_what_points_to_nobody_stays(text):
    assert redact(text) == text


def test_null_stays_null():
    assert redact_cell(None) is None
    assert redact_cell("ana@example.org") == "{EMAIL}"


RANDOM = random.Random(7)


@pytest.mark.parametrize(
    "made",
    [
        lambda: str(RANDOM.randrange(10**12)),
        lambda: f"ORD-{RANDOM.randrange(10**10)}",
        lambda: str(uuid.UUID(int=RANDOM.getrandbits(128))),
        lambda: f"{RANDOM.getrandbits(256):064x}",
        lambda: str(RANDOM.randrange(1_500_000_000_000, 1_900_000_000_000)),
        lambda: f"{RANDOM.random() * 1e6:.2f}",
        lambda: repr(RANDOM.gauss(0, 1e9)),
        lambda: f"2026-{RANDOM.randrange(1, 13):02}-09 10:{RANDOM.randrange(60):02}:00.000",
        lambda: (
            f"arn:aws:ecs:eu-west-1:{RANDOM.randrange(10**12)}:task/{RANDOM.getrandbits(128):x}"
        ),
        lambda: f"s3://b/{RANDOM.getrandbits(64):x}/part-{RANDOM.randrange(10**5):05}.c000.parquet",
    ],
    ids=["account", "order", "uuid", "digest", "epoch", "price", "double", "time", "arn", "key"],
)
def test_identifiers_and_figures_are_not_taken_for_people(made):
    texts = [made() for _ in range(3_000)]

    assert [text for text in texts if redact(text) != text] == []


def test_a_column_of_long_identifiers_is_told_from_one_of_cards():
    identifiers = [str(RANDOM.randrange(10**15, 10**16)) for _ in range(50)]
    cards = ["4111111111111111", "5555555555554444", None, "378282246310005"]

    assert not holds_cards(identifiers)
    assert holds_cards(cards)
    assert holds_cards([])
    assert redact("4111111111111111", cards=False) == "4111111111111111"


@pytest.mark.parametrize(
    "text",
    ["a" * 300_000 + " @", "@" * 100_000, "x@" + "a." * 150_000, "1" * 300_000, "4 " * 150_000,
     "DE89 " * 60_000, "%" * 150_000 + "@", "x@" + "a-" * 150_000],
)  # fmt: skip
def test_hostile_text_is_looked_through_in_time_that_grows_with_its_length(text):
    began = time.process_time()

    redact(text)

    assert time.process_time() - began < 1


def test_a_failure_is_told_without_the_values_that_it_quotes():
    said = "INVALID_CAST_ARGUMENT: Cannot cast 'Ana O''Neil' to BIGINT near \"id\", ana@example.org"

    assert hide_quoted(said, ["ID"]) == (
        "INVALID_CAST_ARGUMENT: Cannot cast '•••' to BIGINT near \"id\", {EMAIL}"
    )
