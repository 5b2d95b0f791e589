"""`datalfred local --coverage`, and the page of the reference."""

import json

import pytest
from click.testing import CliRunner

from datalfred.cli import cli
from datalfred.local.aws.coverage.manifest import Operation, coverage_of, covered_services
from datalfred.local.aws.coverage.report import page, sentence


def run(*arguments):
    return CliRunner().invoke(cli, ["local", *arguments])


def test_the_table_counts_every_service_and_the_lists_name_operations():
    result = run("--coverage")

    assert result.exit_code == 0
    for service in covered_services():
        assert service.title in result.output
    assert "executed: GetTables: refuses AttributesToGet" in result.output
    assert "stored only: PutBucketEncryption: nothing is encrypted" in result.output
    assert "Services that are not listed are refused as a whole." in result.output
    assert max(map(len, result.output.splitlines())) <= 120


def test_json_holds_what_is_executed_stored_and_refused():
    services = {each["service"]: each for each in json.loads(run("--coverage", "--json").output)}

    glue = services["glue"]
    assert "StartCrawler" in glue["refused"]
    tables = next(each for each in glue["executed"] if each["operation"] == "GetTables")
    assert tables["refused_parameters"] == [{"name": "AttributesToGet", "except": []}]
    catalog = {"name": "CatalogId", "except": ["123456789012"]}
    assert catalog in glue["refused_parameters"]
    stored = services["s3"]["stored"]
    policy = next(each for each in stored if each["operation"] == "PutBucketPolicy")
    assert policy["missing"]
    for each in services.values():
        done = {one["operation"] for one in each["executed"] + each["stored"]}
        assert done.isdisjoint(each["refused"])


def test_json_alone_is_a_wrong_usage():
    result = run("--json")

    assert result.exit_code == 2
    assert "--json goes with --coverage." in result.output


def test_the_page_has_a_section_and_a_working_link_for_every_service():
    text = page()

    for service in covered_services():
        assert f"\n## {service.title}\n" in text
        anchor = "".join(c for c in service.title.lower() if c.isalnum() or c in " -")
        assert f"](#{anchor.replace(' ', '-')})" in text


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (Operation("Plain"), ""),
        (Operation("Stored", missing="nothing runs"), "nothing runs"),
        (Operation("Noted", note="It differs."), "It differs"),
        (
            Operation("Refusing", refuses={"A": (), "B": ("X", "Y")}, note="It differs."),
            "It differs; refuses `A`, `B` other than X or Y",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Operation) else "",
)
def test_a_sentence_says_what_there_is_to_say(operation, words):
    assert sentence(operation, "`") == words


def test_services_are_found_by_the_name_that_they_sign_with():
    assert [each.name for each in coverage_of("states")] == ["stepfunctions"]
    assert [each.name for each in coverage_of("bedrock")] == [
        "bedrock-agent-runtime", "bedrock-agent", "bedrock",
    ]  # fmt: skip
    assert coverage_of("appflow") == ()
