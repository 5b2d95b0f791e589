"""Parameter Store of Systems Manager: texts by name, as long as the process lives.

moto has it too, but takes most of a second to load it, which the first question would wait for.
Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from datalfred.local.aws.compute.wire import Call, JsonApi
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT, Request, Response

_NAME = re.compile(r"[a-zA-Z0-9_.-]+|(/[a-zA-Z0-9_.-]+)+")
_LONGEST = 4096


def parameter_arn(region: str, wanted: str) -> str:
    """The ARN of a parameter by its name or ARN, whatever version of it is asked for."""
    plain, _ = _without_version(wanted)
    return plain if plain.startswith("arn:") else _arn(region, plain)


def _arn(region: str, name: str) -> str:
    return f"arn:aws:ssm:{region}:{ACCOUNT}:parameter/{name.removeprefix('/')}"


@dataclass(frozen=True)
class _Parameter:
    name: str
    value: str
    version: int
    modified: datetime


class ParameterStore:
    """Puts, gives and deletes parameters of the type ``String``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, _Parameter] = {}
        self._api = JsonApi(
            "AmazonSSM",
            {"PutParameter": self._put, "GetParameter": self._get, "DeleteParameter": self._delete},
            exclusive=True,
        )

    def handle(self, request: Request) -> Response | None:
        """The response to what is asked of Parameter Store; None for another service.

        Raises:
            FaultError: Systems Manager would refuse the request.
        """
        return self._api.handle(request)

    def create(self, region: str, name: str, value: str) -> None:
        """Makes a parameter as a deployment does: one that is there keeps its value."""
        made = _Parameter(name, value, 1, datetime.now(UTC))
        with self._lock:
            self._kept.setdefault(_arn(region, name), made)

    def _put(self, call: Call) -> Mapping[str, Any]:
        name, value = str(call.get("Name", "")), str(call.get("Value", ""))
        if not _NAME.fullmatch(name):
            raise FaultError("ValidationException", f"Parameter name: {name!r} is not valid.")
        if not 0 < len(value) <= _LONGEST:
            said = f"Standard tier parameters support a maximum parameter value of {_LONGEST}"
            raise FaultError("ValidationException", f"{said} characters, and no empty one.")
        arn = _arn(call.region, name)
        with self._lock:
            before = self._kept.get(arn)
            if before and not call.get("Overwrite", False):
                said = "The parameter already exists. To overwrite this value, set the overwrite"
                raise FaultError("ParameterAlreadyExists", f"{said} option in the request to true.")
            if not before and not call.get("Type"):
                said = "A parameter type is required when you create a parameter."
                raise FaultError("ValidationException", said)
            version = before.version + 1 if before else 1
            self._kept[arn] = _Parameter(name, value, version, datetime.now(UTC))
        return {"Version": version, "Tier": "Standard"}

    def _get(self, call: Call) -> Mapping[str, Any]:
        wanted = str(call.get("Name", ""))
        plain, version = _without_version(wanted)
        arn = parameter_arn(call.region, wanted)
        found = self._kept.get(arn)
        if found is None:
            raise FaultError("ParameterNotFound", f"Parameter {wanted} not found.")
        if version and version != str(found.version):
            said = f"Systems Manager could not find version {version} of {plain}."
            raise FaultError("ParameterVersionNotFound", said)
        return {
            "Parameter": {
                "Name": found.name,
                "Type": "String",
                "Value": found.value,
                "Version": found.version,
                "LastModifiedDate": found.modified,
                "ARN": arn,
                "DataType": "text",
            }
        }

    def _delete(self, call: Call) -> Mapping[str, Any]:
        wanted = str(call.get("Name", ""))
        with self._lock:
            if self._kept.pop(_arn(call.region, wanted), None) is None:
                raise FaultError("ParameterNotFound", f"Parameter {wanted} not found.")
        return {}


def _without_version(wanted: str) -> tuple[str, str]:
    """A name or ARN, and the version that may follow it after a colon."""
    plain, _, last = wanted.rpartition(":")
    return (plain, last) if plain and last.isdigit() else (wanted, "")
