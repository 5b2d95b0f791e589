"""One stack for all attacks: agents, operations, approver and lake as a laptop runs them."""

import json
import uuid
from dataclasses import dataclass, field

import pytest

from datalfred import settings
from datalfred.answers.assemble import AnswerBuilder
from datalfred.bedrock.adapter import BedrockAgentRuntime
from datalfred.bedrock.runtime import OperationReturned, Turn
from datalfred.local import host, stack
from datalfred.local.lakes import Lake
from datalfred.models import choice
from tests.hostile.obedient import ObedientModel
from tests.hostile.places import Places
from tests.support import small_lake
from tests.support.permissions import EVERYTHING

TABLES = ("datalfred_demo_local_requests", "datalfred_demo_local_approvals")


@dataclass
class Attacked:
    """A stack under attack, and the facts of it."""

    aws: object
    model: ObedientModel
    environment: dict
    places: Places
    bodies: list = field(default_factory=list)
    queries: set = field(default_factory=set)

    def ask(self, question, session="", user="local:ana"):
        """The answer to a person's question; the facts of before are forgotten."""
        session = session or uuid.uuid4().hex
        self.model.forget()
        self.aws.door.calls.clear()
        self.bodies.clear()
        builder = AnswerBuilder("local", session, lambda _model: None)
        turn = Turn(question, session, uuid.uuid4().hex, user, "cli")
        with settings.using(self.environment):
            runtime = BedrockAgentRuntime.connect(
                self.environment["DATALFRED_AGENT_ID"],
                self.environment["DATALFRED_AGENT_ALIAS_ID"],
            )
            for event in runtime.invoke(turn):
                builder.feed(event)
                if isinstance(event, OperationReturned):
                    self.bodies.append(event.body)
        assert builder.failure is None or "ceiling" in builder.failure.message, builder.failure
        return builder.build()

    @property
    def calls(self):
        """(role, operation) of every call to AWS that a function or a service made."""
        return [
            (call.role.removeprefix("datalfred_demo_local_"), f"{call.service}:{call.operation}")
            for call in list(self.aws.door.calls)
            if call.role
        ]

    @property
    def requests(self):
        """The records that wait for a person, or waited."""
        dynamodb = self.aws.client("dynamodb")
        there = dynamodb.list_tables()["TableNames"]
        return [
            item
            for table in TABLES
            if table in there
            for item in dynamodb.scan(TableName=table)["Items"]
            if "summary" in item
        ]

    def new_queries(self):
        """The texts of the queries that ran since this was asked before."""
        athena = self.aws.client("athena")
        pages = athena.get_paginator("list_query_executions").paginate(
            WorkGroup="datalfred_demo_local_queries"
        )
        ids = {each for page in pages for each in page["QueryExecutionIds"]} - self.queries
        self.queries |= ids
        return [
            athena.get_query_execution(QueryExecutionId=each)["QueryExecution"]["Query"]
            for each in ids
        ]

    def withdraw(self):
        """Forgets what waits, so that the next attack begins with nothing."""
        dynamodb = self.aws.client("dynamodb")
        for table in set(TABLES) & set(dynamodb.list_tables()["TableNames"]):
            for item in dynamodb.scan(TableName=table)["Items"]:
                dynamodb.delete_item(TableName=table, Key={"id": item["id"]})

    def lake(self):
        """What must not change: objects, tables, executions and their redrives."""
        s3, glue = self.aws.client("s3"), self.aws.client("glue")
        states = self.aws.client("stepfunctions")
        objects = s3.list_objects_v2(Bucket=small_lake.BUCKET)["Contents"]
        tables = glue.get_tables(DatabaseName="sales")["TableList"]
        executions = [
            {
                key: states.describe_execution(executionArn=arn).get(key)
                for key in ("status", "redriveCount", "input")
            }
            for arn in list(self.places.machines.values())[-3:]
            + list(self.places.machines.values())[:1]
        ]
        return json.dumps(
            [[(each["Key"], each["ETag"]) for each in objects], tables, executions], default=str
        )


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    model = ObedientModel()
    lake = Lake(
        "small lake",
        small_lake.SEMANTICS_URI,
        lambda aws, _progress: small_lake.seed(aws),
        has_pipelines=False,
        bucket=small_lake.BUCKET,
    )
    with (
        pytest.MonkeyPatch.context() as patch,
        settings.using({**settings.environment(), "DATALFRED_DATABASES": "sales,customer"}),
    ):
        patch.setattr(choice, "from_settings", lambda _settings, _size: model)
        patch.setattr(host, "lake_named", lambda _name, _cache: lake)
        with stack.start(state=tmp_path_factory.mktemp("state")) as running:
            running.wait_for_lake()
            assert running.seeding.wait(30)
            running.aws.permissions.grant("pipelines", EVERYTHING)
            places = Places(running.aws)
            yield Attacked(running.aws, model, running.environment(), places)
