import pytest

from datalfred import settings
from datalfred.cli import deployed
from datalfred.cli.connection import connect
from datalfred.cli.options import Target
from datalfred.errors import ConfigurationError, CorrectableError, OperatorError, UnavailableError
from tests.cli.cloudformation_stand_in import cloudformation

AGENTS, CHANNELS = "datalfred-shop-dev-agents", "datalfred-shop-dev-channels"
SMALL = {
    "DatalfredAgentIdSmall": "SMALLAGENT",
    "DatalfredAgentAliasIdSmall": "SMALLALIAS",
    "DatalfredAgentModelIdSmall": "eu.amazon.nova-pro-v1:0",
    "ExportsOutputRefSomething": "not ours",
}
URL = "https://abc.lambda-url.eu-central-1.on.aws/"


@pytest.fixture
def account():
    """An account with the stacks of one stage, and nothing of it in the environment."""
    deployed._told.cache_clear()
    with cloudformation() as standing_in:
        standing_in.stacks = {AGENTS: SMALL, CHANNELS: {"DatalfredApproverUrl": URL}}
        environment = {"AWS_ENDPOINT_URL": standing_in.endpoint, "AWS_REGION": "eu-central-1"}
        with settings.using(environment):
            yield standing_in
    deployed._told.cache_clear()


def target(size="small", stage="dev"):
    return Target(kind="aws", project="shop", stage=stage, size=size)


def test_a_stage_is_found_by_project_and_name(account):
    with connect(target()) as connection:
        runtime = connection.runtime()

    assert runtime._target == {"agentId": "SMALLAGENT", "agentAliasId": "SMALLALIAS"}
    assert runtime._model_id == "eu.amazon.nova-pro-v1:0"
    assert account.asked == [("eu-central-1", AGENTS)]


def test_the_approver_is_found_without_asking_for_the_agents(account):
    with connect(target()) as connection:
        assert connection.approvals()._url == URL

    assert account.asked == [("eu-central-1", CHANNELS)]


def test_a_process_asks_once_for_each_stack(account):
    for _ in range(3):
        with connect(target()) as connection:
            connection.runtime()
            connection.approvals()

    assert sorted(name for _, name in account.asked) == [AGENTS, CHANNELS]


def test_another_account_is_asked_anew(account):
    with connect(target()) as connection:
        connection.runtime()
    another = {"AWS_ACCESS_KEY_ID": "another", "AWS_SECRET_ACCESS_KEY": "secret"}
    with settings.using({**settings.environment(), **another}), connect(target()) as connection:
        connection.runtime()

    assert [name for _, name in account.asked] == [AGENTS, AGENTS]


def test_what_is_no_variable_of_ours_is_left_out_of_the_outputs(account):
    assert set(deployed.told("shop", "dev", "agents")) == {
        "DATALFRED_AGENT_ID_SMALL",
        "DATALFRED_AGENT_ALIAS_ID_SMALL",
        "DATALFRED_AGENT_MODEL_ID_SMALL",
    }


def test_the_environment_wins_and_nothing_is_asked(account):
    own = {
        "DATALFRED_AGENT_ID_SMALL": "OWN",
        "DATALFRED_AGENT_ALIAS_ID_SMALL": "OWNALIAS",
        "DATALFRED_APPROVER_URL": "https://own/",
    }
    with (
        settings.using({**settings.environment(), **own}),
        connect(target()) as connection,
    ):
        assert connection.runtime()._target["agentId"] == "OWN"
        assert connection.approvals()._url == "https://own/"

    assert account.asked == []


def test_another_alias_of_the_deployed_agent_can_be_named(account):
    older = {"DATALFRED_AGENT_ALIAS_ID_SMALL": "OLDER"}
    with settings.using({**settings.environment(), **older}), connect(target()) as connection:
        assert connection.runtime()._target == {"agentId": "SMALLAGENT", "agentAliasId": "OLDER"}


