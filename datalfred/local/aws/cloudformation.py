"""Which stacks there are: ``DescribeStacks``, by which clients find a stage and its outputs.

Nothing is deployed by this API: the stack on a laptop is there when its port answers.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT, Request, Response

SIGNING_NAME = "cloudformation"

_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


@dataclass(frozen=True)
class DeployedStack:
    """One stack.

    Attributes:
        name: its name.
        outputs: what it tells its clients, by key.
    """

    name: str
    outputs: Mapping[str, str] = field(default_factory=dict)


def stack_arn(region: str, name: str) -> str:
    """The ARN of a stack; the id at its end is the same on every start."""
    digits = uuid.uuid5(uuid.NAMESPACE_URL, f"{region}/{name}")
    return f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/{digits}"


class CloudFormation:
    """Answers what clients read of stacks."""

    def __init__(self, stacks: Callable[[], tuple[DeployedStack, ...]], region: str) -> None:
        """A service of the front door.

        Args:
            stacks: gives the stacks, at each request.
            region: where they are.
        """
        self._stacks = stacks
        self._region = region
        self._made_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def handle(self, request: Request) -> Response | None:
        """The answer; None for another service or operation.

        Raises:
            FaultError: there is no stack of that name.
        """
        if request.caller.service != SIGNING_NAME:
            return None
        given = request.form()
        operations = {"DescribeStacks": self._describe_stacks}
        operation = operations.get(given.get("Action", ""))
        return operation(request, given) if operation else None

    def _describe_stacks(self, request: Request, given: Mapping[str, str]) -> Response:
        region, wanted = request.caller.region, given.get("StackName", "")
        here = self._stacks() if region == self._region else ()
        found = [each for each in here if wanted in {"", each.name, stack_arn(region, each.name)}]
        if wanted and not found:
            raise FaultError("ValidationError", f"Stack with id {wanted} does not exist")
        members = "".join(self._member(each) for each in found)
        body = (
            f'<DescribeStacksResponse xmlns="{_NAMESPACE}"><DescribeStacksResult>'
            f"<Stacks>{members}</Stacks></DescribeStacksResult><ResponseMetadata>"
            f"<RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></DescribeStacksResponse>"
        )
        return Response(200, {"content-type": "text/xml"}, body.encode())

    def _member(self, stack: DeployedStack) -> str:
        outputs = "".join(
            f"<member><OutputKey>{escape(key)}</OutputKey>"
            f"<OutputValue>{escape(value)}</OutputValue></member>"
            for key, value in stack.outputs.items()
        )
        return (
            f"<member><StackId>{stack_arn(self._region, stack.name)}</StackId>"
            f"<StackName>{escape(stack.name)}</StackName>"
            f"<CreationTime>{self._made_at}</CreationTime>"
            f"<StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{outputs}</Outputs></member>"
        )
