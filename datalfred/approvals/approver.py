"""The only place that carries out what a person approved.

Rules:

1. A person is a typed identity that a door has proved: ``slack:T:U`` behind a verified signature,
   ``iam:ARN`` of a signed function URL, ``http:SUBJECT`` of the HTTP authorizer, ``local:NAME`` of
   the laptop's own user. Session attributes are no proof.
2. Whoever approves stands on the approver list. On a laptop an empty list means its own user;
   everywhere else an empty list means nobody. The price of a query may also be approved by whoever
   asked for it, if the settings allow that.
3. One conditional update makes a request APPROVED; whoever makes it carries it out.
4. A redrive happens only while DescribeExecution says REDRIVABLE with the redrive count that the
   request recorded, and with the approval's id as clientToken. A count that has moved means that it
   has happened.
5. A process that dies between 3 and 4 leaves the record APPROVED. The next click, or the schedule,
   takes the claim over when it has lapsed and finishes.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from datalfred import clients, settings
from datalfred.approvals.audit import AuditRow
from datalfred.approvals.models import ApprovalState, PendingApproval
from datalfred.approvals.store import CLAIM_SECONDS, ApprovalStore, open_store
from datalfred.bedrock.failures import error_code, translated
from datalfred.errors import RefusedError
from datalfred.lake import moments

RESUMED_WITHIN = timedelta(hours=1)
"""An approval older than this is not carried out any more: the person meant that moment."""
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = CLAIM_SECONDS + 3
# A claim must outlive its calls: describe and redrive with one retry each stay below it.
_READ_TIMEOUT = 4


History = tuple[PendingApproval, tuple[AuditRow, ...]]
"""A record and its rows of the audit trail, oldest first."""


class Approver:
    """Decides requests and carries out redrives.

    Args:
        store: the records.
        approvers: who may decide; ``iam:`` entries may end in ``*`` for any session of a role.
        requester_may_approve: whether whoever asked for a redrive may also approve it.
        requester_may_approve_queries: whether whoever asked for a query may also approve its price;
            then they need not stand on the list.
        stepfunctions: gives the boto3 client that may redrive.
        now: the clock.
        patience_seconds: how long to wait for another process that is carrying the same one out.
    """

    def __init__(
        self,
        store: ApprovalStore,
        *,
        approvers: tuple[str, ...],
        requester_may_approve: bool,
        requester_may_approve_queries: bool = True,
        stepfunctions: Callable[[], Any],
        now: Callable[[], datetime] = moments.now,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._store = store
        self._approvers = approvers
        self._own = {"redrive": requester_may_approve, "query": requester_may_approve_queries}
        self._stepfunctions = stepfunctions
        self._now = now
        self._patience_seconds = patience_seconds

    def pending(self) -> tuple[PendingApproval, ...]:
        """What waits for a person, newest first."""
        return self._store.pending()

    def get(self, approval_id: str) -> PendingApproval:
        """One record.

        Raises:
            NotFoundError: there is no such record.
        """
        return self._store.get(approval_id)

    def history(self, approval_id: str = "") -> tuple[History, ...]:
        """What became of requests, with the trail of each; newest first, at most a page.

        Args:
            approval_id: one request alone; empty for all that are no longer open.

        Raises:
            NotFoundError: there is no such record.
        """
        records = (self._store.get(approval_id),) if approval_id else self._store.closed()
        return tuple((record, self._store.audit.of(record.id)) for record in records)

    def approve(self, approval_id: str, who: str) -> PendingApproval:
        """Says yes, and carries it out; a repeated yes returns what came of the first.

        Raises:
            NotFoundError: there is no such record.
            RefusedError: this person may not, or the record is denied, expired or failed.
        """
        record = self._store.get(approval_id)
        self._check_person(record, who)
        if approved := self._store.approve(approval_id, who):
            return self._carry_out(approved)
        record = self._store.get(approval_id)
        if record.state is ApprovalState.APPROVED:
            return self._wait_or_resume(record)
        if record.state in {ApprovalState.EXECUTED, ApprovalState.USED}:
            return record
        raise self._refusal(record, who, _closed(record))

    def deny(self, approval_id: str, who: str) -> PendingApproval:
        """Says no. Whoever asked may withdraw too.

        Raises:
            NotFoundError: there is no such record.
            RefusedError: this person may not, or the record was decided before.
        """
        record = self._store.get(approval_id)
        if who != record.requester:
            self._check_listed(record, who)
        if denied := self._store.deny(approval_id, who):
            return denied
        record = self._store.get(approval_id)
        if record.state is ApprovalState.DENIED:
            return record
        raise self._refusal(record, who, _closed(record))

    def resume(self) -> tuple[PendingApproval, ...]:
        """Finishes what was approved and left behind; expires what waited too long.

        A record that cannot be finished keeps no other from being finished.

        Returns:
            The records that this call finished.

        Raises:
            Exception: what kept the first record that could not be finished, after all others.
        """
        self._store.pending()
        finished, broken = [], []
        for record in self._store.approved():
            try:
                done = self._resumed(record)
            except Exception as error:  # noqa: BLE001 -- raised below, once the others had their turn
                broken.append(error)
            else:
                finished += [done] if done else []
        if broken:
            raise broken[0]
        return tuple(finished)

    def _resumed(self, record: PendingApproval) -> PendingApproval | None:
        if record.action != "redrive":
            self._store.get(record.id)
            return None
        claimed = self._store.claim(record.id)
        done = self._carry_out(claimed) if claimed else None
        return done if done and done.state is not ApprovalState.APPROVED else None

    def _check_person(self, record: PendingApproval, who: str) -> None:
        own = bool(who) and who == record.requester
        if own and record.action == "query" and self._own["query"]:
            return  # a person's yes to the price of their own question
        self._check_listed(record, who)
        if own and not self._own.get(record.action):
            raise self._refusal(record, who, "Whoever asked may not also approve here.")

    def _check_listed(self, record: PendingApproval, who: str) -> None:
        if not is_approver(who, self._approvers):
            raise self._refusal(record, who, f"{who or 'Nobody'} is not on the list of approvers.")

    def _refusal(self, record: PendingApproval, who: str, why: str) -> RefusedError:
        self._store.refused(record, who, why)
        return RefusedError(why)

    def _wait_or_resume(self, record: PendingApproval) -> PendingApproval:
        """What comes of a record that another process is carrying out, or has left behind."""
        if record.action != "redrive":
            return record
        never = threading.Event()
        for _ in range(max(1, round(self._patience_seconds / _POLL_SECONDS))):
            if claimed := self._store.claim(record.id):
                return self._carry_out(claimed)
            record = self._store.get(record.id)
            if record.state is not ApprovalState.APPROVED:
                break
            never.wait(_POLL_SECONDS)
        return record

    def _carry_out(self, record: PendingApproval) -> PendingApproval:
        if record.action != "redrive":
            return record
        stepfunctions = self._stepfunctions()
        try:
            state, outcome = self._redrive(stepfunctions, record)
        except Exception as error:
            said = translated(error)
            if said is not None and said.status in _TRANSIENT:
                # Still APPROVED: the next click or the schedule goes on from what has happened.
                return record.model_copy(update={"outcome": f"{said.message} {_REPEAT}"})
            if said is None or not isinstance(error, stepfunctions.exceptions.ClientError):
                raise
            state, outcome = ApprovalState.FAILED, said.message
        return self._finish(record, state, outcome)

    def _finish(
        self, record: PendingApproval, state: ApprovalState, outcome: str
    ) -> PendingApproval:
        finished = self._store.finish(record.id, state, outcome, who=record.decided_by)
        return finished or self._store.get(record.id)

    def _redrive(self, stepfunctions: Any, record: PendingApproval) -> tuple[ApprovalState, str]:
        """Redrives unless it happened or cannot happen; the end state and what came of it."""
        recorded = _recorded(record)
        now = stepfunctions.describe_execution(executionArn=record.target)
        if now.get("redriveCount", 0) > recorded >= 0:
            return ApprovalState.EXECUTED, self._already(record)
        if why_not := self._why_not(record, now):
            return ApprovalState.FAILED, why_not
        redriven, said = _once(stepfunctions, record)
        if redriven:
            return ApprovalState.EXECUTED, said
        now = stepfunctions.describe_execution(executionArn=record.target)
        if now.get("redriveCount", 0) > recorded:
            return ApprovalState.EXECUTED, self._already(record)
        return ApprovalState.FAILED, f"It cannot be redriven: {said}"

    def _why_not(self, record: PendingApproval, now: Mapping[str, Any]) -> str:
        """Why it is not redriven as it is now; empty when it is this record's to redrive."""
        if moments.parsed(record.decided_at) + RESUMED_WITHIN < self._now():
            return "It was approved over an hour ago and not begun."
        if now.get("redriveCount", 0) != _recorded(record):
            return "The request names another redrive count than the execution has."
        if _input_digest(now) != record.details.get("input_digest", _input_digest(now)):
            return "The request names another input than the execution has."
        if now.get("redriveStatus") != "REDRIVABLE":
            why = now.get("redriveStatusReason") or f"its status is {now['status']}"
            return f"It cannot be redriven: {why}"
        if not self._store.takes_turn(record):
            return "Another approval of the same redrive carries it out."
        return ""

    def _already(self, record: PendingApproval) -> str:
        if self._store.has_turn(record):
            return "Redriven; this was confirmed when the approval was resumed."
        return f"It had been redriven since {record.created_at}; nothing more was done."


