"""Policy documents, parsed once: statements that know what they match.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from datalfred.local.aws.iam.conditions import Condition, parse_conditions
from datalfred.local.aws.iam.keys import is_known
from datalfred.local.aws.iam.patterns import arn_pattern, text_pattern
from datalfred.local.aws.iam.variables import Context, filled, variables_in

logger = logging.getLogger(__name__)

_VERSIONS = ("2012-10-17", "2008-10-17")
_WITH_VARIABLES = _VERSIONS[0]
_ACTION = re.compile(r"\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+")
_DOCUMENT = {"Version", "Id", "Statement"}
_STATEMENT = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


class MalformedPolicyError(ValueError):
    """A document that IAM would answer with ``MalformedPolicyDocument``."""


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        sid: its name; empty when it has none.
        denies: whether its effect is Deny.
        actions: patterns of ``service:Action``.
        not_actions: whether it is about all actions but these.
        resources: patterns of ARNs.
        not_resources: whether it is about all resources but these.
        conditions: what must hold besides.
        variables: whether ``${...}`` stands for a value of the request.
    """

    sid: str
    denies: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    conditions: tuple[Condition, ...]
    variables: bool

    def is_about_action(self, action: str) -> bool:
        """Whether it speaks of this action."""
        named = any(pattern.fullmatch(action) for pattern in self._action_patterns)
        return named != self.not_actions

    def is_about_resource(self, resource: str, context: Context) -> bool:
        """Whether it speaks of this ARN.

        A pattern whose variable the request lacks matches nothing.
        """
        if not self._resource_keys:
            named = any(pattern.fullmatch(resource) for pattern in self._resource_patterns)
        else:
            texts = (filled(text, context) for text in self.resources)
            named = any(arn_pattern(text).fullmatch(resource) for text in texts if text is not None)
        return named != self.not_resources

    @property
    def is_about_everything(self) -> bool:
        """Whether it speaks of whatever resource there is."""
        return not self.not_resources and "*" in self.resources

    def holds(self, context: Context) -> bool:
        """Whether its conditions are met."""
        return all(condition.holds(context) for condition in self.conditions)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of a request on which it depends, besides action and resource."""
        return self._resource_keys.union(*(condition.depends_on() for condition in self.conditions))

    @cached_property
    def _resource_keys(self) -> frozenset[str]:
        if not self.variables:
            return frozenset()
        return frozenset(key for text in self.resources for key in variables_in(text))

    @cached_property
    def _action_patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(text_pattern(text, ignore_case=True) for text in self.actions)

    @cached_property
    def _resource_patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(arn_pattern(text) for text in self.resources)


Policy = tuple[Statement, ...]
"""A parsed document."""


def parse_policy(document: str | Mapping[str, Any]) -> Policy:
    """The statements of an identity-based policy.

    A condition key that nobody here fills is absent from every request; one warning says so.

    Raises:
        MalformedPolicyError: IAM would not take the document.
    """
    try:
        content = json.loads(document) if isinstance(document, str) else document
    except ValueError as problem:
        raise MalformedPolicyError(f"The policy is not valid JSON: {problem}") from problem
    if not isinstance(content, Mapping) or not set(content) <= _DOCUMENT:
        raise MalformedPolicyError("A policy is an object of Version, Id and Statement.")
    version = content.get("Version", _VERSIONS[1])
    if version not in _VERSIONS:
        raise MalformedPolicyError(f"{version!r} is no version of the policy language.")
    statements = content.get("Statement")
    listed = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(listed, list) or not listed:
        raise MalformedPolicyError("A policy needs at least one statement.")
    return tuple(_statement(each, variables=version == _WITH_VARIABLES) for each in listed)


def _statement(raw: Any, *, variables: bool) -> Statement:
    if not isinstance(raw, Mapping) or not set(raw) <= _STATEMENT:
        odd = sorted(set(raw) - _STATEMENT) if isinstance(raw, Mapping) else raw
        raise MalformedPolicyError(f"A statement of an identity-based policy has no {odd}.")
    if raw.get("Effect") not in {"Allow", "Deny"}:
        raise MalformedPolicyError("A statement's Effect is Allow or Deny.")
    actions, not_actions = _either(raw, "Action")
    resources, not_resources = _either(raw, "Resource")
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise MalformedPolicyError(f"{action!r} is no action: write service:Action.")
    for resource in resources:
        if resource != "*" and not resource.startswith(("arn:", "${")):
            raise MalformedPolicyError(f'Resource {resource} must be in ARN format or "*".')
    return Statement(
        sid=str(raw.get("Sid", "")),
        denies=raw["Effect"] == "Deny",
        actions=actions,
        not_actions=not_actions,
        resources=resources,
        not_resources=not_resources,
        conditions=_conditions(raw.get("Condition", {}), variables=variables),
        variables=variables,
    )


def _either(raw: Mapping[str, Any], name: str) -> tuple[tuple[str, ...], bool]:
    """The patterns of ``name`` or of ``Not<name>``, and whether it was the latter."""
    given = [each for each in (name, f"Not{name}") if each in raw]
    if len(given) != 1:
        raise MalformedPolicyError(f"A statement has either {name} or Not{name}.")
    value = raw[given[0]]
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise MalformedPolicyError(f"{given[0]} is a text or a list of texts.")
    return tuple(values), given[0] != name


def _conditions(block: Any, *, variables: bool) -> tuple[Condition, ...]:
    if not isinstance(block, Mapping):
        raise MalformedPolicyError("A statement's Condition is an object.")
    try:
        found = parse_conditions(block, variables=variables)
    except ValueError as problem:
        raise MalformedPolicyError(str(problem)) from problem
    _warn(key for condition in found for key in condition.depends_on())
    return found


def _warn(keys: Iterable[str]) -> None:
    for key in sorted({key for key in keys if not is_known(key)}):
        _warn_once(key)


@cache
def _warn_once(key: str) -> None:
    logger.warning("key=<%s> | a condition key that no request has here: absent", key)
