"""The door behind which people approve: a Lambda function with a signed URL, and a schedule.

It answers three kinds of event:

- a **function URL** request (payload 2.0) with ``AWS_IAM``: Lambda verified the signature and wrote
  the caller into ``requestContext.authorizer.iam``;
- the same shape from a **channel** of ours that verified its person itself (Slack's signature, the
  HTTP authorizer): the person stands in ``requestContext.authorizer.channel``, which counts for the
  kinds of identity in ``DATALFRED_APPROVAL_CHANNELS`` alone. On a laptop its host writes
  ``requestContext.authorizer.local``, which counts on the stage ``local`` alone;
- a **schedule**: finishes approvals that a crash has left behind; when it cannot, the function
  fails, so that its alarm rings.

Lambda lets whoever may invoke the function say what is in an event, the proof of the URL included:
``lambda:InvokeFunction`` on it is the right to approve.

The body is JSON: ``{"action": "list" | "get" | "history" | "approve" | "deny", "id":
"..."}``; ``list`` needs no id, and ``history`` without one tells what is over.
"""

import base64
import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from datalfred import parameters, settings
from datalfred.approvals.approver import Approver, open_approver
from datalfred.approvals.audit import AuditRow
from datalfred.approvals.models import PendingApproval
from datalfred.bedrock.failures import translated
from datalfred.errors import DatalfredError, InvalidInputError, RefusedError

_log = logging.getLogger(__name__)
_SHOWN = 40
_ID = re.compile(r"[0-9a-f]{32}")
_CHANNEL_IDENTITY = re.compile(r"(slack|http):\S+")
_ACTIONS = "list, get, history, approve, deny"
_SCHEDULES = {"aws.events", "aws.scheduler"}


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answers one event.

    Returns:
        A function URL's response: ``{"approvals": [...]}``, ``{"approval": {...}}`` or
        ``{"history": [...]}`` (approvals, each with its ``trail``), or ``{"error": {...}}`` with
        the error's status.
    """
    try:
        with parameters.applied():
            return _response(200, _answered(event))
    except Exception as error:
        if event.get("source") in _SCHEDULES:
            raise
        return _failed(error)


def identity(event: Mapping[str, Any]) -> str:
    """The typed identity that the event's door has proved.

    Raises:
        RefusedError: the event proves nobody.
    """
    authorizer = event.get("requestContext", {}).get("authorizer", {})
    if arn := authorizer.get("iam", {}).get("userArn"):
        return f"iam:{arn}"
    chosen = settings.load()
    person = _CHANNEL_IDENTITY.fullmatch(str(authorizer.get("channel", {}).get("user", "")))
    if person and person[1] in chosen.approval_channels:
        return person[0]
    name = authorizer.get("local", {}).get("user")
    if name and chosen.stage_name == "local":
        return f"local:{name}"
    raise RefusedError(
        "This request proves no person.", hint="Sign it with AWS credentials (SigV4, lambda)."
    )


def _answered(event: Mapping[str, Any]) -> dict[str, Any]:
    approver = open_approver()
    if event.get("source") in _SCHEDULES:
        return {"approvals": [_shown(record) for record in approver.resume()]}
    who = identity(event)
    body = _body(event)
    action = str(body.get("action", ""))
    if action == "list":
        return {"approvals": [_shown(record) for record in approver.pending()]}
    if action == "history":
        found = approver.history(_checked_id(body) if body.get("id") else "")
        return {"history": [{**_shown(record), "trail": _trail(rows)} for record, rows in found]}
    return {"approval": _shown(_decided(approver, action, body, who))}


def _decided(approver: Approver, action: str, body: Mapping[str, Any], who: str) -> PendingApproval:
    if action not in {"get", "approve", "deny"}:
        raise InvalidInputError("action", f"{action!r} is no action.", _ACTIONS)
    approval_id = _checked_id(body)
    if action == "approve":
        return approver.approve(approval_id, who)
    return approver.deny(approval_id, who) if action == "deny" else approver.get(approval_id)


def _checked_id(body: Mapping[str, Any]) -> str:
    approval_id = str(body.get("id", ""))
    if not _ID.fullmatch(approval_id):
        shown = approval_id if len(approval_id) <= _SHOWN else f"{approval_id[:_SHOWN]}…"
        raise InvalidInputError(
            "id", f"{shown!r} is no id of an approval.", "32 digits and letters a to f"
        )
    return approval_id


def _body(event: Mapping[str, Any]) -> Mapping[str, Any]:
    text = event.get("body") or "{}"
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text, validate=True)
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise InvalidInputError("body", "It is no JSON object.", '{"action": ..., "id": ...}')
    return body


def _shown(record: PendingApproval) -> dict[str, Any]:
    return record.model_dump(mode="json")


def _trail(rows: tuple[AuditRow, ...]) -> list[dict[str, str]]:
    return [{"event": row.event, "at": row.at, "who": row.who, "note": row.note} for row in rows]


def _failed(error: Exception) -> dict[str, Any]:
    said = translated(error)
    if said is None:
        _log.exception("error=<%s> | the approver failed", type(error).__name__)
        said = DatalfredError("The approver failed; its log says where.")
    return _response(said.status, {"error": said.as_dict()})


def _response(status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, ensure_ascii=False),
    }