_REPEAT = (
    "It is approved; whether the redrive has begun is not known yet. The approver tries again by"
    " itself; approving once more is safe, since it happens at most once."
)
_TRANSIENT = {429, 503, 504}


def open_approver() -> Approver:
    """The approver of the current environment's stage."""
    chosen = settings.load()
    return Approver(
        open_store(),
        approvers=approvers_of(chosen),
        requester_may_approve=chosen.requester_may_approve,
        requester_may_approve_queries=chosen.requester_may_approve_queries,
        stepfunctions=lambda: clients.client(
            "stepfunctions", read_timeout=_READ_TIMEOUT, retries=1
        ),
    )


def approvers_of(chosen: settings.Settings) -> tuple[str, ...]:
    """The approver list; on a laptop without one, the laptop's own user."""
    if not chosen.approvers and chosen.stage_name == "local":
        return (settings.operating_system_user(),)
    return chosen.approvers


def is_approver(who: str, approvers: tuple[str, ...]) -> bool:
    """Whether a typed identity stands on the list.

    Only an ``iam:`` entry may end in ``*``: an assumed role's ARN ends in a session name that
    changes (``iam:arn:aws:sts::123456789012:assumed-role/DataOps/*``).
    """
    return bool(who) and any(
        who == entry or (entry.startswith("iam:") and _is_session_of(who, entry))
        for entry in approvers
    )


