"""The loop of an agent: ask the model, do what it calls, tell it the results, until it answers.

A supervisor's collaborator runs the same loop inside the supervisor's call of it. What happens is
yielded at once, so that a caller sees it while it happens and stops it by no longer asking.

Mistakes of a model (a tool that does not exist, an input that is no JSON object) are answered to
the model, which can correct them; the ceilings of the turn bound how often.

A collaborator that fails costs its part of the answer, not the answer: whoever asked is told, once,
and answers without it. It is not asked again in the turn. A failure of the first agent ends it.
"""

import logging
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from datalfred.bedrock.failures import without_arns
from datalfred.bedrock.service_error import ServiceError
from datalfred.definitions.agents import Collaboration
from datalfred.errors import DatalfredError, ModelUnavailableError, ThrottledError
from datalfred.models.port import Message, Model
from datalfred.orchestrator.ceilings import Spending
from datalfred.orchestrator.directory import Directory
from datalfred.orchestrator.operations import ActionGroups, event_for, properties_of
from datalfred.orchestrator.reply import Reply, ToolUse, collect
from datalfred.orchestrator.tools import (
    AskUserTool,
    CollaboratorTool,
    OperationTool,
    Tool,
    Toolbox,
)
from datalfred.orchestrator.tracer import StreamPart, Tracer

Work = Generator[StreamPart, None, "Outcome"]
Step = Generator[StreamPart, None, Mapping[str, Any]]

_log = logging.getLogger(__name__)

_TRY_ANOTHER = "Ask again, or choose another model: DATALFRED_MODEL_NAME."
EMPTY_ANSWER = "I cannot answer that: the language model gave no words."


@dataclass(frozen=True)
class Outcome:
    """How an agent's loop ended: its words, and the conversation up to them."""

    text: str
    messages: list[Message]


@dataclass
class TurnState:
    """What the agents of one turn share.

    Attributes:
        session_id: of the session.
        attributes: session attributes; every agent's operations are given them.
        prompt_attributes: of this turn; the operations of the first agent alone are given them.
        spending: the ceilings and what was used of them.
        relayed: earlier questions and answers, for collaborators that are given them.
        down: the collaborators that failed in the turn, and what was said of it.
    """

    session_id: str
    attributes: dict[str, str]
    prompt_attributes: dict[str, str]
    spending: Spending
    relayed: Sequence[Message] = ()
    down: dict[str, str] = field(default_factory=dict)

    @property
    def correlation(self) -> str:
        """The id by which a person who was told of a failure finds its line in the log."""
        return self.attributes.get("request_id", "")


class AgentLoop:
    """Runs agents of a team.

    Args:
        directory: the agents.
        toolboxes: each agent's tools, by the agent's name.
        model: the language model of every agent.
        action_groups: the functions behind the operations.
    """

    def __init__(
        self,
        directory: Directory,
        toolboxes: Mapping[str, Toolbox],
        model: Model,
        action_groups: ActionGroups,
    ) -> None:
        self._directory = directory
        self._toolboxes = toolboxes
        self._model = model
        self._action_groups = action_groups

    def run(self, turn: TurnState, tracer: Tracer, past: Sequence[Message], question: str) -> Work:
        """Lets the last agent of the tracer's chain answer a question.

        Args:
            turn: what the agents of the turn share.
            tracer: knows the agent and writes its trace.
            past: earlier messages of its conversation.
            question: what it is asked.

        Raises:
            CeilingReachedError: the turn has used what one turn may.
            ServiceError: the model or a function failed.
        """
        toolbox = self._toolboxes[tracer.chain[-1].name]
        messages = [*past, _user({"text": question})]
        while True:
            reply = yield from self._think(turn, tracer, toolbox, messages)
            asked = _question_to_person(toolbox, reply)
            if asked or not reply.tool_uses:
                text = asked or reply.text or EMPTY_ANSWER
                yield from tracer.final("ASK_USER" if asked else "FINISH", text)
                return Outcome(text, [*messages, assistant(text)])
            if reply.text:
                yield from tracer.rationale(reply.text)
            results = []
            for use in reply.tool_uses:
                result = yield from self._use(turn, tracer, toolbox, use, question)
                results.append({"toolResult": {"toolUseId": use.id, **result}})
            messages += [reply.message, _user(*results)]

    def _think(
        self, turn: TurnState, tracer: Tracer, toolbox: Toolbox, messages: list[Message]
    ) -> Generator[StreamPart, None, Reply]:
        turn.spending.before_model()
        model_id = self._model.model_id
        system = [{"text": tracer.chain[-1].definition.instructions}]
        yield from tracer.model_input(model_id, system, messages)
        started = datetime.now(UTC)
        try:
            reply = collect(
                self._model.converse_stream(
                    messages=messages, system=system, tool_config=toolbox.config
                )
            )
        except DatalfredError as error:
            raise _model_failed(error, model_id) from error
        except Exception as error:
            # A provider's own exception: its words are for nobody's chat, and may quote a prompt.
            words = (
                f"The language model {model_id} failed ({type(error).__name__}).\n{_TRY_ANOTHER}"
            )
            raise ServiceError("DependencyFailedException", words, resourceName=model_id) from error
        turn.spending.after_model(model_id, reply.input_tokens, reply.output_tokens)
        yield from tracer.model_output(reply, started)
        return reply

    def _use(
        self, turn: TurnState, tracer: Tracer, toolbox: Toolbox, use: ToolUse, question: str
    ) -> Step:
        tool = toolbox.find(use.name)
        problem = _problem(toolbox, tool, use)
        if problem:
            turn.spending.mistake()
            yield from tracer.reprompt(problem)
            return _result(problem, failed=True)
        turn.spending.before_tool()
        arguments = use.input or {}
        if isinstance(tool, CollaboratorTool):
            collaboration = tool.collaborations[arguments["recipient"]]
            return (yield from self._ask(turn, tracer, collaboration, arguments["content"]))
        assert isinstance(tool, OperationTool)  # noqa: S101 -- _problem and run leave no other
        return (yield from self._call(turn, tracer, tool, arguments, question))

    def _ask(
        self, turn: TurnState, tracer: Tracer, collaboration: Collaboration, content: str
    ) -> Step:
        if collaboration.name in turn.down:
            return _result(turn.down[collaboration.name], failed=True)
        collaborator = self._directory.named(collaboration.name)
        yield from tracer.collaborator_input(collaborator, content)
        started = datetime.now(UTC)
        past = turn.relayed if collaboration.relay_history else ()
        theirs = Tracer(tracer.turn, collaborator, tracer.chain)
        try:
            text = (yield from self.run(turn, theirs, past, content)).text
        except ServiceError as error:
            log_failure(error, turn, collaborator.name, started)
            text = turn.down[collaborator.name] = _without(collaborator.name, error)
        yield from tracer.collaborator_output(collaborator, text, started)
        return _result(text, failed=collaborator.name in turn.down)

    def _call(
        self,
        turn: TurnState,
        tracer: Tracer,
        tool: OperationTool,
        arguments: Mapping[str, Any],
        question: str,
    ) -> Step:
        properties = properties_of(tool, arguments)
        yield from tracer.operation_input(tool, properties)
        started = datetime.now(UTC)
        is_first = len(tracer.chain) == 1
        event = event_for(
            tracer.chain[-1],
            tool,
            properties,
            inputText=question,
            sessionId=turn.session_id,
            sessionAttributes=dict(turn.attributes),
            promptSessionAttributes=dict(turn.prompt_attributes) if is_first else {},
        )
        result = self._action_groups.call(event)
        if result.session_attributes is not None:
            turn.attributes = result.session_attributes
        if result.prompt_attributes is not None and is_first:
            turn.prompt_attributes = result.prompt_attributes
        yield from tracer.operation_output(result, started)
        return _result(result.body, failed=result.failed)


