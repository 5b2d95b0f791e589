"""What a stage keeps and runs: workgroup, bucket, functions, and whether it is this checkout's."""

from dataclasses import replace

import pytest

from datalfred.cli.doctor import door, people
from datalfred.definitions.permissions import APPROVER
from tests.scenarios.doctor.answers import NAME, RESULTS, answering, edited, refused


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"EnforceWorkGroupConfiguration": False}, "does not enforce its settings"),
        ({"BytesScannedCutoffPerQuery": 20_000_000}, "cuts off at 20,000,000 bytes, while the"),
        ({"RemoveBytesScannedCutoffPerQuery": True}, "cuts no query off"),
        ({"ResultConfigurationUpdates": {"OutputLocation": "s3://elsewhere/"}}, "s3://elsewhere/"),
    ],
)
def test_a_workgroup_that_does_not_hold_the_budget_is_wrong(doctor, aws, change, words):
    athena, name = aws.client("athena"), NAME("queries")
    before = athena.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]
    athena.update_work_group(WorkGroup=name, ConfigurationUpdates=change)
    try:
        code, found = doctor("-m", "small")
    finally:
        athena.update_work_group(
            WorkGroup=name,
            ConfigurationUpdates={
                "EnforceWorkGroupConfiguration": True,
                "BytesScannedCutoffPerQuery": before["BytesScannedCutoffPerQuery"],
                "ResultConfigurationUpdates": {"OutputLocation": f"s3://{RESULTS}/"},
            },
        )

    assert (code, found["workgroup"]["status"]) == (1, "FAIL")
    assert words in found["workgroup"]["detail"]


def test_a_workgroup_that_is_off_or_gone_is_wrong(doctor, aws):
    athena, name = aws.client("athena"), NAME("queries")
    athena.update_work_group(WorkGroup=name, State="DISABLED")
    try:
        _, off = doctor("-m", "small")
    finally:
        athena.update_work_group(WorkGroup=name, State="ENABLED")
    gone = refused("InvalidRequestException", f"WorkGroup {name} is not found.")
    with answering(aws, "GetWorkGroup", gone):
        _, missing = doctor("-m", "small")

    assert "is DISABLED" in off["workgroup"]["detail"]
    assert missing["workgroup"]["detail"] == f"There is no workgroup {name}."


def test_a_bucket_that_keeps_everything_or_takes_plain_http_is_wrong(doctor, aws):
    s3 = aws.client("s3")
    policy = s3.get_bucket_policy(Bucket=RESULTS)["Policy"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=RESULTS)["Rules"]
    try:
        s3.delete_bucket_policy(Bucket=RESULTS)
        _, plain = doctor("-m", "small")
        tls_allowed = policy.replace("Deny", "Allow")
        s3.put_bucket_policy(Bucket=RESULTS, Policy=tls_allowed)
        _, open_to_all = doctor("-m", "small")
        s3.delete_bucket_lifecycle(Bucket=RESULTS)
        _, kept = doctor("-m", "small")
        s3.delete_bucket(Bucket=RESULTS)
        _, gone = doctor("-m", "small")
    finally:
        s3.create_bucket(
            Bucket=RESULTS, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        s3.put_bucket_policy(Bucket=RESULTS, Policy=policy)
        s3.put_bucket_lifecycle_configuration(
            Bucket=RESULTS, LifecycleConfiguration={"Rules": rules}
        )

    assert "refuses requests without TLS" in plain["results"]["detail"]
    assert "refuses requests without TLS" in open_to_all["results"]["detail"]
    assert "never deletes results" in kept["results"]["detail"]
    assert gone["results"]["detail"] == f"There is no bucket {RESULTS}."


def test_a_function_with_another_handler_or_environment_is_wrong(doctor, redeployed):
    redeployed("glue", handler="elsewhere.handler")
    redeployed("athena", DATALFRED_WORKGROUP="primary")
    redeployed("compute", DATALFRED_APPROVALS_TABLE=None)
    redeployed("cloudwatch", DATALFRED_CALLS_PER_TURN="many")

    code, found = doctor("-m", "small")

    said = {
        what.removeprefix("function "): each["detail"]
        for what, each in found.items()
        if what.startswith("function ") and each["status"] == "FAIL"
    }
    assert code == 1
    assert set(said) == {"glue", "athena", "compute", "cloudwatch"}
    assert "runs elsewhere.handler, not action_groups.glue.handler.handler" in said["glue"]
    assert "has DATALFRED_WORKGROUP 'primary', not" in said["athena"]
    assert "lacks the variables DATALFRED_APPROVALS_TABLE" in said["compute"]
    assert "cannot read its settings: DATALFRED_CALLS_PER_TURN" in said["cloudwatch"]


def test_an_environment_that_is_encrypted_is_unknown(doctor, aws):
    def encrypted(body):
        body["Environment"] = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "No."}}

    with answering(aws, "GetFunctionConfiguration", edited(encrypted)):
        code, found = doctor("-m", "small")

    assert (code, found["function glue"]["status"]) == (0, "unknown")
    assert "kms:Decrypt" in found["function glue"]["way_out"]


def test_a_budget_that_was_changed_in_one_place_alone_is_found(doctor, redeployed):
    redeployed("athena", DATALFRED_QUERY_BUDGET_USD="1")

    _, found = doctor("-m", "small")

    assert "while the budget of a query, $1, is 219,902,325,555" in found["workgroup"]["detail"]


