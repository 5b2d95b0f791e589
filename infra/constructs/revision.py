"""Text that changes when a resource does: what makes Bedrock cut a new version.

The libraries' own revisions are hashes of unresolved tokens: constant, or new on every synthesis.
Here the hash is of what the template will say, taken when it is written.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import jsii
from constructs import IConstruct


def fingerprint(resource: cdk.CfnResource, *more: str) -> str:
    """A token: sixteen digits that change with the resource's properties.

    Args:
        resource: what is to be watched. Property overrides are not seen.
        *more: what the resource knows by reference alone, such as the revision of its guardrail.
    """
    # Protected, but the only view of an L1 that comes to Python with lazy values inside.
    return _later(resource, lambda: [resource._cfn_properties, *more])  # noqa: SLF001


def digest(scope: IConstruct, revisions: list[str]) -> str:
    """A token: sixteen digits that change with any of the revisions."""
    return _later(scope, lambda: revisions)


def _later(scope: IConstruct, watched: Callable[[], list[Any]]) -> str:
    return cdk.Lazy.string(_Digits(scope, watched))


@jsii.implements(cdk.IStableStringProducer)
class _Digits:
    def __init__(self, scope: IConstruct, watched: Callable[[], list[Any]]) -> None:
        self._scope = scope
        self._watched = watched

    def produce(self) -> str:
        seen = cdk.Stack.of(self._scope).resolve(self._watched())
        written = json.dumps(seen, sort_keys=True, default=str)
        return hashlib.sha256(written.encode()).hexdigest()[:16]
