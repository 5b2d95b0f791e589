"""What a call asks for: actions and resources, as the Service Authorization Reference has them.

One module for each family of services that our roles, our pipelines or a person's own roles touch.
An operation that none of them knows has *unknown* resources: only a statement about every resource
allows it. Source of all: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from types import MappingProxyType

from datalfred.local.aws.iam.asked import (
    agents,
    athena,
    dynamodb,
    glue,
    identity,
    jobs,
    messages,
    parameters,
    s3,
    stacks,
    watching,
    workflows,
)
from datalfred.local.aws.iam.asked.called import Called, LookUp, Reader, unknown
from datalfred.local.aws.iam.evaluation import Ask

__all__ = ["Called", "LookUp", "asks_of"]

_READERS: MappingProxyType[str, Reader] = MappingProxyType(
    {
        "athena": athena.asks,
        "bedrock": agents.asks,
        "cloudformation": stacks.asks,
        "dynamodb": dynamodb.asks,
        "ecs": jobs.asks_of_ecs,
        "elasticmapreduce": jobs.asks_of_emr,
        "emr-serverless": jobs.asks_of_emr_serverless,
        "events": messages.asks_of_events,
        "glue": glue.asks,
        "iam": identity.asks_of_iam,
        "kms": messages.asks_of_kms,
        "lambda": workflows.asks_of_lambda,
        "logs": watching.asks_of_logs,
        "monitoring": watching.asks_of_cloudwatch,
        "s3": s3.asks,
        "secretsmanager": messages.asks_of_secrets,
        "sns": messages.asks_of_sns,
        "sqs": messages.asks_of_sqs,
        "ssm": parameters.asks,
        "states": workflows.asks_of_states,
        "sts": identity.asks_of_sts,
    }
)
"""By signing name."""


def asks_of(called: Called) -> tuple[Ask, ...]:
    """The permissions that a call needs, all of them; none for what everybody may."""
    service = called.request.caller.service
    reader = _READERS.get(service)
    if reader is None:
        return (unknown(f"{service}:{called.operation}"),)
    return tuple(reader(called))
