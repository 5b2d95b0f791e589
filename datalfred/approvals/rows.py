"""Conditional writes of DynamoDB, each of which happens wholly or not at all."""

import random
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from datalfred.errors import UnavailableError

Item = Mapping[str, Mapping[str, Any]]
Step = Mapping[str, Mapping[str, Any]]

_ATTEMPTS = 8
_PAUSE_SECONDS = 0.05
_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
"""Reasons of a cancelled transaction that say nothing about its conditions.

Source: "TransactionCanceledException" of the DynamoDB API reference, TransactWriteItems.
"""
_ABSENT = "attribute_not_exists(#key)"


def texts(values: Mapping[str, str]) -> dict[str, Any]:
    """Attributes of DynamoDB that hold these texts."""
    return {name: {"S": str(value)} for name, value in values.items()}


def put(
    table: str, item: Item, *, key: str = "id", only_if: str = _ABSENT, **values: str
) -> dict[str, Any]:
    """A step that puts an item; unless ``only_if`` says otherwise, only where there is none.

    Args:
        table: the table's name.
        item: the item in DynamoDB's JSON.
        key: the attribute that ``#key`` stands for in ``only_if``.
        only_if: DynamoDB's condition.
        values: what ``:name`` stands for in ``only_if``.
    """
    step: dict[str, Any] = {"TableName": table, "Item": item, "ConditionExpression": only_if}
    if "#key" in only_if:
        step["ExpressionAttributeNames"] = {"#key": key}
    if values:
        step["ExpressionAttributeValues"] = texts(
            {f":{each}": said for each, said in values.items()}
        )
    return {"Put": step}


def change(
    table: str, item_id: str, changes: Mapping[str, str], *, only_if: str, **values: str
) -> dict[str, Any]:
    """A step that sets texts of an item, where ``only_if`` holds; ``#state`` is its state."""
    sets = ", ".join(f"#{name} = :new_{name}" for name in changes)
    new = {f":new_{name}": value for name, value in changes.items()}
    given = {f":{name}": value for name, value in values.items()}
    return {
        "Update": {
            "TableName": table,
            "Key": {"id": {"S": item_id}},
            "UpdateExpression": f"SET {sets}",
            "ConditionExpression": only_if,
            "ExpressionAttributeNames": {
                name: name[1:]
                for name in ("#state", *(f"#{each}" for each in changes))
                if name in f"{sets} {only_if}"
            },
            "ExpressionAttributeValues": texts({**given, **new}),
        }
    }


class Rows:
    """Reads items and carries out steps.

    Args:
        dynamodb: a boto3 DynamoDB client.
    """

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb

    def read(self, table: str, key: str) -> Item | None:
        """The item as it is now; None when there is none."""
        answer = self._dynamodb.get_item(
            TableName=table, Key={"id": {"S": key}}, ConsistentRead=True
        )
        item: Item | None = answer.get("Item")
        return item

    def newest(self, table: str, index: str, partition: str, value: str, most: int) -> list[Item]:
        """At most so many items of one partition of an index, by its sort key, last first."""
        answer = self._dynamodb.query(
            TableName=table,
            IndexName=index,
            KeyConditionExpression="#partition = :value",
            ExpressionAttributeNames={"#partition": partition},
            ExpressionAttributeValues={":value": {"S": value}},
            ScanIndexForward=False,
            Limit=most,
        )
        items: list[Item] = answer["Items"]
        return items

    def delete(self, table: str, key: str) -> None:
        """Deletes an item, if there is one."""
        self._dynamodb.delete_item(TableName=table, Key={"id": {"S": key}})

    def together(self, steps: Iterable[Step]) -> bool:
        """Carries out all steps at one moment; False when a condition does not hold: then none.

        Raises:
            UnavailableError: others kept writing the same items, the table is throttled, or the
                same transaction is still under way after its first answer got lost.
        """
        exceptions = self._dynamodb.exceptions
        items, pause = list(steps), threading.Event()
        for attempt in range(_ATTEMPTS):
            try:
                self._dynamodb.transact_write_items(TransactItems=items)
            except exceptions.TransactionCanceledException as error:
                reasons = {each.get("Code") for each in error.response["CancellationReasons"]}
                if "ConditionalCheckFailed" in reasons:
                    return False
                if not reasons & _PASSING:
                    raise
                pause.wait(_PAUSE_SECONDS * (attempt + random.random()))  # noqa: S311 -- no secret
            except exceptions.TransactionInProgressException:
                break
            else:
                return True
        raise UnavailableError(
            "Others are deciding on the same at this moment.", hint="Try again in a second."
        )
