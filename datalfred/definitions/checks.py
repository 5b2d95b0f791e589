"""Holds schemas and agents against the platform's rules (``datalfred.bedrock.rules``)."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from datalfred.bedrock import rules
from datalfred.definitions.action_groups import ActionGroup, parse_action_group
from datalfred.definitions.agents import Team

_OPERATION_ID = re.compile(r"(?!.*__)[0-9a-zA-Z_-]+")
_TOOL_NAME = re.compile(rf"[a-zA-Z0-9_-]{{1,{rules.TOOL_NAME_LONGEST}}}")


@dataclass(frozen=True)
class Violation:
    """A rule that is broken, and where."""

    rule_id: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {rules.rule(self.rule_id).sentence} [{self.rule_id}]"


def check_document(document: dict[str, Any]) -> list[Violation]:
    """The rules of ``openapi:*`` and ``agent:tool-name`` that an action group's document breaks."""
    where = document["info"]["title"]
    found = [*_forbidden_keys(document, where)]
    if document["openapi"] != rules.OPENAPI_VERSION:
        found.append(Violation("openapi:version", where))
    for path, verbs in document["paths"].items():
        for operation in verbs.values():
            found += _check_operation(operation, f"{where} {path}")
    if not found:
        found += _check_names(parse_action_group(where, document))
    return found


def check_team(team: Team, groups: dict[str, ActionGroup]) -> list[Violation]:
    """The rules of ``agent:*`` that concern agents together with their action groups."""
    found = []
    for agent in team.agents:
        operations = sum(len(groups[group].operations) for group in agent.action_groups)
        if operations > rules.OPERATIONS_PER_AGENT:
            found.append(Violation("agent:operations", agent.name))
        if len(agent.collaborators) > rules.COLLABORATORS_PER_SUPERVISOR:
            found.append(Violation("agent:collaborators", agent.name))
    return found


def _forbidden_keys(node: Any, where: str) -> Iterator[Violation]:
    children = node.items() if isinstance(node, dict) else ()
    for key, child in children:
        # Under "properties" a key is the name of a parameter, whatever it spells.
        if key in rules.FORBIDDEN_SCHEMA_KEYS and not where.endswith(".properties"):
            yield Violation("openapi:no-unsupported-keys", f"{where}.{key}")
        yield from _forbidden_keys(child, f"{where}.{key}")
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from _forbidden_keys(child, f"{where}[{index}]")


def _check_operation(operation: dict[str, Any], where: str) -> Iterator[Violation]:
    if not all(operation.get(key) for key in ("operationId", "description", "responses")):
        yield Violation("openapi:operation-is-described", where)
    if not _OPERATION_ID.fullmatch(operation.get("operationId", "")):
        yield Violation("openapi:operation-id", where)
    content = operation.get("requestBody", {}).get("content", {})
    if content and set(content) != {"application/json"}:
        yield Violation("openapi:flat-scalars", where)
    body = content.get("application/json", {}).get("schema", {})
    for name, schema in body.get("properties", {}).items():
        if schema.get("type") not in rules.SCALAR_TYPES:
            yield Violation("openapi:flat-scalars", f"{where} {name}")
        if not schema.get("description"):
            yield Violation("openapi:parameters-are-described", f"{where} {name}")


def _check_names(group: ActionGroup) -> Iterator[Violation]:
    counts = Counter(operation.operation_id for operation in group.operations)
    for operation_id, count in counts.items():
        if count > 1:
            yield Violation("openapi:operation-id", f"{group.name} {operation_id}")
    for operation in group.operations:
        tool = operation.tool_name(group.name)
        if not _TOOL_NAME.fullmatch(tool) or "__" in group.name:
            yield Violation("agent:tool-name", tool)
