"""Requests that a judge and a service would read differently are refused before either reads them.

Each of them once had what its role may not.
"""

import http.client
import json

import pytest

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT, Caller, Request
from datalfred.local.aws.one_meaning import check_meaning
from tests.support.permissions import EVERYTHING, allowing

ROLE = "narrow_role"
FORM = "application/x-www-form-urlencoded"
EVERYTHING_TO_IT = json.dumps(EVERYTHING)


@pytest.fixture(scope="module")
def aws(embedded_aws):
    s3, iam = embedded_aws.client("s3"), embedded_aws.client("iam")
    s3.create_bucket(Bucket="closed", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="closed", Key="k", Body=b"for nobody")
    for role in ("own", "victim"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    embedded_aws.functions.register(
        "approves", lambda event, _context: {"heard": event}, role="approver_role"
    )
    embedded_aws.permissions.grant(
        ROLE, allowing("iam:*", resources=[f"arn:aws:iam::{ACCOUNT}:role/own"])
    )
    return embedded_aws


def signed(aws, service):
    key = aws.callers.register(ROLE).access_key
    scope = f"{key}/20260101/eu-west-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def sent(aws, method, target, headers, body=b""):
    connection = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=10)
    try:
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


WHO = "x.GetCallerIdentity"
"""What everybody may call, whatever else the request says."""


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/2015-03-31/functions/approves/invocations"),
        ("GET", "/2015-03-31/functions"),
        ("GET", "/closed/k"),
        ("GET", "/moto-api/data.json"),
        ("POST", "/%6Doto-api/reset"),
        ("GET", "/latest/meta-data/iam/security-credentials/x"),
        ("POST", "/"),
    ],
)
def test_what_everybody_may_ask_is_no_way_to_anything_else(aws, method, target):
    headers = {"authorization": signed(aws, "sts"), "x-amz-target": WHO}

    status, body = sent(aws, method, target, headers, b"{}")

    assert status in {400, 403}
    assert b"for nobody" not in body
    assert b"heard" not in body
    assert b"approves" not in body


@pytest.mark.parametrize("service", ["athena", "cognito-idp", "iam", "lambda", "s3", "states"])
def test_a_signature_for_one_service_calls_no_other(aws, service):
    headers = {"authorization": signed(aws, service), "x-amz-target": "AWSGlue.GetTables"}

    status, body = sent(aws, "POST", "/", headers, b"{}")

    assert status == 400
    assert b"UnknownOperationException" in body


def test_functions_are_not_reached_with_a_signature_for_another_service(aws):
    form = {"authorization": signed(aws, "sts"), "content-type": FORM}

    target = "/2015-03-31/functions/approves/invocations"
    _, body = sent(aws, "POST", target, form, b"Action=GetCallerIdentity")
    _, by_url = sent(aws, "POST", "/lambda-url/approves/", form, b"Action=GetCallerIdentity")

    assert b"heard" not in body
    assert b"Forbidden" not in by_url


def test_a_signature_has_one_scope_for_the_door_and_for_the_services(aws):
    key = aws.callers.register(ROLE).access_key
    other = f"X={key}/20260101/eu-west-1/s3/aws4_request"
    split = signed(aws, "sts").replace("Credential", f"{other}, Credential")

    by_header = sent(aws, "GET", "/closed/k?Action=GetSessionToken", {"authorization": split})
    scope = f"{key}/20260101/eu-west-1/sts/aws4_request"
    presigned = f"/closed/k?Action=GetSessionToken&X-Amz-Credential={scope}"
    by_query = sent(aws, "GET", presigned, {})

    assert b"for nobody" not in by_header[1] + by_query[1]


