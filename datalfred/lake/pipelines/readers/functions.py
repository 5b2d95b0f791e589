"""Lambda functions that a state invoked."""

from datetime import timedelta
from functools import partial

from datalfred import clients
from datalfred.lake import moments
from datalfred.lake.logs import search
from datalfred.lake.pipelines.dossier import Dossier
from datalfred.lake.pipelines.history import Failure

_ACTION = "lambda:GetFunctionConfiguration"
_BEFORE, _AFTER = timedelta(seconds=1), timedelta(seconds=30)
_HISTORY = "states:GetExecutionHistory"


def lambda_function(failure: Failure, dossier: Dossier) -> None:
    """The function of ``lambda:invoke``, or of a state that names a function's ARN."""
    dossier.kind = "lambda"
    name = _function_name(str(failure.parameters.get("FunctionName", "")))
    dossier.resource = name
    data = failure.cause_data
    if "errorType" in data or "errorMessage" in data:
        words = f"{data.get('errorType', 'Error')}: {data.get('errorMessage', '')}"
        at = moments.iso(failure.failed_at)
        dossier.fact(f"The function raised {words}", _HISTORY, at=at, words=words)
    if not name:
        dossier.gaps.add("No function: the history does not name the one that was invoked.")
        return
    _log(failure, dossier, _configured(name, dossier))


def _configured(name: str, dossier: Dossier) -> str:
    """Adds the function's limits; its log group."""
    usual = f"/aws/lambda/{name}"
    found = dossier.gaps.attempt(
        _ACTION,
        lambda: clients.client("lambda").get_function_configuration(FunctionName=name),
    )
    if found is None:
        return usual
    changed = str(found.get("LastModified", ""))
    dossier.settings = {
        "memory_mb": str(found.get("MemorySize", "")),
        "timeout_seconds": str(found.get("Timeout", "")),
        "changed_at": changed,
    }
    since = f"; it was last changed at {changed}" if changed else ""
    dossier.fact(
        f"The function {name} has {found.get('MemorySize')} MB and {found.get('Timeout')} seconds"
        f"{since}.",
        _ACTION,
    )
    return str(found.get("LoggingConfig", {}).get("LogGroup") or usual)


def _log(failure: Failure, dossier: Dossier, group: str) -> None:
    """Adds what the function logged between the state's beginning and shortly after its end."""
    start = (failure.entered_at or failure.failed_at) - _BEFORE
    end = failure.failed_at + _AFTER
    found = dossier.gaps.attempt(
        "logs:FilterLogEvents",
        partial(search.search, (group,), "", start, end, limit=search.MOST_EVENTS),
    )
    if found is None:
        return
    if not found.events:
        dossier.gaps.add(f"The log group {group} holds no line in that time.")
    dossier.log(tuple(reversed(found.events)), "logs:FilterLogEvents")


def _function_name(name_or_arn: str) -> str:
    """The name in ``name``, ``name:alias`` or ``arn:aws:lambda:REGION:ACCOUNT:function:name``."""
    parts = name_or_arn.split(":")
    return parts[6] if name_or_arn.startswith("arn:") and len(parts) > 6 else parts[0]  # noqa: PLR2004 -- position of the name in an ARN
