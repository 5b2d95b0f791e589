"""Policies that somebody gives to IAM are read before it keeps them.

AWS's own managed policies are put before moto's IAM when somebody names one: all of them at once
would take a second.
"""

import json
from functools import cache
from typing import Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.iam.policies import MalformedPolicyError, parse_policy
from datalfred.local.aws.message import ACCOUNT, Request, Response

_WITH_DOCUMENT = {
    "CreatePolicy", "CreatePolicyVersion", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy",
}  # fmt: skip
_NAMES_POLICY = ("PolicyArn", "PermissionsBoundary")
_OF_AWS = "arn:aws:iam::aws:policy"


class PolicyDocuments:
    """Refuses what could not be evaluated later; everything else of IAM is moto's."""

    def handle(self, request: Request) -> Response | None:
        """None: IAM itself answers.

        Raises:
            FaultError: ``MalformedPolicyDocument``.
        """
        if request.caller.service != "iam":
            return None
        given = request.form()
        if given.get("Action") in _WITH_DOCUMENT:
            try:
                parse_policy(given.get("PolicyDocument", ""))
            except MalformedPolicyError as problem:
                raise FaultError("MalformedPolicyDocument", str(problem)) from problem
        for name in _NAMES_POLICY:
            if given.get(name, "").startswith(_OF_AWS):
                _provide(given[name])
        return None


def _provide(arn: str) -> None:
    """Gives moto a managed policy of AWS; nothing where AWS has none of that name."""
    from moto.iam.models import AWSManagedPolicy, iam_backends

    backend, name = iam_backends[ACCOUNT]["aws"], arn.rpartition("/")[2]
    data = managed_by_aws().get(name)
    if data is not None and arn not in backend.managed_policies:
        policy = AWSManagedPolicy.from_data(name, ACCOUNT, "us-east-1", data)
        backend.managed_policies[policy.arn] = policy


@cache
def managed_by_aws() -> dict[str, Any]:
    """AWS's managed policies by name, as of moto's release."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies
