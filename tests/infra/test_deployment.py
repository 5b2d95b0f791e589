"""What make runs for a stage, without running it."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from datalfred.definitions.costs import APPROVER_RUNS, DAYS, fixed_costs
from datalfred.definitions.prices import service_price
from infra import deployment
from infra.configuration import Bootstrap, load
from infra.constructs.approver import RESUME_MINUTES
from infra.deployment import Request, commands

ROLE = "arn:aws:iam::111122223333:role/deployer"


def spoken(verb, stage, **request):
    """The commands as a person would type them: without the way to Python."""
    found = commands(verb, stage, Request(**request))
    return [" ".join(each).replace(sys.executable, "python") for each in found]


def test_a_deployment_looks_first_and_prints_the_outputs_after():
    looked, before, deployed, after, told = spoken("deploy", load("dev"))

    assert looked.endswith("datalfred doctor --account --target aws -m small -p demo -s dev")
    assert " infra/node_modules/.bin/cdk deploy --all --force " in deployed
    assert "python -m infra.app dev" in deployed
    for step, option in ((before, "--keep"), (after, "--kept")):
        kept = f"{option} build/demo-dev.overrides.json"
        assert step.endswith(f"datalfred stage override {kept} -p demo -s dev")
    assert told.endswith("datalfred stage outputs -p demo -s dev")
    assert not [each for each in (looked, deployed, told) if "--require-approval" in each]


def test_a_deployment_looks_at_the_models_that_the_stage_chooses_for_every_size():
    chosen = {"large": "eu.anthropic.claude-opus-4-6-v1"}
    two = load("staging").model_copy(update={"models": chosen})
    three = two.model_copy(update={"sizes": ("small", "medium", "large")})

    looked = [each for each in spoken("deploy", two) if " doctor " in each]
    assert [each.partition(" -m datalfred ")[2].split()[5] for each in looked] == ["large", "small"]
    assert all(f" DATALFRED_AGENT_MODEL_ID={chosen['large']} " in each for each in looked)
    (once,) = [each for each in spoken("deploy", three) if " doctor " in each]
    assert once.endswith("doctor --account --target aws -p demo -s staging")


def test_what_is_there_already_is_taken_over_when_a_person_says_so():
    told, taken = (" ".join(spoken("deploy", load("prod"), adopt=adopt)) for adopt in (False, True))

    assert "--import-existing-resources" not in told
    assert " --import-existing-resources " in taken


def test_a_pipeline_is_not_asked_about_permissions_and_may_skip_the_doctor():
    _, deployed, *_ = spoken("deploy", load("dev"), unattended=True, doctor=False)

    assert "--require-approval never" in deployed


def test_commands_run_in_the_regions_of_the_stage():
    elsewhere = load("dev").model_copy(update={"bedrock_region": "eu-central-1"})

    told = spoken("deploy", elsewhere)[-1]

    assert told.startswith(
        "env AWS_REGION=eu-west-1 DATALFRED_REGION=eu-west-1"
        " DATALFRED_BEDROCK_REGION=eu-central-1 python"
    )


def test_a_stage_without_retained_data_goes_whole_and_its_buckets_are_emptied_in_between():
    above, emptied, data = spoken("destroy", load("dev"), confirm="demo/dev")

    assert "datalfred-demo-dev-observability datalfred-demo-dev-channels" in above
    assert "-data" not in above
    assert emptied.endswith("datalfred stage empty --confirm demo/dev -p demo -s dev")
    assert "cdk destroy datalfred-demo-dev-data --exclusively --force" in data


def test_production_keeps_the_stack_of_its_data():
    (above,) = spoken("destroy", load("prod"), confirm="demo/prod")

    assert "datalfred-demo-prod-agents" in above
    assert "datalfred-demo-prod-data" not in above


def test_a_smoke_test_asks_every_size_that_is_deployed():
    found = spoken("smoke", load("staging"), pipeline="nightly")

    assert [each.partition(" -m datalfred ")[2] for each in found] == [
        f"stage smoke -m {size} --pipeline nightly -p demo -s staging"
        for size in ("large", "small")
    ]


def test_a_laptop_can_be_tried_out_likewise_and_nothing_else(ran, capsys):
    assert deployment.main(["smoke", "local"]) == 0
    assert [each.partition(" -m ")[2] for each in ran] == ["datalfred stage smoke"]

    assert deployment.main(["destroy", "local"]) == 1
    assert "local.yaml: does not exist" in capsys.readouterr().err


def test_an_account_is_bootstrapped_by_cdk():
    assert " infra/node_modules/.bin/cdk bootstrap --app " in spoken("bootstrap", load("dev"))[0]


def test_what_cloudformation_may_do_in_an_account_is_limited_where_the_stage_says_so():
    policy = "arn:aws:iam::111122223333:policy/of-datalfred"
    limits = {"execution_policies": (policy,), "permissions_boundary": "of-teams"}
    stage = load("dev").model_copy(update={"bootstrap": Bootstrap(**limits)})

    (made,) = spoken("bootstrap", stage)

    assert f" --cloudformation-execution-policies {policy} " in made
    assert " --custom-permissions-boundary of-teams " in made


def test_a_stage_with_a_deploy_role_does_everything_as_that_role():
    stage = load("dev").model_copy(update={"role_to_assume_arn": ROLE})
    asked = {"confirm": "demo/dev", "unattended": True, "doctor": False, "pipeline": "nightly"}
    asked["adopt"] = True

    (once,) = spoken("destroy", stage, **asked)

    assert f"datalfred stage assume {ROLE} python -m infra.deployment destroy dev " in once
    again = once.partition(" -m infra.deployment ")[2].split()
    verb, name, request = deployment._read(again)
    assert (verb, name, request) == ("destroy", "dev", Request(**asked, assumed=True))
    assert len(list(commands(verb, stage, request))) == 3


@pytest.fixture
def ran(monkeypatch):
    """What would have run; the second command fails."""
    seen = []

    def run(command, **_):
        seen.append(" ".join(command))
        return SimpleNamespace(returncode=7 if len(seen) == 2 else 0)

    monkeypatch.setattr(subprocess, "run", run)
    return seen


def test_the_first_command_that_fails_ends_it_with_its_code(ran):
    assert deployment.main(["deploy", "dev"]) == 7
    assert len(ran) == 2


def test_what_the_doctor_finds_can_be_overruled_in_words(monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))

    assert deployment.main(["deploy", "dev"]) == 1
    assert "make deploy STAGE=dev DOCTOR=no" in capsys.readouterr().err

    assert deployment.main(["deploy", "dev", "--no-doctor"]) == 1
    assert capsys.readouterr().err == ""


def test_all_commands_that_succeed_are_a_success(ran):
    assert deployment.main(["smoke", "dev"]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("deploy",), "STAGE="),
        (("deploy", "nowhere"), "nowhere.yaml"),
        (("destroy", "prod"), "make destroy STAGE=prod CONFIRM=demo/prod"),
        (("destroy", "prod", "--confirm", "prod"), "CONFIRM=demo/prod"),
        (("destroy", "dev"), "CONFIRM=demo/dev"),
    ],
)
def test_what_is_not_clear_runs_nothing_and_says_what_to_type(ran, capsys, arguments, words):
    assert deployment.main(arguments) == 1

    assert words in capsys.readouterr().err
    assert ran == []


@pytest.mark.parametrize(("typed", "count"), [("demo/dev", 2), ("dev", 0), ("", 0)])
def test_a_person_types_the_name_of_what_is_destroyed(ran, monkeypatch, typed, count):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _words: typed)

    deployment.main(["destroy", "dev"])

    assert len(ran) == count


def test_nobody_is_asked_whether_data_that_is_kept_shall_lose_its_agents(ran, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))

    assert deployment.main(["destroy", "prod"]) == 1
    assert ran == []


def test_a_stage_with_a_deploy_role_is_not_destroyed_unconfirmed(ran, monkeypatch):
    stage = load("dev").model_copy(update={"role_to_assume_arn": ROLE})
    monkeypatch.setattr(deployment, "load", lambda _name: stage)

    assert deployment.main(["destroy", "dev"]) == 1
    assert ran == []


def test_the_costs_of_an_idle_stage_are_those_of_its_templates(templates):
    types = [
        resource["Type"]
        for template in templates.values()
        for resource in template["Resources"].values()
    ]
    fixed = fixed_costs()

    assert fixed["alarms"] == types.count("AWS::CloudWatch::Alarm") * service_price("alarm_month")
    assert fixed["dashboard"] == types.count("AWS::CloudWatch::Dashboard") * 3.0
    assert fixed["customer-managed key"] == types.count("AWS::KMS::Key") * 1.0
    assert APPROVER_RUNS == DAYS * 24 * 60 / RESUME_MINUTES


def test_without_a_key_nothing_above_the_data_speaks_of_one_so_that_it_can_be_deployed_first(
    synthesised,
):
    kept = load("dev")
    features = kept.features.model_copy(update={"customer_managed_key": False})
    before = synthesised(kept)
    after = synthesised(kept.model_copy(update={"features": features}))

    for part in deployment.ABOVE_DATA:
        text = json.dumps(after[part])
        assert "datalfred-demo-dev-data" not in text
        assert not re.search(r"Kms|EncryptionKey|MasterKey", text)
    assert "datalfred-demo-dev-data" in json.dumps(before["agents"])
