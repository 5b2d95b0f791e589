import sys
from types import ModuleType

import botocore.session
import pytest
from botocore.stub import Stubber

from datalfred import clients
from datalfred.errors import ConfigurationError, ModelUnavailableError
from datalfred.models import choice
from datalfred.models.bedrock import BedrockModel
from datalfred.models.openai import OpenAiModel
from datalfred.settings import Settings

MODELS = "foundation-model/anthropic.claude-sonnet-4-6"


def profile(name, *regions):
    arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile"
    return {
        "inferenceProfileName": name,
        "inferenceProfileArn": f"{arn}/{len(name):012}",
        "inferenceProfileId": f"{len(name):012}",
        "models": [{"modelArn": f"arn:aws:bedrock:{region}::{MODELS}"} for region in regions],
        "status": "ACTIVE",
        "type": "APPLICATION",
    }


@pytest.fixture
def deployed(monkeypatch):
    """Lets Bedrock list these inference profiles."""
    made = {}

    def deploy(*profiles):
        session = botocore.session.get_session()
        for name in ("bedrock", "bedrock-runtime"):
            made[name] = session.create_client(
                name,
                region_name="eu-west-1",
                aws_access_key_id="key",
                aws_secret_access_key="secret",
            )
        stubber = Stubber(made["bedrock"])
        stubber.add_response(
            "list_inference_profiles",
            {"inferenceProfileSummaries": list(profiles)},
            {"typeEquals": "APPLICATION"},
        )
        stubber.activate()
        monkeypatch.setattr(clients, "client", lambda name, **_options: made[name])

    return deploy


def test_the_built_in_model_is_loaded_when_it_is_chosen(monkeypatch):
    module = ModuleType("datalfred.models.offline.model")
    module.OfflineModel = lambda: "the built-in model"
    monkeypatch.setitem(sys.modules, "datalfred.models.offline.model", module)

    assert choice.from_settings(Settings()) == "the built-in model"


def test_a_server_is_chosen_with_its_model(monkeypatch):
    model = choice.from_settings(Settings(model="openai", model_name="qwen3:8b"))

    assert isinstance(model.model, OpenAiModel)
    assert model.model_id == "qwen3:8b"


def test_a_server_without_a_models_name_is_refused():
    with pytest.raises(ConfigurationError, match="DATALFRED_MODEL_NAME") as raised:
        choice.from_settings(Settings(model="openai"))

    assert "qwen3:8b" in raised.value.hint


def test_an_unknown_model_is_told_the_choices():
    with pytest.raises(ConfigurationError, match="'gpt'") as raised:
        choice.from_settings(Settings(model="gpt"))

    assert raised.value.hint == "Choose one of: offline, openai, bedrock."


def test_a_model_of_bedrock_may_be_named(deployed):
    deployed()

    model = choice.from_settings(Settings(model="bedrock", model_name="amazon.nova-pro-v1:0"))

    assert isinstance(model.model, BedrockModel)
    assert model.model_id == "amazon.nova-pro-v1:0"


@pytest.mark.parametrize(
    ("regions", "name"),
    [
        (("eu-west-1",), "anthropic.claude-sonnet-4-6"),
        (("eu-west-1", "eu-north-1"), "eu.anthropic.claude-sonnet-4-6"),
        (("ap-south-1", "ap-northeast-1"), "apac.anthropic.claude-sonnet-4-6"),
        (("eu-west-1", ""), "anthropic.claude-sonnet-4-6"),
    ],
)
def test_a_size_is_the_inference_profile_of_its_name(deployed, regions, name):
    deployed(profile("other", "eu-west-1"), profile("demo_lake_local_medium", *regions))

    model = choice.from_settings(Settings(model="bedrock"), "medium")

    assert model.model_id == name


def test_a_deployed_profile_is_found_by_its_size_whichever_its_model(deployed):
    deployed(profile("demo_lake_local_medium_52112a", "eu-west-1"))

    model = choice.from_settings(Settings(model="bedrock"), "medium")

    assert model.model_id == "anthropic.claude-sonnet-4-6"


def test_a_size_that_is_not_deployed_is_told_those_that_are(deployed):
    deployed(
        profile("demo_lake_local_small", "eu-west-1"),
        profile("demo_lake_local_medium", "eu-west-1"),
    )

    with pytest.raises(ModelUnavailableError, match="demo_lake_local_large") as raised:
        choice.from_settings(Settings(model="bedrock"))

    assert raised.value.hint == "Available sizes: medium, small."


def test_a_stage_without_sizes_says_so(deployed):
    deployed()

    with pytest.raises(ModelUnavailableError) as raised:
        choice.from_settings(Settings(model="bedrock"))

    assert raised.value.hint == "Available sizes: none."


def test_an_unknown_size_is_told_the_sizes():
    with pytest.raises(ConfigurationError, match="'huge'") as raised:
        choice.profile_name(Settings(), "huge")

    assert raised.value.hint == "Choose one of: large, medium, small."


def test_profiles_are_named_after_project_domain_stage_and_size():
    settings = Settings(project_name="acme", domain_name="retail", stage_name="prod")

    assert choice.profile_name(settings, "small") == "acme_retail_prod_small"


@pytest.mark.parametrize(
    "endpoint",
    ["nonsense", "ftp://127.0.0.1", "http://[bad", "http://127.0.0.1:99999/v1", "http://"],
)
def test_an_endpoint_that_is_no_url_is_told_before_the_first_question(endpoint):
    wrong = Settings(model="openai", model_name="qwen3", model_endpoint=endpoint)

    with pytest.raises(ConfigurationError, match="no URL of a server") as raised:
        choice.from_settings(wrong)

    assert "http://localhost:11434/v1" in raised.value.hint
