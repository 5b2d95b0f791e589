"""The parameter of the operator's settings, and what it could change of what is deployed."""

import json

from datalfred import settings
from datalfred.definitions.functions import DECIDED_BY_STAGE
from datalfred.definitions.naming import settings_parameter
from datalfred.parameters import OVERRIDABLE
from infra.configuration import load
from infra.stage import Stage


def of_type(templates, kind):
    return [
        each["Properties"]
        for template in templates.values()
        for each in template["Resources"].values()
        if each["Type"] == kind
    ]


def test_a_stage_has_one_parameter_and_nothing_in_it(templates):
    (parameter,) = of_type(templates, "AWS::SSM::Parameter")

    assert parameter["Name"] == settings_parameter("demo", "prod")
    assert parameter["Type"] == "String"
    assert json.loads(parameter["Value"]) == {}


def test_every_function_knows_it_may_read_it_and_nothing_else_of_systems_manager(templates):
    name = settings_parameter("demo", "prod")
    functions = of_type(templates, "AWS::Lambda::Function")
    ours = [
        each["Environment"]["Variables"]
        for each in functions
        if "DATALFRED_STAGE_NAME" in each.get("Environment", {}).get("Variables", {})
    ]
    statements = [
        (statement["Action"], json.dumps(statement["Resource"]))
        for role in of_type(templates, "AWS::IAM::Role")
        for policy in role.get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
        if "ssm:" in json.dumps(statement["Action"])
    ]

    assert len(ours) == len(statements) > 5
    assert {each["DATALFRED_SETTINGS_PARAMETER"] for each in ours} == {name}
    assert {action for action, _ in statements} == {"ssm:GetParameter"}
    assert all(f":parameter{name}" in resource for _, resource in statements)
    assert not any("*" in resource for _, resource in statements)


def test_the_template_decides_what_the_reference_says_it_does():
    variables = Stage(load("prod")).variables()

    assert set(variables) == {f"DATALFRED_{name.upper()}" for name in DECIDED_BY_STAGE}
    assert set(OVERRIDABLE) <= set(DECIDED_BY_STAGE)


def test_what_a_stage_is_deployed_with_is_understood_by_its_functions():
    for name in ("dev", "staging", "prod"):
        with settings.using(Stage(load(name)).variables()):
            assert settings.load().stage_name == name
