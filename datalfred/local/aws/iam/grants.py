"""Whose policies are which: the stack's own roles, and those that somebody made through IAM.

moto keeps the latter; its IAM is looked at only once somebody has called IAM.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.iam.policies import Policy, parse_policy
from datalfred.local.aws.message import ACCOUNT

if TYPE_CHECKING:
    from moto.iam.models import Role


@dataclass(frozen=True)
class Grants:
    """What one role was given.

    Attributes:
        policies: its identity-based policies.
        boundary: its permissions boundary; None when it has none.
    """

    policies: tuple[Policy, ...]
    boundary: tuple[Policy, ...] | None = None


class RoleGrants:
    """The policies of roles, parsed once."""

    def __init__(self, iam_in_use: Callable[[], bool]) -> None:
        """No role has any policy yet.

        Args:
            iam_in_use: whether anybody has called IAM.
        """
        self._iam_in_use = iam_in_use
        self._granted: dict[str, tuple[Policy, ...]] = {}

    def grant(self, role: str, *documents: Mapping[str, Any]) -> None:
        """Gives a role of the stack these policies, in place of earlier ones.

        Raises:
            MalformedPolicyError: IAM would not take one of them.
        """
        self._granted[role] = tuple(parse_policy(document) for document in documents)

    def of(self, role: str) -> Grants:
        """What a role was given by the stack and through IAM; nothing when nobody knows it."""
        granted = self._granted.get(role, ())
        made = self.created(role)
        if made is None:
            return Grants(granted)
        policies = tuple(parse_policy(each) for each in _documents(made))
        limit = made.permissions_boundary_arn
        # A boundary that has been deleted allows nothing any more.
        boundary = tuple(parse_policy(each) for each in _managed(limit)) if limit else None
        return Grants((*granted, *policies), boundary)

    def created(self, role: str) -> "Role | None":
        """The role of this name that somebody made through IAM; None when nobody did."""
        if not self._iam_in_use():
            return None
        return next((each for each in list(_backend().roles.values()) if each.name == role), None)

    def knows(self, role: str) -> bool:
        """Whether the stack itself has given the role something."""
        return role in self._granted


def _documents(role: "Role") -> Iterator[str]:
    yield from list(role.policies.values())
    for arn in list(role.managed_policies):
        yield from _managed(arn)


def _managed(arn: str) -> Iterator[str]:
    """The document of a managed policy's default version; none when there is no such policy."""
    policy = _backend().managed_policies.get(arn)
    for version in policy.versions if policy else ():
        if version.version_id == policy.default_version_id:
            yield str(version.document)


def _backend() -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[ACCOUNT]["aws"]
