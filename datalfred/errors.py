"""The errors of Datalfred, split by who can act on them.

DatalfredError                     code, hint, status
├── CorrectableError               whoever asked can ask better: a person, or the model
│   ├── InvalidInputError          field, given, allowed
│   ├── NotFoundError              kind, name, near
│   ├── RefusedError               asked for something that is never done here
│   ├── QueryFailedError           sql, query_id: Athena's own words
│   ├── AlreadyFailedError         earlier: the same call has failed in this turn
│   └── CeilingReachedError        a turn asked for more calls or money than it may
├── OperatorError                  whoever runs Datalfred must act
│   ├── PermissionMissingError     action, resource
│   ├── ConfigurationError         setting
│   ├── ModelUnavailableError      endpoint or model id
│   └── LocalStackError            a busy port, a missing folder, a broken file
└── UnavailableError               nobody can act now: it may work later
    ├── ThrottledError             AWS asked us to slow down
    └── TimedOutError              no answer within the deadline

Every error speaks in whole sentences: what went wrong and where, then (``hint``) the way out.
"""

from collections.abc import Sequence
from typing import ClassVar


class DatalfredError(Exception):
    """Base of every error that Datalfred raises on purpose.

    Attributes:
        code: stable name for programs, in capitals.
        status: the HTTP status that says the same.
        hint: the way out, as a sentence; empty when there is none.
    """

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def message(self) -> str:
        """What went wrong, without the way out."""
        return str(self.args[0])

    def as_dict(self) -> dict[str, str]:
        """The one shape in which every interface reports an error."""
        body = {"code": self.code, "message": self.message}
        return {**body, "hint": self.hint} if self.hint else body


class CorrectableError(DatalfredError):
    """Whoever asked can correct the request and ask again."""

    code = "BAD_REQUEST"
    status = 400


class InvalidInputError(CorrectableError):
    """A field holds what it may not hold."""

    code = "INVALID_INPUT"

    def __init__(self, field: str, given: str, allowed: str) -> None:
        super().__init__(f"{field}: {given}", hint=f"Allowed: {allowed}.")
        self.field = field
        self.given = given
        self.allowed = allowed


class NotFoundError(CorrectableError):
    """A named thing does not exist."""

    code = "NOT_FOUND"
    status = 404

    def __init__(self, kind: str, name: str, *, near: Sequence[str] = ()) -> None:
        hint = f"Did you mean {', '.join(near)}?" if near else ""
        super().__init__(f"There is no {kind} named {name!r}.", hint=hint)
        self.kind = kind
        self.name = name
        self.near = tuple(near)


class RefusedError(CorrectableError):
    """Asked for something that is never done this way, such as a write."""

    code = "REFUSED"
    status = 403


class QueryFailedError(CorrectableError):
    """Athena refused or failed a query; the message is Athena's own."""

    code = "QUERY_FAILED"

    def __init__(self, message: str, *, sql: str, query_id: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sql = sql
        self.query_id = query_id


class AlreadyFailedError(CorrectableError):
    """A turn repeats what has failed in it; it is answered from memory."""

    code = "ALREADY_FAILED"
    status = 409

    def __init__(self, earlier: DatalfredError, *, hint: str) -> None:
        super().__init__(
            f"Nothing was done: this has already failed in this turn. It said: {earlier.message}",
            hint=hint,
        )
        self.earlier = earlier


class CeilingReachedError(CorrectableError):
    """A turn asked for more calls, rounds or money than one turn may."""

    code = "CEILING_REACHED"
    status = 429


class OperatorError(DatalfredError):
    """Whoever runs Datalfred must act."""

    code = "OPERATOR_ACTION_NEEDED"


class PermissionMissingError(OperatorError):
    """AWS denied a call."""

    code = "PERMISSION_MISSING"
    status = 403

    def __init__(self, action: str, resource: str = "*", *, said: str = "") -> None:
        super().__init__(
            f"AWS denied {action} on {resource}." + (f" It said: {said}" if said else ""),
            hint=f"Allow {action} in the role of this function.",
        )
        self.action = action
        self.resource = resource


class ConfigurationError(OperatorError):
    """A setting is missing or holds what it may not hold."""

    code = "CONFIGURATION"

    def __init__(self, setting: str, problem: str, *, hint: str = "") -> None:
        super().__init__(f"{setting}: {problem}", hint=hint)
        self.setting = setting


class ModelUnavailableError(OperatorError):
    """The language model cannot be reached, or is not enabled."""

    code = "MODEL_UNAVAILABLE"
    status = 503


class LocalStackError(OperatorError):
    """The embedded AWS cannot start or cannot read what it was given."""

    code = "LOCAL_STACK"


class UnavailableError(DatalfredError):
    """Nobody can act now; the same request may work later."""

    code = "UNAVAILABLE"
    status = 503


class ThrottledError(UnavailableError):
    """AWS asked for slower calls."""

    code = "THROTTLED"
    status = 429


class TimedOutError(UnavailableError):
    """No answer came within the deadline."""

    code = "TIMED_OUT"
    status = 504
