"""InvokeAgent: takes a turn, finds its session, runs the agents, keeps what was said.

The stages of a turn:

1. The agent and its alias are found and the request is checked: an error here is an error of the
   request, before anything is streamed.
2. The session is taken. A second turn of the same session waits for it a moment, then is refused.
3. What was said before is cut to the window and the agent's loop runs; its trace streams.
4. The conversation is kept, and only then the answer is sent: whoever was told it can go on.

A turn that fails or is stopped by its client leaves the session as it was before the turn.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime
from itertools import dropwhile
from typing import Any
from weakref import WeakValueDictionary

from datalfred.bedrock.service_error import ServiceError
from datalfred.definitions.action_groups import ActionGroup, load_action_group
from datalfred.definitions.agents import Team
from datalfred.errors import CeilingReachedError
from datalfred.models.port import Message, Model
from datalfred.orchestrator.ceilings import Ceilings, Spending
from datalfred.orchestrator.directory import AgentIdentity, Directory
from datalfred.orchestrator.loop import AgentLoop, Outcome, TurnState, assistant, log_failure
from datalfred.orchestrator.operations import ActionGroups, InvokeFunction
from datalfred.orchestrator.sessions import Clock, MemorySessions, Session, SessionStore
from datalfred.orchestrator.tools import Toolbox
from datalfred.orchestrator.tracer import StreamPart, Tracer, TurnTrace
from datalfred.orchestrator.window import newest, newest_turns, words_only

WINDOW_MESSAGES = 20
PATIENCE_SECONDS = 5.0
GOODBYE = "Session is terminated as 'endSession' flag is set in request."

_UNSUPPORTED = (
    "files",
    "invocationId",
    "knowledgeBaseConfigurations",
    "returnControlInvocationResults",
)


class Orchestrator:
    """Answers InvokeAgent for a team of agents.

    Args:
        team: the agents.
        model: the language model of all of them.
        invoke_function: invokes a Lambda function by its deployed name.
        project: the project's name.
        stage: the stage's name.
        region: of the agents' ARNs.
        account: of the agents' ARNs.
        sessions: where conversations are kept.
        ceilings: what one turn may use.
        window_messages: how many messages a model sees at the start of a turn.
        patience_seconds: how long a turn waits for an earlier one of its session.
        load: reads an action group by name.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        team: Team,
        model: Model,
        invoke_function: InvokeFunction,
        *,
        project: str,
        stage: str,
        region: str,
        account: str,
        size: str = "",
        sessions: SessionStore | None = None,
        ceilings: Ceilings | None = None,
        window_messages: int = WINDOW_MESSAGES,
        patience_seconds: float = PATIENCE_SECONDS,
        load: Callable[[str], ActionGroup] = load_action_group,
        clock: Clock = time.time,
    ) -> None:
        self.directory = Directory(team, project, stage, region, account, size=size)
        self.model = model
        self._sessions = sessions or MemorySessions(clock)
        self._ceilings = ceilings or Ceilings()
        self._window = window_messages
        self._patience = patience_seconds
        self._clock = clock
        self._locks: WeakValueDictionary[str, _SessionLock] = WeakValueDictionary()
        self._locks_lock = threading.Lock()
        toolboxes = {agent.name: Toolbox(agent, load) for agent in team.agents}
        functions = ActionGroups(invoke_function, project, stage)
        self._loop = AgentLoop(self.directory, toolboxes, model, functions)

    def invoke_agent(self, request: Mapping[str, Any]) -> Iterator[StreamPart]:
        """Answers one turn; closing the iterator stops it.

        Args:
            request: InvokeAgent's input as boto3 takes it, valid by AWS's service model.

        Raises:
            ServiceError: the request cannot be answered; later errors come from the iterator.
        """
        agent = self.directory.find(request["agentId"], request["agentAliasId"])
        _check(request)
        events = self._turn(agent, request)
        next(events)  # takes the session, so that a refusal is an error of the request
        return events

    def _turn(self, agent: AgentIdentity, request: Mapping[str, Any]) -> Iterator[StreamPart]:
        key = f"{agent.agent_id}/{agent.alias_id}/{request['sessionId']}"
        lock = self._lock(key)
        if not lock.held.acquire(timeout=self._patience):
            words = "An earlier turn of this session is not done. Wait for it, or stop it."
            raise ServiceError("ConflictException", words)
        try:
            yield {}  # the session is ours: invoke_agent returns, its caller reads the rest
            if request.get("endSession"):
                self._sessions.delete(key)
                text = GOODBYE
            else:
                text = yield from self._answer(agent, key, request)
            yield {"chunk": {"bytes": text.encode()}}
        finally:
            lock.held.release()

    def _answer(
        self, agent: AgentIdentity, key: str, request: Mapping[str, Any]
    ) -> Generator[StreamPart, None, str]:
        session = self._sessions.load(key) or Session()
        state = request.get("sessionState", {})
        known = session.messages or _given_history(request)
        past = self._past(known, request)
        question = request["inputText"]
        turn = TurnState(
            request["sessionId"],
            dict(state.get("sessionAttributes", session.attributes)),
            dict(state.get("promptSessionAttributes", {})),
            Spending(self._ceilings),
            words_only(past),
        )
        trace = TurnTrace(bool(request.get("enableTrace")), request["sessionId"])
        tracer = Tracer(trace, agent)
        started = datetime.now(UTC)
        try:
            outcome = yield from self._loop.run(turn, tracer, past, question)
        except CeilingReachedError as error:
            yield from tracer.failed(f"{error.message}\n{error.hint}")
            text = f"I cannot answer that. {error.message} {error.hint}"
            outcome = Outcome(text, [*past, _question(question), assistant(text)])
        except ServiceError as error:
            log_failure(error, turn, agent.name, started)
            raise
        session.messages = newest([*known, *outcome.messages[len(past) :]], self._window)
        session.attributes = turn.attributes
        session.expires_at = self._clock() + agent.definition.session_ttl_seconds
        self._sessions.save(key, session)
        return outcome.text

    def _past(self, messages: list[Message], request: Mapping[str, Any]) -> list[Message]:
        """What was said before, as far as the model shall see it; the question is one message."""
        wanted = request.get("promptCreationConfigurations", {}).get(
            "previousConversationTurnsToInclude"
        )
        if wanted is not None:
            messages = newest_turns(messages, wanted)
        return newest(messages, self._window - 1)

    def _lock(self, key: str) -> "_SessionLock":
        with self._locks_lock:
            return self._locks.setdefault(key, _SessionLock())


class _SessionLock:
    """One turn at a time; it lives as long as a turn holds or awaits it."""

    def __init__(self) -> None:
        self.held = threading.Lock()


def _check(request: Mapping[str, Any]) -> None:
    asked = [name for name in _UNSUPPORTED if name in request.get("sessionState", {})]
    if asked:
        words = f"sessionState.{asked[0]} is not supported: no agent here returns control."
        if asked[0] in {"files", "knowledgeBaseConfigurations"}:
            words = f"sessionState.{asked[0]} is not supported by these agents."
        raise ServiceError("ValidationException", words)
    if not request.get("endSession") and not request.get("inputText", "").strip():
        raise ServiceError("ValidationException", "inputText is empty.")


def _given_history(request: Mapping[str, Any]) -> list[Message]:
    """A conversation from elsewhere, from its first question on: Converse begins with a user."""
    history = request.get("sessionState", {}).get("conversationHistory", {})
    return list(dropwhile(lambda message: message["role"] != "user", history.get("messages", ())))


def _question(text: str) -> Message:
    return {"role": "user", "content": [{"text": text}]}
