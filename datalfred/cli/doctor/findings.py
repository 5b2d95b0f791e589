"""What a check found, and how an exception becomes a finding."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from datalfred.bedrock.failures import translated
from datalfred.errors import DatalfredError, PermissionMissingError, UnavailableError

OK, FAIL, UNKNOWN = "ok", "FAIL", "unknown"
_EXPLICIT = "explicit deny"
_FORBIDDEN = (
    "A policy denies it explicitly (often one of the organisation), so that allowing it is not"
    " enough: ask whoever owns that policy."
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: the thing.
        status: ``ok``, ``FAIL`` or ``unknown``.
        detail: what was seen, or why nobody could look.
        way_out: what to do; empty when there is nothing to do.
        fix: the policy statement with which one may look; None when no permission is missing.
    """

    what: str
    status: str
    detail: str
    way_out: str = ""
    fix: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The finding for programs; ``well`` is null where nobody could look."""
        well = {OK: True, FAIL: False}.get(self.status)
        rest = {"detail": self.detail, "way_out": self.way_out, "fix": self.fix}
        return {"what": self.what, "status": self.status, "well": well, **rest}


@dataclass(frozen=True)
class Well:
    """Something that is well, and what may be done about it nevertheless."""

    detail: str
    way_out: str = ""


Look = Callable[[], str | Well]
"""Gives what it saw.

An ``OperatorError`` or ``CorrectableError`` says that it is not well, an ``UnavailableError`` or
whatever AWS denied that nobody could look.
"""


@dataclass(frozen=True)
class Check:
    """A look at one thing.

    Attributes:
        what: the thing.
        look: looks at it.
    """

    what: str
    look: Look = field(repr=False)


def judged(check: Check) -> Finding:
    """Looks, and says what came of it; whatever goes wrong becomes a finding."""
    try:
        seen = check.look()
    except Exception as error:  # noqa: BLE001 -- one check that breaks must not hide the others
        return of_error(check.what, error)
    well = seen if isinstance(seen, Well) else Well(seen)
    return Finding(check.what, OK, well.detail, well.way_out)


def statement(action: str, resource: str) -> dict[str, str]:
    """The policy statement that allows one action on one resource."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def line(finding: Finding) -> str:
    """The finding for a person: its line, and under it the way out."""
    lines = [f"{finding.status:<8} {finding.what}: {finding.detail}"]
    if finding.way_out:
        lines.append(f"         {finding.way_out}")
    if finding.fix:
        lines.append(f"         {json.dumps(finding.fix)}")
    return "\n".join(lines)


def of_error(what: str, error: Exception) -> Finding:
    """What it means of a thing that the look at it raised this."""
    said = translated(error)
    if isinstance(said, PermissionMissingError):
        return _denied(what, said)
    if said is None:
        kind = type(error).__name__
        said = UnavailableError(f"The look at it failed: {kind}: {error}")
    # A call that AWS refused for a reason that no check knows says nothing of what it asked about.
    unseen = isinstance(said, UnavailableError) or said is not error
    return Finding(what, UNKNOWN if unseen else FAIL, said.message, said.hint)


def _denied(what: str, error: PermissionMissingError) -> Finding:
    fix = statement(error.action, error.resource)
    if _EXPLICIT in error.message:
        return Finding(what, UNKNOWN, error.message, _FORBIDDEN, fix)
    hint = "Add this statement to a policy of whoever asks:"
    return Finding(what, UNKNOWN, error.message, hint, fix)


def not_looked_at(what: str, why: DatalfredError) -> Finding:
    """A finding of something that was not looked at because of something else."""
    return Finding(what, UNKNOWN, f"not looked at: {why.message}", why.hint)
