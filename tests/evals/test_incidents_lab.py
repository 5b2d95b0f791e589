"""A case that injects what nothing asks for is refused, and so is one that there is no room for."""

import pytest

from datalfred.errors import ConfigurationError
from datalfred.evals import incidents_lab
from datalfred.evals.incidents import Expected, Fault, Incident, Refusal, Run, load_incidents
from datalfred.evals.incidents_injected import ROLE
from datalfred.lake.pipelines import diagnosis
from datalfred.local.aws.front_door import Call


@pytest.fixture(scope="module")
def lab():
    with incidents_lab.laboratory() as running:
        yield running


def case(name, pipeline="customer-sync", **run):
    return Incident(
        id=name, story="", pipeline=pipeline, success=None, run=Run(**run), expect=Expected()
    )


def test_there_is_room_for_every_incident():
    cases = len(load_incidents())

    assert incidents_lab.ROOM == 333
    assert cases <= incidents_lab.ROOM, (
        f"There are {cases} incidents, and the two weeks in which an execution can be redriven "
        f"hold {incidents_lab.ROOM}: the advice on a redrive of the others would be wrong. Put "
        "them nearer to each other (incidents_lab._SLOT), or leave some out."
    )


def test_a_case_that_there_is_no_room_for_is_refused(lab, monkeypatch):
    monkeypatch.setattr(incidents_lab, "ROOM", 0)

    with pytest.raises(ConfigurationError, match="there is room for 0 cases, and late is one more"):
        lab.play(case("late"))


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("ecs/orders-loader", {"faults": {"ecs/orders-loader": Fault()}}),
        ("lambda/no-such", {"faults": {"lambda/no-such": Fault(raises="E")}}),
        (
            "athena:StartQueryExecution",
            {"refusals": {"athena:StartQueryExecution": Refusal(code="TooManyRequestsException")}},
        ),
        ("glue:BatchStopJobRun", {"refusals": {"glue:BatchStopJobRun": Refusal(answer={})}}),
    ],
)
def test_a_case_is_refused_whose_fault_or_refusal_nothing_asked_for(lab, name, run):
    identity = f"idle-{name.replace('/', '-').replace(':', '-')}"

    with pytest.raises(ConfigurationError, match=f"{identity} injects {name}, and nothing asked"):
        lab.play(case(identity, **run))


def test_a_refusal_of_what_a_past_query_does_not_ask_the_front_door_for_is_refused(lab):
    refused = {"athena:StartQueryExecution": Refusal(code="TooManyRequestsException")}

    with pytest.raises(ConfigurationError, match="injects athena:StartQueryExecution"):
        lab.play(case("idle-query", "daily-sales-report", refusals=refused))


def test_a_denied_call_that_the_diagnosis_does_not_make_is_refused(lab):
    arn = lab.play(case("blind", faults={"glue/customer-sync": Fault(reason="Odd.")}))

    with (
        pytest.raises(ConfigurationError, match="the diagnosis denies s3:PutObject, and nothing"),
        lab.denying(["s3:PutObject"]),
    ):
        diagnosis.diagnose(arn)
    with lab.denying(["logs:FilterLogEvents", "s3:PutObject", "glue:GetJobRun"]):
        assert any("No permission for glue:" in gap for gap in diagnosis.diagnose(arn).gaps)


def test_what_is_asked_for_is_played(lab):
    played = case(
        "asked",
        refusals={"glue:StartJobRun": Refusal(code="EntityNotFoundException", message="no job")},
    )

    assert diagnosis.diagnose(lab.play(played)).execution.status == "FAILED"


def test_what_a_branch_of_a_pipeline_still_calls_is_no_deed_of_the_diagnosis(lab):
    lab.aws.door.calls.clear()
    for role in (ROLE, ""):
        lab.aws.door.calls.append(Call("glue", role, "", "StartJobRun", ("POST", "/", "")))

    assert [call.role for call in lab.calls()] == [""]
