"""Many clients at once: what 32 of them do in 20 seconds, what is lost, how much memory it takes.

    python -m benchmarks.soak [SECONDS] [CLIENTS]

One `datalfred local` in a process of its own; each client is a thread that draws its next call from
all services. Whatever was acknowledged is counted again at the end: a difference is a lost write.
"""

import json
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datalfred import clients as boto_clients
from datalfred import settings

_QUESTION = "what tables are in customer?"
_TABLE = "soak"
_GROUP = "/soak"
_MACHINE = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
_SQL = "SELECT country, count(*) FROM sales.orders WHERE month = '2026-05' GROUP BY 1"
_MEGABYTE = 1024 * 1024
_SAMPLES = 4


class Clients:
    """boto3 clients of the served stack, which threads share, and what was made for the run."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._made: dict[str, Any] = {}
        self.function = "datalfred_demo_local_glue"
        table = self["dynamodb"]
        table.create_table(
            TableName=_TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        self["logs"].create_log_group(logGroupName=_GROUP)
        self["logs"].create_log_stream(logGroupName=_GROUP, logStreamName="one")
        self.queue = self["sqs"].create_queue(QueueName="soak")["QueueUrl"]
        self["s3"].create_bucket(
            Bucket="soak", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        role = "arn:aws:iam::123456789012:role/data-pipelines"
        self.machine = self["stepfunctions"].create_state_machine(
            name="soak", roleArn=role, definition=json.dumps(_MACHINE)
        )["stateMachineArn"]

    def __getitem__(self, service: str) -> Any:
        if service not in self._made:
            with settings.using({**settings.environment(), **self._environment}):
                self._made[service] = boto_clients.client(service, retries=0)
        return self._made[service]

    def agent(self) -> dict[str, str]:
        """Which agent to invoke, in a session of its own."""
        return {
            "agentId": self._environment["DATALFRED_AGENT_ID"],
            "agentAliasId": self._environment["DATALFRED_AGENT_ALIAS_ID"],
            "sessionId": str(uuid.uuid4()),
        }


def expect(met: bool, found: object) -> None:  # noqa: FBT001 -- reads as a sentence
    """Fails the call of a client whose answer is not the expected one."""
    if not met:
        raise RuntimeError(f"found {found}")


def who(clients: Clients) -> None:
    """One call of STS."""
    clients["sts"].get_caller_identity()


def catalog(clients: Clients) -> None:
    """The tables of a database."""
    found = clients["glue"].get_tables(DatabaseName="sales")["TableList"]
    expect(any(table["Name"] == "orders" for table in found), found)


def objects(clients: Clients) -> None:
    """Writes an object and reads it back."""
    key, body = str(uuid.uuid4()), secrets.token_bytes(2_000)
    clients["s3"].put_object(Bucket="soak", Key=key, Body=body)
    expect(clients["s3"].get_object(Bucket="soak", Key=key)["Body"].read() == body, key)


def count(clients: Clients) -> None:
    """Adds one to a counter that all clients share."""
    clients["dynamodb"].update_item(
        TableName=_TABLE,
        Key={"id": {"S": "counter"}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


def request(clients: Clients) -> None:
    """Writes a row to the table of approvals, which the journal keeps."""
    row = {"id": {"S": str(uuid.uuid4())}, "state": {"S": "SOAK"}, "created_at": {"S": "2026"}}
    clients["dynamodb"].put_item(
        TableName="datalfred_demo_local_approvals",
        Item=row,
        ConditionExpression="attribute_not_exists(id)",
    )


def query(clients: Clients) -> None:
    """A query of Athena, from its start to its rows."""
    athena = clients["athena"]
    started = athena.start_query_execution(
        QueryString=_SQL, WorkGroup="datalfred_demo_local_queries"
    )["QueryExecutionId"]
    while True:
        found = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
        if found["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            break
        threading.Event().wait(0.02)
    expect(found["Status"]["State"] == "SUCCEEDED", found["Status"])
    rows = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
    expect(len(rows) > 1, rows)


def execute(clients: Clients) -> None:
    """An execution of a state machine."""
    clients["stepfunctions"].start_execution(stateMachineArn=clients.machine)


def log(clients: Clients) -> None:
    """A line of a log."""
    event = {"timestamp": int(time.time() * 1000), "message": '{"level":"INFO","n":1}'}
    clients["logs"].put_log_events(logGroupName=_GROUP, logStreamName="one", logEvents=[event])


def send(clients: Clients) -> None:
    """A message of a queue."""
    clients["sqs"].send_message(QueueUrl=clients.queue, MessageBody="soak")


def ask(clients: Clients) -> None:
    """A turn with the agents, read to its end."""
    answered = clients["bedrock-agent-runtime"].invoke_agent(
        **clients.agent(), inputText=_QUESTION, enableTrace=True
    )
    words = b"".join(event.get("chunk", {}).get("bytes", b"") for event in answered["completion"])
    expect(b"customers" in words, words)


def invoke(clients: Clients) -> None:
    """An invocation of a function with an event that it refuses in words."""
    clients["lambda"].invoke(FunctionName=clients.function, Payload=b"{}")


CALLS: dict[Callable[[Clients], None], int] = {
    who: 6, catalog: 4, objects: 6, count: 6, request: 4, query: 3, execute: 3, log: 6, send: 4,
    ask: 1, invoke: 2,
}  # fmt: skip
"""Each call with its weight."""


def touch(clients: Clients) -> None:
    """Uses once what the calls above do not: other services, writes, metrics, log queries."""
    clients["athena"].start_query_execution(
        QueryString="CREATE TABLE sales.touched AS SELECT * FROM sales.stores",
        ResultConfiguration={"OutputLocation": "s3://soak/touched/"},
    )
    clients["ecs"].list_clusters()
    clients["emr"].list_clusters()
    clients["emr-serverless"].list_applications()
    clients["events"].put_rule(Name="touched", EventPattern='{"source": ["touched"]}')
    topic = clients["sns"].create_topic(Name="touched")["TopicArn"]
    clients["sns"].subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:soak"
    )
    clients["secretsmanager"].create_secret(Name="touched", SecretString="nothing")
    key = clients["kms"].create_key()["KeyMetadata"]["KeyId"]
    clients["kms"].encrypt(KeyId=key, Plaintext=b"nothing")
    clients["iam"].list_roles()
    clients["cloudwatch"].put_metric_data(
        Namespace="touched", MetricData=[{"MetricName": "touched", "Value": 1}]
    )
    clients["cloudwatch"].put_metric_alarm(
        AlarmName="touched",
        Namespace="touched",
        MetricName="touched",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=10,
        ComparisonOperator="GreaterThanThreshold",
    )
    now = int(time.time())
    clients["logs"].start_query(
        logGroupName=_GROUP, startTime=now - 60, endTime=now, queryString="stats count(*)"
    )
    answered = clients["bedrock-agent-runtime"].invoke_agent(
        **clients.agent(), inputText="why did orders-ingestion fail?"
    )
    for _ in answered["completion"]:
        pass


def kept(clients: Clients) -> dict[str, int]:
    """What the services hold of the calls whose effect can be counted."""
    dynamodb = clients["dynamodb"]
    counter = dynamodb.get_item(TableName=_TABLE, Key={"id": {"S": "counter"}})["Item"]["n"]["N"]
    pages = dynamodb.get_paginator("scan").paginate(TableName="datalfred_demo_local_approvals")
    rows = sum(row.get("state") == {"S": "SOAK"} for page in pages for row in page["Items"])
    runs = clients["stepfunctions"].get_paginator("list_executions")
    executions = sum(len(p["executions"]) for p in runs.paginate(stateMachineArn=clients.machine))
    lines = clients["logs"].get_paginator("filter_log_events").paginate(logGroupName=_GROUP)
    waiting = clients["sqs"].get_queue_attributes(
        QueueUrl=clients.queue, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]["ApproximateNumberOfMessages"]
    return {
        "count": int(counter),
        "request": rows,
        "execute": executions,
        "log": sum(len(page["events"]) for page in lines),
        "send": int(waiting),
    }


class Run:
    """What the clients did: how often, how long, and what went wrong."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.took: list[float] = []
        self.problems: list[str] = []
        self._lock = threading.Lock()

    def client(self, clients: Clients, deadline: float, seed: int) -> None:
        """Calls until the deadline."""
        draw = random.Random(seed)  # noqa: S311 -- a mix of calls, no secret
        calls, weights = list(CALLS), list(CALLS.values())
        while time.perf_counter() < deadline:
            call = draw.choices(calls, weights)[0]
            began = time.perf_counter()
            problem = ""
            try:
                call(clients)
            except Exception as error:  # noqa: BLE001 -- any failure is a result here
                problem = f"{call.__name__}: {error!r}"
            with self._lock:
                self.took.append(time.perf_counter() - began)
                if problem:
                    self.problems.append(problem)
                else:
                    self.done[call.__name__] += 1


