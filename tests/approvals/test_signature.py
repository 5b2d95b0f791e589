"""Signatures of requests to the approver."""

import pytest

from datalfred.approvals import signature
from datalfred.errors import ConfigurationError


def test_a_signature_covers_the_body(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    url = "https://abc.lambda-url.eu-west-1.on.aws/"

    headers = signature.signed_headers(url, b'{"action": "list"}')

    assert "/eu-west-1/lambda/aws4_request" in headers["Authorization"]
    assert "content-type" in headers["Authorization"]


def test_a_signature_is_for_the_region_of_the_url_not_of_the_person(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")

    def region(url):
        return signature.signed_headers(url, b"")["Authorization"].split("/")[2]

    assert region("https://abc.lambda-url.ap-southeast-2.on.aws/") == "ap-southeast-2"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert region("http://127.0.0.1:4566/lambda-url/approver") == "us-east-1"


@pytest.mark.parametrize(
    "url",
    [
        "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/any/invocations",
        "https://abc.lambda-url.eu-west-1.on.aws.example.com/",
        "https://example.com/.lambda-url.eu-west-1.on.aws/",
        "http://abc.lambda-url.eu-west-1.on.aws/",
        "http://127.0.0.1:45660/lambda-url/approver",
        "",
    ],
)
def test_nothing_is_signed_but_for_the_url_of_a_function(monkeypatch, url):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    with pytest.raises(ConfigurationError, match="no URL of a Lambda function"):
        signature.signed_headers(url, b"")


def test_without_credentials_a_signature_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr("botocore.session.Session.get_credentials", lambda _: None)

    with pytest.raises(ConfigurationError) as caught:
        signature.signed_headers("https://abc.lambda-url.eu-west-1.on.aws/", b"")

    assert "AWS_PROFILE" in caught.value.hint
