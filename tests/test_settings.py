import os
import threading
from pathlib import Path

import pytest

from datalfred import settings
from datalfred.errors import ConfigurationError


def load(**variables):
    with settings.using(variables):
        return settings.load()


def test_an_empty_environment_gives_the_defaults():
    loaded = load()

    assert settings.Settings() == loaded
    assert loaded.region == "eu-west-1"


def test_every_setting_is_read_from_the_variable_of_its_name():
    loaded = load(
        DATALFRED_WORKGROUP="queries",
        DATALFRED_DATABASES="sales, customer,",
        DATALFRED_QUERY_BUDGET_USD="2.5",
        DATALFRED_CALLS_PER_TURN="7",
        DATALFRED_REQUESTER_MAY_APPROVE="false",
    )

    assert loaded.workgroup == "queries"
    assert loaded.databases == ("sales", "customer")
    assert loaded.query_budget_usd == 2.5
    assert loaded.calls_per_turn == 7
    assert loaded.requester_may_approve is False


def test_project_domain_and_stage_are_read_without_the_prefix_too():
    loaded = load(PROJECT_NAME="shop", DOMAIN_NAME="trade", STAGE_NAME="dev")

    assert (loaded.project_name, loaded.domain_name, loaded.stage_name) == ("shop", "trade", "dev")


def test_the_region_of_the_models_follows_that_of_the_data_unless_it_is_set():
    assert load(AWS_REGION="us-east-1").bedrock_region == "us-east-1"
    apart = load(AWS_REGION="us-east-1", DATALFRED_BEDROCK_REGION="eu-west-1")
    assert (apart.region, apart.bedrock_region) == ("us-east-1", "eu-west-1")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATALFRED_CALLS_PER_TURN", "many"),
        ("DATALFRED_QUERY_BUDGET_USD", ""),
        ("DATALFRED_REQUESTER_MAY_APPROVE", "perhaps"),
        ("DATALFRED_PROJECT_NAME", "Not A Name"),
        ("DATALFRED_STAGE_NAME", "9lives"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_variable(variable, value):
    with pytest.raises(ConfigurationError) as caught:
        load(**{variable: value})

    assert variable == caught.value.setting


def test_two_threads_read_each_their_own_environment():
    barrier, seen = threading.Barrier(2), {}

    def read(project):
        with settings.using({"DATALFRED_PROJECT_NAME": project}):
            barrier.wait()
            seen[project] = settings.load().project_name

    threads = [threading.Thread(target=read, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == {"one": "one", "two": "two"}


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"DATALFRED_STATE": "/tmp/x"}, Path("/tmp/x")),
        ({"XDG_STATE_HOME": "/tmp/state"}, Path("/tmp/state/datalfred")),
        ({}, Path.home() / ".local/state/datalfred"),
    ],
)
def test_the_state_directory_follows_the_environment(variables, folder):
    with settings.using(variables):
        assert folder == settings.state_directory()


def test_the_person_at_the_laptop_is_a_typed_identity():
    assert settings.operating_system_user().startswith("local:")


def test_a_user_without_a_name_is_told_by_number(monkeypatch):
    def nameless():
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nameless)

    assert settings.operating_system_user() == f"local:uid-{os.getuid()}"


def test_a_user_without_a_home_is_asked_for_a_state_directory(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.home", homeless)

    with settings.using({}), pytest.raises(ConfigurationError, match="DATALFRED_STATE"):
        settings.state_directory()


@pytest.mark.parametrize("raw", ["-1", "nan", "inf"])
def test_a_number_below_zero_or_without_an_end_is_refused(raw):
    with pytest.raises(ConfigurationError, match="DATALFRED_QUERY_BUDGET_USD"):
        load(DATALFRED_QUERY_BUDGET_USD=raw)
