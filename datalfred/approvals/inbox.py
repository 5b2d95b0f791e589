"""Where requests are put: a table that the functions which ask may write, and nothing else of ours.

What stands in it has no force. Only the approver makes a record of a request, in a table that it
alone writes, and an id says what it is the id of: the first 128 bits of the SHA-256 of all that a
person reads before saying yes, and of 128 random bits. Whoever changes a request after a person has
seen it cannot keep its id.

The same action on the same target has at most one open request: an ``open#`` item per target points
at it, and moves in one transaction with the new request. A ``used#`` item spends an approved query:
of any number of attempts to put it exactly one succeeds, and no role that asks can remove it.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from datalfred.approvals.models import ApprovalState, PendingApproval
from datalfred.approvals.rows import Item, Rows, put, texts
from datalfred.approvals.terms import holds
from datalfred.definitions.approval_tables import REQUEST, TIME_TO_LIVE
from datalfred.errors import NotFoundError, UnavailableError
from datalfred.lake import moments

KEPT_DAYS = 90
_ATTEMPTS = 5
_NOTED = 500
_OPEN_STATES = {ApprovalState.PENDING, ApprovalState.APPROVED}
_SPENT_AS = {ApprovalState.USED, ApprovalState.EXPIRED, ApprovalState.FAILED}
_ASKED = ("id", "action", "target", "summary", "requester", "created_at", "expires_at")
_TEXTS = tuple(name for name in PendingApproval.model_fields if name != "details")


class Requests:
    """What asks may do: ask, look what came of it, and spend an approved query.

    Args:
        dynamodb: a boto3 DynamoDB client.
        requests: the table of requests.
        approvals: the table of the approver's records, which is only read here.
        minutes: how long a request waits, and how long an approved query may be used.
        now: the clock.
    """

    def __init__(
        self,
        dynamodb: Any,
        *,
        requests: str,
        approvals: str,
        minutes: int,
        now: Callable[[], datetime] = moments.now,
    ) -> None:
        self._rows = Rows(dynamodb)
        self._requests = requests
        self._approvals = approvals
        self._minutes = minutes
        self._now = now

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
        asked = PendingApproval(
            id="",
            action=action,
            target=target,
            summary=summary,
            requester=requester,
            created_at=moments.iso(now),
            expires_at=moments.iso(now + timedelta(minutes=self._minutes)),
            details=dict(details),
        )
        nonce = secrets.token_hex(16)
        record = asked.model_copy(update={"id": id_of(asked, nonce)})
        key = open_key(action, target)
        for _ in range(_ATTEMPTS):
            pointer = self._rows.read(self._requests, key)
            holder = pointer["approval"]["S"] if pointer else ""
            if holder and (standing := self._if_open(holder, action, target)):
                return standing
            if self._asked(record, nonce, key, instead_of=holder):
                return record
        raise UnavailableError(
            "Others are asking for the same at this moment.", hint="Try again in a second."
        )

    def get(self, approval_id: str) -> PendingApproval:
        """The record as it is now, by the approver's word where it has one.

        Raises:
            NotFoundError: there is no such record.
        """
        record = self._decided(approval_id) or self._asked_for(approval_id)
        if record is None:
            raise NotFoundError("approval", approval_id)
        state, outcome = self._aged(record)
        return record.model_copy(update={"state": state, "outcome": outcome})

    def open_for(self, action: str, target: str) -> PendingApproval | None:
        """The record of this action on this target that is PENDING or APPROVED, if there is one."""
        pointer = self._rows.read(self._requests, open_key(action, target))
        return None if pointer is None else self._if_open(pointer["approval"]["S"], action, target)

    def use(self, approval_id: str, *, outcome: str = "") -> bool:
        """Spends an approved query, once, within its minutes of the approver's decision."""
        record = self._decided(approval_id)
        if record is None or record.action != "query":
            return False
        if record.state is not ApprovalState.APPROVED or self._too_late(record):
            return False
        return self._spend(approval_id, ApprovalState.USED, outcome)

    def forfeit(self, approval_id: str, why: str) -> bool:
        """Gives an approved query up, for good; False when it was spent before."""
        record = self._decided(approval_id)
        if record is None or record.action != "query":
            return False
        return self._spend(approval_id, ApprovalState.FAILED, why)

    def _spend(self, approval_id: str, state: ApprovalState, outcome: str) -> bool:
        marker = {"id": used_key(approval_id), "as": state, "outcome": outcome}
        item = {**texts(marker), TIME_TO_LIVE: self._ttl()}
        return self._rows.together([put(self._requests, item)])

    def _asked(self, record: PendingApproval, nonce: str, key: str, *, instead_of: str) -> bool:
        pointer = {**texts({"id": key, "approval": record.id}), TIME_TO_LIVE: self._ttl()}
        request = {
            **texts({name: getattr(record, name) for name in _ASKED}),
            **texts({"kind": REQUEST, "nonce": nonce}),
            "details": {"M": texts(record.details)},
            TIME_TO_LIVE: self._ttl(),
        }
        if instead_of:
            move = put(self._requests, pointer, only_if="approval = :old", old=instead_of)
        else:
            move = put(self._requests, pointer)
        return self._rows.together([put(self._requests, request), move])

    def _decided(self, approval_id: str) -> PendingApproval | None:
        """The approver's own record."""
        item = self._rows.read(self._approvals, approval_id)
        return None if item is None or "state" not in item else record_of(item)

    def _asked_for(self, approval_id: str) -> PendingApproval | None:
        """The request, if it is what its id says."""
        item = self._rows.read(self._requests, approval_id)
        return None if item is None else self._trusted(item)

    def _trusted(self, item: Item) -> PendingApproval | None:
        """A request as the approver would take it: PENDING, and no longer than its minutes."""
        try:
            said = {name: item[name]["S"] for name in _ASKED}
            details = {name: value["S"] for name, value in item["details"]["M"].items()}
            asked = PendingApproval(**said, details=details)
            begun = min(moments.parsed(asked.created_at), self._now())
            if asked.id != id_of(asked, item["nonce"]["S"]) or not holds(asked):
                return None
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        latest = moments.iso(begun + timedelta(minutes=self._minutes))
        return asked.model_copy(
            update={
                "created_at": moments.iso(begun),
                "expires_at": latest,
            }
        )

    def _if_open(self, approval_id: str, action: str, target: str) -> PendingApproval | None:
        try:
            record = self.get(approval_id)
        except NotFoundError:
            return None
        same = (record.action, record.target) == (action, target)
        return record if same and record.state in _OPEN_STATES else None

    def _aged(self, record: PendingApproval) -> tuple[ApprovalState, str]:
        """The state that time, or its use, has made of the record, and what came of it."""
        if record.state is ApprovalState.PENDING and record.expires_at <= moments.iso(self._now()):
            return ApprovalState.EXPIRED, record.outcome
        if record.state is not ApprovalState.APPROVED or record.action != "query":
            return record.state, record.outcome
        if marker := self._rows.read(self._requests, used_key(record.id)):
            return _spent_as(marker), marker.get("outcome", {}).get("S", "")[:_NOTED]
        late = self._too_late(record)
        return (ApprovalState.EXPIRED if late else ApprovalState.APPROVED), record.outcome

    def _too_late(self, record: PendingApproval) -> bool:
        return moments.parsed(record.decided_at) + timedelta(minutes=self._minutes) < self._now()

    def _ttl(self) -> dict[str, str]:
        return {"N": str(int((self._now() + timedelta(days=KEPT_DAYS)).timestamp()))}


def id_of(asked: PendingApproval, nonce: str) -> str:
    """The id of a request: 128 bits of a digest of all that it asks for, in hex."""
    said = [nonce, asked.action, asked.target, asked.summary, asked.requester, asked.created_at]
    canonical = json.dumps([*said, sorted(asked.details.items())], separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def record_of(item: Item) -> PendingApproval:
    """A record of the approver from its item."""
    said = {name: item[name]["S"] for name in _TEXTS if name in item}
    details = {name: value["S"] for name, value in item["details"]["M"].items()}
    return PendingApproval(**said, details=details)


def _spent_as(marker: Item) -> ApprovalState:
    said = marker.get("as", {}).get("S", "")
    return ApprovalState(said) if said in _SPENT_AS else ApprovalState.USED


def open_key(action: str, target: str) -> str:
    """The key of the item that points at the open request of a target."""
    return f"open#{action}#{hashlib.sha256(target.encode()).hexdigest()}"


def used_key(approval_id: str) -> str:
    """The key of the item that spends an approved query."""
    return f"used#{approval_id}"
