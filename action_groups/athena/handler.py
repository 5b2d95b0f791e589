"""The entry point of the Lambda function that answers for queries."""

from collections.abc import Mapping
from typing import Any

from action_groups.athena import operations
from datalfred.bedrock.resolver import ActionGroupResolver

app = ActionGroupResolver()
app.operation(operations.estimate_query)
app.operation(operations.run_query)
app.operation(operations.get_query_results)
app.operation(operations.stop_query)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answers one event of Bedrock."""
    return app.resolve(event, context)
