import pytest

from datalfred.lake.redaction import redact, redact_cell


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
        "2026-01-01T00:00:00+00:00",
        "",
    ],
)
def test_what_points_to_nobody_stays(text):
    assert redact(text) == text


def test_null_stays_null():
    assert redact_cell(None) is None
    assert redact_cell("ana@example.org") == "{EMAIL}"
