"""The pipelines run what a laptop runs, keep no key and may do no more than they must."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
GITHUB = {
    name: yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text("utf-8"))
    for name in ("check", "deploy")
}
GITLAB = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text("utf-8"))
GITLAB_KEYWORDS = {"stages", "variables", "workflow", "default"}
STAGES = sorted(path.stem for path in (ROOT / "infra" / "stages").glob("*.yaml"))
PYTHONS = ["3.11", "3.13"]
TEXTS = [*(ROOT / ".github" / "workflows").glob("*.yml"), ROOT / ".gitlab-ci.yml"]


def github_jobs():
    for name, workflow in GITHUB.items():
        for job, body in workflow["jobs"].items():
            yield f"{name}/{job}", body


def gitlab_jobs():
    return {job: body for job, body in GITLAB.items() if job not in GITLAB_KEYWORDS}


def github_steps():
    return [step for _, job in github_jobs() for step in job.get("steps", ())]


def commands():
    """Every line that a pipeline runs."""
    for step in github_steps():
        yield from step.get("run", "").splitlines()
    for job in gitlab_jobs().values():
        for part in ("before_script", "script", "after_script"):
            yield from job.get(part, ())


def make_targets():
    """The targets that the pipelines ask of make."""
    for line in commands():
        if line.startswith("make "):
            yield from (word for word in line.split()[1:] if "=" not in word)


def test_every_target_that_a_pipeline_makes_is_one_of_the_makefile():
    made = set(make_targets())

    assert {"lint", "security", "wheel", "test", "deploy", "smoke"} <= made
    for target in made:
        dry = ["make", "-n", target, "STAGE=dev"]
        tried = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=False)
        assert "No rule to make target" not in tried.stderr, target


def test_the_pipeline_checks_all_that_make_check_does():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    needed = re.search(r"^check:.*\n\t@\$\(MAKE\) --\S+ (.+)$", makefile, re.MULTILINE)[1]

    assert set(needed.split()) <= set(make_targets())


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_no_pipeline_holds_a_long_lived_key(path):
    text = path.read_text("utf-8").lower()

    for word in ("aws_access_key_id", "aws-access-key-id", "secret_access_key", "secrets."):
        assert word not in text


def test_every_action_is_pinned_by_its_commit_and_says_which_version_that_is():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        used = re.findall(r"uses: (\S+)(.*)", path.read_text("utf-8"))
        for action, comment in used:
            if not action.startswith("./"):
                assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
                assert re.fullmatch(r"\s+# v\d+\.\d+\.\d+", comment), action


def test_workflows_begin_with_no_permission_and_only_a_deployment_gets_an_identity():
    allowed = {}
    for name, job in github_jobs():
        allowed[name] = job["permissions"]
    assert [workflow["permissions"] for workflow in GITHUB.values()] == [{}, {}]
    assert allowed.pop("deploy/deploy") == {"contents": "read", "id-token": "write"}
    assert all(each in ({}, {"contents": "read"}) for each in allowed.values()), allowed
    assert [job for job, body in gitlab_jobs().items() if "id_tokens" in body] == [".deploy"]


def test_no_word_of_an_event_is_pasted_into_a_command():
    assert [line for line in commands() if "${{" in line] == []


def test_tests_run_on_the_oldest_python_and_on_lambdas():
    assert GITHUB["check"]["jobs"]["test"]["strategy"]["matrix"]["python-version"] == PYTHONS
    assert GITLAB["test"]["parallel"]["matrix"] == [{"PYTHON_VERSION": PYTHONS}]
    runtime = (ROOT / "infra" / "constructs" / "function.py").read_text("utf-8")
    assert f"PYTHON_{PYTHONS[-1].replace('.', '_')}" in runtime


def test_a_person_may_choose_every_stage_and_no_other():
    # YAML reads the key `on` as true.
    by_hand = GITHUB["deploy"][True]["workflow_dispatch"]["inputs"]["stage"]

    assert sorted(by_hand["options"]) == STAGES
    assert by_hand["required"] is True
    for stage in STAGES:
        assert GITLAB[f"deploy-{stage}"]["rules"][-1]["when"] == "manual"


def test_a_branch_becomes_its_stage():
    assert GITHUB["deploy"][True]["push"]["branches"] == ["main", "develop"]
    stage = GITHUB["deploy"]["jobs"]["deploy"]["env"]["STAGE"]
    assert stage == "${{ inputs.stage || (github.ref_name == 'main' && 'prod' || 'dev') }}"
    for job, branch in (("deploy-dev", "develop"), ("deploy-prod", "main")):
        assert f'$CI_COMMIT_BRANCH == "{branch}"' in GITLAB[job]["rules"][0]["if"]


def test_no_variable_of_whoever_starts_a_pipeline_chooses_the_stage():
    assert "variables" not in GITLAB
    for stage in STAGES:
        job = GITLAB[f"deploy-{stage}"]
        assert job["environment"] == {"name": stage}
        assert job["resource_group"] == stage
        assert job["script"] == [f"make deploy STAGE={stage}", f"make smoke STAGE={stage}"]


def test_nothing_is_fetched_once_there_are_credentials():
    built = "make package infra/node_modules/.bin/cdk"
    steps = [
        each.get("run") or each["uses"] for each in GITHUB["deploy"]["jobs"]["deploy"]["steps"]
    ]
    (credentials,) = (n for n, each in enumerate(steps) if "configure-aws-credentials" in each)

    assert steps.index(built) < credentials
    assert GITLAB[".deploy"]["before_script"][0] == built


def test_a_deployment_waits_for_the_checks_and_for_the_one_before_it():
    deploy = GITHUB["deploy"]["jobs"]["deploy"]

    assert deploy["needs"] == "check"
    assert deploy["concurrency"]["cancel-in-progress"] is False
    assert GITHUB["deploy"]["jobs"]["check"]["uses"] == "./.github/workflows/check.yml"
    assert set(GITHUB["check"]["jobs"]["passed"]["needs"]) == {"format", "security", "test"}
    assert GITLAB[".deploy"]["interruptible"] is False


def test_the_stages_of_gitlab_come_in_their_order_and_each_has_a_job():
    assert GITLAB["stages"] == ["format", "security", "test", "deploy", "mirror"]
    used = {
        body.get("stage") or GITLAB[body["extends"]]["stage"] for body in gitlab_jobs().values()
    }
    assert used == set(GITLAB["stages"])


def test_every_job_of_github_ends_by_itself():
    for name, job in github_jobs():
        assert "timeout-minutes" in job or "uses" in job, name
