"""Bedrock's events for the tests of action groups."""

import json

from tests.support.action_groups import without_notice


def call(handler, operation, *, user="local:ana", **values):
    """Status and body of an operation, called as Bedrock calls it: every value is a string."""
    properties = [
        {"name": name, "type": "string", "value": str(value)} for name, value in values.items()
    ]
    body = {"requestBody": {"content": {"application/json": {"properties": properties}}}}
    event = {
        "messageVersion": "1.0",
        "agent": {"name": "run_guy", "id": "RUNGUY1234", "alias": "ALIAS12345", "version": "1"},
        "inputText": "",
        "sessionId": "local.ana.1",
        "actionGroup": "group",
        "apiPath": f"/{operation}",
        "httpMethod": "POST",
        "parameters": [],
        "sessionAttributes": {"user": user, "channel": "cli"} if user else {},
        "promptSessionAttributes": {},
        **(body if values else {}),
    }
    response = handler(event, None)["response"]
    text = response["responseBody"]["application/json"]["body"]
    assert len(text.encode()) <= 25_000
    assert "[shortened to fit" not in text
    return response["httpStatusCode"], without_notice(json.loads(text))
