"""What ``datalfred doctor`` says of a laptop, and how it says things at all."""

import json
import re
import threading
import time

import pytest
from botocore.exceptions import ClientError

from datalfred import settings
from datalfred.cli.doctor import findings, people, rounds
from datalfred.cli.doctor.findings import Check, Well, judged, line
from datalfred.cli.doctor.reading import Account, client_of
from datalfred.cli.doctor.stage import Stage
from datalfred.errors import (
    ConfigurationError,
    OperatorError,
    PermissionMissingError,
    UnavailableError,
)


def fails(error):
    def look():
        raise error

    return Check("it", look)


def test_a_sound_installation_is_well(run, monkeypatch, tmp_path):
    monkeypatch.setenv("DATALFRED_STATE", str(tmp_path / "state"))

    code, out, _ = run("doctor", "--json")

    found = json.loads(out)
    assert code == 0
    assert {"installation", "settings", "state directory", "model"} == {f["what"] for f in found}
    assert all(each["well"] and each["status"] == "ok" for each in found)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DATALFRED_STATE", "/proc/nowhere", "cannot be written"),
        ("DATALFRED_CALLS_PER_TURN", "many", "not a number"),
        ("DATALFRED_MODEL", "parrot", "parrot"),
    ],
)
def test_what_is_wrong_is_named_and_ends_with_1(run, monkeypatch, variable, value, words):
    monkeypatch.setenv(variable, value)

    code, out, _ = run("doctor")

    assert code == 1
    assert "FAIL" in out
    assert words in out


def test_a_size_that_nobody_knows_is_answered_with_the_sizes_there_are(run):
    code, _, err = run("doctor", "-m", "huge")

    assert code == 2
    assert all(size in err for size in ("huge", "large", "medium", "small"))


def test_a_probe_of_a_laptop_is_refused(run):
    code, _, err = run("doctor", "--probe")

    assert (code, "--target aws" in err) == (2, True)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperatorError("It broke.", hint="Mend it."), "FAIL"),
        (ConfigurationError("IT", "is not set.", hint="Mend it."), "FAIL"),
        (UnavailableError("Nobody answers.", hint="Mend it."), "unknown"),
    ],
)
def test_an_error_says_by_its_kind_whether_anybody_could_look(error, status):
    found = judged(fails(error))

    assert (found.status, found.way_out) == (status, "Mend it.")
    assert found.detail == error.message


def test_a_denied_look_is_unknown_and_prints_the_statement_that_allows_it():
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    found = judged(fails(PermissionMissingError("lambda:GetFunctionConfiguration", arn)))

    wanted = {"Effect": "Allow", "Action": "lambda:GetFunctionConfiguration", "Resource": arn}
    assert (found.status, found.fix) == ("unknown", wanted)
    assert json.loads(line(found).splitlines()[-1]) == wanted
    assert found.as_dict()["well"] is None


def test_an_explicit_deny_is_told_from_a_permission_that_is_missing():
    said = "User: u is not authorized ... with an explicit deny in a service control policy"
    found = judged(fails(PermissionMissingError("bedrock:ListAgents", said=said)))

    assert "ask whoever owns that policy" in found.way_out


def test_a_check_that_breaks_is_unknown_and_shows_no_stack():
    found = judged(fails(KeyError("agentId")))

    assert found.status == "unknown"
    assert found.detail == "The look at it failed: KeyError: 'agentId'"


def test_something_well_may_still_have_a_way_out():
    found = judged(Check("it", lambda: Well("older than this", "Deploy it.")))

    assert (found.status, found.way_out) == ("ok", "Deploy it.")


def test_findings_come_in_the_order_of_the_checks_whoever_ends_first():
    second_has_ended = threading.Event()

    def slow():
        assert second_has_ended.wait(10)
        return "slow"

    def quick():
        second_has_ended.set()
        return "quick"

    told = []
    found = rounds.look_at(
        [Check("a", slow), Check("b", quick)], lambda _step, fraction: told.append(fraction)
    )

    assert [each.detail for each in found] == ["slow", "quick"]
    assert told == [0.5, 1.0]


