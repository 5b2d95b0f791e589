"""What the owner of a stage reads on AWS of its agents, models, guardrail and stacks."""

import json

import pytest

from datalfred.definitions.agents import load_team
from datalfred.definitions.content import content_folder
from datalfred.definitions.naming import SIZES
from datalfred.definitions.outputs import variable_of
from datalfred.definitions.sizes import default_models
from datalfred.local.agents import Agents
from datalfred.local.aws.cloudformation import CloudFormation
from datalfred.local.aws.quotas import ServiceQuotas
from datalfred.local.deployment import Deployment

contract = pytest.mark.contract
MODEL = default_models()["large"]


@pytest.fixture(scope="module", autouse=True)
def stage(aws, tmp_path_factory):
    """The agents and stacks of a stage."""
    deployment = Deployment(aws, "demo", "local")
    agents = Agents(deployment, tmp_path_factory.mktemp("journal") / "journal.sqlite")
    aws.register(agents)
    aws.register(CloudFormation(agents.records.stacks, "eu-west-1"))
    aws.register(ServiceQuotas(agents.records.model_names, "eu-west-1"))
    yield agents.environment()
    agents.close()


@pytest.fixture(scope="module")
def bedrock(client):
    return client("bedrock")


@pytest.fixture(scope="module")
def agent(client):
    return client("bedrock-agent")


@contract("bedrock-agent:ListAgents", "bedrock-agent:GetAgent")
def test_the_agents_of_every_size_are_listed_and_read(agent, stage):
    listed = agent.list_agents()["agentSummaries"]

    names = {f"datalfred_demo_local_{one.name}_{s}" for s in SIZES for one in load_team().agents}
    assert {each["agentName"] for each in listed} == names
    assert {each["agentStatus"] for each in listed} == {"PREPARED"}
    found = agent.get_agent(agentId=stage["DATALFRED_AGENT_ID_SMALL"])["agent"]
    assert found["agentName"] == "datalfred_demo_local_supervisor_small"
    assert ":application-inference-profile/" in found["foundationModel"]


@contract("bedrock-agent:GetAgentVersion", "bedrock-agent:GetAgentAlias")
def test_an_alias_routes_to_a_version_that_can_be_read(agent, stage, refusal):
    who = {"agentId": stage["DATALFRED_AGENT_ID"]}
    alias = agent.get_agent_alias(**who, agentAliasId=stage["DATALFRED_AGENT_ALIAS_ID"])
    (route,) = alias["agentAlias"]["routingConfiguration"]

    version = agent.get_agent_version(**who, agentVersion=route["agentVersion"])["agentVersion"]

    assert version["version"] == route["agentVersion"]
    assert version["instruction"] == load_team().supervisor.instructions
    missing = refusal(agent.get_agent_version, **who, agentVersion="7")
    assert missing == "ResourceNotFoundException"


@contract("bedrock-agent:ListAgentCollaborators", "bedrock-agent:ListAgentAliases")
def test_a_supervisor_names_the_aliases_of_its_own_size(agent, stage):
    listed = {each["agentName"]: each for each in agent.list_agents()["agentSummaries"]}

    found = agent.list_agent_collaborators(
        agentId=stage["DATALFRED_AGENT_ID_MEDIUM"], agentVersion="1"
    )["agentCollaboratorSummaries"]

    assert [each["collaboratorName"] for each in found] == ["data_analyst", "run_guy"]
    for each in found:
        name = f"datalfred_demo_local_{each['collaboratorName']}_medium"
        agent_id = listed[name]["agentId"]
        (alias,) = agent.list_agent_aliases(agentId=agent_id)["agentAliasSummaries"]
        arn = each["agentDescriptor"]["aliasArn"]
        assert arn.endswith(f":agent-alias/{agent_id}/{alias['agentAliasId']}")


@contract("bedrock-agent:ListAgentActionGroups", "bedrock-agent:GetAgentActionGroup")
def test_an_agent_has_the_action_groups_of_its_definition(agent, refusal):
    (analyst,) = [
        each["agentId"]
        for each in agent.list_agents()["agentSummaries"]
        if each["agentName"].endswith("_data_analyst_large")
    ]
    version = {"agentId": analyst, "agentVersion": "1"}

    listed = agent.list_agent_action_groups(**version)["actionGroupSummaries"]
    groups = {each["actionGroupName"]: each["actionGroupId"] for each in listed}
    found = agent.get_agent_action_group(**version, actionGroupId=groups["glue"])

    assert set(groups) == set(load_team().collaborators["data_analyst"].action_groups)
    group = found["agentActionGroup"]
    assert group["actionGroupExecutor"]["lambda"].endswith(":function:datalfred_demo_local_glue")
    schema = json.loads((content_folder("openapi") / "glue.json").read_text("utf-8"))
    assert json.loads(group["apiSchema"]["payload"]) == schema
    missing = {**version, "actionGroupId": "NOSUCHGRP1"}
    assert refusal(agent.get_agent_action_group, **missing) == "ResourceNotFoundException"


