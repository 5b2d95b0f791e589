"""Any exception as an error of ours, so that whoever can act is told how."""

import re
from collections.abc import Mapping
from typing import Any

from datalfred.clients import THROTTLED
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
    if names & _SILENT:
        return TimedOutError("AWS did not answer in time.", hint=_LATER)
    if names & _UNREACHABLE:
        return UnavailableError(f"AWS could not be reached: {error}", hint=_LATER)
    if names & _GARBLED:
        return UnavailableError("AWS gave an answer that cannot be read.", hint=_LATER)
    return None


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
    if code in THROTTLED:
        return ThrottledError(f"AWS asked for slower calls ({code}).", hint=_LATER)
    status = _answer_of(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    if status >= _SERVER_ERROR:
        return UnavailableError(f"AWS failed with {code}: {said}", hint=_LATER)
    return CorrectableError(f"AWS refused with {code}: {said}")
