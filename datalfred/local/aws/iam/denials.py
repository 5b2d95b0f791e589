"""How each service says no.

Codes and statuses as the services' clients see them; the words are those of
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.iam.evaluation import Ask, Scope, Verdict
from datalfred.local.aws.message import Request

IDENTITY = "identity-based policy"
BOUNDARY = "permissions boundary"

_XML_OR_QUERY = {
    "autoscaling", "cloudformation", "cloudfront", "ec2", "elasticache", "elasticloadbalancing",
    "iam", "rds", "redshift", "route53", "s3", "ses", "sts",
}  # fmt: skip
_CODES = {
    "monitoring": "AccessDenied",
    "ec2": "UnauthorizedOperation",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
}
_WHY = {
    Verdict.DENIED: "with an explicit deny in {article} {kind}",
    Verdict.NOT_ALLOWED: "because no {kind} allows the {action} action",
}
_UNKNOWN = (
    " The embedded AWS does not know the resources of this operation: only a statement with the "
    'Resource "*" can allow it.'
)


def denial(request: Request, ask: Ask, verdict: Verdict, kind: str = IDENTITY) -> FaultError:
    """The error with which a service refuses a call.

    Args:
        request: the call.
        ask: what was not allowed.
        verdict: why.
        kind: which policies decided.
    """
    article = "an" if kind == IDENTITY else "a"
    why = _WHY[verdict].format(article=article, kind=kind, action=ask.action)
    resource = f'"{ask.resource}"' if request.caller.service == "s3" else ask.resource
    message = (
        f"User: {request.caller.arn} is not authorized to perform: {ask.action} "
        f"on resource: {resource} {why}"
    )
    if ask.scope is Scope.UNKNOWN:
        message += f".{_UNKNOWN}"
    return FaultError(_code(request), message, _status(request))


def _code(request: Request) -> str:
    service = request.caller.service
    fallback = "AccessDenied" if service in _XML_OR_QUERY else "AccessDeniedException"
    return _CODES.get(service, fallback)


def _status(request: Request) -> int:
    """JSON services refuse with 400; those that speak REST or the query protocol with 403."""
    return 400 if request.headers.get("x-amz-target") else 403
