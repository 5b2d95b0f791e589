"""Which operation a call is: as it says itself, or by botocore's own service models."""

import pytest

from datalfred.local.aws.callers import Callers
from datalfred.local.aws.message import Request
from datalfred.local.aws.operations import operation_of, rest_operation

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
CBOR_PATH = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "operation"),
    [
        ("s3", "GET", "/", "x-id=ListBuckets", "ListBuckets"),
        ("s3", "GET", "/bucket", "list-type=2&prefix=a", "ListObjectsV2"),
        ("s3", "GET", "/bucket", "acl", "GetBucketAcl"),
        ("s3", "GET", "/bucket/a/b%20c.parquet", "", "GetObject"),
        ("s3", "PUT", "/bucket/key", "partNumber=1&uploadId=u", "UploadPart"),
        ("s3", "PUT", "/bucket/key", "", "PutObject"),
        ("s3", "HEAD", "/bucket/key", "", "HeadObject"),
        ("lambda", "POST", "/2015-03-31/functions/f/invocations", "", "Invoke"),
        ("lambda", "GET", "/2015-03-31/functions", "", "ListFunctions"),
        ("lambda", "GET", "/2015-03-31/functions/", "", "ListFunctions"),
        ("emr-serverless", "GET", "/applications/a/jobruns/b", "", "GetJobRun"),
        ("bedrock", "POST", "/agents/A/agentAliases/B/sessions/s/text", "", "InvokeAgent"),
        ("bedrock", "GET", "/agents/A/", "", "GetAgent"),
        ("bedrock", "POST", "/model/m/converse-stream", "", "ConverseStream"),
        ("lambda", "GET", "/nowhere", "", "GET /nowhere"),
        ("glue", "GET", "/", "", "GET /"),
        ("nothing", "GET", "/", "", "GET /"),
    ],
)
def test_a_rest_call_has_its_operations_name(service, method, path, query, operation):
    assert rest_operation(service, method, path, query) == operation


@pytest.mark.parametrize(
    ("given", "operation"),
    [
        (("states", "/", "", {"x-amz-target": "AWSStepFunctions.X"}, b""), "X"),
        (("monitoring", CBOR_PATH, "", {"smithy-protocol": "rpc-v2-cbor"}, b""), "DescribeAlarms"),
        (("sns", "/", "", FORM, b"Action=ListTopics&Version=1"), "ListTopics"),
        (("sts", "/", "Action=GetCallerIdentity", {}, b""), "GetCallerIdentity"),
        (("s3", "/bucket/key", "", {}, b""), "PutObject"),
        (("s3", "/bucket/key", "", FORM, b""), "PutObject"),
    ],
)
def test_a_call_has_its_operations_name(given, operation):
    service, path, query, headers, body = given
    caller = Callers().caller(service=service)

    assert operation_of(Request("PUT", path, query, headers, body, caller)) == operation
