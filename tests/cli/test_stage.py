import json
import sys
from functools import partial
from types import SimpleNamespace

import click.testing
import pytest
from botocore.exceptions import ClientError

from datalfred import clients, settings
from datalfred.approvals.door import ApprovalsDoor
from datalfred.cli import cli, deployed
from datalfred.cli.connection import Connection
from datalfred.cli.stage import empty, smoke
from datalfred.definitions.agents import load_team
from datalfred.definitions.costs import Usage, european_models, total
from datalfred.definitions.prices import dated
from datalfred.errors import OperatorError, RefusedError, UnavailableError
from datalfred.local.aws.embedded import EmbeddedAws
from tests.cli.cloudformation_stand_in import cloudformation

SHOP = ("-p", "shop", "-s", "dev")
BUCKETS = tuple(f"datalfred-shop-dev-{each}" for each in ("results", "documents", "access-logs"))


def run(*arguments):
    return click.testing.CliRunner().invoke(cli, ["stage", *arguments])


@pytest.fixture(scope="module")
def embedded():
    with EmbeddedAws() as aws:
        yield aws


@pytest.fixture
def account(embedded):
    """An account without resources of a stage."""
    with settings.using({**settings.environment(), **embedded.environment()}):
        yield embedded


@pytest.fixture
def buckets(account):
    """The buckets of the stage, each with two versions of an object and a deleted one."""
    s3 = clients.client("s3")
    where = {"LocationConstraint": "eu-west-1"}
    for bucket in (*BUCKETS, "demo-lake"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        versioning = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
        for body in (b"old", b"new"):
            s3.put_object(Bucket=bucket, Key="semantics/sales.yaml", Body=body)
        s3.put_object(Bucket=bucket, Key="gone", Body=b"")
        s3.delete_object(Bucket=bucket, Key="gone")
    yield s3
    for bucket in (*BUCKETS, "demo-lake"):
        for version in versions(s3, bucket):
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        s3.delete_bucket(Bucket=bucket)


def versions(s3, bucket):
    found = s3.list_object_versions(Bucket=bucket)
    return [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]


def test_outputs_are_lines_of_an_env_file():
    deployed._told.cache_clear()
    with cloudformation() as standing_in:
        standing_in.stacks = {
            "datalfred-shop-dev-agents": {"DatalfredAgentId": "AGENT", "Other": "x"},
            "datalfred-shop-dev-channels": {"DatalfredApproverUrl": "https://url/"},
        }
        with settings.using({"AWS_ENDPOINT_URL": standing_in.endpoint}):
            printed, as_json = run("outputs", *SHOP), run("outputs", *SHOP, "--json")

    lines = [
        "DATALFRED_AGENT_ID=AGENT",
        "DATALFRED_APPROVER_URL=https://url/",
        "DATALFRED_BEDROCK_REGION=eu-west-1",
    ]
    assert printed.output.splitlines() == lines
    assert json.loads(as_json.output) == dict(line.split("=", 1) for line in lines)


def test_outputs_of_a_laptop_are_refused_with_the_way_to_them():
    result = run("outputs")

    assert (result.exit_code, "local --env-file" in result.output) == (2, True)


def test_emptying_deletes_every_version_in_the_buckets_of_the_stage_alone(buckets):
    result = run("empty", *SHOP, "--confirm", "shop/dev")

    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [f"{each}: 4 versions deleted" for each in BUCKETS]
    assert [versions(buckets, each) for each in BUCKETS] == [[], [], []]
    assert len(versions(buckets, "demo-lake")) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "say --confirm shop/dev"),
        (("--confirm", "shop/prod"), "'shop/prod' is not shop/dev"),
        (("--confirm", "yes"), "nothing was deleted"),
    ],
)
def test_nothing_is_deleted_before_the_stage_is_confirmed_by_its_name(buckets, arguments, words):
    result = run("empty", *SHOP, *arguments)

    assert (result.exit_code, words in result.output) == (2, True)
    assert [len(versions(buckets, each)) for each in BUCKETS] == [4, 4, 4]


