"""A request means one thing to everybody who reads it.

The door judges a request, a service answers it, and each reads it with eyes of its own. Whoever
could write a request that the two read differently would be judged for one call and have another.
AWS refuses such requests before its services see them: with a signature for another service, an
operation named twice, or a field given twice.
"""

import re
from collections import Counter
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request

_TARGETS = MappingProxyType(
    {
        "athena": ("AmazonAthena",),
        "dynamodb": ("DynamoDB_20120810", "DynamoDBStreams_20120810"),
        "ecs": ("AmazonEC2ContainerServiceV20141113",),
        "elasticmapreduce": ("ElasticMapReduce",),
        "events": ("AWSEvents",),
        "glue": ("AWSGlue",),
        "kms": ("TrentService",),
        "logs": ("Logs_20140328",),
        "monitoring": ("GraniteServiceVersion20100801",),
        "secretsmanager": ("secretsmanager",),
        "servicequotas": ("ServiceQuotasV20190624",),
        "sqs": ("AmazonSQS",),
        "ssm": ("AmazonSSM",),
        "states": ("AWSStepFunctions",),
    }
)
"""The services of JSON protocols by signing name, with what ``X-Amz-Target`` may begin with."""

_WITHOUT_TARGET = {
    "bedrock", "cloudformation", "emr-serverless", "iam", "lambda", "s3", "sns", "sts",
}  # fmt: skip
_OURS = frozenset(target for targets in _TARGETS.values() for target in targets)
_CBOR = "monitoring"
_CBOR_PATH = re.compile(r"/service/GraniteServiceVersion20100801/operation/\w+")
_FORM = "application/x-www-form-urlencoded"
_FORMS = {"cloudformation", "iam", "monitoring", "sns", "sqs", "sts"}
# Pages of moto itself, which it shows whatever a request is signed for.
_PAGES_OF_MOTO = ("/moto-api", "/latest/meta-data/", "/latest/api/")


def check_meaning(request: Request) -> None:
    """Refuses a request that can be read in two ways.

    Raises:
        FaultError: its signature is for another service, or it names its operation or one of its
            fields twice.
    """
    service = request.caller.service
    if request.caller.role and unquote(request.path).startswith(_PAGES_OF_MOTO):
        raise FaultError("AccessDenied", f"{request.path} is for the person at the laptop.", 403)
    if not service:
        return  # nobody has signed it: the person at the laptop, with a service of moto's choice
    is_cbor = _check_cbor(request)
    if "x-amz-target" in request.headers:
        _check_target(request)
    elif service in _FORMS and not is_cbor:
        _check_form(request)
    elif service == "s3":
        _check_once(request.query)


def _check_target(request: Request) -> None:
    """The JSON protocols: one address for all operations, which the header alone tells apart."""
    service, (named, _) = request.caller.service, request.target
    its_own = named in _TARGETS[service] if service in _TARGETS else named not in _OURS
    is_one_way = request.path == "/" and "smithy-protocol" not in request.headers
    if service in _WITHOUT_TARGET or not (its_own and is_one_way):
        raise _another(f"{request.headers['x-amz-target']} is no operation of {service}.")


def _check_cbor(request: Request) -> bool:
    said = "smithy-protocol" in request.headers
    meant = _CBOR_PATH.fullmatch(request.path) is not None
    if said != meant or (meant and request.caller.service != _CBOR):
        raise _another(f"{request.path} is no operation of {request.caller.service}.")
    return meant


def _check_form(request: Request) -> None:
    """The query protocol: all fields in the body, or all of them in the address."""
    if request.headers.get("content-type", "").startswith(_FORM) and request.body:
        if "Action=" in request.query:
            raise _another("The operation is named in the address and in the body.")
        _check_once(request.body.decode("utf-8", "replace"))
    else:
        _check_once(request.query)


def _check_once(fields: str) -> None:
    found = Counter(name for name, _ in parse_qsl(fields, keep_blank_values=True))
    twice = [name for name, times in found.items() if times > 1]
    if twice:
        raise FaultError("MalformedQueryString", f"The field {twice[0]} is given twice.")


def _another(what: str) -> FaultError:
    return FaultError("UnknownOperationException", what)
