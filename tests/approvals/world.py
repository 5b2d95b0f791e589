"""A world in which processes die, answers get lost and others act, at a call that is named.

Calls are named by what they are for: ``redrive`` is RedriveExecution, ``finish`` the transaction
that ends a record. So a fault hits what it aims at, whatever stands before it in the code.
"""

from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from datalfred.approvals.audit import AuditTrail
from datalfred.approvals.inbox import Requests, record_of
from datalfred.approvals.store import ApprovalStore
from datalfred.definitions.naming import resource_name
from datalfred.errors import DatalfredError
from datalfred.lake import moments

TROUBLE = (ClientError, BotoCoreError, DatalfredError)
BROKEN = ("die_before", "die_after", "throttled", "lost_request", "lost_answer")
TOKEN_SECONDS = 15 * 60
"""For so long Step Functions takes two redrives of one token for one."""


class Died(BaseException):
    """A process that is no more."""


@dataclass(frozen=True)
class Fault:
    """What happens at the nth call of a name: something of BROKEN, or what others do before it."""

    call: str
    what: str
    nth: int = 1


@dataclass(frozen=True)
class Redriven:
    """A redrive that took place: what the process had read before, and the virtual second."""

    target: str
    token: str
    described: int | None
    second: int


class Wrapped:
    """A client whose calls go through a world."""

    def __init__(self, client, world):
        self._client = client
        self._world = world

    def __getattr__(self, name):
        real = getattr(self._client, name)
        if name in {"exceptions", "meta", "get_paginator"}:
            return real
        return lambda **given: self._world.call(name, real, given)


class World:
    """Virtual time, the tables of one project, and what was really redriven.

    Attributes:
        ahead: virtual seconds since the world began; nothing here waits for a real one.
        hits: how often each fault has hit, so that a test can show that it aimed well.
        redriven: each redrive that took place, in order.
    """

    def __init__(self, stack, project):
        self.dynamodb, self.stepfunctions = _clients(stack.aws)
        self.names = {
            what: resource_name(project, "local", what)
            for what in ("requests", "approvals", "audit")
        }
        self.begun, self.ahead = moments.now().replace(microsecond=0), 0
        self.plan, self.calls, self.hits = {}, Counter(), Counter()
        self.do, self.described = None, None
        self.tokens, self.redriven, self.held, self.skew = {}, [], {}, 0

    def store(self, skew=0, *, wrapped=True):
        dynamodb = Wrapped(self.dynamodb, self) if wrapped else self.dynamodb
        return ApprovalStore(
            dynamodb,
            requests=self.names["requests"],
            approvals=self.names["approvals"],
            audit=AuditTrail(dynamodb, self.names["audit"]),
            minutes=15,
            now=lambda: self.begun + timedelta(seconds=self.ahead + skew),
        )

    def requests(self, skew=0):
        """What a function that asks may do, by its own clock."""
        return Requests(
            Wrapped(self.dynamodb, self),
            requests=self.names["requests"],
            approvals=self.names["approvals"],
            minutes=15,
            now=lambda: self.begun + timedelta(seconds=self.ahead + skew),
        )

    def records(self):
        """The approver's records as they stand, by id; reading them changes nothing."""
        items = self.dynamodb.scan(TableName=self.names["approvals"])["Items"]
        return {item["id"]["S"]: record_of(item) for item in items if "state" in item}

    def describe(self, target):
        return self.stepfunctions.describe_execution(executionArn=target)

    @contextmanager
    def process(self, faults=(), do=None, skew=0):
        """One process, with its clock and what happens to it; whatever it raises is its own."""
        outer = self.plan, self.calls, self.do, self.described, self.skew
        self.plan = {(fault.call, fault.nth): fault.what for fault in faults}
        self.calls, self.do, self.described, self.skew = Counter(), do, None, skew
        try:
            with suppress(Died, *TROUBLE):
                yield
        finally:
            self.plan, self.calls, self.do, self.described, self.skew = outer

    def call(self, name, real, given):
        call = _called(name, given)
        self.calls[call] += 1
        fault = self.plan.pop((call, self.calls[call]), None)
        self.hits[call, fault] += 1
        if fault == "die_before":
            raise Died
        if fault == "throttled":
            said = {"Code": "ThrottlingException", "Message": "slowly"}
            raise ClientError({"Error": said}, name)
        if fault == "lost_request":
            raise ReadTimeoutError(endpoint_url="here")
        if fault is not None and fault not in BROKEN:
            self.do(fault)
        answer = self._taken(call, real, given)
        if fault == "die_after":
            raise Died
        if fault == "lost_answer":
            raise ReadTimeoutError(endpoint_url="here")
        return answer

    def _taken(self, call, real, given):
        if call == "redrive":
            return self._redriven(real, given)
        answer = real(**given)
        if call == "describe":
            self.described = answer["redriveCount"]
        if call in {"approve", "claim"}:
            self._holds(given["TransactItems"][0]["Update"], taken_over=call == "claim")
        return answer

    def _holds(self, update, *, taken_over):
        """Notes a claim; by one's own clock nobody takes over what is still held."""
        record, now = update["Key"]["id"]["S"], self.ahead + self.skew
        held = self.held.get(record, now)
        assert not taken_over or now >= held, "a claim was taken over before it lapsed"
        said = update["ExpressionAttributeValues"].get(":new_claimed_until", {"S": ""})["S"]
        if said:
            self.held[record] = (moments.parsed(said) - self.begun).total_seconds()

    def _redriven(self, real, given):
        target, token = given["executionArn"], given.get("clientToken", "")
        first = self.tokens.setdefault(token, self.ahead)
        stale = self.ahead - first > TOKEN_SECONDS
        before = self.describe(target)["redriveCount"]
        # By the clock of this world it has forgotten the token, so another one stands for it.
        sent = {**given, "clientToken": f"{token}-{self.ahead}"} if stale else given
        answer = real(**sent)
        if self.describe(target)["redriveCount"] > before:
            self.redriven.append(Redriven(target, token, self.described, self.ahead))
        return answer


@cache
def _clients(aws):
    """Clients without a socket between them and the embedded AWS: thousands of calls."""
    return aws.client("dynamodb"), aws.client("stepfunctions")


_BY_STATE = {"APPROVED": "approve", "DENIED": "deny", "EXPIRED": "expire"}
_PLAIN = {
    "describe_execution": "describe",
    "redrive_execution": "redrive",
    "get_item": "read",
    "delete_item": "drop",
    "query": "list",
    "put_item": "refuse",
}


def _called(name, given):
    """What a call is for."""
    if name != "transact_write_items":
        return _PLAIN.get(name, name)
    first = given["TransactItems"][0]
    if "Update" in first:
        values = first["Update"]["ExpressionAttributeValues"]
        state = values.get(":new_state", {}).get("S")
        return _BY_STATE.get(state, "finish") if state else "claim"
    key = first["Put"]["Item"].get("id", {"S": "row"})["S"]
    marks = {"turn": "turn", "used": "spend", "row": "row"}
    asks = given["TransactItems"][0]["Put"]["TableName"].endswith("requests")
    return marks.get(key.partition("#")[0], "ask" if asks else "take_in")


def explore(machine, stack, examples):
    """Runs a state machine of Hypothesis over a stack, the same examples each time."""
    run_state_machine_as_test(
        type(machine.__name__, (machine,), {"stack": stack}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=6,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
            phases=[Phase.generate, Phase.shrink],
        ),
    )
