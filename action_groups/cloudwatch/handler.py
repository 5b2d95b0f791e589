"""The entry point of the Lambda function that answers for logs and alarms."""

from collections.abc import Mapping
from typing import Any

from action_groups.cloudwatch import operations
from datalfred.bedrock.resolver import ActionGroupResolver

app = ActionGroupResolver()
app.operation(operations.list_log_groups)
app.operation(operations.search_logs)
app.operation(operations.query_logs)
app.operation(operations.list_alarms)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answers one event of Bedrock."""
    return app.resolve(event, context)
