"""The contract of an action group: an OpenAPI document in the subset that Bedrock reads.

Powertools derives a full document from the typed operations; :func:`slim` reduces it: references
inlined, titles, tags and validation noise dropped, allowed values moved into the description
(Bedrock knows no ``enum``), responses named but not detailed (a model reads them from the results).
``openapi/<group>.json`` is written by ``make generate`` and by nothing else.
"""

import importlib
import json
from typing import Any

from datalfred.bedrock import rules
from datalfred.definitions.handlers import handler_of

_WORDS_OF_A_SCALAR = ("type", "description", "default")
_RESULT = {
    "200": {
        "description": "The result, with one line of evidence.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


def derive(group: str) -> dict[str, Any]:
    """The slim OpenAPI document of an action group, from its code."""
    package = importlib.import_module(f"action_groups.{group}")
    handlers = importlib.import_module(handler_of(group).rpartition(".")[0])
    full = handlers.app.get_openapi_json_schema(
        title=group, version="1.0.0", description=(package.__doc__ or "").strip()
    )
    return slim(json.loads(full))


def slim(full: dict[str, Any]) -> dict[str, Any]:
    """Reduces a document to what Bedrock supports, without losing a word that a model needs."""
    schemas = full.get("components", {}).get("schemas", {})
    paths = {
        path: {verb: _operation(each, schemas) for verb, each in verbs.items()}
        for path, verbs in full["paths"].items()
    }
    info = {key: full["info"][key] for key in ("title", "version", "description")}
    return {"openapi": rules.OPENAPI_VERSION, "info": info, "paths": paths}


def render(document: dict[str, Any]) -> str:
    """The document as the file that is committed."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _operation(definition: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    operation = {
        "operationId": definition["operationId"],
        "description": _one_paragraph(definition["description"]),
    }
    body = definition.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        schema = _body(_resolved(body["schema"], schemas), schemas)
        operation["requestBody"] = {
            "required": "required" in schema,
            "content": {"application/json": {"schema": schema}},
        }
    return {**operation, "responses": _RESULT}


def _body(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    properties = {
        name: _scalar(_resolved(each, schemas)) for name, each in schema["properties"].items()
    }
    body = {"type": "object", "properties": properties}
    required = schema.get("required", [])
    return {**body, "required": required} if required else body


def _scalar(schema: dict[str, Any]) -> dict[str, Any]:
    """A scalar's type, words and default; its allowed values become words."""
    words = {key: schema[key] for key in _WORDS_OF_A_SCALAR if key in schema}
    words["description"] = _one_paragraph(words.get("description", ""))
    allowed = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if allowed:
        values = ", ".join(str(each) for each in allowed if each != "")
        words["description"] = f"{words['description'].rstrip('.')}. One of: {values}."
    return words


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema without references, one-armed unions and the null of an optional."""
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return {**_resolved(schemas[schema["$ref"].rpartition("/")[2]], schemas), **rest}
    for union in ("anyOf", "oneOf", "allOf"):
        arms = [arm for arm in schema.get(union, ()) if arm.get("type") != "null"]
        if len(arms) == 1:
            rest = {key: value for key, value in schema.items() if key != union}
            return {**_resolved(arms[0], schemas), **rest}
    return schema


def _one_paragraph(text: str) -> str:
    return " ".join(text.split())
