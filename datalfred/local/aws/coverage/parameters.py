"""Which of an operation's refused parameters a request gives, whatever its protocol.

A parameter that is empty or null is not given; neither is one that is false, unless the manifest
says that true is what happens anyway.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from datalfred.local.aws.message import Request

Refused = Mapping[str, Sequence[str]]
"""Parameters, each with the values that are fine."""

_CBOR_SHORT = 24


def given(request: Request, refused: Refused, wire: Mapping[str, str]) -> Iterator[str]:
    """The parameters of ``refused`` that ``request`` gives with a value that is not fine.

    Args:
        request: of any protocol.
        refused: what to look for; dots lead into structures, through lists and by ``*`` maps.
        wire: where parameters of a REST service travel.
    """
    for parameter, fine in refused.items():
        place, _, name = wire.get(parameter, "").partition(" ")
        if place == "header":
            values: Iterable[Any] = [request.headers.get(name)]
        elif place == "query":
            values = [request.parameters().get(name)]
        elif _name_of(parameter) not in request.body:
            continue  # most requests are judged by this alone
        else:
            values = _in_body(request, parameter)
        if any(_says_more(value, fine) for value in values):
            yield parameter


def _says_more(value: Any, fine: Sequence[str]) -> bool:
    """Whether ``value`` asks for something else than what happens anyway."""
    if not fine or value in (None, "", [], {}):
        return bool(value)
    return _text(value) not in fine


@lru_cache(maxsize=1024)
def _name_of(parameter: str) -> bytes:
    return parameter.rpartition(".")[2].encode()


def _in_body(request: Request, parameter: str) -> Iterable[Any]:
    kind = request.headers.get("content-type", "")
    if "json" in kind or request.headers.get("x-amz-target"):
        try:
            return list(_at(json.loads(request.body), parameter.split(".")))
        except ValueError:
            return []  # the service itself refuses it
    if kind.startswith("application/x-www-form-urlencoded"):
        return list(_at(_unfolded(request.form()), parameter.split(".")))
    # Of CBOR and XML only the name is looked for: a value makes no difference there.
    name = _name_of(parameter)
    return [(_cbor_text(name) if "cbor" in kind else b"<" + name + b">") in request.body]


def _cbor_text(name: bytes) -> bytes:
    """How a key of a CBOR map is written (RFC 8949)."""
    short = len(name) < _CBOR_SHORT
    return (bytes([0x60 | len(name)]) if short else bytes([0x78, len(name)])) + name


def _unfolded(form: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a query-protocol request, of structures and lists only whether they are there.

    A map keeps its keys: ``Attributes.entry.1.key=A`` and ``.value=B`` become ``{"A": "B"}``.
    """
    fields: dict[str, Any] = {}
    for name, value in form.items():
        top, _, _ = name.partition(".")
        stem, _, end = name.rpartition(".")
        if stem and end == "key":
            fields.setdefault(top, {})[value] = form.get(f"{stem}.value", "")
        else:
            fields.setdefault(top, value)
    return fields


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """The values at the end of ``path``."""
    if isinstance(value, list) and path:
        for each in value:
            yield from _at(each, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        inner = value.values() if path[0] == "*" else [value.get(path[0])]
        for each in inner:
            yield from _at(each, path[1:])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