def test_an_agent_of_the_environment_is_never_mixed_with_an_alias_of_the_stage(account):
    own = {"DATALFRED_AGENT_ID_SMALL": "OWN"}
    with (
        settings.using({**settings.environment(), **own}),
        connect(target()) as connection,
        pytest.raises(ConfigurationError, match="DATALFRED_AGENT_ALIAS_ID_SMALL"),
    ):
        connection.runtime()


def test_the_stacks_are_looked_for_where_the_agents_are(account):
    elsewhere = {"DATALFRED_BEDROCK_REGION": "eu-west-3"}
    with settings.using({**settings.environment(), **elsewhere}), connect(target()) as connection:
        connection.runtime()

    assert account.asked == [("eu-west-3", AGENTS)]


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({}, "eu-central-1"),
        ({"DATALFRED_REGION": "us-east-1"}, "us-east-1"),
        ({"DATALFRED_BEDROCK_REGION": "eu-west-3", "DATALFRED_REGION": "us-east-1"}, "eu-west-3"),
    ],
)
def test_agents_are_called_in_the_region_in_which_they_were_found(account, variables, region):
    with settings.using({**settings.environment(), **variables}), connect(target()) as connection:
        runtime = connection.runtime()

    assert account.asked == [(region, AGENTS)]
    assert runtime._client.meta.region_name == region


def test_a_size_that_is_not_deployed_names_those_that_are(account):
    with (
        connect(target(size="large")) as connection,
        pytest.raises(ConfigurationError, match="no team of size large") as caught,
    ):
        connection.runtime()

    assert "-m small" in caught.value.hint


def test_a_stage_without_any_team_says_which_variable_is_missing(account):
    account.stacks[AGENTS] = {}
    with (
        connect(target()) as connection,
        pytest.raises(ConfigurationError, match="DATALFRED_AGENT_ID_SMALL: is not set") as caught,
    ):
        connection.runtime()

    assert "datalfred stage outputs" in caught.value.hint


def refused(connection_target):
    with connect(connection_target) as connection, pytest.raises(OperatorError) as caught:
        connection.runtime()
    return caught.value


def test_a_stage_that_does_not_exist_is_named_with_its_region_and_the_way_out(account):
    error = refused(target(stage="prod"))

    assert "no stack datalfred-shop-prod-agents in eu-central-1" in error.message
    assert "make deploy" in error.hint
    assert "AWS_PROFILE" in error.hint


def test_a_missing_permission_is_named_with_the_policy_that_has_it(account):
    account.refusal = ("AccessDenied", "User: arn:aws:iam::1:user/ann is not authorized")

    error = refused(target())

    assert f"cloudformation:DescribeStacks on the stack {AGENTS}" in error.message
    assert "user/ann" in error.message
    assert "datalfred_shop_dev_ask" in error.hint


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_FAILED"])
def test_a_stack_that_is_not_finished_says_its_status(account, status):
    account.statuses[AGENTS] = status

    assert f"{AGENTS} in eu-central-1 is in {status}" in refused(target()).message


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"])
def test_a_stage_answers_while_it_is_being_changed(account, status):
    account.statuses[AGENTS] = status

    with connect(target()) as connection:
        assert connection.runtime()._target["agentId"] == "SMALLAGENT"


def test_a_refusal_of_another_kind_is_told_as_it_is(account):
    account.refusal = ("ExpiredToken", "The security token is expired")
    with connect(target()) as connection, pytest.raises(CorrectableError, match="is expired"):
        connection.runtime()


def test_an_account_that_cannot_be_reached_is_told_as_such(account, monkeypatch):
    monkeypatch.setattr("datalfred.clients._pause", lambda _seconds: None)
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    with (
        settings.using({**settings.environment(), **nowhere}),
        connect(target()) as connection,
        pytest.raises(UnavailableError, match="could not be reached"),
    ):
        connection.runtime()


def test_a_stage_without_an_approver_says_which_variable_is_missing(account):
    account.stacks[CHANNELS] = {}
    with (
        connect(target()) as connection,
        pytest.raises(ConfigurationError, match="DATALFRED_APPROVER_URL: is not set"),
    ):
        connection.approvals()
