"""Writes to the journal what a successful call changed, before the call is acknowledged."""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from datalfred.local.aws.journal import Journal, Redrive
from datalfred.local.aws.message import Request, Response

Answer = Callable[[Request], Response]

_OK = 200
_CREATES = {"CreateTable", "DeleteTable"}
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}


class Keeper:
    """Stands between the front door and moto for the calls whose effect must last."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._tables: set[str] = set()
        self._keys: dict[tuple[str, str], tuple[str, ...]] = {}
        self._writing = threading.Lock()

    def keep_tables(self, names: Iterable[str]) -> None:
        """Keeps the DynamoDB tables of these names and their items from now on."""
        self._tables.update(names)

    def answer(self, request: Request, ask: Answer) -> Response:
        """The answer of ``ask``, whose lasting effect is on the disk."""
        service, operation = request.caller.service, request.target[1]
        if service == "dynamodb" and operation in _WRITES | _CREATES and self._tables:
            return self._answer_dynamodb(request, operation, ask)
        response = ask(request)
        if service == "states" and operation == "RedriveExecution" and response.status == _OK:
            self._keep_redrive(request, ask)
        return response

    def restore(self, ask: Answer, asking: Request) -> None:
        """Creates the kept tables anew and puts their items back.

        Args:
            ask: answers a request, without keeping it again.
            asking: gives the caller of these requests.
        """
        for table in self._journal.tables():
            calls = [("CreateTable", table.definition)]
            name = table.definition["TableName"]
            calls += [("PutItem", {"TableName": name, "Item": item}) for item in table.items]
            for operation, body in calls:
                ask(_dynamodb(asking, operation, body, table.region))
            self._tables.add(name)

    def _answer_dynamodb(self, request: Request, operation: str, ask: Answer) -> Response:
        # One write at a time: what is read back for the journal is what this write left.
        with self._writing:
            response = ask(request)
            if response.status == _OK:
                body = json.loads(request.body)
                if operation in _CREATES:
                    self._keep_table(request, operation, body)
                else:
                    self._keep_items(request, operation, body, ask)
        return response

    def _keep_table(self, request: Request, operation: str, body: dict[str, Any]) -> None:
        region, name = request.caller.region, body["TableName"]
        if name not in self._tables:
            return
        if operation == "CreateTable":
            self._journal.keep_table(region, name, body)
        else:
            self._journal.forget_table(region, name)

    def _keep_items(
        self, request: Request, operation: str, body: dict[str, Any], ask: Answer
    ) -> None:
        touched: dict[str, list[dict[str, Any]]] = {}
        for name, holder in _touched(operation, body):
            if name in self._tables:
                names = self._key_names(request, name, ask)
                touched.setdefault(name, []).append({one: holder[one] for one in names})
        for name, keys in touched.items():
            now = [(key, _item(request, name, key, ask)) for key in keys]
            self._journal.keep_items(request.caller.region, name, now)

    def _key_names(self, request: Request, name: str, ask: Answer) -> tuple[str, ...]:
        where = (request.caller.region, name)
        if where not in self._keys:
            table = _ask(request, "DescribeTable", {"TableName": name}, ask)["Table"]
            self._keys[where] = tuple(part["AttributeName"] for part in table["KeySchema"])
        return self._keys[where]

    def _keep_redrive(self, request: Request, ask: Answer) -> None:
        # The count tells a redrive from its repetition: by its token, or when a seed replays it.
        given = json.loads(request.body)
        headers = {**request.headers, "x-amz-target": "AWSStepFunctions.DescribeExecution"}
        body = json.dumps({"executionArn": given["executionArn"]}).encode()
        described = _parsed(ask(replace(request, headers=headers, body=body)))
        self._journal.keep_redrive(
            Redrive(
                execution_arn=given["executionArn"],
                redrive_count=described["redriveCount"],
                # What was answered: after a restart the same token is to get the same answer.
                redriven_at=datetime.fromtimestamp(described["redriveDate"], UTC).isoformat(),
                client_token=given.get("clientToken", ""),
            )
        )


def _touched(operation: str, body: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """The table of each item that a write names, and an object that holds the item's key."""
    if operation == "BatchWriteItem":
        for name, writes in body["RequestItems"].items():
            for write in writes:
                yield name, write.get("PutRequest", {}).get("Item") or write["DeleteRequest"]["Key"]
    elif operation == "TransactWriteItems":
        for step in body["TransactItems"]:
            for kind, write in step.items():
                if kind != "ConditionCheck":
                    yield write["TableName"], write.get("Item") or write["Key"]
    else:
        yield body["TableName"], body.get("Item") or body["Key"]


def _item(request: Request, name: str, key: dict[str, Any], ask: Answer) -> dict[str, Any] | None:
    body = {"TableName": name, "Key": key, "ConsistentRead": True}
    item: dict[str, Any] | None = _ask(request, "GetItem", body, ask).get("Item")
    return item


def _ask(request: Request, operation: str, body: dict[str, Any], ask: Answer) -> dict[str, Any]:
    return _parsed(ask(_dynamodb(request, operation, body, request.caller.region)))


def _parsed(response: Response) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(b"".join(response.pieces()))
    return answer


def _dynamodb(like: Request, operation: str, body: dict[str, Any], region: str) -> Request:
    """A request of DynamoDB by the caller of ``like``; moto reads its region from the scope."""
    # Nothing checks the signature.
    scope = f"{like.caller.access_key or 'datalfred'}/20250101/{region}/dynamodb/aws4_request"
    return replace(
        like,
        method="POST",
        path="/",
        query="",
        headers={
            "host": like.headers.get("host", "127.0.0.1"),
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0",
            "x-amz-target": f"DynamoDB_20120810.{operation}",
            "content-type": "application/x-amz-json-1.0",
        },
        body=json.dumps(body).encode(),
        caller=replace(like.caller, region=region, service="dynamodb"),
    )
