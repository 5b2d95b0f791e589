"""What is looked at before a deployment: who asks, by which clock, and which models there are."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from datalfred import clients
from datalfred.cli.doctor import rounds
from datalfred.local.aws.faults import fault_response
from tests.scenarios.doctor.answers import answering, edited, refused


def test_without_a_deployment_it_says_so_and_looks_at_what_one_needs(doctor):
    code, found = doctor(target=("--target", "aws", "-p", "new", "-s", "dev"))

    assert code == 0
    assert found["deployment"]["status"] == "unknown"
    assert "new/dev is not deployed in account 123456789012" in found["deployment"]["detail"]
    assert "make deploy STAGE=dev" in found["deployment"]["way_out"]
    assert list(found)[:4] == ["settings", "credentials", "clock", "deployment"]
    assert "model of medium" in found
    assert found["inference profile of small"]["detail"].startswith("eu.amazon.nova-pro-v1:0 reach")
    assert not [what for what in found if what.startswith(("function", "agents of", "workgroup"))]


def test_variables_of_another_stage_are_not_taken_for_this_one(doctor, stage, monkeypatch):
    for name, value in stage.environment().items():
        monkeypatch.setenv(name, value)

    code, found = doctor(target=("--target", "aws", "-p", "new", "-s", "dev"))

    assert code == 0
    assert not [what for what in found if what.startswith(("function", "agents of", "workgroup"))]


def test_the_account_alone_is_looked_at_when_asked_for(doctor):
    code, found = doctor("--account", "-m", "small")

    assert code == 0
    assert list(found) == [
        "settings", "credentials", "clock", "making agents", "model of small",
        "inference profile of small", "quotas of small",
    ]  # fmt: skip


def test_a_model_that_is_not_enabled_is_named_with_the_page_and_the_command(doctor, aws):
    not_enabled = edited(lambda body: body.update(authorizationStatus="NOT_AUTHORIZED"))
    with answering(aws, "GetFoundationModelAvailability", not_enabled):
        _, found = doctor()

    failed = {what: each for what, each in found.items() if each["status"] == "FAIL"}
    assert set(failed) == {"model of large", "model of medium", "model of small"}
    assert "anthropic.claude-haiku-4-5-20251001-v1:0" in failed["model of medium"]["detail"]
    way_out = failed["model of large"]["way_out"]
    assert "Amazon Bedrock (eu-west-1) > Model catalog > anthropic.claude-sonnet-4-6" in way_out
    assert "aws bedrock create-foundation-model-agreement --region eu-west-1" in way_out


def test_a_model_that_a_stage_chooses_is_the_one_that_is_looked_at(doctor, monkeypatch):
    monkeypatch.setenv("DATALFRED_AGENT_MODEL_ID_SMALL", "eu.acme.parrot-v1:0")

    code, found = doctor("--account", "-m", "small")

    assert code == 1
    assert (
        found["model of small"]["detail"] == "Bedrock does not offer acme.parrot-v1:0 in eu-west-1."
    )


def test_a_model_that_no_profile_reaches_before_a_deployment_is_named(doctor, aws):
    nothing = edited(lambda body: body.update(inferenceProfileSummaries=[]))
    with answering(aws, "ListInferenceProfiles", nothing):
        code, found = doctor("--account", "-m", "large")
        in_region = edited(
            lambda body: [
                each.update(inferenceTypesSupported=["ON_DEMAND"])
                for each in body["modelSummaries"]
            ]
        )
        with answering(aws, "ListFoundationModels", in_region):
            _, callable_there = doctor("--account", "-m", "large")

    assert code == 1
    assert (
        "No inference profile of eu-west-1 reaches" in found["inference profile of large"]["detail"]
    )
    assert "is called in its region" in callable_there["inference profile of large"]["detail"]


def test_a_model_of_which_nothing_is_granted_is_named_with_the_command(doctor, aws):
    def nothing(body):
        for each in body["Quotas"]:
            each["Value"] = 0.0 if "Nova Pro" in each["QuotaName"] else 10.0

    with answering(aws, "ListServiceQuotas", edited(nothing)):
        code, found = doctor("--account")

    said = found["quotas of small"]
    assert (code, said["status"]) == (1, "FAIL")
    assert "Cross-region model inference requests per minute for Nova Pro: 0" in said["detail"]
    assert "aws service-quotas request-service-quota-increase" in said["way_out"]
    assert "requests per minute for Claude Haiku 4.5: 10" in found["quotas of medium"]["detail"]


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        ("ListServiceQuotas", lambda body: body.update(Quotas=[])),
        ("ListFoundationModels", lambda body: body.update(modelSummaries=[])),
    ],
)
def test_quotas_that_cannot_be_told_apart_are_unknown(doctor, aws, operation, change):
    with answering(aws, operation, edited(change)):
        code, found = doctor("--account", "-m", "small")

    assert (code, found["quotas of small"]["status"]) == (0, "unknown")


def test_an_account_without_agents_is_unknown_and_told_of_the_closing(doctor, aws):
    nobody = edited(lambda body: body.update(agentSummaries=[]))
    with answering(aws, "ListAgents", nobody):
        code, found = doctor("--account")

    said = found["making agents"]
    assert (code, said["status"]) == (0, "unknown")
    assert "since 2026-07-30" in said["detail"]
    assert "--probe" in said["way_out"]
    assert "datalfred local" in said["way_out"]
    assert "AgentCore" in said["way_out"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidClientTokenId", "The security token included in the request is invalid."),
        ("ExpiredToken", "The security token included in the request is expired"),
        ("SignatureDoesNotMatch", "The request signature does not match."),
    ],
)
def test_credentials_that_aws_does_not_take_are_named_and_the_rest_is_not_looked_at(
    doctor, aws, code, message
):
    with answering(aws, "GetCallerIdentity", refused(code, message, 403)):
        ended, found = doctor()

    assert ended == 1
    assert code in found["credentials"]["detail"]
    assert "AWS_PROFILE" in found["credentials"]["way_out"]
    rest = {what: each["status"] for what, each in found.items() if what != "settings"}
    assert rest.pop("credentials") == "FAIL"
    assert set(rest.values()) == {"unknown"}


def test_no_credentials_at_all_are_a_failure(doctor, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    code, found = doctor()

    assert (code, found["credentials"]["status"]) == (1, "FAIL")
    assert "no AWS credentials" in found["credentials"]["detail"]

    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setattr(clients, "_clients", {})
    _, found = doctor()
    assert "nobody" in found["credentials"]["detail"]


@pytest.mark.parametrize(("seconds", "status"), [(-120, "ok"), (-400, "FAIL"), (400, "FAIL")])
def test_a_clock_that_is_far_from_awss_is_wrong(doctor, aws, seconds, status):
    def skewed(_request, response):
        said = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        return replace(response, headers={**response.headers, "date": said})

    with answering(aws, "GetCallerIdentity", skewed):
        _, found = doctor("--account", "-m", "small")

    assert found["clock"]["status"] == status
    assert ("ahead of" if seconds > 0 else "behind") in found["clock"]["detail"]


def test_a_refusal_for_the_clocks_sake_says_so(doctor, aws):
    def skewed(request, _response):
        said = "Signature expired: 20261120T100000Z is now earlier than 20261120T100500Z"
        response = fault_response(request, "SignatureDoesNotMatch", said, 403)
        headers = {**response.headers, "date": "Fri, 20 Nov 2020 10:00:00 GMT"}
        return replace(response, headers=headers)

    with answering(aws, "GetCallerIdentity", skewed):
        code, found = doctor()

    assert code == 1
    assert "it takes no signature that is more than 300 s" in found["credentials"]["detail"]
    assert "NTP" in found["credentials"]["way_out"]


def test_an_answer_without_a_time_leaves_the_clock_unknown(doctor, aws):
    timeless = {"date": "no time"}

    def other(_request, response):
        return replace(response, headers={**response.headers, **timeless})

    with answering(aws, "GetCallerIdentity", other):
        _, found = doctor("--account", "-m", "small")

    assert found["clock"]["status"] == "unknown"


def test_an_aws_that_nobody_reaches_is_unknown_and_no_failure(doctor, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(clients, "_pause", lambda _seconds: None)

    code, found = doctor()

    assert code == 0
    assert found["credentials"]["status"] == "unknown"
    assert "could not be reached" in found["credentials"]["detail"]
    assert "whether eu-west-1 is a region" in found["credentials"]["way_out"]
    assert set(found) == {
        "settings", "credentials", "clock", "deployment", "making agents",
    }  # fmt: skip


def test_an_aws_that_hangs_is_unknown_after_the_deadline(doctor, aws, monkeypatch):
    over = threading.Event()

    def hangs(_request, response):
        over.wait(20)
        return response

    monkeypatch.setattr(rounds, "DEADLINE_SECONDS", 0.5)
    with answering(aws, "ListAgents", hangs):
        try:
            code, found = doctor("--account", "-m", "small")
        finally:
            over.set()

    assert code == 0
    assert found["making agents"]["status"] == "unknown"
