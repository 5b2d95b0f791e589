"""What a stage decides about its agents: sizes, models, features, names, functions, outputs."""

import re

import pytest
from cdklabs.generative_ai_cdk_constructs import bedrock

from datalfred.definitions.action_groups import action_group_names
from datalfred.definitions.agents import load_team
from datalfred.definitions.naming import SIZES, agent_variables
from datalfred.definitions.outputs import (
    GUARDRAIL_ID,
    GUARDRAIL_VERSION,
    model_variables,
    variable_of,
)
from datalfred.definitions.prices import price_of
from datalfred.errors import ConfigurationError
from datalfred.lake.logs import insights, search
from datalfred.models.choice import profile_name
from datalfred.settings import Settings
from infra.configuration import Configuration, Features, load
from infra.constructs.action_group import size_of
from infra.constructs.inference_profile import model_of
from infra.stage import Stage
from tests.infra.agents import reading

PROFILE = "AWS::Bedrock::ApplicationInferenceProfile"
SMALL = {"project": "demo", "stage": "dev", "sizes": ("small",)}


def small(**fields):
    return Configuration.model_validate({**SMALL, **fields})


def text(value):
    """A value of the template as one string, its references left out."""
    return "".join(re.findall(r"'([^']*)'", str(value))) if isinstance(value, dict) else value


@pytest.mark.parametrize("sizes", [("small",), ("medium", "large"), SIZES], ids="-".join)
def test_the_sizes_that_are_deployed_are_a_setting(agents_of, sizes):
    template = agents_of(small(sizes=sizes))

    deployed = {size for size in SIZES if reading.agents_of_size(template, size)}
    assert deployed == set(sizes)
    assert len(reading.of_type(template, PROFILE)) == len(sizes)
    assert len(reading.of_type(template, "AWS::Lambda::Function")) == len(action_group_names())
    for size in sizes:
        assert reading.team_of(template, size, prefix="datalfred_demo_dev_") == load_team()


@pytest.mark.parametrize("feature", Features.model_fields)
def test_every_feature_may_be_on_or_off(agents_of, feature):
    as_it_comes = getattr(Features(), feature)

    template = agents_of(small(features={feature: not as_it_comes}))

    assert reading.team_of(template, "small", prefix="datalfred_demo_dev_") == load_team()


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_every_stage_synthesises(agents_of, stage):
    template = agents_of(load(stage))

    assert len(reading.of_type(template, reading.AGENT)) == 3 * len(load(stage).sizes)


@pytest.mark.parametrize(("value", "remembering"), [(True, {"supervisor"}), (False, set())])
def test_the_supervisor_alone_remembers_past_sessions(agents_of, value, remembering):
    template = agents_of(small(features={"memory": value}))

    with_memory = {
        each["AgentName"].split("_")[3]
        for each in reading.of_type(template, reading.AGENT).values()
        if "MemoryConfiguration" in each
    }
    assert with_memory == remembering


@pytest.mark.parametrize(
    ("fields", "model", "source"),
    [
        ({}, "eu.amazon.nova-pro-v1:0", "inference-profile/eu.amazon.nova-pro-v1:0"),
        (
            {"bedrock_region": "us-west-2"},
            "us.amazon.nova-pro-v1:0",
            "inference-profile/us.amazon.nova-pro-v1:0",
        ),
        (
            {"bedrock_region": "ap-south-1"},
            "apac.amazon.nova-pro-v1:0",
            "inference-profile/apac.amazon.nova-pro-v1:0",
        ),
        (
            {"bedrock_region": "sa-east-1"},
            "amazon.nova-pro-v1:0",
            "arn:aws:bedrock:sa-east-1::foundation-model/amazon.nova-pro-v1:0",
        ),
        (
            {"models": {"small": "global.anthropic.claude-sonnet-4-6"}},
            "global.anthropic.claude-sonnet-4-6",
            "inference-profile/global.anthropic.claude-sonnet-4-6",
        ),
    ],
    ids=["eu", "us", "apac", "no geography", "global"],
)
def test_a_profile_is_copied_from_the_geographys_or_from_the_model(
    agents_of, fields, model, source
):
    configuration = small(**fields)
    (profile,) = reading.of_type(agents_of(configuration), PROFILE).values()

    assert model_of(Stage(configuration), "small") == model
    assert profile["Description"] == model
    assert text(profile["ModelSource"]["CopyFrom"]).endswith(source)