@pytest.mark.parametrize(
    ("operation", "change", "words"),
    [
        ("GetAgentVersion", lambda body: body["agentVersion"].update(instruction="old" * 20),
         "supervisor (instructions)"),
        ("GetAgentVersion", lambda body: body["agentVersion"].update(description="old"),
         "supervisor (description)"),
        ("GetAgentVersion", lambda body: body["agentVersion"].update(idleSessionTTLInSeconds=60),
         "supervisor (session_ttl_seconds)"),
        ("ListAgentCollaborators",
         lambda body: body["agentCollaboratorSummaries"][0].update(collaborationInstruction="old"),
         "supervisor (collaborators)"),
        ("ListAgentActionGroups", lambda body: body.update(actionGroupSummaries=[]),
         "data_analyst (without athena, without glue)"),
        ("ListAgentActionGroups",
         lambda body: body["actionGroupSummaries"].append(
             {**body["actionGroupSummaries"][0], "actionGroupName": "shell"}),
         "data_analyst (with shell)"),
        ("GetAgentActionGroup",
         lambda body: body["agentActionGroup"].update(apiSchema={"payload": "{}"}),
         "data_analyst (schema of athena, schema of glue)"),
    ],
)  # fmt: skip
def test_a_stage_that_is_behind_its_checkout_is_told_and_is_no_failure(
    doctor, aws, operation, change, words
):
    with answering(aws, operation, edited(change)):
        code, found = doctor("-m", "small")

    said = found["definitions of small"]
    assert (code, said["status"]) == (0, "ok")
    assert "are not those of this checkout" in said["detail"]
    assert words in said["detail"].replace("glue, without athena", "athena, without glue").replace(
        "glue, schema of athena", "athena, schema of glue"
    )
    assert "make deploy STAGE=local" in said["way_out"]


def test_the_revision_that_a_deployment_adds_to_a_supervisor_is_no_difference(doctor, aws):
    def revised(body):
        body["agentVersion"]["description"] += " [team 0123456789abcdef]"

    with answering(aws, "GetAgentVersion", edited(revised)):
        _, found = doctor("-m", "small")

    assert found["definitions of small"]["detail"].endswith("are those of this checkout")


def test_who_is_no_approver_is_told_so_and_that_is_no_failure(at_the_laptop, redeployed):
    redeployed(APPROVER, DATALFRED_APPROVERS="iam:arn:aws:iam::123456789012:role/on-call")

    code, found = at_the_laptop("-m", "small")

    assert (code, found["approver"]["status"]) == (0, "ok")
    assert "is not among its approvers (1 on the list)" in found["approver"]["detail"]
    assert "infra/stages/local.yaml" in found["approver"]["way_out"]


def test_an_approver_that_fails_is_wrong(at_the_laptop, redeployed):
    redeployed(APPROVER, DATALFRED_APPROVALS_TABLE="datalfred_demo_local_nowhere")
    code, found = at_the_laptop("-m", "small")

    assert (code, found["approver"]["status"]) == (1, "FAIL")
    assert "The approver failed: AWS denied dynamodb:Query" in found["approver"]["detail"]


def test_a_stage_without_an_approver_is_wrong(doctor, aws):
    def without_url(_request, response):
        body = response.body.replace(b"DatalfredApproverUrl", b"Other")
        return replace(response, body=body)

    with answering(aws, "DescribeStacks", without_url):
        code, found = doctor("-m", "small")

    assert (code, found["approver"]["status"]) == (1, "FAIL")
    assert "DATALFRED_APPROVER_URL" in found["approver"]["way_out"]


def test_a_list_of_approvers_that_is_empty_is_told(at_the_laptop, aws):
    """On AWS an empty list means nobody; on a laptop it means its own user."""

    def deployed(body):
        body["Environment"]["Variables"]["DATALFRED_STAGE_NAME"] = "dev"

    with answering(aws, "GetFunctionConfiguration", edited(deployed)):
        _, found = at_the_laptop("-m", "small")

    assert found["approver"]["status"] == "ok"
    assert "nobody may approve a redrive" in found["approver"]["detail"]
    assert "Name somebody" in found["approver"]["way_out"]


def test_an_approver_whose_list_is_hidden_is_still_reached(at_the_laptop, aws):
    denied = refused("AccessDeniedException", "User: u is not authorized", 403)
    with answering(aws, "GetFunctionConfiguration", denied):
        _, found = at_the_laptop("-m", "small")

    assert found["approver"]["detail"].startswith("answers; you are local:")
    assert "Whether you may approve is unknown" in found["approver"]["way_out"]


def test_an_approver_that_does_not_hear_whoever_asks_names_the_permission(doctor, monkeypatch):
    """As on AWS, where the URL itself refuses a signature that may not invoke it."""
    monkeypatch.setattr(door, "_LOOPBACK", set())
    monkeypatch.setattr(people, "may_ask", lambda _stage: "no laptop has such a policy")

    _, found = doctor("-m", "small")

    said = found["approver"]
    assert said["status"] == "unknown"
    assert said["fix"]["Action"] == "lambda:InvokeFunctionUrl"
    assert said["fix"]["Resource"].endswith(":function:datalfred_demo_local_approver")
    assert "datalfred_demo_local_approve allows it" in said["detail"]


def test_a_table_that_is_gone_or_has_another_key_is_wrong(doctor, aws):
    def keyed(body):
        body["Table"]["KeySchema"] = [{"AttributeName": "other", "KeyType": "HASH"}]

    with answering(aws, "DescribeTable", edited(keyed)):
        _, other = doctor("-m", "small")
    with answering(aws, "DescribeTable", refused("ResourceNotFoundException", "no")):
        _, gone = doctor("-m", "small")

    assert other["approval tables"]["detail"].endswith("_requests has another key.")
    assert gone["approval tables"]["detail"].endswith("_requests does not exist.")
