"""cfn-lint finds nothing in any template, its remarks on IAM included."""

import json

import pytest
from cfnlint.api import ManualArgs, lint

from infra.configuration import load
from infra.stage import Stage
from tests.infra.gates.stages import EVERYTHING, STAGES

NOT_ASKED = {
    "W3005": "CDK names what a reference implies already",
    "I1022": "CDK joins where a person would substitute",
}
"""What is not asked of templates, and why."""


def found_in(template, region):
    checks = ManualArgs(include_checks=["I"], ignore_checks=list(NOT_ASKED), regions=[region])
    return [
        f"{each.rule.id} {each.message}"[:300] for each in lint(json.dumps(template), config=checks)
    ]


@pytest.mark.parametrize(
    "stage",
    [*(load(each) for each in STAGES), EVERYTHING],
    ids=[*STAGES, "everything"],
)
def test_every_template_of_a_stage_is_clean(synthesised, stage):
    regions = {"data": stage.region}

    for part, template in synthesised(stage).items():
        assert found_in(template, regions.get(part, Stage(stage).bedrock_region)) == [], part


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("bedrock:InvokeAgent", "bedrock:InvokAgent", "W3037"),
        ('"Timeout": 60', '"Timeout": 6000', "E3034"),
        ('"AuthType": "AWS_IAM"', '"AuthType": "SIGNED"', "E3030"),
    ],
    ids=["action", "range", "enum"],
)
def test_what_is_wrong_is_found(templates, before, after, said):
    broken = json.loads(json.dumps(templates["channels"]).replace(before, after))

    assert said in {each.partition(" ")[0] for each in found_in(broken, "eu-west-1")}
