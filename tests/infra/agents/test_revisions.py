"""What changes with what: an agent, its alias, its supervisor, and nothing else."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from datalfred.definitions.agents import load_team
from datalfred.definitions.content import content_folder
from datalfred.definitions.guardrail import load_guardrail
from datalfred.definitions.naming import SIZES
from infra.configuration import load
from tests.infra.agents.reading import AGENT, ALIAS

COLLABORATORS = {"data_analyst": "DataAnalyst", "run_guy": "RunGuy"}
SUPERVISOR = "Supervisor"


def changed(before, after):
    """The resources that differ, as ``Large/RunGuy AWS::Bedrock::Agent``."""
    resources = before["Resources"].keys() | after["Resources"].keys()
    return {
        _readable(name, (before["Resources"].get(name) or after["Resources"][name])["Type"])
        for name in resources
        if before["Resources"].get(name) != after["Resources"].get(name)
    }


def _readable(name, kind):
    inside = re.match(r"(Large|Medium|Small)(DataAnalyst|RunGuy|Supervisor|Model)", name)
    return f"{inside[1]}/{inside[2]} {kind}" if inside else kind


def of_every_size(agents, *kinds):
    return {
        f"{size.capitalize()}/{agent} {kind}"
        for size in SIZES
        for agent in agents
        for kind in kinds
    }


def edited_team(folder, agent, file, edit):
    """The team of a copy of ``agents/`` in which one file of one agent is edited."""
    shutil.copytree(content_folder("agents"), folder / "agents")
    path = folder / "agents" / agent / file
    path.write_text(edit(path.read_text("utf-8")), "utf-8")
    return load_team(folder / "agents")


@pytest.mark.parametrize("agent", COLLABORATORS)
def test_an_instruction_changes_its_agent_the_supervisor_and_their_aliases_alone(
    production, agents_of, tmp_path, agent
):
    team = edited_team(
        tmp_path, agent, "instructions.md", lambda text: f"{text}\nBe kind as well.\n"
    )

    after = agents_of(load("prod"), team=team)

    assert changed(production, after) == of_every_size(
        [COLLABORATORS[agent], SUPERVISOR], AGENT, ALIAS
    )


def test_an_instruction_of_the_supervisor_changes_it_and_its_alias_alone(
    production, agents_of, tmp_path
):
    team = edited_team(
        tmp_path, "supervisor", "instructions.md", lambda text: f"{text}\nBe kind.\n"
    )

    after = agents_of(load("prod"), team=team)

    assert changed(production, after) == of_every_size([SUPERVISOR], AGENT, ALIAS)


def test_a_word_of_a_schema_changes_the_agent_that_is_given_it_and_the_supervisor(
    production, agents_of, tmp_path
):
    schemas = tmp_path / "openapi"
    shutil.copytree(content_folder("openapi"), schemas)
    document = json.loads((schemas / "glue.json").read_text("utf-8"))
    document["paths"]["/list_databases"]["post"]["description"] += " All of them."
    (schemas / "glue.json").write_text(json.dumps(document), "utf-8")

    after = agents_of(load("prod"), schemas=schemas)

    assert changed(production, after) == of_every_size(["DataAnalyst", SUPERVISOR], AGENT, ALIAS)


def test_a_guardrails_policy_changes_its_version_and_the_versions_of_all_who_use_it(
    production, agents_of
):
    policy = load_guardrail().model_copy(update={"words": ("classified",)})

    after = agents_of(load("prod"), policy=policy)

    # The agents besides the supervisors name the version by reference: CloudFormation updates them
    # with its new number, and their aliases show it here.
    assert changed(production, after) == {
        "AWS::Bedrock::Guardrail",
        "AWS::Bedrock::GuardrailVersion",
        *of_every_size([SUPERVISOR], AGENT),
        *of_every_size([*COLLABORATORS.values(), SUPERVISOR], ALIAS),
    }


def test_another_model_is_another_profile_for_its_size_alone(production, agents_of):
    configuration = load("prod")
    other = configuration.model_copy(update={"models": {"small": "amazon.nova-lite-v1:0"}})

    after = agents_of(other)

    everyone = [*COLLABORATORS.values(), SUPERVISOR]
    assert changed(production, after) == {
        "Small/Model AWS::Bedrock::ApplicationInferenceProfile",
        f"Small/{SUPERVISOR} {AGENT}",
        *(f"Small/{each} {kind}" for each in everyone for kind in (ALIAS, "AWS::IAM::Role")),
    }
    names = [
        each["Properties"]["InferenceProfileName"]
        for template in (production, after)
        for name, each in template["Resources"].items()
        if name.startswith("SmallModel")
    ]
    assert names[0] != names[1]


def test_new_code_is_live_without_new_versions_of_agents(production, agents_of):
    after = agents_of(load("prod"), source="handler = repr\n")

    assert changed(production, after) == {"AWS::Lambda::Function", "AWS::Lambda::LayerVersion"}


CHECKOUT = Path(__file__).parents[3]
AGAIN = """
import sys
from infra.configuration import load
from tests.infra.package_stand_in import synthesise
synthesise(load("prod"), sys.argv[1])
"""


@pytest.mark.slow
def test_a_second_process_writes_every_stack_with_the_same_bytes(templates, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "12345")
    command = [sys.executable, "-c", AGAIN, str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=CHECKOUT)

    for part, template in templates.items():
        written = tmp_path / f"datalfred-demo-prod-{part}.template.json"
        # The order of what was read is that of the bytes.
        assert json.dumps(json.loads(written.read_text("utf-8"))) == json.dumps(template)