def test_a_check_that_hangs_is_unknown_and_does_not_hold_up_the_others(monkeypatch):
    monkeypatch.setattr(rounds, "DEADLINE_SECONDS", 0.2)
    monkeypatch.setattr(rounds, "_AT_ONCE", 2)
    over = threading.Event()
    hangs = Check("hangs", lambda: str(over.wait(20)))
    began = time.monotonic()
    try:
        found = rounds.look_at(
            [hangs, Check("well", lambda: "fine"), hangs, Check("queued", lambda: "late")],
            lambda *_: None,
        )
        took = time.monotonic() - began
    finally:
        over.set()

    assert took < 10
    assert [each.status for each in found] == ["unknown", "ok", "unknown", "unknown"]
    assert "No answer came within" in found[0].detail


def test_colours_and_cursors_in_what_aws_says_do_not_reach_the_terminal(run, monkeypatch):
    monkeypatch.setattr(
        "datalfred.cli.doctor.laptop.installation", lambda: "fine \x1b[2J\x1b]0;title\x07"
    )

    _, out, _ = run("doctor")

    assert "\x1b" not in out
    assert findings.OK in out


@pytest.mark.parametrize("service", ["sts", "lambda", "bedrock-agent"])
def test_a_check_asks_the_region_that_it_names_whatever_the_environment_says(service):
    elsewhere = {
        **settings.environment(),
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "DATALFRED_REGION": "us-east-1",
        "DATALFRED_BEDROCK_REGION": "us-west-2",
    }
    with settings.using(elsewhere):
        assert client_of(service, "eu-west-3").meta.region_name == "eu-west-3"


POLICY = "arn:aws:iam::123456789012:policy/datalfred_shop_dev_ask"
ALIAS = "arn:aws:bedrock:eu-west-1:123456789012:agent-alias/AGENT/{}".format


class Policies(Account):
    """An account of which one policy is known; its aliases are given."""

    aliases = ()

    def read(self, service, operation, resource="*", **given):
        assert (service, resource, given["PolicyArn"]) == ("iam", POLICY, POLICY)
        if self.aliases is None:
            error = {"Error": {"Code": "NoSuchEntity", "Message": "no"}}
            raise ClientError(error, operation)
        if operation == "get_policy":
            return {"Policy": {"DefaultVersionId": "v7"}}
        assert (operation, given["VersionId"]) == ("get_policy_version", "v7")
        statements = [
            {"Sid": "Ask", "Action": "bedrock:InvokeAgent", "Resource": self.aliases},
            {"Sid": "Find", "Action": ["cloudformation:DescribeStacks"], "Resource": "*"},
        ]
        return {"PolicyVersion": {"Document": {"Statement": statements}}}


def asking(aliases):
    """The stage of a small and a large team, and who may ask them."""
    account = Policies("who", "123456789012", "eu-west-1", "eu-west-1")
    told = {
        "DATALFRED_AGENT_ID": "AGENT",
        "DATALFRED_AGENT_ALIAS_ID": "LARGE",
        "DATALFRED_AGENT_ID_SMALL": "AGENT",
        "DATALFRED_AGENT_ALIAS_ID_SMALL": "SMALL",
    }
    object.__setattr__(account, "aliases", aliases)
    return Stage("shop", "dev", account, {"channels": "CREATE_COMPLETE"}, told)


def test_a_policy_that_names_the_deployed_aliases_lets_people_ask():
    found = people.may_ask(asking([ALIAS("SMALL"), ALIAS("LARGE")]))

    assert found == "datalfred_shop_dev_ask names the aliases of large, small"


@pytest.mark.parametrize(
    ("aliases", "words"),
    [
        ([ALIAS("SMALL"), ALIAS("OLDER")], "Nobody may ask the team of large by the policy"),
        (ALIAS("LARGE"), "Nobody may ask the team of small"),
        (None, f"There is no policy {POLICY}"),
    ],
)
def test_a_policy_that_names_agents_of_before_is_wrong(aliases, words):
    with pytest.raises(OperatorError, match=re.escape(words)) as caught:
        people.may_ask(asking(aliases))

    assert "make deploy STAGE=dev" in caught.value.hint