def _is_session_of(who: str, entry: str) -> bool:
    role, star, rest = entry.rpartition("/*")
    return (
        bool(star) and not rest and who.startswith(f"{role}/") and "/" not in who[len(role) + 1 :]
    )


def _once(stepfunctions: Any, record: PendingApproval) -> tuple[bool, str]:
    """Redrives it; False with the reason when Step Functions would not."""
    try:
        answer = stepfunctions.redrive_execution(executionArn=record.target, clientToken=record.id)
    except stepfunctions.exceptions.ClientError as error:
        if error_code(error) != "ExecutionNotRedrivable":
            raise
        return False, str(error)
    at = moments.iso(answer.get("redriveDate"))
    return True, f"Redriven at {at} from {record.details.get('failed_state', '')}."


def _recorded(record: PendingApproval) -> int:
    """The count that the request was made at; -1 when it names none."""
    said = record.details.get("redrive_count", "")
    return int(said) if said.isascii() and said.isdigit() else -1


def _input_digest(described: Mapping[str, Any]) -> str:
    return hashlib.sha256((described.get("input") or "").encode()).hexdigest()


def _closed(record: PendingApproval) -> str:
    said = {
        ApprovalState.DENIED: f"It was denied by {record.decided_by} at {record.decided_at}.",
        ApprovalState.EXPIRED: f"It expired at {record.expires_at}; ask again.",
        ApprovalState.FAILED: f"It was approved, but failed: {record.outcome}",
        ApprovalState.APPROVED: f"It was approved by {record.decided_by} before.",
        ApprovalState.EXECUTED: f"It was carried out before: {record.outcome}",
        ApprovalState.USED: "It was approved and used before.",
    }
    return said[record.state]
