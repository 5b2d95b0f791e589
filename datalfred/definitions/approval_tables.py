"""The two DynamoDB tables of approvals, as the laptop and the deployment both create them.

``approvals`` holds one item for each action that waits for a person, and one "open" item for each
target, which makes a second request of the same action find the first. ``audit`` only grows: one
item for each thing that happened to an approval.
"""

from collections.abc import Mapping, Sequence
from typing import Any

APPROVALS_KEY = "id"
AUDIT_KEY = "approval_id"
AUDIT_SORT_KEY = "entry"
TIME_TO_LIVE = "ttl"
"""Seconds since 1970 after which DynamoDB may delete an item of ``approvals``."""
BY_STATE = "by_state"
"""Index of ``approvals``: partition key ``state``, sort key ``created_at``, all attributes."""


def approvals_table(name: str) -> dict[str, Any]:
    """The arguments of ``dynamodb:CreateTable`` for the table of approvals."""
    return {
        **_table(name, {APPROVALS_KEY: "HASH"}, attributes=(APPROVALS_KEY, "state", "created_at")),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": BY_STATE,
                "KeySchema": _keys({"state": "HASH", "created_at": "RANGE"}),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }


def audit_table(name: str) -> dict[str, Any]:
    """The arguments of ``dynamodb:CreateTable`` for the audit trail."""
    keys = {AUDIT_KEY: "HASH", AUDIT_SORT_KEY: "RANGE"}
    return _table(name, keys, attributes=tuple(keys))


def _table(name: str, keys: Mapping[str, str], *, attributes: Sequence[str]) -> dict[str, Any]:
    return {
        "TableName": name,
        "KeySchema": _keys(keys),
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }


def _keys(keys: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()]
