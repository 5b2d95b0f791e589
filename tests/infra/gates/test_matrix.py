"""Whatever a stage asks for synthesises, and keeps the gates that are quick."""

import copy
import json

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from infra.configuration import load
from infra.gates.reasons import OTHER_THAN_THE_REFERENCE
from tests.infra.gates.naming import misnamed
from tests.infra.gates.privileges import mistakes, writes_on_everything
from tests.infra.gates.stages import MATRIX, STAGES

ALL = {**{each: load(each) for each in STAGES}, **MATRIX}
IN_REPLICAS = {"AWS::DynamoDB::GlobalTable"}
"""Resources whose tags the schema does not know as such."""


@pytest.fixture(params=ALL)
def stage(request):
    return ALL[request.param]


def tags_of(resource):
    """The tags of a resource as a mapping; None where its type takes none."""
    kind, properties = resource["Type"], resource.get("Properties", {})
    if kind in IN_REPLICAS:
        tags = properties["Replicas"][0].get("Tags", [])
    else:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", kind).schema
        if not schema.get("tagging", {}).get("taggable") or "Tags" not in schema["properties"]:
            return None
        tags = properties.get("Tags", [])
    return tags if isinstance(tags, dict) else {each["Key"]: each["Value"] for each in tags}


def untagged(templates, stage):
    """The resources that could be tagged and do not say whose they are."""
    owned = {"project": stage.project, "stage": stage.stage}
    if stage.git_repository:
        owned["git_repository"] = stage.git_repository
    return {
        name
        for template in templates.values()
        for name, resource in template.get("Resources", {}).items()
        if (tags := tags_of(resource)) is not None and not owned.items() <= tags.items()
    }


def test_a_stage_synthesises_and_its_names_tags_and_policies_are_in_order(synthesised, stage):
    templates = synthesised(stage)

    assert misnamed(templates, stage) == []
    assert untagged(templates, stage) == set()
    assert mistakes(templates, set(OTHER_THAN_THE_REFERENCE)) == []


@pytest.mark.parametrize(
    ("kind", "called"),
    [
        ("AWS::SNS::Topic", {"TopicName": "datalfred_demo_alarms"}),
        ("AWS::SNS::Topic", {}),
        ("AWS::SQS::Queue", {"QueueName": "datalfred_demo_prod_queue"}),
    ],
    ids=["another name", "no name", "a type that the convention does not know"],
)
def test_what_is_not_called_by_the_convention_is_found(kind, called):
    resource = {"Type": kind, "Properties": called}

    assert len(misnamed({"data": {"Resources": {"Made": resource}}}, load("prod"))) == 1


@pytest.mark.parametrize("tags", [None, [{"Key": "project", "Value": "demo"}]])
def test_what_does_not_say_whose_it_is_is_found(tags):
    resource = {"Type": "AWS::SNS::Topic", "Properties": {"Tags": tags} if tags else {}}

    assert untagged({"data": {"Resources": {"Made": resource}}}, load("prod")) == {"Made"}


def test_what_belongs_to_a_size_says_so(templates):
    of_sizes = ("AWS::Bedrock::Agent", "AWS::Bedrock::AgentAlias", "AWS::Bedrock::Application")
    for name, resource in templates["agents"]["Resources"].items():
        if resource["Type"].startswith(of_sizes):
            assert name.startswith(tags_of(resource)["model_size"].capitalize())


def test_no_action_that_writes_is_allowed_on_everything(templates):
    assert writes_on_everything(templates) == set()


def test_where_lake_formation_rules_it_alone_decides_what_its_credentials_open(synthesised):
    found = writes_on_everything(synthesised(MATRIX["over a wide lake"]))

    assert {each.partition(": ")[2] for each in found} == {"lakeformation:GetDataAccess"}


def test_what_differs_from_the_reference_is_explained_and_still_there(templates):
    told = " ".join(mistakes(templates))

    assert [each for each in OTHER_THAN_THE_REFERENCE if f"{each} allows nothing" not in told] == []


@pytest.mark.parametrize(
    ("action", "resource", "said"),
    [
        ("glue:GetTabel", "*", "glue:GetTabel does not exist"),
        ("s3:GetObject", "arn:aws:s3:::lake", "s3:GetObject allows nothing on"),
        (
            "dynamodb:Query",
            "arn:aws:dynamodb:eu-west-1:1:backup/a",
            "dynamodb:Query allows nothing",
        ),
        ("s3:GetObject", "*", "s3:GetObject allows nothing on ['*']"),
        (
            "ecs:ListClusters",
            "arn:aws:ecs:eu-west-1:1:cluster/a",
            "ecs:ListClusters allows nothing",
        ),
        ("bedrock:RetrieveAndGenerate", "arn:aws:bedrock:eu-west-1:1:knowledge-base/a", "allows"),
    ],
)
def test_a_grant_that_allows_nothing_or_too_much_is_found(templates, action, resource, said):
    broken = copy.deepcopy(templates)
    policies = [
        each["Properties"]["PolicyDocument"]["Statement"]
        for each in broken["channels"]["Resources"].values()
        if each["Type"] == "AWS::IAM::ManagedPolicy"
    ]
    policies[0][0] |= {"Action": action, "Resource": resource}

    found = mistakes(broken, set(OTHER_THAN_THE_REFERENCE))
    assert said in json.dumps(found)


def test_a_resource_that_no_action_of_its_statement_knows_is_found(templates):
    broken = copy.deepcopy(templates)
    (role,) = (
        each
        for each in broken["channels"]["Resources"].values()
        if each["Type"] == "AWS::IAM::Role"
    )
    statement = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    statement["Resource"] = [statement["Resource"], "arn:aws:s3:::elsewhere"]

    (told,) = mistakes(broken, set(OTHER_THAN_THE_REFERENCE))
    assert "arn:aws:s3:::elsewhere is for none of" in told
