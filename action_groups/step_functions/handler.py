"""The entry point of the Lambda function that answers for pipelines."""

from collections.abc import Mapping
from typing import Any

from action_groups.step_functions import operations
from datalfred.bedrock.resolver import ActionGroupResolver

app = ActionGroupResolver()
app.operation(operations.list_pipelines)
app.operation(operations.list_executions)
app.operation(operations.diagnose_execution)
app.operation(operations.request_redrive)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answers one event of Bedrock."""
    return app.resolve(event, context)
