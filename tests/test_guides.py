"""What the guides tell a person to type exists."""

import fnmatch
import json
import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from datalfred.cli import cli
from datalfred.cli.stage import smoke
from datalfred.definitions.naming import resource_name
from datalfred.definitions.permissions import APPROVER
from infra.configuration import Configuration

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "docs" / "guides" / "deploy.md",
    ROOT / "docs" / "guides" / "upgrade_and_rollback.md",
    ROOT / "docs" / "concepts" / "from_other_tools.md",
]
COMMAND = re.compile(r"(?:`|\$ |&& )((?:make|datalfred|python -m infra\S*) [^`\n&]*)")


def commands(page):
    """What stands in a page to be typed; in console blocks and in passing."""
    return [found.strip() for found in COMMAND.findall(page.read_text("utf-8"))]


def targets():
    return re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_of_a_guide_exists(page):
    named = {command.split()[1] for command in commands(page) if command.startswith("make ")}

    assert named
    assert named <= set(targets())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_datalfred_in_a_guide_is_understood(page):
    typed = [command for command in commands(page) if command.startswith("datalfred ")]

    assert typed
    for command in typed:
        words = [word for word in shlex.split(command)[1:] if word != "..."]
        found, rest = cli, words
        while isinstance(found, click.Group):
            found, rest = found.commands[rest[0]], rest[1:]
        known = {name for parameter in found.params for name in parameter.opts}
        for word in rest:
            assert not word.startswith("-") or word in known, command


def test_every_setting_of_a_stage_that_a_guide_names_exists():
    fields = set(Configuration.model_fields)
    nested = {
        f"{name}.{each}"
        for name in ("lake", "queries", "approvals", "features")
        for each in Configuration.model_fields[name].annotation.model_fields
    }
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    dotted = set(re.findall(r"`((?:lake|queries|approvals|features)\.\w+)", text))

    assert dotted
    assert dotted <= nested
    for name in ("role_to_assume_arn", "bedrock_region", "retain_data", "sizes", "network"):
        assert name in fields
        assert name in text


def test_the_least_stage_of_the_guide_is_a_stage():
    text = (ROOT / "docs" / "guides" / "deploy.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    least, bootstrap, network = (yaml.safe_load(each) for each in blocks)

    made = Configuration.model_validate({**least, **bootstrap, **network, "stage": "dev"})
    assert made.sizes == ("small",)
    assert made.approvals.approvers
    assert made.bootstrap.execution_policies


def test_the_smoke_test_of_the_guide_tries_what_the_command_tries():
    text = (ROOT / "docs" / "guides" / "deploy.md").read_text("utf-8")
    trials = [what for what, _ in smoke._trials(None, "")]

    shown = re.findall(r"^ok    (.+?)  \d+\.\d s", text, re.MULTILINE)
    assert shown == trials


def test_every_document_of_the_guide_is_a_policy_of_aws():
    text = (ROOT / "docs" / "guides" / "deploy.md").read_text("utf-8")
    approver, trust = map(json.loads, re.findall(r"```json\n(.*?)```", text, re.DOTALL))

    (denied,) = approver["Statement"]
    name = resource_name("demo", "dev", APPROVER)
    for arn in (f"arn:aws:lambda:eu-west-1:1:function:{name}{each}" for each in ("", ":live")):
        assert fnmatch.fnmatchcase(arn, denied["Resource"])
    assert (denied["Effect"], "lambda:InvokeFunction" in denied["Action"]) == ("Deny", True)
    (subject,) = (
        value
        for key, value in trust["Statement"][0]["Condition"]["StringEquals"].items()
        if key.endswith(":sub")
    )
    assert subject == "repo:OWNER/REPOSITORY:environment:dev:ref:refs/heads/develop"


def test_a_link_within_the_guides_leads_somewhere():
    for page in (ROOT / "docs" / "guides").glob("*.md"):
        for path, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", page.read_text("utf-8")):
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), (page.name, path)
            if anchor:
                assert anchor in anchors(target), (page.name, path, anchor)


def anchors(page):
    """The anchors of a page's headings, as GitHub and GitLab make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_the_guide_says_who_names_a_requester_and_what_is_closed():
    text = (ROOT / "docs" / "guides" / "deploy.md").read_text("utf-8")

    assert "Whoever may call `InvokeAgent` names the requester" in text
    assert "it is read-only" not in text
    assert "maintenance mode" in text
    assert text.index("maintenance mode") < text.index("make bootstrap")
