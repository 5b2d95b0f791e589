"""One call as the question for its permissions sees it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import unquote

from datalfred.local.aws.iam.evaluation import Ask, Scope
from datalfred.local.aws.message import ACCOUNT, Request
from datalfred.local.aws.operations import members_of, operation_of

_ELEMENT = re.compile(r"(\w+)\.member\.\d+")

LookUp: TypeAlias = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]
"""What a JSON service answers the person at the laptop: target, operation, input; {} if nothing."""


class Called:
    """A call, its input read when somebody asks for it.

    Attributes:
        request: as it came.
        look_up: asks a service for what the call itself does not say.
        keys: the condition keys that only this operation has, filled in by whoever reads it.
    """

    def __init__(self, request: Request, look_up: LookUp) -> None:
        self.request = request
        self.look_up = look_up
        self.keys: dict[str, Sequence[str]] = {}

    @cached_property
    def operation(self) -> str:
        """Its name, such as ``StartExecution``."""
        return operation_of(self.request)

    @cached_property
    def input(self) -> Mapping[str, Any]:
        """What the operation takes of the JSON, the CBOR or the form; empty where there is nothing.

        What it does not take does not count: a service would not read it either.
        """
        given = self._given()
        known = members_of(self.request.caller.service, self.operation) if given else None
        if known is None:
            return given
        return {name: value for name, value in given.items() if name in known}

    def _given(self) -> Mapping[str, Any]:
        request = self.request
        kind = request.headers.get("content-type", "")
        if request.caller.service == "monitoring":
            return _of_cloudwatch(request)
        if request.target[1]:
            return _object(request.body)
        if kind.startswith("application/x-www-form") or "Action=" in request.query:
            return _unfolded(request.form())
        return _object(request.body)

    @cached_property
    def path(self) -> Sequence[str]:
        """The parts of the path, decoded."""
        return [unquote(part) for part in self.request.path.strip("/").split("/")]

    def text(self, *names: str) -> str:
        """The first of these members of the input that is a text with something in it."""
        for name in names:
            value = self.input.get(name)
            if isinstance(value, str) and value:
                return value
        return ""

    def texts(self, name: str) -> list[str]:
        """A member of the input that is a list of texts."""
        value = self.input.get(name)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the region of the call."""
        return f"arn:aws:{service}:{self.request.caller.region}:{ACCOUNT}:{resource}"


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _of_cloudwatch(request: Request) -> Mapping[str, Any]:
    """CloudWatch speaks all three protocols, of which boto3 takes CBOR."""
    from datalfred.local.aws.cloudwatch.protocols.dialects import asked_of

    asked = asked_of(request)
    raw = asked.raw if asked else {}
    if asked is not None and asked.protocol == "query":
        return _unfolded(raw)
    return raw if isinstance(raw, dict) else {}


def _unfolded(form: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a form, with its lists: ``Names.member.1=a`` becomes ``{"Names": ["a"]}``."""
    fields: dict[str, Any] = {}
    for name, value in form.items():
        found = _ELEMENT.fullmatch(name)
        if found is None:
            fields[name] = value
        elif isinstance(listed := fields.setdefault(found[1], []), list):
            listed.append(value)
    return fields


Asks: TypeAlias = Iterable[Ask]
Reader: TypeAlias = Callable[[Called], Asks]
"""Says what a call of its service asks for."""


def named(called: Called, service: str, kind: str, name: str) -> str:
    """The ARN of ``kind`` (such as ``function:``) by a name; an ARN stays as it is."""
    return name if name.startswith("arn:") else called.arn(service, f"{kind}{name}")


def everything(action: str) -> Ask:
    """The ask of an operation that IAM judges without a resource."""
    return Ask(action)


def unknown(action: str) -> Ask:
    """The ask of an operation whose resources nobody here knows."""
    return Ask(action, "*", Scope.UNKNOWN)


def passed(called: Called, role: Any, service: str) -> list[Ask]:
    """``iam:PassRole`` of a role that a call hands to a service; nothing where it names none."""
    if not isinstance(role, str) or not role:
        return []
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{ACCOUNT}:role/{role}"
    called.keys["iam:passedtoservice"] = (f"{service}.amazonaws.com",)
    return [Ask("iam:PassRole", arn)]
