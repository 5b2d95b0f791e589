import pytest

from datalfred.lake.logs import lines
from datalfred.lake.logs.models import LogEvent
from datalfred.lake.logs.telling import telling


def events(*messages):
    return tuple(LogEvent(at="", log_group="g", stream="s", message=each) for each in messages)


def messages(found):
    return [event.message for event in found]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("  spaces around \n", "spaces around"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("bell\x07 and null\x00", "bell  and null"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("carriage\rreturn", "carriage return"),
        ("right\u202eleft", "right left"),
        ("zero\u200bwidth", "zero width"),
        ("tag\U000e0041s", "tag s"),
        ("mail ana@example.org", "mail {EMAIL}"),
        ("password=hunter2hunter2", "password=•••"),
        ('{"db_password": "s3cr3t-value"}', '{"db_password": "•••"}'),
        ("Authorization: Bearer abcdefghijklmnopqrstuv", "Authorization: Bearer •••"),
        ("api_key: 12345678", "api_key: •••"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key ••• used"),
        ("the secret crm/api has expired", "the secret crm/api has expired"),
        ("the password is wrong", "the password is wrong"),
    ],
)
def test_a_line_is_shown_without_secrets_and_control_sequences(raw, shown):
    assert lines.shown(raw) == shown


def test_a_long_line_is_cut_at_whole_characters():
    shown = lines.shown("ä" * 1000, 101)

    assert len(shown.encode()) <= 101
    assert shown.endswith("ä…")


def test_a_secret_at_the_cut_is_masked_before_it_is_cut():
    shown = lines.shown("x" * 90 + " ana@example.org", 100)

    assert "ana" not in shown


def test_an_event_carries_its_place_and_time():
    found = lines.event({"timestamp": 0, "message": "m"}, "group", stream="stream")

    assert found == LogEvent(
        at="1970-01-01T00:00:00Z", log_group="group", stream="stream", message="m"
    )


def test_complaints_and_the_last_lines_are_telling():
    found = telling(events("a", "ERROR b", "c", "d", "e", "f", "g"), 5)

    assert messages(found) == ["ERROR b", "d", "e", "f", "g"]


def test_what_led_to_the_first_complaint_fills_the_rest():
    found = telling(events("a", "b", "WARN c", "ERROR d", *"efghijk"), 8)

    assert messages(found) == ["a", "b", "WARN c", "ERROR d", "h", "i", "j", "k"]


def test_of_many_complaints_the_first_stay():
    found = telling(events(*(f"ERROR {number}" for number in range(20))), 6)

    assert messages(found) == ["ERROR 0", "ERROR 1", "ERROR 16", "ERROR 17", "ERROR 18", "ERROR 19"]


def test_without_complaints_the_end_is_telling():
    assert messages(telling(events("a", "b", "c"), 2)) == ["b", "c"]
