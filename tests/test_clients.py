from types import SimpleNamespace

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)

from datalfred import clients, settings
from datalfred.errors import TimedOutError

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


def test_a_function_calls_the_region_of_the_data_and_bedrock_in_its_own():
    apart = {**LAPTOP, "DATALFRED_REGION": "eu-west-1", "DATALFRED_BEDROCK_REGION": "us-east-1"}

    with settings.using(apart):
        regions = {name: clients.client(name).meta.region_name for name in ("glue", "bedrock")}

    assert regions == {"glue": "eu-west-1", "bedrock": "us-east-1"}


def test_a_local_endpoint_needs_no_credentials_of_the_user():
    credentials = made()._request_signer._credentials

    assert credentials.access_key == "datalfred"


@pytest.mark.parametrize(
    ("operation", "caught", "transient"),
    [
        ("GetTables", EndpointConnectionError(endpoint_url="x"), True),
        ("GetTables", ReadTimeoutError(endpoint_url="x"), True),
        ("GetTables", ConnectionClosedError(endpoint_url="x"), True),
        ("GetTables", SSLError(endpoint_url="x", error="no"), False),
        ("GetTables", NoCredentialsError(), False),
        ("GetTables", TimedOutError("Late."), False),
        ("StartQuery", EndpointConnectionError(endpoint_url="x"), True),
        ("StartQuery", ReadTimeoutError(endpoint_url="x"), False),
    ],
)
def test_a_request_without_an_answer_is_sent_again_where_that_may_help(
    operation, caught, transient
):
    assert clients._is_transient(operation, None, caught) is transient


@pytest.mark.parametrize(
    ("operation", "code", "status", "transient"),
    [
        ("GetTables", "ThrottlingException", 400, True),
        ("GetTables", "RequestTimeout", 400, True),
        ("GetTables", "InternalFailure", 500, True),
        ("GetTables", None, 503, True),
        ("GetTables", "EntityNotFoundException", 400, False),
        ("GetTables", "AccessDeniedException", 403, False),
        ("GetTables", "NotImplementedException", 501, False),
        ("StartQuery", "ThrottlingException", 400, True),
        ("StartQuery", "InternalFailure", 500, False),
    ],
)
def test_a_refused_request_is_sent_again_where_that_may_help(operation, code, status, transient):
    response = (SimpleNamespace(status_code=status), {"Error": {"Code": code}} if code else {})

    assert clients._is_transient(operation, response, None) is transient


GET_TABLES = SimpleNamespace(name="GetTables", service_model=SimpleNamespace(signing_name="glue"))


def test_pauses_grow_with_full_jitter_up_to_a_bound(monkeypatch):
    pauses, longest = [], []
    monkeypatch.setattr(clients, "_pause", pauses.append)
    monkeypatch.setattr(clients, "_jitter", lambda _least, most: longest.append(most) or most / 2)
    decide = clients._retrier(8)

    for attempt in range(1, 10):
        broken = EndpointConnectionError(endpoint_url="x")
        decide(response=None, operation=GET_TABLES, attempts=attempt, caught_exception=broken)

    assert longest == [0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]
    assert pauses == [most / 2 for most in longest]


def test_no_attempt_follows_where_its_pause_would_outlast_the_operation(monkeypatch):
    monkeypatch.setattr(clients, "_jitter", lambda _least, most: most)
    monkeypatch.setattr(clients, "_pause", pytest.fail)
    broken = EndpointConnectionError(endpoint_url="x")

    with clients.within(0.3) as granted:
        retried = clients._retrier(3)(
            response=None, operation=GET_TABLES, attempts=1, caught_exception=broken
        )

    assert retried is None
    assert granted.retries == 0


def test_an_sdk_whose_requests_have_no_timeout_of_their_own_sends_them_until_the_end():
    request = SimpleNamespace()

    with clients.within(5):
        clients._limit(request, "before-send.sqs.SendMessage")
    with clients.within(-1), pytest.raises(TimedOutError):
        clients._limit(request, "before-send.sqs.SendMessage")


def test_botocore_itself_tries_once():
    assert made().meta.config.retries["total_max_attempts"] == 1


def test_outside_of_an_operation_there_is_no_deadline():
    with clients.within(1) as granted:
        assert clients.patience() is granted

    assert clients.patience() is None
