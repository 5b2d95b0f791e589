"""Who may assume a role: its trust policy, read for its principals, actions and conditions.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from datalfred.local.aws.iam.conditions import parse_conditions
from datalfred.local.aws.iam.patterns import text_pattern
from datalfred.local.aws.iam.variables import Context
from datalfred.local.aws.message import ACCOUNT, Caller

_ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def may_assume(document: str, caller: Caller, action: str, context: Context) -> bool:
    """Whether a trust policy lets a caller assume its role; an explicit deny wins.

    Args:
        document: the trust policy, as JSON.
        caller: who asks.
        action: such as ``sts:AssumeRole``.
        context: the condition keys of the call.
    """
    names = {"*", caller.arn, ACCOUNT, _ROOT}
    if caller.role:
        names.add(f"arn:aws:iam::{ACCOUNT}:role/{caller.role}")
    statements = json.loads(document).get("Statement", [])
    effects = {
        each["Effect"]
        for each in (statements if isinstance(statements, list) else [statements])
        if not names.isdisjoint(_principals(each))
        and any(text_pattern(name, ignore_case=True).fullmatch(action) for name in _actions(each))
        and all(one.holds(context) for one in parse_conditions(each.get("Condition", {})))
    }
    return effects == {"Allow"}


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", {})
    yield from _listed(principal.get("AWS", []) if isinstance(principal, dict) else principal)


def _actions(statement: Mapping[str, Any]) -> Iterator[str]:
    yield from _listed(statement.get("Action", []))


def _listed(value: Any) -> Iterator[str]:
    yield from [value] if isinstance(value, str) else value
