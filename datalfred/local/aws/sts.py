"""Each role is seen as itself: ``sts:GetCallerIdentity``."""

import uuid

from datalfred.local.aws.message import ACCOUNT, Request, Response

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class Sts:
    """Answers who the caller is; everything else of STS is moto's."""

    def handle(self, request: Request) -> Response | None:
        """The caller's ARN, or None for another operation."""
        if request.caller.service != "sts" or request.form().get("Action") != "GetCallerIdentity":
            return None
        caller = request.caller
        who = f"<Arn>{caller.arn}</Arn><UserId>{caller.access_key}</UserId>"
        result = (
            f'<GetCallerIdentityResponse xmlns="{_NAMESPACE}"><GetCallerIdentityResult>{who}'
            f"<Account>{ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata>"
            f"<RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        )
        return Response(200, {"content-type": "text/xml"}, result.encode())
