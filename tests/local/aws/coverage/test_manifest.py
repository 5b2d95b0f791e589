"""The manifest says what the code does: both directions, for every operation and parameter."""

import ast
import re
from pathlib import Path

import pytest
from botocore import xform_name

from datalfred.local.aws.coverage.manifest import covered_services
from tests.support.coverage_sources import (
    OURS,
    declared,
    handler_of,
    has_handlers,
    members,
    model,
    own_names,
    unread,
)

TESTS = Path(__file__).parents[1]
COVERED = {service.name: service for service in covered_services()}
FOLDERS = {
    "athena": ["athena"],
    "bedrock-agent": ["test_agents.py"],
    "bedrock-agent-runtime": ["test_agents.py"],
    "cloudwatch": ["cloudwatch"],
    "events": ["events"],
    "iam": ["iam"],
    "logs": ["logs"],
    "sns": ["messaging"],
    "sqs": ["messaging"],
    "stepfunctions": ["stepfunctions"],
    "sts": ["iam", "test_front_door.py"],
}
"""Where besides the contracts the operations of a service are tested, each by its method."""

GUARDED = {"dynamodb", "events", "kms", "secretsmanager", "sns", "sqs"}
"""Services of which we look at requests that moto answers: what either reads is read."""

READ_BY_OTHER_NAMES = {"lambda": {"InvocationType", "Payload"}}
"""Parameters that travel in a header or are the body."""


def named(service, operation):
    """The parameters that the manifest names, of one operation or of all."""
    return {
        parameter.partition(".")[0]
        for said in (operation, service.everywhere)
        for parameter in (*said.refuses, *said.ignores)
    }


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_we_answer_is_listed(name):
    assert declared(name) - set(COVERED[name].operations) == set()


@pytest.mark.parametrize(
    "name", [n for n in sorted(OURS) if COVERED[n].by == "datalfred" and n != "lambda"]
)
def test_what_is_listed_of_a_service_of_ours_is_answered(name):
    assert set(COVERED[name].operations) - declared(name) == set()


@pytest.mark.parametrize("service", COVERED.values(), ids=COVERED)
def test_operations_and_parameters_are_those_of_aws(service):
    assert set(service.operations) <= set(model(service.name).operation_names)
    for operation in service.operations.values():
        known = members(service.name, operation.name)
        own = {each.partition(".")[0] for each in (*operation.refuses, *operation.ignores)}
        assert own <= set(known), operation.name
        for parameter in operation.refuses:
            shape = model(service.name).operation_model(operation.name).input_shape
            for part in parameter.split("."):
                shape = shape.members[part]
    every = {name for o in service.operations for name in members(service.name, o)}
    assert {*service.everywhere.refuses, *service.everywhere.ignores} <= every


@pytest.mark.parametrize(
    "service",
    [s for s in COVERED.values() if s.name in OURS or has_handlers(s.name)],
    ids=lambda service: service.name,
)
def test_a_parameter_is_evaluated_or_named(service):
    """A new parameter of botocore, or one that moto no longer reads, has to be decided upon."""
    left = {
        operation.name: unknown
        for operation in service.operations.values()
        if (unknown := _unread(service, operation) - named(service, operation))
    }
    assert left == {}


def _unread(service, operation):
    given = set(members(service.name, operation.name)) - READ_BY_OTHER_NAMES.get(
        service.name, set()
    )
    if service.name in GUARDED and handler_of(service.name, operation.name):
        return unread(service.name, operation.name) - own_names(service.name)
    if operation.name in declared(service.name) or service.name == "lambda":
        return given - own_names(service.name)
    assert handler_of(service.name, operation.name), f"moto has no {operation.name}"
    return unread(service.name, operation.name)


@pytest.mark.parametrize("service", COVERED.values(), ids=COVERED)
def test_refused_parameters_are_looked_for_where_they_travel(service):
    for operation in service.operations.values():
        known = members(service.name, operation.name)
        for said in (operation, service.everywhere):
            for parameter in said.refuses.keys() & known.keys():
                place = known[parameter].serialization
                wanted = ""
                if place.get("location") == "header":
                    wanted = f"header {place['name'].lower()}"
                elif place.get("location") == "querystring":
                    wanted = f"query {place['name']}"
                assert said.wire[parameter] == wanted, (operation.name, parameter)


def marked():
    """Every operation that a test of the contracts is marked with; the marks prove themselves."""
    for path in (TESTS / "contracts").glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "contract":
                yield from (argument.value for argument in node.args)


def methods(places):
    """The names of all methods and texts in some tests, as an operation is called there."""
    for place in places:
        path = TESTS / place
        for source in [path] if path.is_file() else path.rglob("*.py"):
            for node in ast.walk(ast.parse(source.read_text("utf-8"))):
                if isinstance(node, ast.Attribute):
                    yield node.attr
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield from re.findall(r"\w+", node.value)


@pytest.mark.parametrize("service", COVERED.values(), ids=COVERED)
def test_every_operation_that_is_executed_is_exercised_by_a_test(service):
    proved = {each.partition(":")[2] for each in marked() if each.startswith(f"{service.name}:")}
    called = set(methods(FOLDERS.get(service.name, ())))
    left = {
        operation.name
        for operation in service.executed
        if operation.name not in proved
        and operation.name not in called
        and xform_name(operation.name) not in called
    }
    assert left == set()


def test_every_mark_of_the_contracts_is_an_operation_of_the_manifest():
    listed = {f"{s.name}:{operation}" for s in COVERED.values() for operation in s.operations}
    assert set(marked()) <= listed
