import json
from dataclasses import dataclass, field

import pytest

from datalfred.bedrock.trace import TraceReader
from datalfred.definitions.action_groups import ActionGroup, Operation, Parameter
from datalfred.definitions.agents import AgentDefinition, Collaboration, Team
from datalfred.models.scripted import Call, Say, ScriptedModel
from datalfred.orchestrator.orchestrator import Orchestrator

INSTRUCTIONS = "You are an agent of a test and answer what you are asked, in few words."


def agent(name, **more):
    return AgentDefinition(
        name=name, description=name, instructions=f"{name}: {INSTRUCTIONS}", **more
    )


TEAM = Team(
    supervisor=agent(
        "supervisor",
        asks_user=True,
        session_ttl_seconds=600,
        collaborators=(
            Collaboration(name="data_analyst", instruction="Data.", relay_history=True),
            Collaboration(name="run_guy", instruction="Runs.", relay_history=False),
        ),
    ),
    collaborators={
        "data_analyst": agent("data_analyst", action_groups=("athena",)),
        "run_guy": agent("run_guy", action_groups=("athena",)),
    },
)

ATHENA = ActionGroup(
    name="athena",
    description="Queries.",
    operations=(
        Operation(
            operation_id="run_query",
            path="/run_query",
            verb="post",
            description="Runs a query.",
            parameters=(
                Parameter(name="sql", type="string", description="A SELECT.", required=True),
                Parameter(name="page", type="integer", description="The page.", required=False),
            ),
        ),
    ),
)

QUERY = "post__athena__run_query"


def ask(recipient, content):
    return Call("AgentCommunication__sendMessage", {"recipient": recipient, "content": content})


def reply(event, body, status=200, **more):
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "apiPath": event["apiPath"],
            "httpMethod": event["httpMethod"],
            "httpStatusCode": status,
            "responseBody": {"application/json": {"body": json.dumps(body)}},
        },
        **more,
    }


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self):
        return self.now


@dataclass
class Stage:
    """An orchestrator over a script, and what reached its model and its functions."""

    orchestrator: Orchestrator
    model: ScriptedModel
    clock: Clock
    calls: list = field(default_factory=list)

    def turn(self, text="How many?", session="session-1", *, agent="supervisor", **more):
        """The stream of a turn, unread."""
        identity = self.orchestrator.directory.named(agent)
        request = {
            "agentId": identity.agent_id,
            "agentAliasId": identity.alias_id,
            "sessionId": session,
            "inputText": text,
            **more,
        }
        return self.orchestrator.invoke_agent(request)

    def answer(self, *args, **more):
        """The words of a turn."""
        chunks = [part["chunk"] for part in self.turn(*args, **more) if "chunk" in part]
        return b"".join(chunk["bytes"] for chunk in chunks).decode()

    def events(self, *args, **more):
        """What a turn's trace says."""
        reader = TraceReader("supervisor")
        parts = self.turn(*args, enableTrace=True, **more)
        return [event for part in parts if "trace" in part for event in reader.read(part["trace"])]

    def heard(self, index=-1):
        """The messages of a model call, in short."""
        return [_short(message) for message in self.model.heard[index].messages]


def _short(message):
    block = message["content"][0]
    if "text" in block:
        return f"{message['role']}: {block['text']}"
    return f"{message['role']}: <{next(iter(block))}>"


@pytest.fixture
def stage():
    """Makes a stage from a script, and perhaps a function behind the operations."""

    def make(script, function=None, **options):
        clock = Clock()
        calls = []

        def invoke(name, event):
            calls.append((name, event))
            return (function or (lambda given: reply(given, {"evidence": "one row", "n": 42})))(
                event
            )

        model = script if hasattr(script, "converse_stream") else ScriptedModel(script)
        orchestrator = Orchestrator(
            TEAM,
            model,
            invoke,
            **{
                "project": "demo",
                "stage": "local",
                "region": "eu-west-1",
                "account": "123456789012",
                "load": lambda _name: ATHENA,
                "clock": clock,
                **options,
            },
        )
        return Stage(orchestrator, model, clock, calls)

    return make


DELEGATED = (
    Say(calls=(ask("data_analyst", "How many orders?"),)),
    Say("Let me look.", calls=(Call(QUERY, {"sql": "SELECT 1"}),)),
    Say("There are 42."),
    Say("42 orders."),
)
"""Supervisor, analyst, operation, analyst, supervisor."""


@pytest.fixture
def delegated():
    return DELEGATED
