"""What a call of Step Functions or Lambda asks for.

Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
and https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html; what
Step Functions says of a list is ``stateMachine:*``.
"""

from types import MappingProxyType

from datalfred.local.aws.iam.asked.called import (
    Asks,
    Called,
    everything,
    named,
    passed,
    unknown,
)
from datalfred.local.aws.iam.evaluation import Ask

_BY_ARN = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "DescribeExecution", "DescribeStateMachineForExecution", "GetExecutionHistory",
                "ListMapRuns", "RedriveExecution", "StopExecution",
            ),
            "executionArn",
        ),
        **dict.fromkeys(
            (
                "DeleteStateMachine", "DescribeStateMachine", "ListStateMachineAliases",
                "ListStateMachineVersions", "PublishStateMachineVersion", "StartExecution",
                "StartSyncExecution", "UpdateStateMachine",
            ),
            "stateMachineArn",
        ),
        **dict.fromkeys(("DescribeMapRun", "UpdateMapRun"), "mapRunArn"),
        **dict.fromkeys(("DeleteActivity", "DescribeActivity", "GetActivityTask"), "activityArn"),
        **dict.fromkeys(("ListTagsForResource", "TagResource", "UntagResource"), "resourceArn"),
    }
)  # fmt: skip
"""The member that holds the ARN of what each operation is about."""

_LISTS = {
    "ListStateMachines": "stateMachine:*",
    "ListActivities": "activity:*",
    "ValidateStateMachineDefinition": "stateMachine:*",
}
_CREATES = {"CreateActivity": "activity:", "CreateStateMachine": "stateMachine:"}
# Whoever holds a task's token answers for it: IAM judges these on all resources.
_BY_TOKEN = {"SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess"}

_LAMBDA_LISTS = {"GetAccountSettings", "ListEventSourceMappings", "ListFunctions", "ListLayers"}
_FUNCTIONS_PATH = "functions"


def asks_of_states(called: Called) -> Asks:
    """The asks of one call of Step Functions."""
    operation, action = called.operation, f"states:{called.operation}"
    if operation in _LISTS:
        return [Ask(action, called.arn("states", _LISTS[operation]))]
    if operation in _BY_TOKEN:
        return [everything(action)]
    if operation in _CREATES:
        kind = _CREATES[operation]
        asked = Ask(action, called.arn("states", f"{kind}{called.text('name')}"))
        return [asked, *passed(called, called.input.get("roleArn"), "states")]
    if operation == "ListExecutions":
        return [_asked(action, called.text("stateMachineArn", "mapRunArn"))]
    if operation in _BY_ARN:
        asked = _asked(action, called.text(_BY_ARN[operation]))
        return [asked, *passed(called, called.input.get("roleArn"), "states")]
    return [unknown(action)]


def _asked(action: str, arn: str) -> Ask:
    return Ask(action, arn) if arn else unknown(action)


def asks_of_lambda(called: Called) -> Asks:
    """The asks of one call of Lambda, or of a function's URL."""
    if called.path[0] == "lambda-url":
        return [Ask("lambda:InvokeFunctionUrl", called.arn("lambda", f"function:{called.path[1]}"))]
    if called.path[3:] == ["invocations"]:
        return _of_function(called, "lambda:InvokeFunction", called.path[2])
    action = f"lambda:{called.operation}"
    if called.operation in _LAMBDA_LISTS:
        return [everything(action)]
    if called.operation == "CreateFunction":
        name = called.text("FunctionName")
        role = passed(called, called.input.get("Role"), "lambda")
        return [Ask(action, named(called, "lambda", "function:", name)), *role]
    if _FUNCTIONS_PATH not in called.path[1:2] or len(called.path) < 3:  # noqa: PLR2004 -- version, "functions", name
        return [unknown(action)]
    role = passed(called, called.input.get("Role"), "lambda")
    return [*_of_function(called, action, called.path[2]), *role]


def _of_function(called: Called, action: str, name: str) -> list[Ask]:
    """A function by name, partial ARN (``account:function:name``) or ARN.

    An ARN of elsewhere counts as well as what its name means here: it opens and hides nothing.
    """
    parts = name.split(":")
    bare, *version = parts[parts.index("function") + 1 if "function" in parts else 0 :][:2] or [""]
    version = version or [called.request.parameters().get("Qualifier", "")]
    here = called.arn("lambda", ":".join([f"function:{bare}", *filter(None, version)]))
    return [Ask(action, arn) for arn in dict.fromkeys([here, name]) if arn.startswith("arn:")]
