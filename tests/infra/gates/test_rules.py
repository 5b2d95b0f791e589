"""Each rule of ours, broken once in a template of production, is the one that fails."""

import copy
import json
import re
from pathlib import Path
from types import SimpleNamespace

import aws_cdk as cdk
import pytest
import yaml

from datalfred.errors import ConfigurationError
from infra.app import build, feature_flags
from infra.configuration import Configuration, load
from infra.gates import validation
from infra.gates.validation import RULES, rules_of, synthesise
from tests.infra.gates.stages import PLAIN
from tests.infra.package_stand_in import code, layer

BROKEN = yaml.safe_load(Path(__file__).with_name("broken.yaml").read_text("utf-8"))
KEPT = ("Guardrail", "Glue", "Dependencies", "SmallModel", "SmallRunGuy")
"""Enough of the agents' stack for each rule, so that forty copies of it are quick to check."""


def name_of(number):
    return f"broken-{number}"


def changed(template, case):
    """A template with one resource changed as a case of ``broken.yaml`` says."""
    resources = copy.deepcopy(template["Resources"])
    of_type = [name for name, each in resources.items() if each["Type"] == case["type"]]
    name = of_type[case.get("which", 0)]
    if "at" not in case:
        del resources[name]
        return resources
    *way, last = case["at"].split(".")
    place = resources[name]
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    last = int(last) if isinstance(place, list) else last
    if "is" in case:
        place[last] = case["is"]
    else:
        del place[last]
    return resources


def add_stack(app, name, resources):
    stack = cdk.Stack(app, name)
    for logical_id, resource in resources.items():
        made = cdk.CfnResource(stack, logical_id, type=resource["Type"])
        made.override_logical_id(logical_id)
        for what in {"Properties", "DeletionPolicy", "UpdateReplacePolicy"} & set(resource):
            made.add_override(what, resource[what])


@pytest.fixture(scope="module")
def parts(templates):
    agents = templates["agents"]["Resources"]
    kept = {name: each for name, each in agents.items() if name.startswith(KEPT)}
    return {**templates, "agents": {"Resources": kept}}


@pytest.fixture(scope="module")
def failures(parts, tmp_path_factory):
    """By stack: the rules of ours that it breaks, with the resources that do."""
    folder = tmp_path_factory.mktemp("broken")
    app = cdk.App(context=feature_flags(), outdir=str(folder))
    for name, template in parts.items():
        add_stack(app, name, template["Resources"])
    for number, case in enumerate(BROKEN):
        add_stack(app, name_of(number), changed(parts[case["part"]], case))
    with pytest.raises(ConfigurationError, match="prod: breaks rules"):
        synthesise(app, load("prod"))

    found = {}
    report = json.loads((folder / "validation-report.json").read_text("utf-8"))
    for violation in report["pluginReports"][0]["violations"]:
        if violation["ruleMetadata"]["category"].startswith("guard:"):
            for construct in violation["violatingConstructs"]:
                stack, _, resource = construct["constructPath"].partition("/")
                rules = found.setdefault(stack, {})
                rules.setdefault(violation["ruleName"], set()).add(resource)
    return found


@pytest.mark.parametrize(
    ("number", "case"),
    list(enumerate(BROKEN)),
    ids=[f"{each['rule'] or 'none'}-{number}" for number, each in enumerate(BROKEN)],
)
def test_what_breaks_one_rule_fails_by_that_rule_alone(failures, number, case):
    failed = failures.get(name_of(number), {})

    assert list(failed) == ([case["rule"]] if case["rule"] else [])
    assert all(len(resources) == 1 for resources in failed.values())


def test_production_breaks_none(failures, parts):
    assert not set(parts) & set(failures)


def test_every_rule_is_broken_by_a_case():
    written = {
        name
        for file in RULES.glob("*.guard")
        for name in re.findall(r"^rule (\w+)", file.read_text("utf-8"), re.MULTILINE)
    }

    assert written == {each["rule"] for each in BROKEN} - {""}


def test_every_file_of_rules_holds_for_some_stage():
    assert {each.stem for each in RULES.glob("*.guard")} == set(rules_of(load("prod")))


def test_data_may_go_where_the_stage_says_so():
    assert "retained" not in rules_of(load("dev"))


@pytest.mark.parametrize(
    "fields", [{"features": {"customer_managed_key": False}}, {"bedrock_region": "us-east-1"}]
)
def test_a_key_is_not_demanded_where_there_is_none(fields):
    stage = Configuration.model_validate({"project": "demo", "stage": "dev", **fields})

    assert "own_key" not in rules_of(stage)


def test_a_stage_that_does_without_everything_keeps_every_rule_of_cloudformation_too(tmp_path):
    synthesise(build(PLAIN, code=code, layer=layer, outdir=str(tmp_path)), PLAIN)

    report = json.loads((tmp_path / "validation-report.json").read_text("utf-8"))
    assert [found for plugin in report["pluginReports"] for found in plugin["violations"]] == []


def test_what_is_no_broken_rule_is_not_taken_for_one(monkeypatch):
    def fails():
        raise RuntimeError("out of memory")

    monkeypatch.setattr(validation, "hold_against", lambda *_: None)

    with pytest.raises(RuntimeError, match="out of memory"):
        synthesise(SimpleNamespace(synth=fails), load("dev"))
