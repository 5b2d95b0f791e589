"""What a turn costs beside its model: a bare loop, the orchestrator, and boto3 over loopback.

The turn is always the same: supervisor, collaborator, one operation, collaborator, supervisor;
four calls of a scripted model that answers at once. Run it with ``python -m
benchmarks.orchestration [TURNS]``. Times are of this machine; the ratios travel better.

- bare loop: the Converse loop that anybody writes in twenty lines, without sessions or traces
- in-process: the orchestrator with its full trace
- on the wire: the same, serialised to an event stream
- boto3: an unchanged client that reads every event, from ``datalfred local`` in another process
"""

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from datalfred import clients, settings
from datalfred.definitions.action_groups import ActionGroup, Operation, Parameter
from datalfred.definitions.agents import AgentDefinition, Collaboration, Team
from datalfred.local.aws import agents
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.aws.message import ACCOUNT, Request
from datalfred.models.scripted import Call, Heard, Say, ScriptedModel
from datalfred.orchestrator.orchestrator import Orchestrator
from datalfred.orchestrator.reply import collect
from datalfred.orchestrator.tools import SEND_MESSAGE

TURNS = 500
WARM_UP = 50
QUERY = "post__athena__run_query"
RESULT = json.dumps({"evidence": "Athena query 1f3c read 1.2 MB of sales.orders", "rows": [[42]]})

ATHENA = ActionGroup(
    name="athena",
    description="Queries.",
    operations=(
        Operation(
            operation_id="run_query",
            path="/run_query",
            verb="post",
            description="Runs one statement.",
            parameters=(
                Parameter(name="sql", type="string", description="One SELECT.", required=True),
            ),
        ),
    ),
)


def main(turns: int) -> None:
    """Prints one line for each way of running the turn."""
    orchestrator = _orchestrator()
    kinds: list[tuple[str, list[float]]] = [
        ("bare loop", _times(_bare_loop, turns)),
        ("in-process, full trace", _times(_in_process(orchestrator), turns)),
        ("on the wire", _times(_on_the_wire(orchestrator), turns)),
        ("boto3, other process", _through_boto3(orchestrator, turns)),
    ]
    base = statistics.median(kinds[0][1])
    print(f"{'':24}{'median ms':>12}{'min ms':>10}{'ratio':>9}")
    for name, times in kinds:
        median = statistics.median(times)
        print(f"{name:24}{median * 1e3:12.3f}{min(times) * 1e3:10.3f}{median / base:9.1f}")


def _times(turn: Callable[[int], object], turns: int) -> list[float]:
    for number in range(WARM_UP):
        turn(-1 - number)
    gc.collect()
    times = []
    for number in range(turns):
        started = time.perf_counter()
        turn(number)
        times.append(time.perf_counter() - started)
    return times


def _script(heard: Heard) -> Say:
    last = heard.messages[-1]["content"][0]
    if "toolResult" in last:
        return Say("There were 42 orders.")
    if heard.system[0]["text"].startswith("supervisor"):
        asked = {"recipient": "data_analyst", "content": last["text"]}
        return Say(calls=(Call(SEND_MESSAGE, asked),))
    return Say("I count them.", calls=(Call(QUERY, {"sql": "SELECT count(*) FROM orders"}),))


def _model() -> ScriptedModel:
    return ScriptedModel(_script)


def _bare_loop(_number: int) -> str:
    model = _model()

    def run(agent: str, question: str) -> str:
        messages: list[Any] = [{"role": "user", "content": [{"text": question}]}]
        while True:
            events = model.converse_stream(messages=messages, system=[{"text": agent}])
            reply = collect(events)
            if not reply.tool_uses:
                return reply.text
            use = reply.tool_uses[0]
            given = use.input or {}
            text = run(given["recipient"], given["content"]) if "recipient" in given else RESULT
            result = {"toolUseId": use.id, "content": [{"text": text}]}
            messages += [reply.message, {"role": "user", "content": [{"toolResult": result}]}]

    return run("supervisor", "How many orders?")


def _agent(name: str, **more: Any) -> AgentDefinition:
    words = f"{name}: you are an agent of a benchmark and answer at once what you are asked."
    return AgentDefinition(name=name, description=name, instructions=words, **more)


def _orchestrator() -> Orchestrator:
    helps = (Collaboration(name="data_analyst", instruction="Ask about data."),)
    team = Team(
        supervisor=_agent("supervisor", collaborators=helps),
        collaborators={"data_analyst": _agent("data_analyst", action_groups=("athena",))},
    )
    return Orchestrator(
        team,
        _ForgetfulModel(),
        _invoke,
        project="demo",
        stage="local",
        region=settings.DEFAULT_REGION,
        account=ACCOUNT,
        load=lambda _name: ATHENA,
    )


class _ForgetfulModel(ScriptedModel):
    """Keeps nothing of what it heard: a benchmark hears much."""

    def __init__(self) -> None:
        super().__init__(_script)

    def converse_stream(self, **given: Any) -> Any:
        self.heard.clear()
        return super().converse_stream(**given)


def _invoke(_name: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "apiPath": event["apiPath"],
            "httpMethod": event["httpMethod"],
            "httpStatusCode": 200,
            "responseBody": {"application/json": {"body": RESULT}},
        },
    }


def _request(orchestrator: Orchestrator, number: int) -> dict[str, Any]:
    who = orchestrator.directory.supervisor
    return {
        "agentId": who.agent_id,
        "agentAliasId": who.alias_id,
        "sessionId": f"turn-{number}",
        "inputText": "How many orders?",
        "enableTrace": True,
    }


def _in_process(orchestrator: Orchestrator) -> Callable[[int], object]:
    return lambda number: list(orchestrator.invoke_agent(_request(orchestrator, number)))


def _on_the_wire(orchestrator: Orchestrator) -> Callable[[int], object]:
    services = agents.AgentServices(orchestrator, {})
    with EmbeddedAws() as aws:
        caller = aws.callers.caller(service=agents.SIGNING_NAME)
    body = json.dumps({"inputText": "How many orders?", "enableTrace": True}).encode()
    who = orchestrator.directory.supervisor

    def turn(number: int) -> object:
        path = f"/agents/{who.agent_id}/agentAliases/{who.alias_id}/sessions/turn-{number}/text"
        response = services.handle(Request("POST", path, "", {}, body, caller))
        return b"".join(response.pieces()) if response else None

    return turn


def _through_boto3(orchestrator: Orchestrator, turns: int) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.orchestration", "serve"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with server:
        assert server.stdout is not None  # noqa: S101 -- asked for above
        endpoint = server.stdout.readline().strip()
        with settings.using({"AWS_ENDPOINT_URL": endpoint}):
            client = clients.client("bedrock-agent-runtime", retries=0)
        times = _times(
            lambda number: list(
                client.invoke_agent(**_request(orchestrator, number))["completion"]
            ),
            turns,
        )
        server.communicate()  # the end of its input ends it
    return times


def serve() -> None:
    """Serves the agents until its input ends."""
    with EmbeddedAws() as aws:
        agents.install(aws, _orchestrator())
        print(aws.endpoint, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else TURNS)
