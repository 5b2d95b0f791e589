"""Policies of IAM as values: what they allow, and the JSON that AWS takes.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = "2012-10-17"

Conditions = Mapping[str, Mapping[str, str | tuple[str, ...]]]
"""Operator -> condition key -> value or values; all of them must hold."""


@dataclass(frozen=True)
class Allow:
    """A statement that allows something.

    Attributes:
        sid: what it is for, in letters and digits.
        actions: such as ``s3:GetObject``; no wildcards, so that each can be accounted for.
        resources: ARNs, with wildcards; ``*`` where IAM knows no resource for the action.
        conditions: what must hold besides.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The statement as IAM's JSON."""
        written: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        if self.conditions:
            written["Condition"] = {
                operator: {key: _listed(value) for key, value in keys.items()}
                for operator, keys in self.conditions.items()
            }
        return written


@dataclass(frozen=True)
class Policy:
    """An identity-based policy: what it does not allow is denied."""

    statements: tuple[Allow, ...]

    @property
    def actions(self) -> tuple[str, ...]:
        """Every action that it allows somewhere, each once."""
        return tuple(dict.fromkeys(each for one in self.statements for each in one.actions))

    def document(self) -> dict[str, Any]:
        """The policy as IAM's JSON, for a role of the stack or of the deployment."""
        return {"Version": VERSION, "Statement": [one.document() for one in self.statements]}


def _listed(value: str | tuple[str, ...]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)
