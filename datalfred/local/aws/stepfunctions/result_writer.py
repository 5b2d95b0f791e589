"""The files in which a Distributed Map leaves the results of its children.

moto's interpreter writes a manifest that names none, whatever the children did.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval.resource_eval_s3 import (  # noqa: E501 -- moto's own long name
    ResourceEvalS3,
)

from datalfred.local.aws.stepfunctions import views
from datalfred.local.aws.stepfunctions.environment import mark_of
from datalfred.local.aws.stepfunctions.error_names import error_named
from datalfred.local.aws.stepfunctions.execution import Execution
from datalfred.local.aws.stepfunctions.map_run import MapRun

_FILES = {"SUCCEEDED": "SUCCEEDED", "FAILED": "FAILED", "TIMED_OUT": "FAILED", "ABORTED": "FAILED"}
_FAILED = "States.ResultWriterFailed"


def mend(replace: Callable[[Any, str, Any], Any]) -> None:
    """Puts the writer into the interpreter's class."""
    replace(ResourceEvalS3, "_handle_put_object", staticmethod(write))


def write(env: Any, runtime: Any, credentials: Any) -> None:
    """Writes the results of the Map Run, and gives the state their manifest."""
    asked = env.stack.pop()
    env.stack.pop()  # the outputs, which are in the files
    run: MapRun = mark_of(env).map_run
    client = ResourceEvalS3._get_s3_client(runtime, credentials)  # noqa: SLF001 -- of the role
    prefix = str(asked.get("Prefix", ""))
    folder = f"{prefix}{'/' if prefix and not prefix.endswith('/') else ''}{run.arn[-36:]}"
    try:
        key = _write(client, asked["Bucket"], folder, run)
    except ClientError as problem:
        details: Any = {"error": _FAILED, "cause": str(problem)}
        event: Any = {"mapRunFailedEventDetails": details}
        kind = HistoryEventType.MapRunFailed
        raise FailureEventException(
            FailureEvent(env, error_named(_FAILED), kind, event)
        ) from problem
    run.results_written = True
    where = {"Bucket": asked["Bucket"], "Key": key}
    env.stack.append({"MapRunArn": run.arn, "ResultWriterDetails": where})


def _write(client: Any, bucket: str, folder: str, run: MapRun) -> str:
    """Writes one file for each kind of end, and the manifest; returns the manifest's key."""
    files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    for kind, listed in files.items():
        records = [record(child) for child in run.children if _FILES.get(child.status, "") == kind]
        if records:
            body = json.dumps(records).encode()
            key = f"{folder}/{kind}_0.json"
            client.put_object(Bucket=bucket, Key=key, Body=body)
            listed.append({"Key": key, "Size": len(body)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": run.arn, "ResultFiles": files}
    client.put_object(
        Bucket=bucket, Key=f"{folder}/manifest.json", Body=json.dumps(manifest).encode()
    )
    return f"{folder}/manifest.json"


def record(child: Execution) -> dict[str, Any]:
    """A child as a result file has it: as DescribeExecution says, in capitals."""
    told = views.described(child, with_data=True)
    told.pop("mapRunArn")
    return {_capital(name): _value(value) for name, value in sorted(told.items())}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).isoformat(timespec="milliseconds")
        return moment.replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {_capital(name): inner for name, inner in value.items()}
    return value


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
