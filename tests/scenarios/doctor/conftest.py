"""A stage to look at: a stack of this process, reached over loopback as a deployed one is."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from datalfred import cli
from datalfred.local import host, stack
from datalfred.local.lakes import Lake
from tests.scenarios.doctor.answers import DEPLOYED, NAME


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def stage(state):
    """A stage with all of its parts and next to no lake."""
    lake = Lake("no lake", "", lambda _aws, _progress: None, has_pipelines=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host, "lake_named", lambda _name, _cache: lake)
        with stack.start(state=state) as running:
            assert running.seeding.wait(60)
            assert running.seeding.failure is None
            yield running


@pytest.fixture
def aws(stage, monkeypatch):
    """The stage as an account; clients know where it is and who they are, and nothing else."""
    for name, value in stage.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return stage.aws


@pytest.fixture
def doctor(aws):
    """Asks the doctor in this process: exit code, findings by what they are of."""

    def asking(*arguments, target=DEPLOYED, stdin=None):
        asked = ["doctor", "--json", *target, *arguments]
        done = CliRunner().invoke(cli.cli, asked, input=stdin, standalone_mode=True)
        assert done.exit_code in {0, 1}, done.output
        found = json.loads(done.stdout)
        assert len({each["what"] for each in found}) == len(found)
        return done.exit_code, {each["what"]: each for each in found}

    return asking


@pytest.fixture
def redeployed(aws):
    """Deploys a function anew with something changed; afterwards as it was."""
    changed = {}

    def deploy(what, *, handler="", **variables):
        function = aws.functions.find(NAME(what))
        changed.setdefault(what, function)
        environment = {**function.environment, **variables}
        _register(
            aws.functions,
            replace(
                function,
                handler=handler or function.handler,
                environment={k: v for k, v in environment.items() if v is not None},
            ),
        )

    yield deploy
    for function in changed.values():
        _register(aws.functions, function)


def _register(functions, function):
    functions.register(
        function.name,
        function.handler,
        environment=function.environment,
        role=function.role,
        timeout_seconds=function.timeout_seconds,
    )


@pytest.fixture
def person(aws, monkeypatch):
    """Makes whoever asks a person with a policy."""

    def with_policy(policy):
        aws.permissions.grant("a_person", policy)
        for name, value in aws.environment("a_person").items():
            monkeypatch.setenv(name, value)

    return with_policy


@pytest.fixture
def at_the_laptop(stage, state, doctor, monkeypatch):
    """Asks as the user of the laptop, whom the approver hears."""
    monkeypatch.setenv("DATALFRED_STATE", str(state))
    return lambda *arguments: doctor(*arguments, target=())
