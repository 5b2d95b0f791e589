"""The trail of every approval: who asked, who decided, what came of it. Rows are only added."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from datalfred.approvals.models import PendingApproval
from datalfred.definitions.approval_tables import AUDIT_KEY, AUDIT_SORT_KEY

Happening = Literal[
    "asked", "approved", "denied", "refused", "expired", "executed", "used", "failed"
]


@dataclass(frozen=True)
class AuditRow:
    """One thing that happened to an approval.

    Attributes:
        approval_id: the approval.
        event: what happened.
        at: when, ISO 8601 UTC.
        who: typed identity of the person; empty when nobody acted (an expiry).
        action: ``redrive`` or ``query``.
        target: the execution's ARN, or the digest of the SQL.
        note: why, in words.
    """

    approval_id: str
    event: Happening
    at: str
    who: str
    action: str
    target: str
    note: str = ""


class AuditTrail:
    """Writes and reads the audit table.

    Args:
        dynamodb: a boto3 DynamoDB client.
        table: the table's name.
    """

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def add(
        self,
        record: PendingApproval,
        event: Happening,
        *,
        at: datetime,
        who: str = "",
        note: str = "",
    ) -> None:
        """Adds a row; rows of one approval sort by their time, to the microsecond."""
        precise = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        row = {
            AUDIT_KEY: record.id,
            AUDIT_SORT_KEY: f"{precise}#{event}#{uuid.uuid4().hex[:8]}",
            "event": event,
            "at": precise,
            "who": who,
            "action": record.action,
            "target": record.target,
            "note": note,
        }
        self._dynamodb.put_item(
            TableName=self._table, Item={name: {"S": value} for name, value in row.items()}
        )

    def of(self, approval_id: str) -> tuple[AuditRow, ...]:
        """The rows of one approval, oldest first."""
        return tuple(self._rows(approval_id))

    def _rows(self, approval_id: str) -> Iterator[AuditRow]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=f"{AUDIT_KEY} = :id",
            ExpressionAttributeValues={":id": {"S": approval_id}},
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                row = {name: value["S"] for name, value in item.items() if name != AUDIT_SORT_KEY}
                yield AuditRow(**row)
