"""Any exception as an error of ours, so that whoever can act is told how."""

import re
from collections.abc import Mapping
from typing import Any

from datalfred.clients import CALL, THROTTLED
from datalfred.errors import (
    CorrectableError,
    DatalfredError,
    OperatorError,
    PermissionMissingError,
    ThrottledError,
    TimedOutError,
    UnavailableError,
)

DENIED = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "UnauthorizedException",
        "UnauthorizedOperation",
    }
)
QUOTA_HINT = (
    "Ask for a higher quota of this model's requests or tokens a minute (Service Quotas, Amazon"
    " Bedrock), or choose another model size."
)
"""What to do when Bedrock asks for slower calls again and again."""

_SILENT = {
    "botocore.exceptions.ReadTimeoutError",
    "botocore.exceptions.ConnectTimeoutError",
    "urllib3.exceptions.TimeoutError",
}
_UNREACHABLE = {
    "botocore.exceptions.HTTPClientError",
    "botocore.exceptions.ConnectionError",
    "urllib3.exceptions.HTTPError",
}
_GARBLED = {
    "botocore.exceptions.IncompleteReadError",
    "botocore.parsers.ResponseParserError",
}
_LATER = "Try again later."
_ARN = re.compile(r"arn:aws[\w-]*:[\w-]*:[\w-]*:\d*:(?P<resource>[^\s,;()\"']*[^\s,;()\"'.:])?")
_PERFORM = re.compile(r"perform:? (?P<action>[\w-]+:\w+)(?: on resource:? (?P<resource>\S+))?")
_SERVER_ERROR = 500


def translated(error: Exception) -> DatalfredError | None:
    """The error of ours that says the same as ``error``; None when it is a defect of ours.

    botocore is recognised by its classes' names: a function that made no client did not import it.
    """
    if isinstance(error, DatalfredError):
        return error
    names = {f"{cls.__module__}.{cls.__name__}" for cls in type(error).__mro__}
    if "botocore.exceptions.ClientError" in names:
        return _client_error(error)
    if names & {
        "botocore.exceptions.NoCredentialsError",
        "botocore.exceptions.PartialCredentialsError",
    }:
        return OperatorError(
            "There are no AWS credentials.", hint="Give this process a role, a profile or keys."
        )
    return _unanswered(error, names)


def _unanswered(error: Exception, names: set[str]) -> DatalfredError | None:
    """What a call was that came to no answer, by the names of the error's classes."""
    call = call_of(error)
    if names & _SILENT:
        return TimedOutError(f"AWS did not answer{_after(' ', call)} in time.", hint=_LATER)
    if names & _UNREACHABLE:
        said = f"AWS could not be reached{_after(' for ', call)}: {error}"
        return UnavailableError(said, hint=_LATER)
    if names & _GARBLED:
        said = f"AWS gave an answer{_after(' to ', call)} that cannot be read."
        return UnavailableError(said, hint=_LATER)
    return None


def call_of(error: Exception) -> str:
    """Which call failed, such as ``glue:GetTables``; empty when that is not known."""
    named = _answer_of(error).get("ResponseMetadata", {}).get(CALL)
    return str(named or getattr(error, CALL, "") or getattr(error, "operation_name", ""))


def _after(word: str, call: str) -> str:
    return f"{word}{call}" if call else ""


def error_code(error: Exception) -> str:
    """AWS's code of a botocore ``ClientError``, such as ``EntityNotFoundException``."""
    return str(_answer_of(error).get("Error", {}).get("Code", ""))


def error_message(error: Exception) -> str:
    """AWS's own words of a botocore ``ClientError``."""
    details = _answer_of(error).get("Error", {})
    return str(details.get("Message") or details.get("message") or error)


def without_arns(text: str) -> str:
    """A text for a conversation: of every ARN only the name of the resource is left.

    Account ids, roles and sessions are for the log; who reads a chat needs to know which table.
    """
    return _ARN.sub(lambda found: found["resource"] or "(a resource)", text)


def _answer_of(error: Exception) -> Mapping[str, Any]:
    """What AWS answered; botocore's errors of a connection have an answer, too, which is None."""
    return getattr(error, "response", None) or {}


def _client_error(error: Exception) -> DatalfredError:
    code, words = error_code(error), error_message(error)
    said = without_arns(words)
    if code in DENIED:
        found = _PERFORM.search(words)
        operation = str(getattr(error, "operation_name", "the call"))
        action = found["action"] if found else operation
        resource = without_arns((found["resource"] if found else None) or "*")
        return PermissionMissingError(action, resource, said=said)
    call = call_of(error)
    if code in THROTTLED:
        slower = f"AWS asked for slower calls{_after(' of ', call)} ({code})."
        return ThrottledError(slower, hint=_LATER)
    status = _answer_of(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    if status >= _SERVER_ERROR:
        return UnavailableError(
            f"AWS failed{_after(' at ', call)} with {code}: {said}", hint=_LATER
        )
    return CorrectableError(f"AWS refused{_after(' ', call)} with {code}: {said}")
