"""What a call of IAM or STS asks for.

Sources, of https://docs.aws.amazon.com/service-authorization/latest/reference/:
list_awsidentityandaccessmanagementiam.html and list_awssecuritytokenservice.html.
"""

from datalfred.local.aws.iam.asked.called import Asks, Called, everything, passed, unknown
from datalfred.local.aws.iam.evaluation import Ask
from datalfred.local.aws.message import ACCOUNT

_NEEDS_NOTHING = {"GetCallerIdentity"}
_KINDS = {
    "InstanceProfileName": "instance-profile", "GroupName": "group", "RoleName": "role",
    "UserName": "user",
}  # fmt: skip
"""What an operation is about; of two, such as of AddUserToGroup, the first."""


def asks_of_sts(called: Called) -> Asks:
    """The asks of one call of STS; who one is, one may always ask."""
    if called.operation in _NEEDS_NOTHING:
        return []
    action = f"sts:{called.operation}"
    role = called.text("RoleArn")
    return [Ask(action, role)] if role else [everything(action)]


def asks_of_iam(called: Called) -> Asks:
    """The asks of one call of IAM, whose resources have no region."""
    action = f"iam:{called.operation}"
    for member, kind in _KINDS.items():
        if name := called.text(member):
            asked = Ask(action, f"arn:aws:iam::{ACCOUNT}:{kind}/{name}")
            role = called.text("RoleName") if kind == "instance-profile" else ""
            return [asked, *passed(called, role, "ec2")]
    if arn := called.text("PolicyArn", "PolicySourceArn"):
        return [Ask(action, arn)]
    if called.operation == "CreatePolicy":
        return [Ask(action, f"arn:aws:iam::{ACCOUNT}:policy/{called.text('PolicyName')}")]
    if called.operation.startswith("List"):
        return [everything(action)]
    return [unknown(action)]
