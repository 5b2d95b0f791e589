"""The approver: whether it answers, and who one is to it."""

from urllib.parse import urlsplit

from datalfred import settings
from datalfred.approvals.approver import approvers_of, is_approver
from datalfred.approvals.door import UNPROVED, ApprovalsDoor, Sign
from datalfred.cli.doctor.findings import Well
from datalfred.cli.doctor.functions import chosen_by
from datalfred.cli.doctor.stage import HIDDEN, Stage
from datalfred.definitions.permissions import APPROVER
from datalfred.errors import (
    DatalfredError,
    OperatorError,
    PermissionMissingError,
    RefusedError,
    UnavailableError,
)

_URL = "DATALFRED_APPROVER_URL"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_on_a_laptop(stage: Stage) -> bool:
    """Whether the stage is served by a laptop, where no policy is attached to anybody."""
    return urlsplit(stage.told.get(_URL, "")).hostname in _LOOPBACK


def approver(stage: Stage, sign: Sign, user: str) -> str | Well:
    """Whether the approver answers, and whether whoever asks may approve.

    Args:
        stage: the stage.
        sign: proves who asks.
        user: the identity that is proved so; empty for the caller of AWS.

    Raises:
        OperatorError: there is no approver, or it failed.
        UnavailableError: it does not hear whoever asks, or does not answer.
    """
    url = stage.told.get(_URL)
    if not url and stage.statuses is None:
        raise UnavailableError(HIDDEN, hint=f"Or set {_URL}.")
    if not url:
        raise OperatorError(
            "Nothing tells where approvals are decided.",
            hint=f"Deploy the channels: make deploy STAGE={stage.stage}, or set {_URL}.",
        )
    _ask(stage, url, sign)
    who = user or f"iam:{stage.account.who}"
    try:
        chosen = chosen_by(stage, APPROVER)
    except DatalfredError as hidden:
        return Well(
            f"answers; you are {who}", f"Whether you may approve is unknown: {hidden.message}"
        )
    return _told(stage, who, chosen)


def _told(stage: Stage, who: str, chosen: settings.Settings) -> str | Well:
    approvers = approvers_of(chosen)
    where = f"approvers: in infra/stages/{stage.stage}.yaml"
    if is_approver(who, approvers):
        return f"answers; you are {who}, and may approve"
    if not approvers:
        return Well(
            f"answers; you are {who}; nobody may approve a redrive: the list of approvers is empty",
            f"Name somebody ({where}), and deploy.",
        )
    return Well(
        f"answers; you are {who}, who is not among its approvers ({len(approvers)} on the list):"
        " you may ask, not approve",
        f"To approve, be added to the list ({where}).",
    )


def _ask(stage: Stage, url: str, sign: Sign) -> None:
    try:
        ApprovalsDoor(url, sign).send({"action": "list"})
    except RefusedError as refused:
        if refused.message != UNPROVED:  # the approver itself, whose role may lack something
            raise OperatorError(
                f"The approver failed: {refused.message}", hint=refused.hint
            ) from refused
        if urlsplit(url).hostname in _LOOPBACK:
            raise UnavailableError(
                "The approver of a laptop hears its own user, by a token that this target does not"
                " bring.",
                hint="Ask `datalfred doctor` without --target aws, as the user who runs the stack.",
            ) from refused
        name = stage.name(APPROVER)
        denied = PermissionMissingError(
            "lambda:InvokeFunctionUrl",
            stage.account.arn("lambda", f"function:{name}"),
            said=f"{refused.message} The managed policy {stage.name('approve')} allows it.",
        )
        raise denied from refused