def test_a_person_at_a_terminal_is_asked_for_the_name(buckets, monkeypatch):
    asked = []
    monkeypatch.setattr("click.prompt", lambda words: asked.append(words) or "shop/dev")
    terminal = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(empty, "sys", terminal)

    assert run("empty", *SHOP).exit_code == 0
    assert all(each in asked[0] for each in BUCKETS)
    assert versions(buckets, BUCKETS[0]) == []


def test_a_bucket_of_that_name_in_another_account_is_left_alone(account):
    result = run("empty", *SHOP, "--confirm", "shop/dev")

    assert (result.exit_code, result.output) == (0, "shop/dev has no buckets in this account.\n")


def test_what_could_not_be_deleted_is_named(buckets, monkeypatch):
    denied = {"Errors": [{"Key": "k", "Code": "AccessDenied", "Message": "no"}]}
    monkeypatch.setattr(type(buckets), "delete_objects", lambda *_, **__: denied, raising=False)

    result = run("empty", *SHOP, "--confirm", "shop/dev")

    assert isinstance(result.exception, OperatorError)
    assert "k in datalfred-shop-dev-results" in result.exception.message


@pytest.fixture
def role(account):
    """A role that trusts this account."""
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam = clients.client("iam")
    made = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=document)
    yield made["Role"]["Arn"]
    iam.delete_role(RoleName="deployer")


def test_a_command_runs_with_the_credentials_of_the_role(role, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import json, os, sys\n"
        "names = ('AWS_ACCESS_KEY_ID', 'AWS_SESSION_TOKEN', 'AWS_PROFILE')\n"
        f"seen = open({str(tmp_path / 'seen')!r}, 'w')\n"
        "seen.write(json.dumps([os.environ.get(name) for name in names]))\n"
        "sys.exit(int(sys.argv[1]))\n"
    )
    own = {**settings.environment(), "AWS_PROFILE": "mine"}
    with settings.using(own):
        result = run("assume", role, sys.executable, str(script), "3")

    key, token, profile = json.loads((tmp_path / "seen").read_text())
    assert result.exit_code == 3, result.output
    assert key != own["AWS_ACCESS_KEY_ID"]
    assert token
    assert profile is None


def test_a_role_that_may_not_be_assumed_is_named_with_the_way_out(account):
    denied = run("assume", "arn:aws:iam::123456789012:role/nobody", "true").exception

    assert isinstance(denied, OperatorError)
    assert "sts:AssumeRole on arn:aws:iam::123456789012:role/nobody" in denied.message
    assert "trust policy" in denied.hint


def test_what_is_no_role_is_wrong_usage():
    result = run("assume", "deployer", "true")

    assert (result.exit_code, "'deployer' is no ARN of a role" in result.output) == (2, True)


def test_credentials_that_have_expired_are_told_as_such(monkeypatch):
    expired = {"Error": {"Code": "ExpiredToken", "Message": "The security token is expired"}}
    error = ClientError(expired, "AssumeRole")
    monkeypatch.setattr(clients, "client", lambda _: SimpleNamespace(assume_role=failing(error)))

    result = run("assume", "arn:aws:iam::123456789012:role/deployer", "true")

    assert result.exception is error


def failing(error):
    def fail(**_):
        raise error

    return fail


def test_a_smoke_test_of_a_stage_that_is_not_there_says_so_once():
    deployed._told.cache_clear()
    with cloudformation() as nobody, settings.using({"AWS_ENDPOINT_URL": nobody.endpoint}):
        result = run("smoke", *SHOP)

    assert isinstance(result.exception, OperatorError)
    assert "no stack datalfred-shop-dev-agents" in result.exception.message
    assert result.output == ""


def test_a_command_that_is_not_there_is_named(role):
    result = run("assume", role, "no-such-command")

    assert result.exit_code == 1
    assert "no-such-command cannot be run" in result.output


