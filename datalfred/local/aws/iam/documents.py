"""Policies that somebody gives to IAM are read before it keeps them."""

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.iam.policies import MalformedPolicyError, parse_policy
from datalfred.local.aws.message import Request, Response

_WITH_DOCUMENT = {
    "CreatePolicy", "CreatePolicyVersion", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy",
}  # fmt: skip


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
        return None
