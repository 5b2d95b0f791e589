import json
import logging
import threading
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from datalfred import clients, parameters, settings
from datalfred.parameters import AFTER_FAILURE_SECONDS, FRESH_SECONDS, OVERRIDABLE, Kept

DEPLOYED = {
    "DATALFRED_SETTINGS_PARAMETER": "/datalfred/demo/dev/settings",
    "DATALFRED_QUERY_BUDGET_USD": "4",
    "DATALFRED_CALLS_PER_TURN": "20",
    "DATALFRED_APPROVERS": "iam:arn:aws:iam::111122223333:role/on-call",
    "DATALFRED_WORKGROUP": "queries",
}
DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetParameter")
VARIABLES = [f"DATALFRED_{name.upper()}" for name in settings.Settings.__dataclass_fields__]
NAMES = st.sampled_from([*VARIABLES, *(each.lower() for each in VARIABLES), "AWS_REGION"])
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6),
    st.sampled_from(["1e3", "1_0", " 2 ", "0x1", "-0", "inf", "sales.*", "true", "٣"]),
    st.lists(st.integers(), max_size=2),
)  # fmt: skip


class Ssm:
    """Gives what it is told to, and counts how often it was asked."""

    def __init__(self):
        self.text = "{}"
        self.failure = None
        self.asked = []

    def get_parameter(self, Name):  # noqa: N803 -- as boto3 names it
        self.asked.append((Name, clients.patience().seconds_left))
        if self.failure:
            raise self.failure
        return {"Parameter": {"Value": self.text}}


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(parameters, "_now", lambda: clock.now)
    return clock


@pytest.fixture
def ssm(monkeypatch, clock):
    ssm = Ssm()
    monkeypatch.setattr(parameters, "_kept", {})
    monkeypatch.setattr(parameters.clients, "client", lambda service, **_: {"ssm": ssm}[service])
    return ssm


def chosen(ssm=None, said=None, **variables):
    """The settings of an invocation in which the parameter says this."""
    if ssm is not None:
        ssm.text = said if isinstance(said, str) else json.dumps(said)
    with settings.using({**DEPLOYED, **variables}), parameters.applied():
        return settings.load()


def refused(caplog):
    lines = [each.getMessage() for each in caplog.records if "refused" in each.getMessage()]
    return [line.partition("variable=<")[2].partition(">")[0] for line in lines]


def test_what_limits_money_or_calls_can_be_lowered_without_a_deployment(ssm):
    loaded = chosen(ssm, {"DATALFRED_QUERY_BUDGET_USD": 1.5, "DATALFRED_CALLS_PER_TURN": "7"})

    assert (loaded.query_budget_usd, loaded.calls_per_turn) == (1.5, 7)
    assert loaded.workgroup == "queries"


def test_an_override_ends_with_its_invocation(ssm):
    chosen(ssm, {"DATALFRED_CALLS_PER_TURN": 7})

    with settings.using(DEPLOYED):
        assert settings.load().calls_per_turn == 20


@pytest.mark.parametrize("setting", [name for name, most in OVERRIDABLE.items() if most is None])
def test_no_limit_can_be_raised_above_what_was_deployed(ssm, caplog, setting):
    variable = f"DATALFRED_{setting.upper()}"

    loaded = chosen(ssm, {variable: 6}, **{variable: "5"})

    assert getattr(loaded, setting) == 5
    assert refused(caplog) == [variable]


def test_how_long_to_wait_and_to_reuse_can_be_raised_as_far_as_the_services_go(ssm, caplog):
    far = {"DATALFRED_QUERY_TIMEOUT_SECONDS": 840, "DATALFRED_QUERY_REUSE_MINUTES": 10_080}
    loaded = chosen(ssm, far)

    assert (loaded.query_timeout_seconds, loaded.query_reuse_minutes) == (840, 10_080)
    assert not refused(caplog)


@pytest.mark.parametrize(
    "name", sorted(set(settings.Settings.__dataclass_fields__) - set(OVERRIDABLE))
)
def test_nobody_gains_rights_data_or_another_place_by_a_parameter(ssm, caplog, name):
    before = chosen(ssm, "{}")
    parameters._kept.clear()
    variable = f"DATALFRED_{name.upper()}"

    assert chosen(ssm, {variable: "1", name.upper(): "1", name: "1"}) == before
    assert variable in refused(caplog)


@given(st.dictionaries(NAMES, VALUES))
def test_whatever_a_parameter_says_limits_sink_and_all_else_stays(said):
    with settings.using(DEPLOYED):
        before = settings.load()
        overrides = parameters._judged("a parameter", json.dumps(said))
    with settings.using({**DEPLOYED, **overrides}):
        after = settings.load()

    for name in settings.Settings.__dataclass_fields__:
        was, now = getattr(before, name), getattr(after, name)
        if name not in OVERRIDABLE:
            assert now == was
        elif OVERRIDABLE[name] is None:
            assert 0 <= now <= was
        else:
            assert 0 <= now <= max(was, OVERRIDABLE[name])