@pytest.mark.parametrize(
    "fields",
    [
        "Action=PutRolePolicy&RoleName=victim&RoleName=own",
        "Action=PutRolePolicy&RoleName=own&RoleName=victim",
        "Action=PutRolePolicy&Action=ListUsers&RoleName=victim",
    ],
)
def test_a_field_that_is_given_twice_is_refused(aws, fields):
    body = f"{fields}&Version=2010-05-08&PolicyName=p&PolicyDocument={EVERYTHING_TO_IT}"

    headers = {"authorization": signed(aws, "iam"), "content-type": FORM}
    status, answer = sent(aws, "POST", "/", headers, body.encode())

    assert status == 400
    assert b"MalformedQueryString" in answer
    assert aws.client("iam").list_role_policies(RoleName="victim")["PolicyNames"] == []


def test_an_operation_stands_in_the_address_or_in_the_body(aws):
    headers = {"authorization": signed(aws, "iam"), "content-type": FORM}

    status, _ = sent(aws, "POST", "/?Action=ListUsers", headers, b"Action=DeleteRole&RoleName=own")

    assert status == 400
    assert aws.client("iam").get_role(RoleName="own")


def meaning_of(service, path="/", query="", body=b"", **headers):
    caller = Caller("AK", "", "arn", "eu-west-1", service)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return check_meaning(Request("POST", path, query, named, body, caller))


GRANITE = "GraniteServiceVersion20100801"


@pytest.mark.parametrize(
    ("service", "path", "query", "headers"),
    [
        ("dynamodb", "/", "", {"x_amz_target": "DynamoDB_20120810.GetItem"}),
        ("states", "/", "", {"x_amz_target": "AWSStepFunctions.StartExecution"}),
        ("monitoring", f"/service/{GRANITE}/operation/PutMetricData", "", {"smithy_protocol": "x"}),
        ("sts", "/", "Action=GetCallerIdentity&Version=2011-06-15", {}),
        ("s3", "/bucket/key", "versionId=1&x-id=GetObject", {}),
        ("emr-serverless", "/applications", "states=STARTED&states=STOPPED", {}),
        ("", "/lambda-url/f/", "", {"x_amz_target": "whatever"}),
    ],
)
def test_what_real_clients_send_has_one_meaning(service, path, query, headers):
    assert meaning_of(service, path, query, **headers) is None


@pytest.mark.parametrize(
    ("service", "path", "query", "headers"),
    [
        ("dynamodb", "/x", "", {"x_amz_target": "DynamoDB_20120810.GetItem"}),
        ("dynamodb", "/", "", {"x_amz_target": "GetItem"}),
        ("monitoring", "/", "", {"x_amz_target": f"{GRANITE}.ListMetrics", "smithy_protocol": "x"}),
        ("monitoring", f"/service/{GRANITE}/operation/PutMetricData", "", {}),
        ("monitoring", "/GetCallerIdentity", "", {"smithy_protocol": "x"}),
        ("s3", f"/service/{GRANITE}/operation/PutMetricAlarm", "", {}),
        ("s3", "/bucket", "prefix=mine&prefix=", {}),
    ],
)
def test_what_no_client_sends_is_refused(service, path, query, headers):
    with pytest.raises(FaultError):
        meaning_of(service, path, query, **headers)


def test_a_role_of_another_account_is_not_the_one_of_the_same_name_here(aws):
    form = {"authorization": signed(aws, "sts"), "content-type": FORM}
    aws.permissions.grant(ROLE, allowing("sts:AssumeRole"))
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    aws.client("iam").update_assume_role_policy(RoleName="own", PolicyDocument=trust)

    def assumed(account):
        arn = f"arn:aws:iam::{account}:role/own"
        fields = f"Action=AssumeRole&Version=2011-06-15&RoleArn={arn}&RoleSessionName=me"
        return sent(aws, "POST", "/", form, fields.encode())[0]

    assert assumed(ACCOUNT) == 200
    assert assumed("999999999999") == 403


def test_a_session_makes_no_session_that_has_left_its_role_behind(aws):
    form = {"authorization": signed(aws, "sts"), "content-type": FORM}
    aws.permissions.grant(ROLE, allowing("sts:GetSessionToken"))

    status, answer = sent(aws, "POST", "/", form, b"Action=GetSessionToken&Version=2011-06-15")

    assert status == 403
    assert b"Cannot call GetSessionToken with session credentials" in answer
