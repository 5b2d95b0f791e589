"""What outlives the process: committed before it is acknowledged, put back at the next start."""

import json
import os
import signal
import subprocess
import sys

import pytest

from datalfred.definitions.approval_tables import approvals_table
from datalfred.errors import LocalStackError
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.aws.journal import Journal, Redrive
from datalfred.local.aws.message import Response

TABLE = "datalfred_demo_local_approvals"


def opened(state):
    aws = EmbeddedAws(state)
    aws.keep_tables([TABLE])
    return aws


def created(aws):
    aws.client("dynamodb").create_table(**approvals_table(TABLE))
    return aws.client("dynamodb")


def items(aws, table=TABLE):
    found = aws.client("dynamodb").scan(TableName=table)["Items"]
    return {item["id"]["S"]: item.get("state", {}).get("S") for item in found}


def item(name, state="PENDING"):
    return {"id": {"S": name}, "state": {"S": state}, "created_at": {"S": "2026"}}


def test_every_kind_of_write_is_put_back(tmp_path):
    with opened(tmp_path) as aws:
        dynamodb = created(aws)
        for name in ("put", "updated", "deleted", "dropped"):
            dynamodb.put_item(TableName=TABLE, Item=item(name))
        dynamodb.update_item(
            TableName=TABLE,
            Key={"id": {"S": "updated"}},
            UpdateExpression="SET #s = :s",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":s": {"S": "APPROVED"}},
        )
        dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": "deleted"}})
        dynamodb.batch_write_item(
            RequestItems={
                TABLE: [
                    {"PutRequest": {"Item": item("batched")}},
                    {"DeleteRequest": {"Key": {"id": {"S": "dropped"}}}},
                ]
            }
        )
        dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": TABLE, "Item": item("transacted")}},
                {
                    "ConditionCheck": {
                        "TableName": TABLE,
                        "Key": {"id": {"S": "put"}},
                        "ConditionExpression": "attribute_exists(id)",
                    }
                },
            ]
        )
        before = items(aws)

    with opened(tmp_path) as aws:
        assert items(aws) == before
        assert before == {
            "put": "PENDING",
            "updated": "APPROVED",
            "batched": "PENDING",
            "transacted": "PENDING",
        }
        by_state = aws.client("dynamodb").query(
            TableName=TABLE,
            IndexName="by_state",
            KeyConditionExpression="#s = :s",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":s": {"S": "APPROVED"}},
        )
        assert by_state["Count"] == 1


def test_a_write_that_was_refused_leaves_no_trace(tmp_path):
    with opened(tmp_path) as aws:
        dynamodb = created(aws)
        dynamodb.put_item(TableName=TABLE, Item=item("one"))
        with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.put_item(
                TableName=TABLE,
                Item=item("one", "DENIED"),
                ConditionExpression="attribute_not_exists(id)",
            )
    with opened(tmp_path) as aws:
        assert items(aws) == {"one": "PENDING"}


def test_other_tables_are_not_kept_and_deleted_ones_are_forgotten(tmp_path):
    with opened(tmp_path) as aws:
        dynamodb = created(aws)
        dynamodb.create_table(**approvals_table("another"))
        dynamodb.put_item(TableName="another", Item=item("x"))
        dynamodb.put_item(TableName=TABLE, Item=item("x"))
        dynamodb.delete_table(TableName=TABLE)
    with opened(tmp_path) as aws:
        assert aws.client("dynamodb").list_tables()["TableNames"] == []


def test_a_table_that_is_kept_cannot_be_created_twice(tmp_path):
    with opened(tmp_path) as aws:
        created(aws)
    with opened(tmp_path) as aws:
        dynamodb = aws.client("dynamodb")
        with pytest.raises(dynamodb.exceptions.ResourceInUseException):
            dynamodb.create_table(**approvals_table(TABLE))


CHILD = """
import pathlib, sys
from datalfred import clients, settings
from datalfred.definitions.approval_tables import approvals_table
from datalfred.local.aws.embedded import EmbeddedAws
table = sys.argv[2]
with EmbeddedAws(pathlib.Path(sys.argv[1])) as aws, settings.using(aws.environment()):
    aws.keep_tables([table])
    dynamodb = clients.client("dynamodb")
    dynamodb.create_table(**approvals_table(table))
    for number in range(1000):
        item = {"id": {"S": str(number)}, "state": {"S": "PENDING"}, "created_at": {"S": "1"}}
        dynamodb.put_item(TableName=table, Item=item)
        print(number, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path), TABLE], stdout=subprocess.PIPE, text=True
    ) as child:
        for line in child.stdout:
            if int(line) >= 5:
                break
        os.kill(child.pid, signal.SIGKILL)
        acknowledged = [int(line), *map(int, child.stdout.read().split())][-1]

    with opened(tmp_path) as aws:
        assert {str(number) for number in range(acknowledged + 1)} <= set(items(aws))


def test_a_redrive_is_kept_once_however_often_it_is_repeated(tmp_path):
    class Redriving:
        """Answers RedriveExecution, where a token repeats; one execution cannot be redriven."""

        def __init__(self):
            self.tokens = set()

        def handle(self, request):
            _, operation = request.target
            if operation == "DescribeExecution":
                told = {"redriveCount": len(self.tokens), "redriveDate": 1767225600.0}
                return Response(200, {}, json.dumps(told).encode())
            if operation != "RedriveExecution":
                return None
            asked = json.loads(request.body)
            self.tokens.add(asked.get("clientToken"))
            return Response(400 if asked["executionArn"].endswith("fine") else 200, {}, b"{}")

    arn = "arn:aws:states:eu-west-1:123456789012:execution:orders:one"
    kept = []
    for _ in range(2):  # the second start replays what the first one kept
        with EmbeddedAws(tmp_path) as aws:
            aws.register(Redriving())
            sfn = aws.client("stepfunctions")
            for token in ("a", "a", "b"):
                sfn.redrive_execution(executionArn=arn, clientToken=token)
            with pytest.raises(sfn.exceptions.ClientError):
                sfn.redrive_execution(executionArn=arn + "fine", clientToken="c")
            kept.append(aws.journal.redrives())

    assert [(one.execution_arn, one.redrive_count, one.client_token) for one in kept[0]] == [
        (arn, 1, "a"),
        (arn, 2, "b"),
    ]
    assert kept[1] == kept[0]


def test_redrives_come_back_oldest_first():
    journal = Journal()
    late = Redrive("b", 1, "2026-01-02T00:00:00+00:00")
    early = Redrive("a", 1, "2026-01-01T00:00:00+00:00", "token")
    for redrive in (late, early):
        journal.keep_redrive(redrive)

    assert journal.redrives() == (early, late)
    journal.close()


def test_a_transaction_that_fails_is_undone(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    with journal.transaction() as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")

    def fail():
        with journal.transaction() as connection:
            connection.execute("INSERT INTO notes VALUES ('x')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with journal.transaction() as connection:
        assert connection.execute("SELECT * FROM notes").fetchall() == []
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    journal.close()


def test_a_broken_journal_is_named_with_the_way_out(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"this is no database" * 100)

    with pytest.raises(LocalStackError, match=r"journal\.sqlite cannot be opened") as caught:
        EmbeddedAws(tmp_path)

    assert "--state" in caught.value.hint
