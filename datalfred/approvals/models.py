"""The record of an action that waits for a person."""

from enum import StrEnum

from pydantic import Field

from datalfred.definitions.shape import Shape


class ApprovalState(StrEnum):
    """PENDING -> APPROVED -> EXECUTED (or USED, for a query); or DENIED, EXPIRED, FAILED."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    EXECUTED = "EXECUTED"
    USED = "USED"
    DENIED = "DENIED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


class PendingApproval(Shape):
    """An action as it was asked for; what a person reads before saying yes."""

    id: str
    """128 random bits in hex; also the clientToken of the action, so that it happens once."""
    action: str
    """``redrive`` or ``query``."""
    target: str
    """The execution's ARN, or the digest of the SQL."""
    summary: str
    """One sentence: what will happen if a person approves."""
    state: ApprovalState = ApprovalState.PENDING
    requester: str
    """Typed identity: ``slack:T:U``, ``iam:ARN``, ``http:SUBJECT`` or ``local:NAME``."""
    created_at: str
    expires_at: str
    details: dict[str, str] = Field(default_factory=dict)
    """A redrive: pipeline, failed_state, input_digest, redrive_count; a query: sql, estimate."""
    decided_by: str = ""
    decided_at: str = ""
    outcome: str = ""
