import copy
import re
from pathlib import Path

import pytest

from datalfred.bedrock import rules
from datalfred.definitions.action_groups import load_action_group, parse_action_group
from datalfred.definitions.agents import AgentDefinition, Collaboration, Team, load_team
from datalfred.definitions.checks import check_document, check_team

GOOD = {
    "openapi": "3.0.0",
    "info": {"title": "glue", "version": "1.0.0", "description": "The catalog."},
    "paths": {
        "/search": {
            "post": {
                "operationId": "search",
                "description": "Searches.",
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "enum": {"type": "string", "description": "A name like a key."}
                                },
                            }
                        }
                    }
                },
                "responses": {"200": {"description": "ok"}},
            }
        }
    },
}


def broken(change):
    document = copy.deepcopy(GOOD)
    change(document, document["paths"]["/search"]["post"])
    return [violation.rule_id for violation in check_document(document)]


def properties(operation):
    return operation["requestBody"]["content"]["application/json"]["schema"]["properties"]


def test_a_document_within_the_rules_passes():
    assert check_document(GOOD) == []


@pytest.mark.rule("openapi:version")
def test_another_openapi_version_is_found():
    assert broken(lambda document, _: document.update(openapi="3.0.3")) == ["openapi:version"]


@pytest.mark.rule("openapi:no-unsupported-keys")
@pytest.mark.parametrize("key", sorted(rules.FORBIDDEN_SCHEMA_KEYS))
def test_keys_that_bedrock_does_not_read_are_found_at_any_depth(key):
    found = broken(lambda _, operation: properties(operation)["enum"].update({key: [{}]}))

    assert found == ["openapi:no-unsupported-keys"]


@pytest.mark.rule("openapi:operation-is-described")
@pytest.mark.parametrize("key", ["description", "responses"])
def test_an_operation_without_words_or_responses_is_found(key):
    assert broken(lambda _, operation: operation.pop(key)) == ["openapi:operation-is-described"]


@pytest.mark.rule("openapi:operation-id")
@pytest.mark.parametrize("name", ["two words", "double__underscore", "dot.ted"])
def test_an_operation_id_of_other_letters_is_found(name):
    assert "openapi:operation-id" in broken(lambda _, each: each.update(operationId=name))


@pytest.mark.rule("openapi:operation-id")
def test_an_operation_id_that_stands_twice_is_found():
    def twice(document, operation):
        document["paths"]["/again"] = {"post": copy.deepcopy(operation)}

    assert broken(twice) == ["openapi:operation-id"]


@pytest.mark.rule("openapi:flat-scalars")
@pytest.mark.parametrize("kind", ["array", "object", None])
def test_a_parameter_that_is_no_scalar_is_found(kind):
    assert broken(lambda _, operation: properties(operation)["enum"].update(type=kind)) == [
        "openapi:flat-scalars"
    ]


@pytest.mark.rule("openapi:flat-scalars")
def test_a_body_of_another_media_type_is_found():
    def as_form(_, operation):
        operation["requestBody"]["content"] = {"text/plain": {"schema": {}}}

    assert broken(as_form) == ["openapi:flat-scalars"]


@pytest.mark.rule("openapi:parameters-are-described")
def test_a_parameter_without_words_is_found():
    assert broken(lambda _, operation: properties(operation)["enum"].pop("description")) == [
        "openapi:parameters-are-described"
    ]


@pytest.mark.rule("agent:tool-name")
def test_a_tool_name_over_64_characters_is_found():
    def lengthen(document, operation):
        operation["operationId"] = "s" * (rules.TOOL_NAME_LONGEST - len("post__glue__") + 1)

    assert broken(lengthen) == ["agent:tool-name"]


def agent(**changes):
    values = {"name": "one", "description": "An agent.", "instructions": "x" * 50, **changes}
    return AgentDefinition(**values)


@pytest.mark.rule("agent:operations")
def test_a_twelfth_operation_is_found():
    document = copy.deepcopy(GOOD)
    for number in range(rules.OPERATIONS_PER_AGENT):
        operation = copy.deepcopy(GOOD["paths"]["/search"]["post"])
        document["paths"][f"/{number}"] = {"post": {**operation, "operationId": f"o{number}"}}
    group = parse_action_group("glue", document)
    team = Team(supervisor=agent(), collaborators={"two": agent(action_groups=("glue",))})

    found = check_team(team, {"glue": group})

    assert [violation.rule_id for violation in found] == ["agent:operations"]


@pytest.mark.rule("agent:collaborators")
def test_an_eleventh_collaborator_is_found():
    names = [f"c{number}" for number in range(rules.COLLABORATORS_PER_SUPERVISOR + 1)]
    asked = tuple(Collaboration(name=name, instruction="Ask.") for name in names)
    team = Team(
        supervisor=agent(collaborators=asked),
        collaborators={name: agent(name=name) for name in names},
    )

    assert [each.rule_id for each in check_team(team, {})] == ["agent:collaborators"]


@pytest.mark.rule("agent:instructions")
@pytest.mark.parametrize(
    "length", [rules.INSTRUCTIONS_SHORTEST - 1, rules.INSTRUCTIONS_LONGEST + 1]
)
def test_instructions_of_another_length_are_refused(length):
    with pytest.raises(ValueError, match="instructions"):
        agent(instructions="x" * length)


@pytest.mark.rule("agent:session-ttl")
@pytest.mark.parametrize("seconds", [59, 5401])
def test_a_session_that_idles_too_short_or_too_long_is_refused(seconds):
    with pytest.raises(ValueError, match="session_ttl_seconds"):
        agent(session_ttl_seconds=seconds)


@pytest.mark.rule("agent:knowledge-base-is-not-alone")
def test_a_knowledge_base_alone_is_refused_and_beside_a_tool_it_is_not():
    with pytest.raises(ValueError, match="only tool is one knowledge base"):
        agent(knowledge_bases=("runbooks",))

    assert agent(knowledge_bases=("runbooks",), asks_user=True).knowledge_bases


def test_a_violation_says_where_and_what():
    document = copy.deepcopy(GOOD)
    document["openapi"] = "3.1.0"

    assert (
        str(check_document(document)[0])
        == 'glue: The schema says openapi "3.0.0", exactly. [openapi:version]'
    )


def test_every_rule_is_cited_by_a_test_and_every_cited_rule_exists():
    tests = Path(__file__).parent.parent
    cited = {
        rule_id
        for path in tests.rglob("test_*.py")
        for rule_id in re.findall(r'mark\.rule\("([^"]+)"\)', path.read_text("utf-8"))
    }

    assert {rule.id for rule in rules.RULES} == cited


def test_every_rule_has_a_sentence_and_a_source():
    for rule in rules.RULES:
        assert rule.sentence.endswith(".")
        assert rule.source
        assert rule == rules.rule(rule.id)


def test_the_committed_contract_keeps_the_rules():
    team = load_team()
    names = [group for each in team.agents for group in each.action_groups]

    assert check_team(team, {name: load_action_group(name) for name in names}) == []
