"""How long a token of a transaction is kept, and what is no transaction with a token."""

import json
from types import SimpleNamespace

import pytest

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Caller, Request, Response
from datalfred.local.aws.transaction_tokens import VALID_SECONDS, TransactionTokens


@pytest.fixture
def world():
    world = SimpleNamespace(seconds=0.0, carried_out=0, status=200)
    tokens = TransactionTokens(lambda: world.seconds)

    def carry_out(_):
        world.carried_out += 1
        return Response(world.status)

    def send(body, *, operation="TransactWriteItems", region="eu-west-1"):
        headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
        caller = Caller("", "", "", region, "dynamodb")
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return tokens.answer(Request("POST", "/", "", headers, text, caller), carry_out)

    world.send = send
    return world


ASKED = {"TransactItems": [{"Put": {"TableName": "t"}}], "ClientRequestToken": "one"}


def test_a_token_is_kept_for_ten_minutes_after_its_transaction(world):
    world.send(ASKED)
    world.seconds = VALID_SECONDS - 1

    again = world.send(dict(reversed(ASKED.items())))
    assert (world.carried_out, again.status, again.body) == (1, 200, b"{}")
    with pytest.raises(FaultError, match="other parameters"):
        world.send({**ASKED, "TransactItems": []})

    world.seconds = VALID_SECONDS
    world.send(ASKED)
    assert world.carried_out == 2


def test_a_token_is_of_one_region(world):
    world.send(ASKED)
    world.send(ASKED, region="us-east-1")

    assert world.carried_out == 2


def test_a_transaction_that_did_not_succeed_is_tried_again(world):
    world.status = 400
    world.send(ASKED)
    world.status = 200
    world.send(ASKED)

    assert world.carried_out == 2


@pytest.mark.parametrize(
    ("body", "operation"),
    [
        ({"TransactItems": []}, "TransactWriteItems"),
        ({**ASKED, "ClientRequestToken": 7}, "TransactWriteItems"),
        (b"[1]", "TransactWriteItems"),
        (b"{", "TransactWriteItems"),
        (ASKED, "TransactGetItems"),
    ],
)
def test_what_has_no_token_is_carried_out_each_time(world, body, operation):
    world.send(body, operation=operation)
    world.send(body, operation=operation)

    assert world.carried_out == 2
