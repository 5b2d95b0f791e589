"""The trail of every approval: who asked, who decided, what came of it. Rows are only added.

A record makes at most three moves (asked, decided, ended), and the row of each has a key that only
that move has. It is put where there is none, in one transaction with the move itself: there is no
move without its row, no row without its move, and the order does not hang on anybody's clock.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from datalfred.approvals.models import ApprovalState, PendingApproval
from datalfred.approvals.rows import put, texts
from datalfred.definitions.approval_tables import AUDIT_KEY, AUDIT_SORT_KEY

Happening = Literal[
    "asked", "approved", "denied", "refused", "expired", "executed", "used", "failed"
]
_ENDED = {ApprovalState.EXECUTED, ApprovalState.USED, ApprovalState.FAILED}


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

    def move(
        self,
        record: PendingApproval,
        event: Happening,
        *,
        at: datetime,
        who: str = "",
        note: str = "",
    ) -> dict[str, Any]:
        """The step that adds the row of a move; ``record`` is what the move has made of it."""
        item = _row(record, f"{_step(record)}#", event, at, who=who, note=note)
        return put(self._table, item, key=AUDIT_KEY)

    def refused(self, record: PendingApproval, *, at: datetime, who: str, note: str) -> None:
        """Adds that somebody tried what they may not, behind the move that came before it."""
        when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        entry = f"{_step(record)}~{when}#{uuid.uuid4().hex[:8]}"
        step = put(
            self._table, _row(record, entry, "refused", at, who=who, note=note), key=AUDIT_KEY
        )
        self._dynamodb.put_item(**step["Put"])

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


def _row(
    record: PendingApproval, entry: str, event: Happening, at: datetime, *, who: str, note: str
) -> dict[str, Any]:
    return texts(
        {
            AUDIT_KEY: record.id,
            AUDIT_SORT_KEY: entry,
            "event": event,
            "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "who": who,
            "action": record.action,
            "target": record.target,
            "note": note,
        }
    )


def _step(record: PendingApproval) -> int:
    """0 while it waits, 1 once it is decided, 2 once an approved one has ended."""
    if record.state is ApprovalState.PENDING:
        return 0
    approved_once = record.state is ApprovalState.EXPIRED and bool(record.decided_by)
    return 2 if record.state in _ENDED or approved_once else 1
