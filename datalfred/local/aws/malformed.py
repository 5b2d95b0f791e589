"""What is wrong with a request on which a service broke off.

moto takes what it is given: a missing or mistyped parameter makes it raise somewhere inside. AWS
refuses such a request before its service sees it. So when a service broke off, and only then, the
request is held against botocore's model of its operation: the caller's mistake is named as AWS
names it, and what remains is a defect of the emulator.
"""

import json
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request
from datalfred.local.aws.operations import operation_model, rest_operation

if TYPE_CHECKING:
    from botocore.model import OperationModel, StructureShape

_MALFORMED_XML = FaultError(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
)


def mistake_in(request: Request) -> FaultError | None:
    """The caller's mistake in ``request``; None when its operation takes what it was given.

    The codes are those of the common errors of AWS APIs: ``SerializationException`` for a body
    that is not of the protocol, ``ValidationException`` and ``MissingParameter`` for its content.
    """
    service, operation = request.target
    if operation:
        model = operation_model(request.caller.service, operation)
        return _mistake_in_json(request.body, model) if model or not service else None
    form = request.form()
    model = operation_model(request.caller.service, form.get("Action", ""))
    if model is not None:
        return _missing_from(form, model)
    return _mistake_in_rest(request)


def _mistake_in_rest(request: Request) -> FaultError | None:
    service = request.caller.service
    if not service:
        return None
    called = rest_operation(service, request.method, request.path, request.query)
    if called.startswith(f"{request.method} "):  # no operation has that method and path
        return FaultError("MethodNotAllowed", f"{service} has no operation {called}.", 405)
    if service == "s3":
        carries_data = called in {"PutObject", "UploadPart"}
        return None if carries_data or _is_xml(request.body) else _MALFORMED_XML
    if not _is_text(request.body):
        return FaultError("SerializationException", "The body of the request is not UTF-8.")
    return None


def _is_xml(body: bytes) -> bool:
    from xml.parsers import expat

    try:
        expat.ParserCreate().Parse(body or b"<Nothing/>", True)  # noqa: FBT003 -- by position only
    except expat.ExpatError:
        return False
    return True


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _mistake_in_json(body: bytes, model: "OperationModel | None") -> FaultError | None:
    from botocore.validate import ParamValidator

    try:
        parameters = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return FaultError("SerializationException", "The body of the request is not JSON.")
    if not isinstance(parameters, dict):
        return FaultError("SerializationException", "The body of the request is no JSON object.")
    shape = model.input_shape if model else None
    if shape is None:
        return None
    report = ParamValidator().validate(_given(parameters), shape)
    if not report.has_errors():
        return None
    return FaultError("ValidationException", report.generate_report())


def _given(parameters: dict[str, Any]) -> dict[str, Any]:
    """Without nulls, which AWS's JSON protocols take for parameters that are not there."""
    return {name: value for name, value in parameters.items() if value is not None}


def _missing_from(form: dict[str, str], model: "OperationModel") -> FaultError | None:
    shape = model.input_shape
    if shape is None:
        return None
    for member in shape.required_members:
        name = _wire_name(member, shape)
        if not any(key == name or key.startswith(f"{name}.") for key in form):
            message = f"The request must contain the parameter {name}."
            return FaultError("MissingParameter", message)
    return None


def _wire_name(member: str, shape: "StructureShape") -> str:
    return str(shape.members[member].serialization.get("name", member))