def resident(pid: int) -> float:
    """Megabytes of memory that a process holds (``VmRSS``)."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / _MEGABYTE


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A served stack: its process and the environment of its clients."""
    written = folder / "stack.env"
    environment = {**settings.environment(), "DATALFRED_STATE": str(folder)}
    command = [sys.executable, "-m", "datalfred", "local", "--port", "0", "--env-file"]
    with subprocess.Popen(
        [*command, str(written)], env=environment, stdout=subprocess.PIPE
    ) as process:
        try:
            process.stdout.readline()  # type: ignore[union-attr] -- it is a pipe
            lines = written.read_text("utf-8").split()
            yield process.pid, dict(line.split("=", 1) for line in lines)
        finally:
            process.terminate()
            process.communicate()


def main(seconds: float, many: int) -> int:
    """Runs, prints and says by its exit code whether anything failed or was lost."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (pid, environment):
        clients = Clients(environment)
        listening = resident(pid)
        for call in CALLS:
            call(clients)
        touch(clients)
        warm, before = resident(pid), kept(clients)
        run = Run()
        deadline = time.perf_counter() + seconds
        threads = [
            threading.Thread(target=run.client, args=(clients, deadline, seed))
            for seed in range(many)
        ]
        for thread in threads:
            thread.start()
        memory = []
        for _ in range(_SAMPLES):
            threading.Event().wait(seconds / _SAMPLES)
            memory.append(resident(pid))
        for thread in threads:
            thread.join()
        after = kept(clients)
    lost = {
        name: run.done[name] - (after[name] - before[name])
        for name in after
        if run.done[name] != after[name] - before[name]
    }
    took = sorted(run.took)
    median, late = statistics.median(took) * 1000, took[len(took) * 99 // 100] * 1000
    print(f"{many} clients, {seconds:g} s: {len(took)} calls, {len(took) / seconds:.0f} a second")
    print(f"median {median:.0f} ms, p99 {late:.0f} ms")
    print(", ".join(f"{name} {times}" for name, times in sorted(run.done.items())))
    print(f"memory: {listening:.0f} MB seeded, {warm:.0f} MB with everything used once, then")
    print(f"  {', '.join(f'{each:.0f}' for each in memory)} MB at each quarter of the time")
    print(f"errors: {len(run.problems)}, lost or doubled writes: {lost or 0}")
    for problem, times in Counter(run.problems).most_common(5):
        print(f"  {times} x {problem[:300]}")
    return 1 if run.problems or lost else 0


if __name__ == "__main__":
    _, *given = sys.argv
    sys.exit(main(float(given[0]) if given else 20.0, int(given[1]) if given[1:] else 32))
