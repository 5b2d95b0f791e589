"""Where approvals wait: one DynamoDB item each, moved by single conditional updates.

A record moves PENDING -> APPROVED -> EXECUTED (a redrive), USED (a query) or FAILED; or from
PENDING to DENIED or EXPIRED. Every move names the state that it leaves in its condition, so of any
number of people who press a button at once exactly one moves the record.

Whoever approves a redrive holds a *claim* on carrying it out, for :data:`CLAIM_SECONDS`. If its
process dies, the claim lapses and whoever comes next may claim the record and finish it.

The same action on the same target has at most one open record: an ``open`` item per target points
at it and is moved to a new record only when the old one is closed.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from datalfred import clients, settings
from datalfred.approvals.audit import AuditTrail, Happening
from datalfred.approvals.models import ApprovalState, PendingApproval
from datalfred.definitions.approval_tables import BY_STATE, TIME_TO_LIVE
from datalfred.definitions.naming import resource_name
from datalfred.errors import NotFoundError, UnavailableError
from datalfred.lake import moments

CLAIM_SECONDS = 20
KEPT_DAYS = 90
MOST_LISTED = 50
_ATTEMPTS = 5
_OPEN_STATES = {ApprovalState.PENDING, ApprovalState.APPROVED}
_TEXTS = tuple(name for name in PendingApproval.model_fields if name != "details")

Item = Mapping[str, Mapping[str, Any]]


class ApprovalStore:
    """The records of one stage.

    Args:
        dynamodb: a boto3 DynamoDB client.
        table: the table of approvals.
        audit: the trail that every move is written to.
        minutes: how long a request waits, and how long an approved query may be used.
        now: the clock.
    """

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        audit: AuditTrail,
        *,
        minutes: int,
        now: Callable[[], datetime] = moments.now,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._minutes = minutes
        self._now = now
        self.audit = audit

    def create(
        self,
        *,
        action: str,
        target: str,
        summary: str,
        requester: str,
        details: Mapping[str, str],
    ) -> PendingApproval:
        """Asks for an action; where the same is already asked for, that record is returned.

        Raises:
            UnavailableError: others kept changing the same request.
        """
        now = self._now()
        record = PendingApproval(
            id=secrets.token_hex(16),
            action=action,
            target=target,
            summary=summary,
            requester=requester,
            created_at=moments.iso(now),
            expires_at=moments.iso(now + timedelta(minutes=self._minutes)),
            details=dict(details),
        )
        self._dynamodb.put_item(
            TableName=self._table,
            Item=self._item(record),
            ConditionExpression="attribute_not_exists(id)",
        )
        winner = self._open(record)
        if winner.id == record.id:
            self._noted(record, "asked", who=requester, note=record.summary)
        else:
            # Nobody was told of this record: the older one stands for both.
            self._dynamodb.delete_item(TableName=self._table, Key={"id": {"S": record.id}})
        return winner

    def get(self, approval_id: str) -> PendingApproval:
        """The record as it is now; one that waited too long becomes EXPIRED by being read.

        Raises:
            NotFoundError: there is no such record.
        """
        item = self._read(approval_id)
        if item is None or "state" not in item:
            raise NotFoundError("approval", approval_id)
        return self._aged(_record(item))

    def pending(self) -> tuple[PendingApproval, ...]:
        """What waits for a person, newest first, at most :data:`MOST_LISTED`."""
        aged = (self._aged(record) for record in self._in_state(ApprovalState.PENDING))
        return tuple(record for record in aged if record.state is ApprovalState.PENDING)

    def approved(self) -> tuple[PendingApproval, ...]:
        """What was approved and not yet carried out, newest first, at most as many."""
        return tuple(self._in_state(ApprovalState.APPROVED))

    def open_for(self, action: str, target: str) -> PendingApproval | None:
        """The record of this action on this target that is PENDING or APPROVED, if there is one."""
        pointer = self._read(_open_key(action, target))
        return None if pointer is None else self._if_open(pointer["approval"]["S"])

    def approve(self, approval_id: str, by: str) -> PendingApproval | None:
        """PENDING and unexpired -> APPROVED, with the claim to carry it out. None: too late."""
        now = self._now()
        moved = self._move(
            approval_id,
            condition="#state = :old AND expires_at > :now",
            values={":old": ApprovalState.PENDING, ":now": moments.iso(now)},
            changes={
                "state": ApprovalState.APPROVED,
                "decided_by": by,
                "decided_at": moments.iso(now),
                "claimed_until": self._claim_end(now),
            },
        )
        return self._noted(moved, "approved", who=by)

    def deny(self, approval_id: str, by: str) -> PendingApproval | None:
        """PENDING and unexpired -> DENIED. None: too late."""
        now = moments.iso(self._now())
        moved = self._move(
            approval_id,
            condition="#state = :old AND expires_at > :now",
            values={":old": ApprovalState.PENDING, ":now": now},
            changes={"state": ApprovalState.DENIED, "decided_by": by, "decided_at": now},
        )
        return self._noted(moved, "denied", who=by)

    def claim(self, approval_id: str) -> PendingApproval | None:
        """Takes over an APPROVED record whose claim has lapsed. None: somebody holds it."""
        now = self._now()
        return self._move(
            approval_id,
            condition="#state = :old AND claimed_until <= :now",
            values={":old": ApprovalState.APPROVED, ":now": moments.iso(now)},
            changes={"claimed_until": self._claim_end(now)},
        )

    def finish(
        self, approval_id: str, state: ApprovalState, outcome: str, *, who: str = ""
    ) -> PendingApproval | None:
        """APPROVED -> EXECUTED, USED, FAILED or EXPIRED. None: it is no longer APPROVED."""
        moved = self._move(
            approval_id,
            condition="#state = :old",
            values={":old": ApprovalState.APPROVED},
            changes={"state": state, "outcome": outcome},
        )
        return self._noted(moved, _EVENTS[state], who=who, note=outcome)

    def use(self, approval_id: str, *, outcome: str = "") -> bool:
        """Spends an approved query: APPROVED -> USED once, within its minutes of the decision."""
        earliest = self._now() - timedelta(minutes=self._minutes)
        moved = self._move(
            approval_id,
            condition="#state = :old AND decided_at >= :earliest",
            values={":old": ApprovalState.APPROVED, ":earliest": moments.iso(earliest)},
            changes={"state": ApprovalState.USED, "outcome": outcome},
        )
        self._noted(moved, "used", note=outcome)
        return moved is not None

    def refused(self, record: PendingApproval, who: str, why: str) -> None:
        """Writes down that somebody tried what they may not."""
        self.audit.add(record, "refused", at=self._now(), who=who, note=why)

    def _open(self, record: PendingApproval) -> PendingApproval:
        """The record that the target's ``open`` item points at, ``record`` if it is free."""
        key = _open_key(record.action, record.target)
        for _ in range(_ATTEMPTS):
            pointer = self._read(key)
            holder = pointer["approval"]["S"] if pointer else ""
            if holder and (standing := self._if_open(holder)):
                return standing
            if self._point(key, record, instead_of=holder):
                return record
        raise UnavailableError(
            "Others are asking for the same at this moment.", hint="Try again in a second."
        )

    def _point(self, key: str, record: PendingApproval, *, instead_of: str) -> bool:
        item = {"id": {"S": key}, "approval": {"S": record.id}, TIME_TO_LIVE: self._ttl()}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if instead_of:
            condition = {
                "ConditionExpression": "approval = :old",
                "ExpressionAttributeValues": {":old": {"S": instead_of}},
            }
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item, **condition)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _if_open(self, approval_id: str) -> PendingApproval | None:
        try:
            record = self.get(approval_id)
        except NotFoundError:
            return None
        return record if record.state in _OPEN_STATES else None

    def _aged(self, record: PendingApproval) -> PendingApproval:
        """The record, or what time has made of it."""
        now = moments.iso(self._now())
        late_query = (
            record.state is ApprovalState.APPROVED
            and record.action == "query"
            and moments.parsed(record.decided_at) + timedelta(minutes=self._minutes) < self._now()
        )
        waited = record.state is ApprovalState.PENDING and record.expires_at <= now
        if not (waited or late_query):
            return record
        moved = self._move(
            record.id,
            condition="#state = :old",
            values={":old": record.state},
            changes={"state": ApprovalState.EXPIRED},
        )
        return self._noted(moved, "expired") or self.get(record.id)

    def _noted(
        self, record: PendingApproval | None, event: Happening, *, who: str = "", note: str = ""
    ) -> PendingApproval | None:
        if record is not None:
            self.audit.add(record, event, at=self._now(), who=who, note=note)
        return record

    def _move(
        self,
        approval_id: str,
        *,
        condition: str,
        values: Mapping[str, str],
        changes: Mapping[str, str],
    ) -> PendingApproval | None:
        """One conditional update; None when the condition does not hold."""
        sets = ", ".join(f"#{name} = :new_{name}" for name in changes)
        new = {f":new_{name}": str(value) for name, value in changes.items()}
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": approval_id}},
                UpdateExpression=f"SET {sets}",
                ConditionExpression=condition,
                ExpressionAttributeNames={
                    "#state": "state",
                    **{f"#{name}": name for name in changes},
                },
                ExpressionAttributeValues={
                    name: {"S": str(value)} for name, value in {**values, **new}.items()
                },
                ReturnValues="ALL_NEW",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return None
        return _record(answer["Attributes"])

    def _read(self, key: str) -> Item | None:
        answer = self._dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": key}}, ConsistentRead=True
        )
        item: Item | None = answer.get("Item")
        return item

    def _in_state(self, state: ApprovalState) -> Iterable[PendingApproval]:
        answer = self._dynamodb.query(
            TableName=self._table,
            IndexName=BY_STATE,
            KeyConditionExpression="#state = :state",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":state": {"S": str(state)}},
            ScanIndexForward=False,
            Limit=MOST_LISTED,
        )
        return [_record(item) for item in answer["Items"]]

    def _item(self, record: PendingApproval) -> dict[str, Any]:
        texts = {name: {"S": str(getattr(record, name))} for name in _TEXTS}
        details = {name: {"S": value} for name, value in record.details.items()}
        return {**texts, "details": {"M": details}, TIME_TO_LIVE: self._ttl()}

    def _ttl(self) -> dict[str, str]:
        return {"N": str(int((self._now() + timedelta(days=KEPT_DAYS)).timestamp()))}

    def _claim_end(self, now: datetime) -> str:
        # Rounded up to the second that texts hold, so that a claim is never shorter than it says.
        return moments.iso(now.astimezone(UTC) + timedelta(seconds=CLAIM_SECONDS + 1))


_EVENTS: dict[ApprovalState, Happening] = {
    ApprovalState.EXECUTED: "executed",
    ApprovalState.USED: "used",
    ApprovalState.FAILED: "failed",
    ApprovalState.EXPIRED: "expired",
}


def open_store() -> ApprovalStore:
    """The store of the current environment's stage."""
    chosen = settings.load()
    dynamodb = clients.client("dynamodb")

    def name(what: str) -> str:
        return resource_name(chosen.project_name, chosen.stage_name, what)

    return ApprovalStore(
        dynamodb,
        chosen.approvals_table or name("approvals"),
        AuditTrail(dynamodb, name("audit")),
        minutes=chosen.approval_minutes,
    )


def _open_key(action: str, target: str) -> str:
    return f"open#{action}#{hashlib.sha256(target.encode()).hexdigest()}"


def _record(item: Item) -> PendingApproval:
    texts = {name: item[name]["S"] for name in _TEXTS if name in item}
    details = {name: value["S"] for name, value in item["details"]["M"].items()}
    return PendingApproval(**texts, details=details)