def test_the_costs_of_a_usage_are_those_of_the_page():
    usage = Usage(1_000)
    printed = json.loads(run("costs", "--questions", "1000", "--json").output)["usd_a_month"]

    for size, model in european_models().items():
        assert printed[size]["together"] == pytest.approx(total(usage, model))
    with_base = run("costs", "--questions", "1000", "--knowledge-base", "--json").output
    known = json.loads(with_base)["usd_a_month"]["large"]["together"]
    assert known == pytest.approx(total(usage, european_models()["large"], knowledge=True))


def test_costs_grow_with_what_queries_read():
    def athena(megabytes):
        output = run("costs", "--query-megabytes", str(megabytes), "--json").output
        return json.loads(output)["usd_a_month"]["small"]["Athena"]

    assert athena(2_000) == pytest.approx(2 * athena(1_000))


def test_costs_are_a_table_of_sizes_with_the_day_of_their_prices():
    first, *_, together, prices = run("costs").output.splitlines()

    assert first.split() == ["USD", "a", "month", "large", "medium", "small"]
    assert len(together.split()) == 4
    assert prices == f"Prices of {dated()}."


def test_every_collaborator_has_its_question():
    assert set(smoke.QUESTIONS) == set(load_team().collaborators)


class Door(ApprovalsDoor):
    """Answers each action with what it is told, or fails."""

    def __init__(self, **answers):
        self.answers = answers

    def send(self, body):
        answer = self.answers[body["action"]]
        if isinstance(answer, Exception):
            raise answer
        return answer


def trial(monkeypatch, name, door, *arguments, user="local:ann"):
    """The outcome of one trial at a door, as the command takes it."""
    connection = Connection("aws: shop/dev", {}, user, lambda _url, _body: {}, "large")
    monkeypatch.setattr(Connection, "approvals", lambda _self: door)
    return smoke._timed("it", partial(getattr(smoke, name), connection, *arguments))


def test_a_door_that_does_not_answer_fails_the_trial_with_its_words(monkeypatch):
    silent = Door(list=UnavailableError("The approver did not answer.", hint="Later."))

    outcome = trial(monkeypatch, "_listed", silent)

    assert (outcome.well, outcome.detail) == (False, "The approver did not answer. Later.")


def test_a_door_that_does_not_know_the_person_fails_the_trial(monkeypatch):
    outcome = trial(monkeypatch, "_not_found", Door(deny=RefusedError("Nobody was proved.")))

    assert (outcome.well, outcome.detail) == (False, "Nobody was proved.")


def test_a_door_that_denies_what_nobody_asked_for_fails_the_trial(monkeypatch):
    outcome = trial(monkeypatch, "_not_found", Door(deny={"approval": {"state": "DENIED"}}))

    assert not outcome.well


def answered(status, *, pending=(), abstained=False, agent="run_guy"):
    """An answer whose one operation came to ``status``."""
    operations = [SimpleNamespace(operation="request_redrive", agent=agent, status=status)]
    return SimpleNamespace(
        answer="No.",
        operations=operations,
        pending_approvals=[SimpleNamespace(id=each) for each in pending],
        cost_usd=None,
        abstained=abstained,
    )


@pytest.mark.parametrize(
    ("user", "status", "pending", "well", "words"),
    [
        ("", "failed", (), True, "on AWS a terminal proves nobody"),
        ("", "succeeded", (), False, "nothing was asked for: No."),
        ("local:ann", "failed", (), False, "nothing was asked for: No."),
        ("local:ann", "succeeded", ("mine",), True, "mine is DENIED"),
        ("local:ann", "succeeded", ("theirs",), True, "theirs is left alone"),
    ],
)
def test_a_request_ends_denied_or_refused(  # noqa: PLR0917 -- a table of cases
    monkeypatch, user, status, pending, well, words
):
    door = Door(list={"approvals": [{"id": "theirs"}]}, deny={"approval": {"state": "DENIED"}})
    monkeypatch.setattr(Connection, "runtime", lambda _self: None)
    monkeypatch.setattr(smoke, "_answer", lambda *_: answered(status, pending=pending))

    outcome = trial(monkeypatch, "_denied", door, "orders", user=user)

    assert (outcome.well, words in outcome.detail) == (well, True)


