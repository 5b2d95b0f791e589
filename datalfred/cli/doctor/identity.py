"""Who asks, by which clock, and whether their account may make agents."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from datalfred import settings
from datalfred.bedrock.failures import error_code, translated
from datalfred.cli.doctor.reading import Account, client_of
from datalfred.errors import DatalfredError, OperatorError, UnavailableError

SKEW_SECONDS = 300
"""AWS takes no signature that is further from its own clock. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html"""

_RESOLUTION_SECONDS = 2.0
"""AWS says whole seconds, and the answer takes a moment."""

CLOSED = (
    "Amazon Bedrock Agents (now: Classic) has been closed to accounts without prior use since"
    " 2026-07-30"
)
"""Source: https://docs.aws.amazon.com/bedrock/latest/userguide/agents-classic-maintenance-mode.html"""
ELSEWHERE = (
    "Deploy into an account that has used Bedrock Agents before, or stay on the laptop (datalfred"
    " local), where everything works without an account. AWS's successor is Bedrock AgentCore, to"
    " which nothing of Datalfred is deployed yet."
)

_SIGN_IN = "Sign in anew (aws sso login), choose another AWS_PROFILE, or set other keys."
_UNKNOWN_KEYS = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


def who_asks() -> tuple[Account, float | None]:
    """The account of the current credentials, and by how many seconds AWS's clock is ahead.

    Raises:
        OperatorError: there are no credentials, or AWS does not take them.
        UnavailableError: AWS cannot be reached.
    """
    import botocore.exceptions

    chosen = settings.load()
    try:
        said = client_of("sts", chosen.region).get_caller_identity()
    except botocore.exceptions.ClientError as error:
        raise _refused(error) from error
    except botocore.exceptions.BotoCoreError as error:
        raise _unasked(error, chosen.region) from error
    account = Account(said["Arn"], said["Account"], chosen.region, chosen.bedrock_region)
    return account, _ahead(said)


def clock(ahead: float | None) -> str:
    """What the difference of the clocks means.

    Raises:
        OperatorError: AWS will take no signature of this machine.
        UnavailableError: AWS did not say its time.
    """
    if ahead is None:
        raise UnavailableError("AWS's answer did not say the time.")
    if abs(ahead) <= _RESOLUTION_SECONDS:
        return "agrees with AWS's"
    told = f"AWS's clock is {abs(ahead):.0f} s {'ahead of' if ahead >= 0 else 'behind'} this one"
    if abs(ahead) > SKEW_SECONDS:
        raise OperatorError(
            f"{told}; it takes no signature that is more than {SKEW_SECONDS} s away from its own.",
            hint="Set this machine's clock, best by NTP (timedatectl set-ntp true).",
        )
    return told


def may_make_agents(account: Account) -> str:
    """What shows that the account may make agents: it has some. There is no way to ask AWS.

    Raises:
        UnavailableError: nothing shows it.
    """
    agents = list(account.all_of("bedrock-agent", "list_agents", "agentSummaries"))
    where = f"in the account {account.number}, {account.bedrock_region}"
    if agents:
        return f"likely: {len(agents)} {'agents are' if len(agents) > 1 else 'agent is'} {where}"
    raise UnavailableError(
        f"No agent is {where}, so that nothing shows whether it may make any: {CLOSED}.",
        hint=f"`datalfred doctor --probe` finds out: it makes one and deletes it. {ELSEWHERE}",
    )


def _unasked(error: Exception, region: str) -> DatalfredError:
    """Why AWS was not even asked."""
    known = translated(error)
    if isinstance(known, UnavailableError):
        known.hint = (
            f"Look at the network, its proxy (HTTPS_PROXY), and whether {region} is a region."
        )
    # A profile that does not exist, or a session that has ended.
    return known or OperatorError(f"There are no AWS credentials: {error}", hint=_SIGN_IN)


def _refused(error: Any) -> DatalfredError:
    ahead = _ahead(error.response)
    if ahead is not None and abs(ahead) > SKEW_SECONDS:
        try:
            clock(ahead)
        except OperatorError as skewed:
            return skewed
    code, known = error_code(error), translated(error)
    if code in _UNKNOWN_KEYS or known is None:
        said = error.response["Error"].get("Message", "")
        return OperatorError(f"AWS does not take these credentials ({code}): {said}", hint=_SIGN_IN)
    return known


def _ahead(answer: Any) -> float | None:
    said = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds() if said else None
    except (TypeError, ValueError):  # no time, or one without a zone
        return None
