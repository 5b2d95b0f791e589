"""Calls a handler as Bedrock does: with an event, for an operation and its parameters."""

import json
import subprocess
import sys
import uuid
from pathlib import Path

from datalfred.bedrock.untrusted import MARKER

EVENTS = Path(__file__).parents[1] / "events"


def recorded(name):
    """A recorded event, as the call of a turn of its own: a turn may only call so often."""
    event = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    event["sessionAttributes"]["request_id"] = uuid.uuid4().hex
    return event


def event(group, operation, **parameters):
    properties = [
        {"name": name, "type": "string", "value": str(value)} for name, value in parameters.items()
    ]
    return {
        **recorded("bedrock_list_databases"),
        "actionGroup": group,
        "apiPath": f"/{operation}",
        "requestBody": {"content": {"application/json": {"properties": properties}}},
    }


def body_of(reply):
    text = reply["response"]["responseBody"]["application/json"]["body"]
    assert len(text.encode()) <= 25_000
    return without_notice(json.loads(text))


def without_notice(body):
    """The result itself; every result says first that it is data."""
    assert next(iter(body)) == MARKER
    return {name: value for name, value in body.items() if name != MARKER}


def call(handler, group, operation, **parameters):
    reply = handler(event(group, operation, **parameters), None)
    return reply["response"]["httpStatusCode"], body_of(reply)


def modules_after_importing(name):
    code = f"import sys, {name}; print(' '.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return set(ran.stdout.decode().split())
