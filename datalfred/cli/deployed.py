"""Finds a deployed stage by its project and name: what its CloudFormation stacks tell clients."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from datalfred import clients, settings
from datalfred.bedrock.failures import DENIED, error_code, error_message, translated
from datalfred.definitions.naming import resource_name, stack_name
from datalfred.definitions.outputs import variable_of
from datalfred.errors import OperatorError

AGENTS, CHANNELS = "agents", "channels"
"""The stacks that have outputs."""

_MADE, _CHANGED = "CREATE_COMPLETE", ("UPDATE_", "IMPORT_")
"""What stacks with outputs say of themselves: while one is changed it has those of before."""


def told(project: str, stage: str, part: str) -> Mapping[str, str]:
    """The variables that a part of a stage tells its clients; asked once in a process.

    The stack is looked for in the region of Bedrock, in the account of the current credentials.

    Raises:
        OperatorError: there is no such stack, it is not finished, or it may not be described.
    """
    source = settings.environment()
    return _told(
        stack_name(project, stage, part),
        settings.load().bedrock_region,
        resource_name(project, stage, "ask"),
        (source.get("AWS_ENDPOINT_URL"), source.get("AWS_ACCESS_KEY_ID")),
    )


@cache
def _told(name: str, region: str, policy: str, _account: object) -> Mapping[str, str]:
    stack = _described(name, region, policy)
    status = str(stack["StackStatus"])
    if status != _MADE and not status.startswith(_CHANGED):
        hint = "Wait until CloudFormation is done, or read in its console why it stopped."
        raise OperatorError(f"The stack {name} in {region} is in {status}.", hint=hint)
    outputs = {variable_of(each["OutputKey"]): each for each in stack.get("Outputs", ())}
    return MappingProxyType(
        {variable: each["OutputValue"] for variable, each in outputs.items() if variable}
    )


def _described(name: str, region: str, policy: str) -> Mapping[str, Any]:
    import botocore.exceptions

    with settings.using({**settings.environment(), "DATALFRED_REGION": region}):
        cloudformation = clients.client("cloudformation")
    try:
        stack: Mapping[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise _failure(error, name, region, policy) from error
    return stack


def _failure(error: Exception, name: str, region: str, policy: str) -> Exception:
    """What it means that CloudFormation gave no answer."""
    code, said = error_code(error), error_message(error)
    if code in DENIED:
        return OperatorError(
            f"AWS denied cloudformation:DescribeStacks on the stack {name} in {region}: {said}",
            hint=f"Attach the managed policy {policy} to your role, or set the variables that"
            " `datalfred stage outputs` prints for somebody who may.",
        )
    if code == "ValidationError" and "does not exist" in said:
        return OperatorError(
            f"There is no stack {name} in {region}, in the account of your credentials.",
            hint="Deploy it (make deploy STAGE=...), or name another project (-p), stage (-s),"
            " region (AWS_REGION; DATALFRED_BEDROCK_REGION for agents) or account (AWS_PROFILE).",
        )
    return translated(error) or error