def log_failure(error: ServiceError, turn: TurnState, agent: str, started: datetime) -> None:
    """Logs that an agent failed, in one line without anything that was said."""
    _log.error(
        "correlation_id=<%s>, session=<%s>, agent=<%s>, code=<%s>, of=<%s>, duration_ms=<%d>"
        " | the agent failed",
        turn.correlation,
        turn.session_id,
        agent,
        error.code,
        error.members.get("resourceName", ""),
        round((datetime.now(UTC) - started).total_seconds() * 1000),
    )


def assistant(text: str) -> Message:
    """An agent's words as a message of its conversation."""
    return {"role": "assistant", "content": [{"text": text}]}


def _user(*content: Mapping[str, Any]) -> Message:
    return {"role": "user", "content": list(content)}


def _result(text: str, *, failed: bool = False) -> Mapping[str, Any]:
    return {"content": [{"text": text}], "status": "error" if failed else "success"}


def _question_to_person(toolbox: Toolbox, reply: Reply) -> str:
    """What AMAZON.UserInput is to ask. It ends the turn, whatever else the model called."""
    for use in reply.tool_uses:
        if isinstance(toolbox.find(use.name), AskUserTool) and use.input:
            return str(use.input.get("question", "")).strip()
    return ""


def _problem(toolbox: Toolbox, tool: Tool | None, use: ToolUse) -> str:
    """Why a call cannot be made, in words that a model can act on; empty when it can."""
    if tool is None:
        return f"There is no tool {use.name!r}. The tools are: {', '.join(toolbox.names)}."
    if use.input is None:
        return f"The input of {use.name} is no JSON object. Call it again with one."
    if isinstance(tool, AskUserTool):
        return f"The input of {use.name} has no question. Call it again with one."
    if isinstance(tool, CollaboratorTool):
        recipient = use.input.get("recipient")
        if not isinstance(recipient, str) or recipient not in tool.collaborations:
            names = ", ".join(tool.collaborations)
            return f"There is no agent {recipient!r}. The agents are: {names}."
        content = use.input.get("content")
        if not isinstance(content, str) or not content.strip():
            return "The message has no content. Send it again with the complete question."
    return ""


def _without(name: str, error: ServiceError) -> str:
    said = without_arns(error.message.partition("\n")[0])
    return (
        f"{name} could not answer: {said} Do not ask it again now. Answer with what is known, and"
        " say what is missing."
    )


def _model_failed(error: DatalfredError, model_id: str) -> ServiceError:
    words = f"{error.message}\n{error.hint}".strip()
    if isinstance(error, ThrottledError):
        return ServiceError("ThrottlingException", words)
    if isinstance(error, ModelUnavailableError):
        return ServiceError("ModelNotReadyException", words)
    return ServiceError("DependencyFailedException", words, resourceName=model_id)
