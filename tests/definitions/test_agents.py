import pytest

from datalfred.bedrock import rules
from datalfred.definitions.agents import agent_schema, load_agent, load_team
from datalfred.errors import ConfigurationError

INSTRUCTIONS = "Answer the questions of the data team, briefly and with evidence."


def write_agent(folder, name, wiring, instructions=INSTRUCTIONS):
    agent = folder / name
    agent.mkdir(parents=True)
    (agent / "agent.yaml").write_text(f"name: {name}\ndescription: An agent.\n{wiring}", "utf-8")
    (agent / "instructions.md").write_text(instructions, "utf-8")
    return agent


def test_the_team_has_a_supervisor_and_the_two_collaborators_that_it_names():
    team = load_team()

    assert team.supervisor.name == "supervisor"
    assert {"data_analyst", "run_guy"} == set(team.collaborators)
    assert team.agents[0].name == "supervisor"


def test_no_agent_sees_the_tools_of_another():
    team = load_team()

    groups = [set(agent.action_groups) for agent in team.agents]
    assert set() == groups[0]
    assert groups[1].isdisjoint(groups[2])


def test_every_instruction_says_what_is_never_done_and_how_to_say_that_one_cannot_answer():
    for agent in load_team().agents:
        assert "What you never do" in agent.instructions
        assert "I cannot answer that" in agent.instructions


@pytest.mark.parametrize(
    ("wiring", "problem"),
    [
        ("action_grups: [glue]\n", "action_grups"),
        ("session_ttl_seconds: 10\n", "session_ttl_seconds"),
        ("collaborators: [{name: x}]\n", "collaborators.0.instruction"),
        ("action_groups: [\n", "cannot be read"),
        ("description: ''\n", "description"),
    ],
)
def test_a_wrong_agent_file_is_refused_with_its_name_and_the_field(tmp_path, wiring, problem):
    folder = write_agent(tmp_path, "analyst", wiring)

    with pytest.raises(ConfigurationError) as caught:
        load_agent(folder)

    assert "agent.yaml" in caught.value.message
    assert problem in caught.value.message


@pytest.mark.parametrize(
    "length", [rules.INSTRUCTIONS_SHORTEST - 1, rules.INSTRUCTIONS_LONGEST + 1]
)
def test_instructions_keep_bedrocks_length(tmp_path, length):
    folder = write_agent(tmp_path, "analyst", "", instructions="x" * length)

    with pytest.raises(ConfigurationError, match="instructions"):
        load_agent(folder)


def test_an_agent_whose_only_tool_is_a_knowledge_base_is_refused(tmp_path):
    folder = write_agent(tmp_path, "librarian", "knowledge_bases: [runbooks]\n")

    with pytest.raises(ConfigurationError, match="only tool is one knowledge base"):
        load_agent(folder)


def test_missing_instructions_are_named(tmp_path):
    folder = write_agent(tmp_path, "analyst", "")
    (folder / "instructions.md").unlink()

    with pytest.raises(ConfigurationError, match=r"instructions\.md"):
        load_agent(folder)


def test_a_team_without_one_supervisor_is_refused(tmp_path):
    write_agent(tmp_path, "analyst", "action_groups: [glue]\n")

    with pytest.raises(ConfigurationError, match="one supervisor"):
        load_team(tmp_path)


def test_a_supervisor_that_names_nobody_is_refused(tmp_path):
    write_agent(
        tmp_path, "boss", "collaborators:\n  - {name: ghost, instruction: Ask the ghost.}\n"
    )

    with pytest.raises(ConfigurationError, match="ghost"):
        load_team(tmp_path)


def test_the_schema_for_editors_leaves_out_what_stands_beside_the_file():
    schema = agent_schema()

    assert "instructions" not in schema["properties"]
    assert {"name", "description"} == set(schema["required"])