@pytest.mark.parametrize(
    ("fields", "routed"),
    [
        (
            {"bedrock_region": "sa-east-1"},
            ["arn:aws:bedrock:sa-east-1::foundation-model/amazon.nova-pro-v1:0"],
        ),
        (
            {"models": {"small": "global.anthropic.claude-sonnet-4-6"}},
            [
                "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-6",
                "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-6",
            ],
        ),
        (
            {"models": {"small": "jp.anthropic.claude-sonnet-4-6"}},
            ["arn:aws:bedrock:ap-northeast-*::foundation-model/anthropic.claude-sonnet-4-6"],
        ),
    ],
    ids=["no geography", "global", "jp"],
)
def test_the_model_is_open_where_its_profile_may_route_to(agents_of, fields, routed):
    template = agents_of(small(**fields))

    (role,) = (
        each
        for name, each in reading.of_type(template, "AWS::IAM::Role").items()
        if name.startswith("SmallSupervisorRole")
    )
    (behind,) = (
        each
        for each in role["Policies"][0]["PolicyDocument"]["Statement"]
        if each["Sid"] == "InvokeBehindProfile"
    )
    resources = behind["Resource"] if isinstance(behind["Resource"], list) else [behind["Resource"]]
    assert set(routed) == {each for each in resources if isinstance(each, str)}


def test_a_profile_is_named_and_tagged_after_project_domain_stage_and_size(production):
    settings = Settings(project_name="demo", domain_name="lake", stage_name="prod")

    profiles = reading.of_type(production, PROFILE).values()
    names = {each["InferenceProfileName"].rpartition("_")[0] for each in profiles}

    assert names == {profile_name(settings, size) for size in SIZES}
    for profile in profiles:
        tags = {each["Key"]: each["Value"] for each in profile["Tags"]}
        assert {"project": "demo", "domain": "lake", "stage": "prod"}.items() <= tags.items()
        assert f"_{tags['model_size']}_" in profile["InferenceProfileName"]


def test_clients_learn_agents_models_profiles_and_guardrail(production):
    outputs = {variable_of(key): each["Value"] for key, each in production["Outputs"].items()}

    wanted = {
        *(each for size in SIZES for each in (*agent_variables(size), *model_variables(size))),
        GUARDRAIL_ID,
        GUARDRAIL_VERSION,
    }
    assert set(outputs) == wanted
    for size in SIZES:
        agent, alias = (outputs[each]["Fn::GetAtt"] for each in agent_variables(size))
        model, profile = (outputs[each] for each in model_variables(size))
        assert agent[0].startswith(f"{size.capitalize()}Supervisor")
        assert agent[1] == "AgentId"
        assert alias[0].startswith(f"{size.capitalize()}SupervisorAlias")
        assert alias[1] == "AgentAliasId"
        assert price_of(model)
        assert profile["Fn::GetAtt"][0].startswith(f"{size.capitalize()}Model")


LONGEST = "abcdefgh12345678"
LIMITS = {
    "AgentName": (200, r"([0-9a-zA-Z][_-]?){1,100}"),
    "FunctionName": (64, r"[a-zA-Z0-9_-]+"),
    "RoleName": (64, r"[\w+=,.@-]+"),
    "Name": (50, r"[0-9a-zA-Z_-]+"),  # of the guardrail
    "InferenceProfileName": (64, r"([0-9a-zA-Z][ _-]?)+"),
    "LogGroupName": (512, r"[\w/#.-]+"),
}
"""Source: CloudFormation's schemas of the resource types."""


def test_the_longest_names_of_project_and_stage_fit_everywhere(agents_of):
    template = agents_of(small(project=LONGEST, stage=LONGEST, domain=LONGEST, sizes=SIZES))

    found = [
        (field, value)
        for each in template["Resources"].values()
        for field, value in each.get("Properties", {}).items()
        if field in LIMITS and isinstance(value, str)
    ]
    assert {field for field, _ in found} == set(LIMITS)
    for field, value in found:
        longest, pattern = LIMITS[field]
        assert len(value) <= longest
        assert re.fullmatch(pattern, value)


