"""How much of Bedrock an account may use a minute: ``ListServiceQuotas``, for what looks at it.

Nothing here is counted against them.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT, Request, Response

SIGNING_NAME = "servicequotas"
SERVICE = "bedrock"

_A_MINUTE = {"requests": 200.0, "tokens": 400_000.0}
_PAGE = 100


class ServiceQuotas:
    """Answers what clients read of the quotas of Bedrock's models."""

    def __init__(self, models: Callable[[], Iterable[str]], region: str) -> None:
        """A service of the front door.

        Args:
            models: gives the names of the models, such as ``Nova Pro``.
            region: where they are.
        """
        self._models = models
        self._region = region

    def handle(self, request: Request) -> Response | None:
        """The answer; None for another service or operation.

        Raises:
            FaultError: the quotas of another service are asked for, or of a page that is none.
        """
        if request.caller.service != SIGNING_NAME:
            return None
        operations = {"ListServiceQuotas": self._list}
        operation = operations.get(request.target[1])
        if operation is None:
            return None
        body = json.dumps(operation(json.loads(request.body or b"{}"))).encode()
        return Response(200, {"content-type": "application/x-amz-json-1.1"}, body)

    def _list(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if given.get("ServiceCode") != SERVICE:
            raise FaultError(
                "NoSuchResourceException", "The request failed because of no such code."
            )
        first, size = given.get("NextToken", "0"), int(given.get("MaxResults", _PAGE))
        if not str(first).isdigit():
            raise FaultError("InvalidPaginationTokenException", "NextToken is not of this listing.")
        begin = int(first)
        quotas = [self._quota(name, unit) for name in sorted(self._models()) for unit in _A_MINUTE]
        page = quotas[begin : begin + size]
        more = {"NextToken": str(begin + size)} if begin + size < len(quotas) else {}
        return {"Quotas": page, **more}

    def _quota(self, model: str, unit: str) -> dict[str, Any]:
        name = f"Cross-region model inference {unit} per minute for {model}"
        code = f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}"
        return {
            "ServiceCode": SERVICE,
            "ServiceName": "Amazon Bedrock",
            "QuotaArn": f"arn:aws:servicequotas:{self._region}:{ACCOUNT}:{SERVICE}/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": _A_MINUTE[unit],
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
