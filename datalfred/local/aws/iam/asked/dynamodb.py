"""What a call of DynamoDB asks for.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html;
a transaction needs the permission of each of its actions:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from datalfred.local.aws.iam.asked.called import Asks, Called, everything, named, unknown
from datalfred.local.aws.iam.evaluation import Ask

_WITHOUT_RESOURCE = {
    "DescribeLimits", "DescribeEndpoints", "ListBackups", "ListExports", "ListGlobalTables",
    "ListImports", "ListTables",
}  # fmt: skip
_IN_A_TRANSACTION = MappingProxyType(
    {
        "ConditionCheck": "dynamodb:ConditionCheckItem",
        "Delete": "dynamodb:DeleteItem",
        "Get": "dynamodb:GetItem",
        "Put": "dynamodb:PutItem",
        "Update": "dynamodb:UpdateItem",
    }
)
_OF_AN_INDEX = {"Query", "Scan"}
_BY_TABLE_ARN = ("ResourceArn", "TableArn", "SourceTableArn")


def asks(called: Called) -> Asks:
    """The asks of one call."""
    action = f"dynamodb:{called.operation}"
    if called.operation in _WITHOUT_RESOURCE:
        return [everything(action)]
    if called.operation in {"TransactWriteItems", "TransactGetItems"}:
        return _transaction(called)
    if called.operation in {"BatchGetItem", "BatchWriteItem"}:
        tables = called.input.get("RequestItems")
        return [Ask(action, _table(called, each)) for each in tables or {}] or [unknown(action)]
    table = called.text("TableName", *_BY_TABLE_ARN)
    if not table:
        return [unknown(action)]
    where = _table(called, table)
    index = called.text("IndexName") if called.operation in _OF_AN_INDEX else ""
    return [Ask(action, f"{where}/index/{index}" if index else where)]


def _transaction(called: Called) -> Asks:
    steps = called.input.get("TransactItems")
    listed = steps if isinstance(steps, list) else []
    return [
        Ask(_IN_A_TRANSACTION.get(kind, f"dynamodb:{kind}"), _table(called, part["TableName"]))
        for step in listed
        for kind, part in _parts(step).items()
    ] or [unknown(f"dynamodb:{called.operation}")]


def _parts(step: Any) -> Mapping[str, Any]:
    if not isinstance(step, dict):
        return {}
    return {
        kind: part for kind, part in step.items() if isinstance(part, dict) and "TableName" in part
    }


def _table(called: Called, name: str) -> str:
    return named(called, "dynamodb", "table/", name)
