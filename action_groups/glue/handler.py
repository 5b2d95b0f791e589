"""The entry point of the Lambda function that answers for the catalog."""

from collections.abc import Mapping
from typing import Any

from action_groups.glue import operations
from datalfred.bedrock.resolver import ActionGroupResolver

app = ActionGroupResolver()
app.operation(operations.list_databases)
app.operation(operations.search_tables)
app.operation(operations.describe_table)
app.operation(operations.list_partitions)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answers one event of Bedrock."""
    return app.resolve(event, context)
