"""The three DynamoDB tables of approvals, as the laptop and the deployment both create them.

``requests`` holds what was asked for, one "open" item for each target, which makes a second request
of the same action find the first, and one "used" item for each approved query that was spent: the
functions that ask write it. ``approvals`` holds one item for each action that waits for a person or
was decided, and ``audit`` only grows, by one item for each thing that happened to an approval: the
approver alone writes these two.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from datalfred.definitions.naming import resource_name

APPROVALS_KEY = "id"
AUDIT_KEY = "approval_id"
AUDIT_SORT_KEY = "entry"
TIME_TO_LIVE = "ttl"
"""Seconds since 1970 after which DynamoDB may delete an item of a table in ``EXPIRING``."""
EXPIRING = ("requests", "approvals")
"""The tables whose items may be deleted in time: the audit trail only grows."""
BY_STATE = "by_state"
"""Index of ``approvals``: partition key ``state``, sort key ``created_at``, all attributes."""


BY_CREATED = "by_created"
"""Index of ``requests``: partition key ``kind``, sort key ``created_at``, all attributes."""
REQUEST = "request"
"""The ``kind`` of a request; other items of the table have none and stand in no index."""


def requests_table(name: str) -> dict[str, Any]:
    """The arguments of ``dynamodb:CreateTable`` for the table of requests."""
    return _indexed(name, BY_CREATED, "kind")


def approvals_table(name: str) -> dict[str, Any]:
    """The arguments of ``dynamodb:CreateTable`` for the table of approvals."""
    return _indexed(name, BY_STATE, "state")


def audit_table(name: str) -> dict[str, Any]:
    """The arguments of ``dynamodb:CreateTable`` for the audit trail."""
    keys = {AUDIT_KEY: "HASH", AUDIT_SORT_KEY: "RANGE"}
    return _table(name, keys, attributes=tuple(keys))


def tables(project: str, stage: str) -> tuple[dict[str, Any], ...]:
    """The arguments of ``dynamodb:CreateTable`` for each table of a stage."""
    definitions = {"requests": requests_table, "approvals": approvals_table, "audit": audit_table}
    return tuple(
        define(resource_name(project, stage, what)) for what, define in definitions.items()
    )


def _indexed(name: str, index: str, partition: str) -> dict[str, Any]:
    attributes = (APPROVALS_KEY, partition, "created_at")
    return {
        **_table(name, {APPROVALS_KEY: "HASH"}, attributes=attributes),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index,
                "KeySchema": _keys({partition: "HASH", "created_at": "RANGE"}),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }


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
