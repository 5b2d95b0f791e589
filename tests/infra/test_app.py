"""The whole app: its stages, its refusals, its people."""

import subprocess
import sys

import pytest

from datalfred.approvals.approver import is_approver
from datalfred.errors import ConfigurationError
from infra.configuration import Configuration, load
from infra.stage import Stage


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_every_stage_synthesises_its_four_stacks(synthesised, stage):
    assert set(synthesised(load(stage))) == {"data", "agents", "channels", "observability"}


def test_a_stage_that_is_not_chosen_is_refused():
    with pytest.raises(ConfigurationError, match="is not chosen") as refused:
        load("")

    assert refused.value.hint == "Pass STAGE=; there is: dev, prod, staging."


def test_the_command_refuses_it_in_words():
    done = subprocess.run(
        [sys.executable, "-m", "infra.app", "nowhere"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "nowhere.yaml: does not exist" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"projet": "demo"}, "projet"),
        ({"project": "Demo"}, "project"),
        ({"project": "demo", "approvals": {"approvers": ["ana"]}}, "approvers"),
        ({"project": "demo", "queries": {"ask_usd": 9, "budget_usd": 1}}, "ask_usd is above"),
        ({"project": "demo", "sizes": ["huge"]}, "sizes"),
    ],
)
def test_a_file_that_says_what_it_may_not_is_refused_by_field(tmp_path, values, said):
    (tmp_path / "dev.yaml").write_text(str(values), "utf-8")

    with pytest.raises(ConfigurationError, match=said):
        load("dev", tmp_path)


def test_production_must_keep_its_data():
    with pytest.raises(ValueError, match="retain_data"):
        Configuration(project="demo", stage="prod")


def test_a_stage_that_keeps_its_data_names_its_account():
    with pytest.raises(ValueError, match="must name its account"):
        Configuration(project="demo", stage="prod", retain_data=True)


@pytest.mark.parametrize(
    ("listed", "heard"),
    [
        (
            "iam:arn:aws:iam::111122223333:role/teams/data/on-call",
            "iam:arn:aws:sts::111122223333:assumed-role/on-call/*",
        ),
        ("iam:arn:aws:iam::111122223333:user/ana", "iam:arn:aws:iam::111122223333:user/ana"),
        ("slack:T1:U1", "slack:T1:U1"),
    ],
)
def test_a_role_among_the_approvers_is_heard_as_its_sessions_sign(listed, heard):
    decided = Configuration(project="demo", stage="dev", approvals={"approvers": [listed]})

    assert Stage(decided).variables()["DATALFRED_APPROVERS"] == heard


def test_whoever_holds_an_approving_role_is_an_approver(templates):
    environments = [
        each["Properties"]["Environment"]["Variables"]
        for each in templates["channels"]["Resources"].values()
        if each["Type"] == "AWS::Lambda::Function"
    ]
    approvers = tuple(environments[0]["DATALFRED_APPROVERS"].split(","))

    assert is_approver("iam:arn:aws:sts::111122223333:assumed-role/data-on-call/ana", approvers)
    assert not is_approver("iam:arn:aws:sts::111122223333:assumed-role/other/data", approvers)


def test_the_approver_is_reached_by_signed_requests_and_its_schedule_alone(templates):
    resources = templates["channels"]["Resources"].values()
    urls = [each for each in resources if each["Type"] == "AWS::Lambda::Url"]
    permissions = [
        each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::Permission"
    ]

    assert [each["Properties"]["AuthType"] for each in urls] == ["AWS_IAM"]
    assert [(each["Principal"], "SourceArn" in each) for each in permissions] == [
        ("events.amazonaws.com", True)
    ]


def test_people_may_ask_and_press_and_nothing_else(templates):
    policies = {
        each["Properties"]["ManagedPolicyName"]: each["Properties"]["PolicyDocument"]["Statement"]
        for each in templates["channels"]["Resources"].values()
        if each["Type"] == "AWS::IAM::ManagedPolicy"
    }
    actions = {
        name: {action for each in said for action in _listed(each["Action"])}
        for name, said in policies.items()
    }

    assert actions == {
        "datalfred_demo_prod_ask": {
            "bedrock:InvokeAgent",
            "cloudformation:DescribeStacks",
            "kms:Decrypt",
            "kms:GenerateDataKey",
        },
        "datalfred_demo_prod_approve": {
            "lambda:InvokeFunctionUrl",
            "lambda:InvokeFunction",
            "cloudformation:DescribeStacks",
        },
    }


def test_an_alarm_tells_the_receivers(templates):
    resources = templates["observability"]["Resources"].values()
    alarms = [each["Properties"] for each in resources if each["Type"] == "AWS::CloudWatch::Alarm"]
    mails = [each["Properties"] for each in resources if each["Type"] == "AWS::SNS::Subscription"]

    assert len(alarms) == 2 * 6 + 1
    assert all(each["AlarmActions"] == each["OKActions"] for each in alarms)
    assert [each["Endpoint"] for each in mails] == ["data-on-call@example.com"]


def _listed(value):
    return [value] if isinstance(value, str) else value
