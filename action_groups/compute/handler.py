"""The entry point of the Lambda function that answers for jobs."""

from collections.abc import Mapping
from typing import Any

from action_groups.compute import operations
from datalfred.bedrock.resolver import ActionGroupResolver

app = ActionGroupResolver()
app.operation(operations.list_jobs)
app.operation(operations.describe_job)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answers one event of Bedrock."""
    return app.resolve(event, context)
