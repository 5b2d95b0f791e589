"""Any exception as an error of ours, so that whoever can act is told how."""

import re

from datalfred.errors import (
    CorrectableError,
    DatalfredError,
    OperatorError,
    PermissionMissingError,
    ThrottledError,
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
THROTTLED = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
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
    if names & {
        "botocore.exceptions.HTTPClientError",
        "botocore.exceptions.ConnectionError",
        "botocore.exceptions.EndpointConnectionError",
    }:
        return UnavailableError(f"AWS could not be reached: {error}", hint="Try again later.")
    return None


def error_code(error: Exception) -> str:
    """AWS's code of a botocore ``ClientError``, such as ``EntityNotFoundException``."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def error_message(error: Exception) -> str:
    """AWS's own words of a botocore ``ClientError``."""
    response = getattr(error, "response", {})
    details = response.get("Error", {})
    return str(details.get("Message") or details.get("message") or error)


def _client_error(error: Exception) -> DatalfredError:
    code, said = error_code(error), error_message(error)
    if code in DENIED:
        found = _PERFORM.search(said)
        operation = str(getattr(error, "operation_name", "the call"))
        action = found["action"] if found else operation
        resource = (found["resource"] if found else None) or "*"
        return PermissionMissingError(action, resource, said=said)
    if code in THROTTLED:
        return ThrottledError(f"AWS asked for slower calls ({code}).", hint="Try again later.")
    response = getattr(error, "response", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    if status >= _SERVER_ERROR:
        return UnavailableError(f"AWS failed with {code}: {said}", hint="Try again later.")
    return CorrectableError(f"AWS refused with {code}: {said}")
