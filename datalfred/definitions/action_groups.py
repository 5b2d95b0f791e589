"""Action groups as their OpenAPI schema describes them: what a model is offered."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from datalfred.definitions.content import content_folder
from datalfred.definitions.shape import Shape
from datalfred.errors import ConfigurationError


class Parameter(Shape):
    """One scalar that an operation takes."""

    name: str
    type: str
    """``string``, ``integer``, ``number`` or ``boolean``."""
    description: str
    required: bool
    default: str | int | float | bool | None = None


class Operation(Shape):
    """One operation of an action group."""

    operation_id: str
    path: str
    verb: str
    description: str
    parameters: tuple[Parameter, ...]

    def tool_name(self, group: str) -> str:
        """The name that Bedrock gives a model: ``verb__group__operationId``."""
        return f"{self.verb}__{group}__{self.operation_id}"

    def input_schema(self) -> dict[str, Any]:
        """The parameters as the JSON Schema of a Converse tool."""
        properties = {
            each.name: {"type": each.type, "description": each.description}
            for each in self.parameters
        }
        required = [each.name for each in self.parameters if each.required]
        return {"type": "object", "properties": properties, "required": required}


class ActionGroup(Shape):
    """One action group: a Lambda function and the operations it answers."""

    name: str
    description: str
    operations: tuple[Operation, ...]


def action_group_names(folder: Path | None = None) -> tuple[str, ...]:
    """The action groups that have a schema, in alphabetical order."""
    folder = folder or content_folder("openapi")
    return tuple(sorted(each.stem for each in folder.glob("*.json")))


@cache
def load_action_group(name: str, folder: Path | None = None) -> ActionGroup:
    """Reads ``openapi/<name>.json``.

    Raises:
        ConfigurationError: there is no such schema, or it is none.
    """
    path = (folder or content_folder("openapi")) / f"{name}.json"
    try:
        return parse_action_group(name, json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError) as error:
        hint = "Run `datalfred openapi` to write it."
        raise ConfigurationError(str(path), f"is no schema: {error!r}.", hint=hint) from error


def parse_action_group(name: str, schema: dict[str, Any]) -> ActionGroup:
    """The action group that an OpenAPI document describes; KeyError when it is incomplete."""
    operations = tuple(
        _operation(path, verb, definition)
        for path, verbs in schema["paths"].items()
        for verb, definition in verbs.items()
    )
    info = schema["info"]
    return ActionGroup(name=name, description=info["description"], operations=operations)


def _operation(path: str, verb: str, definition: dict[str, Any]) -> Operation:
    content = definition.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema", {})
    required = set(body.get("required", ()))
    parameters = tuple(
        Parameter(
            name=name,
            type=schema["type"],
            description=schema["description"],
            required=name in required,
            default=schema.get("default"),
        )
        for name, schema in body.get("properties", {}).items()
    )
    return Operation(
        operation_id=definition["operationId"],
        path=path,
        verb=verb,
        description=definition["description"],
        parameters=parameters,
    )
