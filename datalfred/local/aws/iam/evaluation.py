"""Whether policies allow what a call asks for: deny wins, then allow, else no.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from datalfred.local.aws.iam.policies import Policy, Statement
from datalfred.local.aws.iam.variables import Context


class Scope(Enum):
    """How much is known of the resource of an ask."""

    EXACT = "exact"
    """Its ARN, or ``*`` for an operation without resource-level permissions."""
    UNKNOWN = "unknown"
    """Nothing: only a statement about every resource allows it, and any may deny it."""
    MISSING = "missing"
    """It does not exist, which the service will say: a permission for any resource is enough."""


@dataclass(frozen=True)
class Ask:
    """One permission that a call needs.

    Attributes:
        action: ``service:Action``, as the Service Authorization Reference spells it.
        resource: the ARN, or what a denial says in its place.
        scope: how much the ARN says.
    """

    action: str
    resource: str = "*"
    scope: Scope = Scope.EXACT


class Verdict(Enum):
    """How an evaluation ended."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_ALLOWED = "not allowed"


@dataclass(frozen=True)
class Decision:
    """A verdict.

    Attributes:
        verdict: how it ended.
        keys: the keys of the request on which it depended.
    """

    verdict: Verdict
    keys: frozenset[str]


def statements_about(policies: Iterable[Policy], action: str) -> tuple[Statement, ...]:
    """The statements of policies that speak of an action."""
    return tuple(each for policy in policies for each in policy if each.is_about_action(action))


def decide(statements: Iterable[Statement], ask: Ask, context: Context) -> Decision:
    """The verdict of the statements that speak of the action of one ask."""
    verdict, keys = Verdict.NOT_ALLOWED, frozenset[str]()
    for statement in statements:
        keys |= statement.keys
        if not _is_about(statement, ask, context) or not statement.holds(context):
            continue
        if statement.denies:
            return Decision(Verdict.DENIED, keys)
        verdict = Verdict.ALLOWED
    return Decision(verdict, keys)


def _is_about(statement: Statement, ask: Ask, context: Context) -> bool:
    if ask.scope is Scope.EXACT:
        return statement.is_about_resource(ask.resource, context)
    if ask.scope is Scope.MISSING:
        return not statement.denies or statement.is_about_everything
    return statement.denies or statement.is_about_everything
