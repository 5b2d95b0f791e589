"""What agents may do, and who may call their functions: nothing beyond what is listed here."""

import json

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from datalfred.definitions.agents import load_team
from infra.configuration import load
from infra.constructs.agent_role import AgentRole
from infra.constructs.inference_profile import InferenceProfile
from infra.stage import Stage
from tests.infra.agents.reading import AGENT, agents_of_size, of_type

ACCOUNT = "111122223333"
INVOKE = {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}
ROUTED = "arn:aws:bedrock:eu-*::foundation-model/"
"""The one wildcard: AWS adds regions to a geography without notice. A condition on the profile
keeps the model closed to every other call."""


def configured(**fields):
    return load("prod").model_copy(update=fields)


def without(*features):
    decided = load("prod").features
    return configured(features=decided.model_copy(update=dict.fromkeys(features, False)))


def statements_of(template, agent, size):
    """The statements of an agent's role, by their ids, every intrinsic as text."""
    (properties,) = (
        each
        for each in agents_of_size(template, size).values()
        if each["AgentName"].endswith(f"_{agent}_{size}")
    )
    role = template["Resources"][properties["AgentResourceRoleArn"]["Fn::GetAtt"][0]]["Properties"]
    assert set(role) <= {"AssumeRolePolicyDocument", "Policies"}
    (policy,) = role["Policies"]
    return {each["Sid"]: written(each) for each in policy["PolicyDocument"]["Statement"]}