@pytest.mark.parametrize(
    ("answer", "well"),
    [
        (answered("succeeded"), True),
        (answered("failed"), False),
        (answered("unanswered"), False),
        (answered("succeeded", abstained=True), False),
        (answered("succeeded", agent="data_analyst"), False),
    ],
    ids=["well", "failed", "unanswered", "abstained", "somebody else"],
)
def test_a_collaborator_answers_by_an_operation_of_its_own_that_succeeds(monkeypatch, answer, well):
    monkeypatch.setattr(Connection, "runtime", lambda _self: None)
    monkeypatch.setattr(smoke, "_answer", lambda *_: answer)

    assert trial(monkeypatch, "_asked", Door(), "run_guy", "Which pipelines?").well is well


def test_a_price_that_is_not_known_is_not_counted_as_nothing():
    known = smoke.Outcome("it", well=True, detail="", asked=True, cost_usd=0.25)
    unknown = smoke.Outcome("it", well=True, detail="", asked=True)
    no_model = smoke.Outcome("it", well=True, detail="")

    assert smoke._total([known, no_model], "here").endswith("$0.2500")
    assert smoke._total([known, unknown], "here").endswith("cost unknown")
    assert "cost unknown" in smoke._line(unknown)
    assert "$" not in smoke._line(no_model)


PARAMETER = "/datalfred/shop/dev/settings"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, f"Overrides: none; there is no parameter {PARAMETER} yet."),
        ("{}", "Overrides: none; what is deployed counts."),
        (
            '{"DATALFRED_CALLS_PER_TURN": 0}',
            'Overrides in /datalfred/shop/dev/settings: {"DATALFRED_',
        ),
    ],
)
def test_what_an_operator_has_changed_is_told(account, value, words):
    ssm = clients.client("ssm")
    if value is not None:
        ssm.put_parameter(Name=PARAMETER, Value=value, Type="String")
    try:
        result = run("override", "--target", "aws", *SHOP)
    finally:
        if value is not None:
            ssm.delete_parameter(Name=PARAMETER)

    assert result.exit_code == 0, result.output
    assert words in result.output


def test_a_deployment_that_sets_an_override_back_is_told_with_the_way_to_put_it_again(
    account, tmp_path
):
    ssm, kept = clients.client("ssm"), tmp_path / "build" / "overrides.json"
    brake = '{"DATALFRED_CALLS_PER_TURN": 0}'
    after = ("override", "--target", "aws", *SHOP, "--kept", str(kept))
    ssm.put_parameter(Name=PARAMETER, Value=brake, Type="String")
    try:
        assert run("override", "--target", "aws", *SHOP, "--keep", str(kept)).exit_code == 0
        left_alone = run(*after).output
        ssm.put_parameter(Name=PARAMETER, Value="{}", Type="String", Overwrite=True)
        set_back = run(*after).output
    finally:
        ssm.delete_parameter(Name=PARAMETER)

    assert "SET BACK" not in left_alone
    assert "Overrides: SET BACK by this deployment" in set_back
    assert f"put-parameter --overwrite --name {PARAMETER} --value '{brake}'" in set_back


def test_an_override_that_may_not_be_read_is_unknown_and_stops_no_deployment(monkeypatch):
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetParameter")
    monkeypatch.setattr(clients, "client", lambda _: SimpleNamespace(get_parameter=failing(denied)))

    result = run("override", "--target", "aws", *SHOP)

    assert (result.exit_code, "Overrides: unknown" in result.output) == (0, True)
