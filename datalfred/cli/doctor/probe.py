"""Makes one agent and deletes it: the only way to find out whether an account may make any.

The agent has a name of its own, no model and no role, is never prepared and answers nobody.
Whatever ends the attempt, it is deleted: by the id that AWS gave, or, where its answer was lost or
a Ctrl-C came before it, by its name.
"""

import secrets
import threading

from datalfred.bedrock.failures import error_code, error_message
from datalfred.cli.doctor.identity import CLOSED, ELSEWHERE
from datalfred.cli.doctor.reading import Account
from datalfred.errors import OperatorError, PermissionMissingError

PREFIX = "datalfred-probe-"

_BUSY = {"ConflictException", "ThrottlingException", "InternalServerException"}
_GONE = "ResourceNotFoundException"
_ATTEMPTS, _LOOKS, _PAUSE_SECONDS = 20, 3, 1.0
_NOT_ALLOWED = "not authorized to perform"
_SERVER_ERROR = 500


def make_and_delete(account: Account) -> str:
    """Tries it.

    Raises:
        OperatorError: AWS refused, in its own words; or the agent could not be deleted.
        PermissionMissingError: whoever asks may not make agents, whatever the account may.
    """
    name = f"{PREFIX}{secrets.token_hex(4)}"
    made: list[str] = []
    refused = False
    try:
        made.append(_make(account, name))
    except (OperatorError, PermissionMissingError):
        refused = True
        raise
    finally:
        if not refused:
            _delete(account, name, made)
    return f"the account may make agents: {name} ({made[0]}) was made and deleted"


def _make(account: Account, name: str) -> str:
    import botocore.exceptions

    try:
        made = account.read("bedrock-agent", "create_agent", agentName=name)
    except PermissionMissingError as denied:
        if _NOT_ALLOWED in denied.message:
            raise
        raise _closed("AccessDeniedException", denied.message) from denied
    except botocore.exceptions.ClientError as error:
        if error.response["ResponseMetadata"].get("HTTPStatusCode", 0) >= _SERVER_ERROR:
            raise  # it may have been made nevertheless
        raise _closed(error_code(error), error_message(error)) from error
    return str(made["agent"]["agentId"])


def _closed(code: str, said: str) -> OperatorError:
    return OperatorError(
        f"AWS refused CreateAgent with {code}: {said} Mind that {CLOSED[0].lower()}{CLOSED[1:]}.",
        hint=ELSEWHERE,
    )


def _delete(account: Account, name: str, made: list[str]) -> None:
    """Deletes it, however often AWS is busy with it.

    Raises:
        OperatorError: it may still be there; says which, and how to delete it.
    """
    import botocore.exceptions

    pause, said = threading.Event(), ""
    for attempt in range(_ATTEMPTS):
        try:
            if _deleted(account, made or _ids(account, name)) or attempt >= _LOOKS:
                return
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            said = str(error)
            if error_code(error) not in _BUSY | {""}:
                break
        except PermissionMissingError as denied:
            said = denied.message
            break
        pause.wait(_PAUSE_SECONDS)
    raise OperatorError(
        f"The agent {name} could not be deleted: {said}",
        hint=f"Delete it: Amazon Bedrock ({account.bedrock_region}) > Agents > {name} > Delete."
        " Until then it stays; it has no model and no role, and answers nobody.",
    )


def _ids(account: Account, name: str) -> list[str]:
    agents = account.all_of("bedrock-agent", "list_agents", "agentSummaries")
    return [each["agentId"] for each in agents if each["agentName"] == name]


def _deleted(account: Account, ids: list[str]) -> bool:
    for agent_id in ids:
        account.find(
            "bedrock-agent",
            "delete_agent",
            account.arn("bedrock", f"agent/{agent_id}"),
            (_GONE,),
            agentId=agent_id,
            skipResourceInUseCheck=True,
        )
    return bool(ids)
