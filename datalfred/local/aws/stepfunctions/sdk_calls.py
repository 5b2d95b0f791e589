"""Calls of any operation of AWS (``aws-sdk``): which service a state means, what its errors are.

A state names a service as the SDK for Java 2 does (``cloudwatchlogs``), and so do its errors
(``CloudWatchLogs.ResourceNotFoundException``); moto's interpreter takes boto3's names for both.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session

_BOTO = {
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sfn": "stepfunctions",
}
"""Services whose two names differ in more than hyphens."""
_ERRORS = {
    "athena": "Athena",
    "cloudwatch": "CloudWatch",
    "cloudwatchlogs": "CloudWatchLogs",
    "dynamodb": "DynamoDb",
    "ecs": "Ecs",
    "emr": "Emr",
    "emrserverless": "EmrServerless",
    "eventbridge": "EventBridge",
    "glue": "Glue",
    "iam": "Iam",
    "kms": "Kms",
    "lambda": "Lambda",
    "s3": "S3",
    "secretsmanager": "SecretsManager",
    "sfn": "Sfn",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
    "sts": "Sts",
}


def mend(replace: Callable[[Any, str, Any], Any]) -> None:
    """Puts both names into the interpreter's classes."""
    # The interpreter takes a second to load, and a definition is checked without it.
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (  # noqa: E501 -- moto's own long name
        StateTaskServiceAwsSdk,
    )

    def client_name(self: Any, boto_service_name: str | None = None) -> str:
        named: str = boto_service_name or self.resource.api_name
        return boto_name(named) or named

    replace(StateTaskServiceAwsSdk, "_get_boto_service_name", client_name)
    replace(StateTaskServiceAwsSdk, "_normalise_service_error_name", staticmethod(error_prefix))


@cache
def boto_name(service: str) -> str:
    """boto3's name of a service; empty when boto3 has none.

    Args:
        service: as a state names it, such as ``emrserverless``.
    """
    if service in _BOTO:
        return _BOTO[service]
    names = botocore.session.get_session().get_available_services()
    return next((name for name in names if name.replace("-", "") == service), "")


def error_prefix(service: str) -> str:
    """What the errors of a service begin with, such as ``EmrServerless``.

    Args:
        service: as a state names it.
    """
    return _ERRORS.get(service, service[:1].upper() + service[1:])
