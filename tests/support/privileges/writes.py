"""The operations of AWS that change something, and requests for them."""

from functools import cache

import botocore.session

SERVICES = (
    "stepfunctions", "glue", "athena", "s3", "logs", "ecs", "emr", "emr-serverless", "dynamodb",
    "lambda", "iam", "kms", "secretsmanager", "cloudwatch", "bedrock-agent",
)  # fmt: skip
_PREFIXES = {"stepfunctions": "states", "emr": "elasticmapreduce", "bedrock-agent": "bedrock"}
_READING = (
    "Describe", "Get", "List", "Head", "Lookup", "Search", "Select", "Filter", "Test", "View",
)  # fmt: skip
_READING_VERBS = {
    "athena:BatchGetNamedQuery", "athena:BatchGetPreparedStatement",
    "athena:BatchGetQueryExecution", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan",
    "dynamodb:TransactGetItems", "glue:BatchGetPartition", "logs:StartLiveTail",
    "secretsmanager:BatchGetSecretValue",
}  # fmt: skip


@cache
def _model(service):
    return botocore.session.Session().get_service_model(service)


def writing_operations():
    """Service, operation and action of all that changes something."""
    for service in SERVICES:
        prefix = _PREFIXES.get(service, service)
        for operation in _model(service).operation_names:
            action = f"{prefix}:{operation}"
            if not operation.startswith(_READING) and action not in _READING_VERBS:
                yield service, operation, action


def request_for(service, operation):
    """The least input that boto3 sends for an operation."""
    shape = _model(service).operation_model(operation).input_shape
    return _any(shape) if shape else {}


def _any(shape):
    """A value of a shape."""
    least = max(1, shape.metadata.get("min", 1))
    plain = {
        "string": lambda: next(iter(shape.enum), "x" * int(least)),
        "integer": lambda: int(least),
        "long": lambda: int(least),
        "float": lambda: 1.0,
        "double": lambda: 1.0,
        "boolean": lambda: True,
        "timestamp": lambda: 0,
        "blob": lambda: b"x",
        "list": lambda: [_any(shape.member)] * int(least),
        "map": lambda: {_any(shape.key): _any(shape.value)},
        "structure": lambda: {name: _any(shape.members[name]) for name in _needed(shape)},
    }
    return plain[shape.type_name]()


def _needed(shape):
    """The members that a structure must have; one of a union."""
    union = getattr(shape, "is_tagged_union", False)
    return shape.required_members or list(shape.members)[: int(union)]
