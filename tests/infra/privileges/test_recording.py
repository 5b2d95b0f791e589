"""Calls are noted with their place, their grant and their verdict, in whatever process they are."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from datalfred import clients, settings
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.deployment import Deployment
from tests import conftest
from tests.support.privileges import calls
from tests.support.privileges.calls import Call, Notes, read
from tests.support.privileges.proof import Proof
from tests.support.privileges.recording import Recorder, recording

ROOT = Path(__file__).parents[3]
FUNCTION = "datalfred_demo_local_glue"
OPERATION = """
from datalfred import clients

def handler(event, context):
    client = clients.client(event["service"])
    return getattr(client, event["operation"])(**event["given"]) and "done"
"""


@pytest.fixture
def handler():
    """A handler of the product that calls whatever an event says."""
    module = {"__name__": "action_groups.glue.another"}
    exec(compile(OPERATION, "<another>", "exec"), module)  # the text above
    return module["handler"]


@pytest.fixture
def calling(handler, tmp_path):
    """A function that calls AWS under a function's role, and gives all that it has called."""
    with recording(Recorder(Notes(tmp_path)), alone=True), EmbeddedAws() as aws:
        deployment = Deployment(aws, "demo", "local", lake_bucket="lake")
        deployment._deploy("glue", handler, deployment.place)

        def called(service, operation, **given):
            event = {"service": service, "operation": operation, "given": given}
            try:
                aws.functions.invoke(FUNCTION, json.loads(json.dumps(event)))
            except Exception:  # noqa: BLE001 -- what it fails with is not the point
                assert operation != "get_databases"
            return read(tmp_path)

        yield called


def test_a_call_that_is_granted_is_noted_with_its_place_and_its_grant(calling):
    (call, *more) = sorted(calling("glue", "get_databases"))

    assert call.function == "glue"
    assert call.action == "glue:GetDatabases"
    assert call.site == "action_groups/glue/another.py handler"
    assert call.grants == (("ReadCatalog", "arn:aws:glue:{region}:{account}:catalog"),)
    assert [each.grants[0][1] for each in more] == ["arn:aws:glue:{region}:{account}:database/*"]
    assert list(Proof().missing([call, *more])) == []


@pytest.mark.parametrize(
    ("service", "operation", "given", "said"),
    [
        (
            "glue",
            "delete_table",
            {"DatabaseName": "sales", "Name": "orders"},
            "glue:DeleteTable on arn:aws:glue:eu-west-1:123456789012:catalog",
        ),
        (
            "s3",
            "list_objects_v2",
            {"Bucket": "another"},
            "s3:ListBucket on arn:aws:s3:::another",
        ),
    ],
    ids=["another action", "another resource"],
)
def test_a_call_without_a_grant_fails(calling, service, operation, given, said):
    assert list(Proof().missing(calling(service, operation, **given))) == [
        f"glue: action_groups/glue/another.py handler calls {said}; its policy does not allow that"
    ]


CHILD = """
from datalfred import clients
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.deployment import Deployment

module = {"__name__": "action_groups.glue.another"}
exec(OPERATION, module)
with EmbeddedAws() as aws:
    deployment = Deployment(aws, "demo", "local", lake_bucket="lake")
    deployment._deploy("glue", module["handler"], deployment.place)
    event = {"service": "glue", "operation": "get_databases", "given": {}}
    aws.functions.invoke("datalfred_demo_local_glue", event)
"""


def test_a_process_that_a_test_starts_notes_its_calls_as_well(tmp_path):
    environment = {
        **settings.environment(),
        calls.PLACE: str(tmp_path),
        "PYTHONPATH": str(conftest.HOOK),
    }

    subprocess.run(
        [sys.executable, "-c", f"OPERATION = {OPERATION!r}\n{CHILD}"],
        env=environment,
        cwd=ROOT,
        check=True,
    )

    assert {each.action for each in read(tmp_path)} == {"glue:GetDatabases"}
    assert {each.site for each in read(tmp_path)} == {"action_groups/glue/another.py handler"}


def test_a_line_that_a_killed_process_has_left_unfinished_is_no_call(tmp_path):
    call = Call("glue", "glue:GetTable", grants=(("ReadCatalog", "a"),))
    Notes(tmp_path).note(call)
    (tmp_path / "1-a.jsonl").write_text('{"function": "gl', "utf-8")

    assert read(tmp_path) == {call}


def run(source, **options):
    """The configuration of a run."""
    return SimpleNamespace(
        args_source=source,
        ArgsSource=pytest.Config.ArgsSource,
        getoption=options.get,
    )


def test_a_run_of_everything_is_one_in_which_nobody_has_chosen():
    sources = pytest.Config.ArgsSource

    assert conftest.is_about_everything(run(sources.TESTPATHS, keyword="", maxfail=0))
    assert not conftest.is_about_everything(run(sources.ARGS))
    assert not conftest.is_about_everything(run(sources.TESTPATHS, keyword="guard"))


def test_clients_are_made_as_before_once_nobody_records():
    made = clients._make

    with recording(Recorder(set())):
        assert clients._make is not made
    assert clients._make is made