@pytest.mark.parametrize("value", ["a lot", "", -1, "NaN", True, None, [1], {"a": 1}])
def test_a_wrong_value_is_refused_and_logged_by_its_name_alone(ssm, caplog, value):
    given = {"DATALFRED_CALLS_PER_TURN": value, "DATALFRED_QUERY_BUDGET_USD": 1}
    loaded = chosen(ssm, given)

    assert (loaded.calls_per_turn, loaded.query_budget_usd) == (20, 1)
    assert refused(caplog) == ["DATALFRED_CALLS_PER_TURN"]
    assert str(value) not in caplog.text or value in {"", True}


def test_a_name_that_is_none_leaves_no_line_of_its_own_in_the_log(ssm, caplog):
    chosen(ssm, {"DATALFRED_X>\n2026 | all is well": 1})

    assert refused(caplog) == ["DATALFRED_X2026alliswell"]


def test_the_parameter_is_read_once_a_minute_and_complained_of_once_a_text(ssm, caplog, clock):
    for _ in range(3):
        chosen(ssm, {"DATALFRED_APPROVERS": "http:eve"})
        chosen()
        clock.now += FRESH_SECONDS

    assert len(ssm.asked) == 3
    assert len(refused(caplog)) == 1
    assert all(left <= 2 for _, left in ssm.asked)


def test_a_change_counts_after_a_minute(ssm, clock):
    assert chosen(ssm, {"DATALFRED_CALLS_PER_TURN": 7}).calls_per_turn == 7
    clock.now += FRESH_SECONDS - 1
    assert chosen(ssm, {"DATALFRED_CALLS_PER_TURN": 8}).calls_per_turn == 7
    clock.now += 1

    assert chosen().calls_per_turn == 8


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '"DATALFRED_CALLS_PER_TURN"', "7"])
def test_a_text_that_is_no_object_leaves_what_was_said_last(ssm, clock, caplog, text):
    chosen(ssm, {"DATALFRED_CALLS_PER_TURN": 7})
    clock.now += FRESH_SECONDS

    assert chosen(ssm, text).calls_per_turn == 7
    assert "the last value counts" in caplog.text


def test_what_was_deployed_counts_where_the_parameter_cannot_be_read(ssm, clock, caplog):
    ssm.failure = DENIED
    for _ in range(3):
        assert chosen(ssm, {"DATALFRED_CALLS_PER_TURN": 7}).calls_per_turn == 20
        clock.now += AFTER_FAILURE_SECONDS

    assert len(ssm.asked) == 3
    (line,) = [each.getMessage() for each in caplog.records]
    assert "/datalfred/demo/dev/settings" in line
    assert "AccessDeniedException" in line


def test_after_a_failure_it_is_not_tried_at_each_invocation(ssm, clock):
    ssm.failure = DENIED
    chosen(ssm, "{}")
    ssm.failure = None
    clock.now += AFTER_FAILURE_SECONDS - 1
    chosen(ssm, {"DATALFRED_CALLS_PER_TURN": 7})
    assert len(ssm.asked) == 1

    clock.now += 1
    assert chosen().calls_per_turn == 7


def test_nothing_is_asked_for_where_no_parameter_is_named(ssm):
    chosen(ssm, {"DATALFRED_CALLS_PER_TURN": 7}, DATALFRED_SETTINGS_PARAMETER="")

    assert ssm.asked == []


def test_each_function_of_a_laptop_reads_by_its_own_role(ssm):
    for key in ("one", "two", "one"):
        chosen(ssm, "{}", AWS_ACCESS_KEY_ID=key)

    assert len(ssm.asked) == 2


def test_what_is_kept_is_read_by_one_thread_while_others_go_on_with_it(clock):
    began, go_on, values = threading.Event(), threading.Event(), iter(["old", "new"])

    def read():
        value = next(values)
        if value == "new":
            began.set()
            assert go_on.wait(10)
        return value

    kept = Kept("a secret", read, "none")
    assert kept.get() == "old"
    clock.now += FRESH_SECONDS
    reader = threading.Thread(target=kept.get)
    reader.start()
    assert began.wait(10)
    assert kept.get() == "old"
    go_on.set()
    reader.join()

    assert kept.get() == "new"


def test_the_first_reading_is_waited_for_and_done_once(clock):
    asked, go_on, found = [], threading.Event(), []

    def read():
        asked.append("once")
        assert go_on.wait(10)
        return "value"

    kept = Kept("a secret", read, "none")
    readers = [threading.Thread(target=lambda: found.append(kept.get())) for _ in range(4)]
    for each in readers:
        each.start()
    go_on.set()
    for each in readers:
        each.join()

    assert (asked, found) == (["once"], ["value"] * 4)


def test_a_second_failure_in_a_row_is_not_logged_again_and_one_after_a_success_is(clock, caplog):
    outcomes = iter([ValueError("secret"), ValueError("secret"), "value", ValueError("secret")])

    def read():
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    kept = Kept("a secret", read, "none")
    seen = []
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            seen.append((kept.get(), len(caplog.records)))
            clock.now += AFTER_FAILURE_SECONDS

    assert seen == [("none", 1), ("none", 1), ("value", 1), ("value", 2)]
    assert "secret>" in caplog.text
    assert "ValueError" in caplog.text
