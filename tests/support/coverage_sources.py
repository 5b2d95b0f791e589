"""What the sources say of operations: which ones we declare, and which parameters anybody reads."""

import ast
import inspect
import re
import textwrap
from functools import cache
from importlib import import_module
from pathlib import Path

import botocore.session
from moto.core.utils import camelcase_to_underscores

from datalfred.local.aws.compute.emr_serverless import EmrServerless

_AWS = Path(import_module("datalfred.local.aws").__file__).parent

OURS = {
    "athena": ("athena",),
    "bedrock": ("agents_models.py",),
    "bedrock-agent": ("agents_records.py",),
    "bedrock-agent-runtime": ("agents.py", "../../orchestrator"),
    "cloudformation": ("cloudformation.py",),
    "cloudwatch": ("cloudwatch",),
    "dynamodb": ("transaction_tokens.py",),
    "ecs": ("compute/ecs.py", "compute/ecs_definitions.py", "compute/wire.py"),
    "emr": ("compute/emr.py", "compute/wire.py"),
    "emr-serverless": ("compute/emr_serverless.py", "compute/wire.py"),
    "events": ("events",),
    "glue": ("glue", "compute/glue.py", "compute/wire.py"),
    "kms": ("secrets/keys.py",),
    "lambda": ("lambda_api.py",),
    "logs": ("logs",),
    "secretsmanager": ("secrets/values.py", "compute/wire.py"),
    "service-quotas": ("quotas.py",),
    "sns": ("messaging/topics.py",),
    "sqs": ("messaging/moves.py",),
    "stepfunctions": ("stepfunctions", "compute/wire.py"),
    "sts": ("sts.py",),
}
"""Where our part of a service is, below ``datalfred/local/aws``."""

_COMPARED = {"cloudwatch": {"PutMetricData"}}
"""Operations of ours that are in no table."""

_MOTO = {
    "dynamodb": "DynamoHandler",
    "events": "EventsHandler",
    "glue": "GlueResponse",
    "iam": "IamResponse",
    "kms": "KmsResponse",
    "logs": "LogsResponse",
    "secretsmanager": "SecretsManagerResponse",
    "sns": "SNSResponse",
    "sqs": "SQSResponse",
    "stepfunctions": "StepFunctionResponse",
    "sts": "TokenResponse",
}
"""moto's classes that read a request by parameter names; S3's reads headers by itself."""

_SESSION = botocore.session.Session()


@cache
def model(service):
    return _SESSION.get_service_model(service)


@cache
def members(service, operation):
    """The input members of an operation, by name."""
    shape = model(service).operation_model(operation).input_shape
    return dict(shape.members) if shape else {}


@cache
def declared(service):
    """The operations that our code answers: the keys of its tables of operations."""
    if service == "emr-serverless":
        return _routed(service)
    keys = {
        key.value
        for tree in _trees(service)
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    return (keys | _COMPARED.get(service, set())) & set(model(service).operation_names)


def _routed(service):
    routes = EmrServerless(lambda _name: None, {})._routes
    found = set()
    for name in model(service).operation_names:
        http = model(service).operation_model(name).http
        path = re.sub(r"\{\w+\}", "x", http["requestUri"])
        if any(http["method"] == way and re.fullmatch(where, path) for way, where, _ in routes):
            found.add(name)
    return found


@cache
def own_names(service):
    """Every text in our sources of a service."""
    return {
        node.value
        for tree in _trees(service)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _trees(service):
    for place in OURS.get(service, ()):
        path = _AWS / place
        for source in [path] if path.is_file() else sorted(path.rglob("*.py")):
            yield ast.parse(source.read_text("utf-8"))


def has_handlers(service):
    return service in _MOTO


def handler_of(service, operation):
    """moto's method for an operation; None when it has none."""
    return getattr(_responses(service), camelcase_to_underscores(operation), None)


def unread(service, operation):
    """The members that neither moto's handler nor the methods that it calls mention."""
    texts, names = _mentions(handler_of(service, operation))
    for name in names:
        helper = vars(_responses(service)).get(name)
        if hasattr(helper, "__code__"):
            texts |= _mentions(helper)[0]
    heads = {text.partition(".")[0] for text in texts}
    return {member for member in members(service, operation) if member not in heads}


@cache
def _responses(service):
    return getattr(import_module(f"moto.{service}.responses"), _MOTO[service])


def _mentions(function):
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    nodes = list(ast.walk(tree))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
    return (
        {text for text in texts if isinstance(text, str)},
        {node.attr for node in nodes if isinstance(node, ast.Attribute)},
    )
