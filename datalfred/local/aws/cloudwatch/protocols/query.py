"""The Query protocol: a form that names every leaf, answered in XML.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html. Lists are named
``Name.member.N``, maps ``Name.entry.N.key`` and ``.value``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

Form = Mapping[str, str]


def read(shape: Any, form: Form, prefix: str = "") -> Any:
    """The raw value of ``shape`` that a form holds below ``prefix``; None when it holds none.

    Args:
        shape: botocore's shape.
        form: the fields, each with its last value.
        prefix: name of the value, such as ``MetricData.member.1``.
    """
    if shape.type_name == "structure":
        return _read_structure(shape, form, prefix)
    if shape.type_name == "list":
        return _read_list(shape, form, prefix)
    return form.get(prefix)


def _read_structure(shape: Any, form: Form, prefix: str) -> dict[str, Any] | None:
    found = {}
    for name, member in shape.members.items():
        label = member.serialization.get("name", name)
        value = read(member, form, f"{prefix}.{label}" if prefix else label)
        if value is not None:
            found[name] = value
    return found if found or not prefix else None


def _read_list(shape: Any, form: Form, prefix: str) -> list[Any] | None:
    label = shape.member.serialization.get("name", "member")
    items: list[Any] = []
    while True:
        value = read(shape.member, form, f"{prefix}.{label}.{len(items) + 1}")
        if value is None:
            return items if items or prefix in form else None
        items.append(value)


def write(operation: Any, result: Mapping[str, Any], request_id: str) -> bytes:
    """The answer of an operation as an XML document.

    Args:
        operation: botocore's model of it.
        result: its output, by the names of the model.
        request_id: of this request.
    """
    shape = operation.output_shape
    body = ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        body = f"<{wrapper}>{_members(shape, result)}</{wrapper}>"
    namespace = operation.service_model.metadata.get("xmlNamespace", "")
    identified = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    name = f"{operation.name}Response"
    return f'<{name} xmlns="{namespace}">{body}{identified}</{name}>'.encode()


def _members(shape: Any, value: Mapping[str, Any]) -> str:
    return "".join(
        _element(member.serialization.get("name", name), member, value[name])
        for name, member in shape.members.items()
        if value.get(name) is not None
    )


def _element(tag: str, shape: Any, value: Any) -> str:
    if shape.type_name == "structure":
        inner = _members(shape, value)
    elif shape.type_name == "list":
        label = shape.member.serialization.get("name", "member")
        inner = "".join(_element(label, shape.member, item) for item in value)
    else:
        inner = escape(_text(value))
    return f"<{tag}>{inner}</{tag}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)