def written(value):
    """A value of the template with what CloudFormation fills in named by its reference."""
    if isinstance(value, list):
        return [written(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return separator.join(written(part) for part in parts)
    if set(value) == {"Fn::GetAtt"}:
        return ".".join(value["Fn::GetAtt"])
    if set(value) == {"Ref"}:
        return {"AWS::AccountId": ACCOUNT}.get(value["Ref"], value["Ref"])
    return {key: written(each) for key, each in value.items()}


def listed(value):
    return value if isinstance(value, list) else [value]


def permissions(template):
    return list(of_type(template, "AWS::Lambda::Permission").values())


def test_only_one_agent_may_call_a_function_by_each_permission(production):
    for permission in permissions(production):
        attribute = permission["SourceArn"]["Fn::GetAtt"]
        assert production["Resources"][attribute[0]]["Type"] == AGENT
        assert attribute[1] == "AgentArn"
        assert permission["Principal"] == "bedrock.amazonaws.com"
        assert permission["SourceAccount"] == "111122223333"


def test_every_agent_may_call_its_own_functions_and_no_other(production):
    functions = of_type(production, "AWS::Lambda::Function")
    agents = of_type(production, AGENT)
    allowed = {
        (
            agents[each["SourceArn"]["Fn::GetAtt"][0]]["AgentName"],
            functions[each["FunctionName"]["Fn::GetAtt"][0]]["FunctionName"],
        )
        for each in permissions(production)
    }

    assert allowed == {
        (f"datalfred_demo_prod_{agent.name}_{size}", f"datalfred_demo_prod_{group}")
        for size in ("large", "medium", "small")
        for agent in load_team().agents
        for group in agent.action_groups
    }
    assert len(permissions(production)) == len(allowed)


@pytest.mark.parametrize("agent", ["data_analyst", "run_guy", "supervisor"])
def test_an_agent_invokes_its_model_through_its_profile_alone(production, agent):
    statements = statements_of(production, agent, "large")
    through, behind = statements["InvokeThroughProfile"], statements["InvokeBehindProfile"]

    assert through["Resource"] == "LargeModelProfileCB86CA83.InferenceProfileArn"
    assert set(through["Action"]) == INVOKE
    assert set(behind["Action"]) == INVOKE
    assert set(behind["Resource"]) == {
        f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:inference-profile/eu.anthropic.claude-sonnet-4-6",
        f"{ROUTED}anthropic.claude-sonnet-4-6",
    }
    assert behind["Condition"] == {
        "StringEquals": {"bedrock:InferenceProfileArn": through["Resource"]}
    }


def test_an_agent_reads_what_its_profile_and_its_model_are(production):
    statements = statements_of(production, "supervisor", "large")

    assert statements["ReadProfile"]["Action"] == "bedrock:GetInferenceProfile"
    assert len(statements["ReadProfile"]["Resource"]) == 2
    assert statements["ReadModel"]["Action"] == "bedrock:GetFoundationModel"
    assert statements["ReadModel"]["Resource"] == f"{ROUTED}anthropic.claude-sonnet-4-6"


@pytest.mark.parametrize("agent", ["data_analyst", "run_guy"])
def test_a_collaborator_may_do_no_more_than_think_within_bounds(production, agent):
    assert set(statements_of(production, agent, "small")) == {
        "ApplyGuardrail",
        "InvokeBehindProfile",
        "InvokeThroughProfile",
        "ReadModel",
        "ReadProfile",
        "UseKeyThroughBedrock",
    }


def test_a_supervisor_may_ask_the_aliases_of_its_own_collaborators(production):
    asked = statements_of(production, "supervisor", "small")["AskCollaborators"]

    assert set(asked["Action"]) == {"bedrock:GetAgentAlias", "bedrock:InvokeAgent"}
    assert {each.partition("Alias")[0] for each in asked["Resource"]} == {
        "SmallDataAnalyst",
        "SmallRunGuy",
    }
    assert all(each.endswith(".AgentAliasArn") for each in asked["Resource"])


def test_the_guardrail_is_applied_and_the_key_used_through_bedrock(production):
    statements = statements_of(production, "supervisor", "large")

    assert statements["ApplyGuardrail"]["Action"] == "bedrock:ApplyGuardrail"
    assert statements["ApplyGuardrail"]["Resource"].endswith(".GuardrailArn")
    key = statements["UseKeyThroughBedrock"]
    assert set(key["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert "Fn::GetStackOutput" in json.dumps(key["Resource"])
    assert key["Condition"] == {
        "StringEquals": {"kms:ViaService": "bedrock.eu-west-1.amazonaws.com"}
    }


def test_agents_and_guardrail_are_encrypted_with_the_stages_key(production):
    agents = of_type(production, AGENT).values()
    (guardrail,) = of_type(production, "AWS::Bedrock::Guardrail").values()

    assert all("Fn::GetStackOutput" in each["CustomerEncryptionKeyArn"] for each in agents)
    assert "Fn::GetStackOutput" in guardrail["KmsKeyArn"]


@pytest.mark.parametrize(
    "configuration",
    [without("customer_managed_key"), configured(bedrock_region="eu-central-1")],
    ids=["without the feature", "in another region than the key"],
)
def test_without_a_key_of_its_region_no_agent_has_one(agents_of, configuration):
    template = agents_of(configuration)

    assert not any("CustomerEncryptionKeyArn" in each for each in of_type(template, AGENT).values())
    assert "UseKeyThroughBedrock" not in statements_of(template, "supervisor", "large")


def test_without_a_guardrail_nobody_applies_one(agents_of):
    template = agents_of(without("guardrail"))

    assert not any("GuardrailConfiguration" in each for each in of_type(template, AGENT).values())
    assert "ApplyGuardrail" not in statements_of(template, "supervisor", "large")
    assert not of_type(template, "AWS::Bedrock::Guardrail")


def test_no_agent_may_do_anything_anywhere(production):
    for agent in of_type(production, AGENT).values():
        *_, name, size = agent["AgentName"].replace("_guy", "guy").split("_")
        name = {"analyst": "data_analyst", "runguy": "run_guy"}.get(name, name)
        for statement in statements_of(production, name, size).values():
            assert not any("*" in action for action in listed(statement["Action"]))
            wild = [each for each in listed(statement["Resource"]) if "*" in str(each)]
            assert all(each.startswith(ROUTED) for each in wild)


def test_only_agents_of_this_account_may_take_the_roles(production):
    roles = [
        each
        for each in of_type(production, "AWS::IAM::Role").values()
        if "bedrock" in json.dumps(each["AssumeRolePolicyDocument"])
    ]

    assert len(roles) == 9
    for role in roles:
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "bedrock.amazonaws.com"}
        assert written(statement["Condition"]) == {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:agent/*"},
        }


def test_the_roles_of_agents_are_given_nothing_by_grants(production):
    assert not of_type(production, "AWS::IAM::Policy")
    assert not of_type(production, "AWS::IAM::ManagedPolicy")


def test_a_grant_of_the_library_opens_nothing():
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack")
    stage = Stage(load("prod"))
    profile = InferenceProfile(stack, "Model", stage=stage, size="large")
    role = AgentRole(stack, "Role", stage=stage, statements=profile.may_invoke())

    profile.profile.grant_invoke(role.without_policy_updates())

    template = Template.from_stack(stack)
    (made,) = template.find_resources("AWS::IAM::Role").values()
    (policy,) = made["Properties"]["Policies"]
    sids = [each["Sid"] for each in policy["PolicyDocument"]["Statement"]]
    assert sids == ["InvokeThroughProfile", "InvokeBehindProfile", "ReadProfile", "ReadModel"]
    assert not template.find_resources("AWS::IAM::Policy")