@pytest.mark.parametrize("name", ["de-mo", "demo-", "abcdefgh123456789"])
def test_a_name_that_bedrock_would_refuse_is_refused_at_once(name):
    with pytest.raises(ValueError, match="project"):
        small(project=name)


def test_every_action_group_has_a_function_with_its_handler_and_time_of_its_own(production):
    functions = {
        each["FunctionName"].removeprefix("datalfred_demo_prod_"): each
        for each in reading.of_type(production, "AWS::Lambda::Function").values()
    }

    assert set(functions) == set(action_group_names())
    longest = max(functions, key=lambda name: functions[name]["Timeout"])
    assert longest == "athena"
    for name, function in functions.items():
        size = size_of(name, load("prod").queries.timeout_seconds)
        assert (function["MemorySize"], function["Timeout"]) == (
            size.memory_mb,
            size.timeout_seconds,
        )


def test_functions_run_in_the_stages_network_and_their_logs_are_encrypted_with_its_key(agents_of):
    network = {
        "vpc_id": "vpc-1a",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "security_group_ids": ["sg-1"],
    }

    template = agents_of(small(network=network))

    for function in reading.of_type(template, "AWS::Lambda::Function").values():
        assert function["VpcConfig"] == {
            "SubnetIds": ["subnet-1", "subnet-2"],
            "SecurityGroupIds": ["sg-1"],
        }
    logs = reading.of_type(template, "AWS::Logs::LogGroup")
    assert len(logs) == len(action_group_names())
    assert all("Fn::GetStackOutput" in each["KmsKeyId"] for each in logs.values())
    assert not reading.of_type(template, "AWS::EC2::SecurityGroup")


@pytest.mark.parametrize("seconds", [1, 60, 300.5, 840])
def test_a_querys_function_outlives_the_query(seconds):
    assert seconds + 30 <= size_of("athena", seconds).timeout_seconds <= 900


def test_a_function_of_logs_outlives_its_searches():
    both = insights._SECONDS + search._SECONDS

    assert size_of("cloudwatch", 60).timeout_seconds >= both + 30


def knowing_team():
    team = load_team()
    knowing = team.collaborators["run_guy"].model_copy(update={"knowledge_bases": ("runbooks",)})
    return team.model_copy(update={"collaborators": {**team.collaborators, "run_guy": knowing}})


def runbooks(scope):
    base = bedrock.VectorKnowledgeBase.from_knowledge_base_attributes(
        scope,
        "Runbooks",
        knowledge_base_id="ABCDEFGHIJ",
        execution_role_arn="arn:aws:iam::111122223333:role/runbooks",
        description="How to mend what breaks.",
        vector_store_type=bedrock.VectorStoreType.S3_VECTORS,
    )
    return {"runbooks": base}


def test_a_knowledge_base_is_looked_up_by_the_agents_that_name_it(agents_of):
    template = agents_of(small(), team=knowing_team(), knowledge_bases=runbooks)

    known = {
        each["AgentName"]: each.get("KnowledgeBases", [])
        for each in reading.of_type(template, reading.AGENT).values()
    }
    (base,) = known.pop("datalfred_demo_dev_run_guy_small")
    assert base["KnowledgeBaseId"] == "ABCDEFGHIJ"
    assert not any(known.values())
    able = [
        name
        for name, each in reading.of_type(template, "AWS::IAM::Role").items()
        if "bedrock:Retrieve" in str(each["Policies"])
    ]
    assert [name.partition("Role")[0] for name in able] == ["SmallRunGuy"]


def test_a_knowledge_base_that_is_not_deployed_is_named(agents_of):
    with pytest.raises(ConfigurationError, match="runbooks, which is not deployed"):
        agents_of(small(), team=knowing_team())


def test_a_supervisor_leaves_room_for_the_revision_of_its_team(agents_of):
    team = load_team()
    wordy = team.supervisor.model_copy(update={"description": "x" * 177})
    fitting = team.supervisor.model_copy(update={"description": "x" * 176})

    template = agents_of(small(), team=team.model_copy(update={"supervisor": fitting}))
    assert (
        max(len(each["Description"]) for each in reading.of_type(template, reading.AGENT).values())
        == 200
    )
    with pytest.raises(ConfigurationError, match="description of supervisor"):
        agents_of(small(), team=team.model_copy(update={"supervisor": wordy}))