@contract("bedrock-agent:CreateAgent", "bedrock-agent:DeleteAgent")
def test_an_agent_is_made_once_listed_and_deleted(agent, stage, refusal):
    made = agent.create_agent(agentName="throw-away", description="d")["agent"]

    assert made["agentStatus"] == "CREATING"
    assert refusal(agent.create_agent, agentName="throw-away") == "ConflictException"
    named = [each["agentName"] for each in agent.list_agents()["agentSummaries"]]
    assert named.count("throw-away") == 1
    read = agent.get_agent(agentId=made["agentId"])["agent"]
    assert (read["agentStatus"], read["description"]) == ("NOT_PREPARED", "d")
    agent.delete_agent(agentId=made["agentId"])
    assert refusal(agent.get_agent, agentId=made["agentId"]) == "ResourceNotFoundException"
    deployed = {"agentId": stage["DATALFRED_AGENT_ID"]}
    assert refusal(agent.delete_agent, **deployed) == "ConflictException"


@contract("bedrock:ListFoundationModels", "bedrock:GetFoundationModelAvailability")
def test_the_models_of_all_sizes_are_enabled(bedrock, refusal):
    listed = bedrock.list_foundation_models()["modelSummaries"]

    assert {each["modelId"] for each in listed} == set(default_models().values())
    found = bedrock.get_foundation_model_availability(modelId=MODEL)
    assert found["agreementAvailability"]["status"] == "AVAILABLE"
    assert found["authorizationStatus"] == "AUTHORIZED"
    unknown = {"modelId": "acme.parrot-v1"}
    asked = bedrock.get_foundation_model_availability
    assert refusal(asked, **unknown) == "ResourceNotFoundException"


@contract("bedrock:ListInferenceProfiles", "bedrock:GetInferenceProfile")
def test_profiles_are_the_geographys_and_the_stages_own(bedrock, refusal):
    listed = bedrock.list_inference_profiles()["inferenceProfileSummaries"]
    own = bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]

    assert f"eu.{MODEL}" in {each["inferenceProfileId"] for each in listed}
    assert {each["inferenceProfileName"] for each in own} == {
        f"demo_lake_local_{size}" for size in SIZES
    }
    arn = own[0]["inferenceProfileArn"]
    assert bedrock.get_inference_profile(inferenceProfileIdentifier=arn)["status"] == "ACTIVE"
    asked = bedrock.get_inference_profile
    missing = refusal(asked, inferenceProfileIdentifier="eu.acme.parrot-v1")
    assert missing == "ResourceNotFoundException"


@contract("bedrock:GetGuardrail")
def test_the_guardrail_is_there_in_the_version_that_clients_are_told(bedrock, stage, refusal):
    named = {"guardrailIdentifier": stage["DATALFRED_GUARDRAIL_ID"]}

    found = bedrock.get_guardrail(**named, guardrailVersion=stage["DATALFRED_GUARDRAIL_VERSION"])

    assert (found["name"], found["status"]) == ("datalfred_demo_local_guard", "READY")
    missing = refusal(bedrock.get_guardrail, **named, guardrailVersion="99")
    assert missing == "ResourceNotFoundException"


@contract("cloudformation:DescribeStacks")
def test_the_stacks_of_a_stage_tell_what_its_clients_need(client, stage, refusal):
    describe = client("cloudformation").describe_stacks

    stacks = {each["StackName"]: each for each in describe()["Stacks"]}

    assert set(stacks) == {
        f"datalfred-demo-local-{part}" for part in ("data", "agents", "channels")
    }
    assert {each["StackStatus"] for each in stacks.values()} == {"CREATE_COMPLETE"}
    told = {
        variable_of(output["OutputKey"]): output["OutputValue"]
        for each in stacks.values()
        for output in each.get("Outputs", [])
    }
    assert stage.items() <= told.items()
    assert told["DATALFRED_AGENT_MODEL_ID"] == f"eu.{MODEL}"
    (found,) = describe(StackName="datalfred-demo-local-agents")["Stacks"]
    assert found["StackId"].startswith("arn:aws:cloudformation:eu-west-1:123456789012:stack/")
    assert describe(StackName=found["StackId"])["Stacks"][0]["StackName"] == found["StackName"]
    missing = {"said": "Stack with id nowhere does not exist"}
    assert refusal(describe, StackName="nowhere", **missing) == "ValidationError"


@contract("service-quotas:ListServiceQuotas")
def test_the_quotas_of_the_models_are_listed_in_pages(client, bedrock, refusal):
    listed = client("service-quotas").list_service_quotas
    names = {each["modelName"] for each in bedrock.list_foundation_models()["modelSummaries"]}

    quotas, page = [], {}
    while not quotas or "NextToken" in page:
        token = {"NextToken": page["NextToken"]} if page else {}
        page = listed(ServiceCode="bedrock", MaxResults=4, **token)
        quotas += page["Quotas"]

    assert names == {"Claude Sonnet 4.6", "Claude Haiku 4.5", "Nova Pro"}
    assert {each["QuotaName"] for each in quotas} == {
        f"Cross-region model inference {unit} per minute for {name}"
        for unit in ("requests", "tokens")
        for name in names
    }
    assert all(each["Value"] > 0 for each in quotas)
    assert refusal(listed, ServiceCode="ec2") == "NoSuchResourceException"
    wrong = {"ServiceCode": "bedrock", "NextToken": "x"}
    assert refusal(listed, **wrong) == "InvalidPaginationTokenException"
