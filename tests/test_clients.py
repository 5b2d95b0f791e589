import pytest

from datalfred import clients, settings
from datalfred.errors import ConfigurationError

LAPTOP = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_REGION": "eu-central-1"}


def made(service="sqs", **variables):
    secret = {"AWS_SECRET_ACCESS_KEY": "secret"} if "AWS_ACCESS_KEY_ID" in variables else {}
    with settings.using({**LAPTOP, **variables, **secret}):
        return clients.client(service)


def test_a_client_is_made_once_for_its_credentials():
    assert made(AWS_ACCESS_KEY_ID="one") is made(AWS_ACCESS_KEY_ID="one")
    assert made(AWS_ACCESS_KEY_ID="one") is not made(AWS_ACCESS_KEY_ID="two")


def test_a_client_takes_region_and_endpoint_from_the_environment():
    meta = made().meta

    assert (meta.endpoint_url, meta.region_name) == ("http://127.0.0.1:1", "eu-central-1")


def test_bedrock_may_live_in_another_region():
    client = made("bedrock-runtime", DATALFRED_BEDROCK_REGION="us-west-2")

    assert client.meta.region_name == "us-west-2"


def test_a_local_endpoint_needs_no_credentials_of_the_user():
    credentials = made()._request_signer._credentials

    assert credentials.access_key == "datalfred"


def test_a_signature_covers_the_body(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    url = "https://abc.lambda-url.eu-west-1.on.aws/"

    headers = clients.signed_headers("lambda", url, b'{"action": "list"}')

    assert "/eu-west-1/lambda/aws4_request" in headers["Authorization"]
    assert "content-type" in headers["Authorization"]


def test_without_credentials_a_signature_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr("botocore.session.Session.get_credentials", lambda _: None)

    with pytest.raises(ConfigurationError) as caught:
        clients.signed_headers("lambda", "https://x/", b"")

    assert "AWS_PROFILE" in caught.value.hint
