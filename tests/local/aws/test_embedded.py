"""What an embedded AWS holds, and how it ends."""

import gc

import pytest

from datalfred.definitions.approval_tables import approvals_table
from datalfred.local.aws.embedded import EmbeddedAws


def test_everything_is_closed_although_a_service_cannot_end(tmp_path):
    ended = []

    def fail():
        raise RuntimeError("a thread is stuck")

    aws = EmbeddedAws(tmp_path)
    aws.on_close(lambda: ended.append("first"))
    aws.on_close(fail)
    with pytest.raises(RuntimeError, match="stuck"), aws:
        aws.warm()

    assert ended == ["first"]
    with EmbeddedAws(tmp_path, aws.port) as again:
        again.warm()


def test_a_value_that_is_overwritten_again_and_again_takes_no_memory(tmp_path):
    """Moto's own models would all stay listed until the end."""
    with EmbeddedAws(tmp_path) as aws:
        dynamodb = aws.client("dynamodb")
        dynamodb.create_table(**approvals_table("counted"))
        for _ in range(20):
            dynamodb.update_item(
                TableName="counted",
                Key={"id": {"S": "one"}},
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        gc.collect()

        left = [each for each in gc.get_objects() if type(each).__name__ == "DynamoType"]

    assert len(left) < 20
