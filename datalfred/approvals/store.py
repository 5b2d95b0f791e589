"""The approver's records: one DynamoDB item each, in a table that its role alone may write.

A request becomes a record (PENDING) when the approver first sees it. A record moves PENDING ->
APPROVED -> EXECUTED (a redrive), USED (a query) or FAILED; or from PENDING to DENIED or EXPIRED.
Every move names the state that it leaves in its condition, so of any number of people who press a
button at once exactly one moves the record, and its row of the audit trail is written with it.

Whoever approves a redrive holds a *claim* on carrying it out, for :data:`CLAIM_SECONDS`. If its
process dies, the claim lapses and whoever comes next may claim the record and finish it. Of all
records that would redrive one execution for the same time, one alone has its *turn*.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from datalfred import clients, settings
from datalfred.approvals.audit import AuditTrail, Happening
from datalfred.approvals.inbox import Requests, record_of
from datalfred.approvals.models import ApprovalState, PendingApproval
from datalfred.approvals.rows import change, put, texts
from datalfred.definitions.approval_tables import BY_CREATED, BY_STATE, REQUEST, TIME_TO_LIVE
from datalfred.definitions.naming import resource_name
from datalfred.errors import NotFoundError
from datalfred.lake import moments

CLAIM_SECONDS = 20
MOST_LISTED = 50
MOST_TOLD = 20
_log = logging.getLogger(__name__)
_TEXTS = tuple(name for name in PendingApproval.model_fields if name != "details")


class ApprovalStore(Requests):
    """The records of one stage, with all that a request may do besides.

    Args:
        dynamodb: a boto3 DynamoDB client.
        requests: the table of requests.
        approvals: the table of records.
        audit: the trail that every move is written to.
        minutes: how long a request waits, and how long an approved query may be used.
        now: the clock.
    """

    def __init__(
        self,
        dynamodb: Any,
        *,
        requests: str,
        approvals: str,
        audit: AuditTrail,
        minutes: int,
        now: Callable[[], datetime] = moments.now,
    ) -> None:
        super().__init__(dynamodb, requests=requests, approvals=approvals, minutes=minutes, now=now)
        self.audit = audit

    def get(self, approval_id: str) -> PendingApproval:
        """The record as it is now; it is made of the request, and what time does to it is kept.

        Raises:
            NotFoundError: there is no such record.
        """
        record = self._decided(approval_id) or self._taken_in(approval_id)
        if record is None:
            raise NotFoundError("approval", approval_id)
        return self._settled(record)

    def pending(self) -> tuple[PendingApproval, ...]:
        """What waits for a person, newest first, at most :data:`MOST_LISTED`."""
        for item in self._rows.newest(self._requests, BY_CREATED, "kind", REQUEST, MOST_LISTED):
            self._taken_in(item["id"]["S"])
        settled = (self._settled(record) for record in self._in_state(ApprovalState.PENDING))
        return tuple(record for record in settled if record.state is ApprovalState.PENDING)

    def approved(self) -> tuple[PendingApproval, ...]:
        """What was approved and not yet carried out, newest first, at most as many."""
        return tuple(self._in_state(ApprovalState.APPROVED))

    def closed(self) -> tuple[PendingApproval, ...]:
        """What is over, newest first, at most :data:`MOST_TOLD`."""
        states = set(ApprovalState) - {ApprovalState.PENDING, ApprovalState.APPROVED}
        found = [record for state in states for record in self._in_state(state)]
        found.sort(key=lambda record: record.decided_at or record.expires_at, reverse=True)
        return tuple(found[:MOST_TOLD])

    def approve(self, approval_id: str, by: str) -> PendingApproval | None:
        """PENDING and unexpired -> APPROVED, with the claim to carry it out. None: too late."""
        return self._decide(approval_id, ApprovalState.APPROVED, by)

    def deny(self, approval_id: str, by: str) -> PendingApproval | None:
        """PENDING and unexpired -> DENIED. None: too late."""
        return self._decide(approval_id, ApprovalState.DENIED, by)

    def claim(self, approval_id: str) -> PendingApproval | None:
        """Takes over an APPROVED record whose claim has lapsed. None: somebody holds it."""
        now = self._now()
        claimed = change(
            self._approvals,
            approval_id,
            {"claimed_until": self._claim_end(now)},
            only_if="#state = :old AND claimed_until <= :now",
            old=ApprovalState.APPROVED,
            now=moments.iso(now),
        )
        return self._decided(approval_id) if self._rows.together([claimed]) else None

    def finish(
        self, approval_id: str, state: ApprovalState, outcome: str, *, who: str = ""
    ) -> PendingApproval | None:
        """APPROVED -> EXECUTED, USED, FAILED or EXPIRED. None: it is no longer APPROVED."""
        record = self._decided(approval_id)
        if record is None or record.state is not ApprovalState.APPROVED:
            return None
        return self._move(record, state, {"outcome": outcome}, who=who, note=outcome)

    def takes_turn(self, record: PendingApproval) -> bool:
        """Whether it is this record that may redrive its execution for this time.

        Two records of the same execution can stand side by side: an ``open#`` item is only a hint.
        """
        turn = texts({"id": _turn_key(record), "approval": record.id})
        item = {**turn, TIME_TO_LIVE: self._ttl()}
        mine = put(
            self._approvals, item, only_if="attribute_not_exists(#key) OR approval = :own",
            own=record.id,
        )  # fmt: skip
        return self._rows.together([mine])

    def has_turn(self, record: PendingApproval) -> bool:
        """Whether this record has begun to redrive."""
        turn = self._rows.read(self._approvals, _turn_key(record))
        return turn is not None and turn["approval"]["S"] == record.id

    def refused(self, record: PendingApproval, who: str, why: str) -> None:
        """Writes down that somebody tried what they may not."""
        self.audit.refused(record, at=self._now(), who=who, note=why)

    def _taken_in(self, approval_id: str) -> PendingApproval | None:
        """The record of a request that the approver sees for the first time."""
        item = self._rows.read(self._requests, approval_id)
        if item is None or "kind" not in item:
            return self._decided(approval_id)  # another process has taken it in since
        record = self._trusted(item)
        if record is None:
            _log.warning("request=<%s> | it is not what its id says: deleted", approval_id)
        else:
            asked = self.audit.move(
                record, "asked", at=self._now(), who=record.requester, note=record.summary
            )
            self._rows.together([put(self._approvals, self._item(record)), asked])
        self._rows.delete(self._requests, approval_id)
        return self._decided(approval_id)

    def _settled(self, record: PendingApproval) -> PendingApproval:
        """The record with what time or its use has made of it, kept and audited."""
        state, outcome = self._aged(record)
        if state is record.state:
            return record
        if record.action == "query" and record.state is ApprovalState.APPROVED:
            # Whoever puts the marker first decides: a use at the last moment, or the expiry.
            self._spend(record.id, ApprovalState.EXPIRED, "")
            state, outcome = self._aged(record)
        moved = self._move(record, state, {"outcome": outcome}, note=outcome)
        return moved or self._decided(record.id) or record

    def _decide(self, approval_id: str, state: ApprovalState, by: str) -> PendingApproval | None:
        record = self._decided(approval_id) or self._taken_in(approval_id)
        if record is None or record.state is not ApprovalState.PENDING:
            return None
        now = self._now()
        changes = {"decided_by": by, "decided_at": moments.iso(now)}
        return self._move(record, state, changes, unexpired_at=now, who=by)

    def _move(
        self,
        record: PendingApproval,
        state: ApprovalState,
        changes: Mapping[str, str],
        *,
        unexpired_at: datetime | None = None,
        who: str = "",
        note: str = "",
    ) -> PendingApproval | None:
        """One move with its row of the audit; None when another move came first."""
        moved = record.model_copy(update={**changes, "state": state})
        condition, values = "#state = :old", {"old": str(record.state)}
        kept = {**changes, "state": str(state)}
        if unexpired_at is not None:
            condition += " AND expires_at > :now"
            values["now"] = moments.iso(unexpired_at)
            kept["claimed_until"] = self._claim_end(unexpired_at)
        steps = (
            change(self._approvals, record.id, kept, only_if=condition, **values),
            self.audit.move(moved, _EVENTS[state], at=self._now(), who=who, note=note),
        )
        return moved if self._rows.together(steps) else None

    def _in_state(self, state: ApprovalState) -> list[PendingApproval]:
        items = self._rows.newest(self._approvals, BY_STATE, "state", state, MOST_LISTED)
        return [record_of(item) for item in items]

    def _item(self, record: PendingApproval) -> dict[str, Any]:
        said = texts({name: getattr(record, name) for name in _TEXTS})
        return {**said, "details": {"M": texts(record.details)}, TIME_TO_LIVE: self._ttl()}

    def _claim_end(self, now: datetime) -> str:
        # Rounded up to the second that texts hold, so that a claim is never shorter than it says.
        return moments.iso(now.astimezone(UTC) + timedelta(seconds=CLAIM_SECONDS + 1))


def _turn_key(record: PendingApproval) -> str:
    digest = hashlib.sha256(record.target.encode()).hexdigest()
    return f"turn#{digest}#{record.details.get('redrive_count', '')}"


_EVENTS: dict[ApprovalState, Happening] = {
    ApprovalState.APPROVED: "approved",
    ApprovalState.DENIED: "denied",
    ApprovalState.EXECUTED: "executed",
    ApprovalState.USED: "used",
    ApprovalState.FAILED: "failed",
    ApprovalState.EXPIRED: "expired",
}


def open_requests() -> Requests:
    """What a function that asks may do in the current environment's stage."""
    chosen = settings.load()
    return Requests(
        clients.client("dynamodb"),
        requests=_named(chosen, "requests"),
        approvals=chosen.approvals_table or _named(chosen, "approvals"),
        minutes=chosen.approval_minutes,
    )


def open_store() -> ApprovalStore:
    """The approver's store of the current environment's stage."""
    chosen = settings.load()
    dynamodb = clients.client("dynamodb")
    return ApprovalStore(
        dynamodb,
        requests=_named(chosen, "requests"),
        approvals=chosen.approvals_table or _named(chosen, "approvals"),
        audit=AuditTrail(dynamodb, _named(chosen, "audit")),
        minutes=chosen.approval_minutes,
    )


def _named(chosen: settings.Settings, what: str) -> str:
    return resource_name(chosen.project_name, chosen.stage_name, what)
