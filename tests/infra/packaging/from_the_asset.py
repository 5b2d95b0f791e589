"""A pytest plugin that puts the packaged handlers in the place of the checkout's.

``pytest -p tests.infra.packaging.from_the_asset ...``: the tests run here, beside the embedded AWS;
every handler that they call runs in a Python of Lambda's version that has the code asset, the twin
of the layer and boto3, and reaches the embedded AWS by its port. Tests that change the inside of a
handler cannot reach it there, and are left out. In the end every operation must have succeeded.
"""

import functools
import importlib

import pytest

from datalfred import settings
from datalfred.definitions.action_groups import action_group_names, load_action_group
from datalfred.definitions.handlers import handler_of
from infra.packaging.recipe import PYTHON, ROOT
from infra.packaging.sources import handlers
from tests.infra.packaging import lambda_like

_INSIDE = {"monkeypatch", "caplog"}
_succeeded = set()


def pytest_configure(config):
    room = lambda_like.worker(PYTHON)
    worker = room.__enter__()
    config.add_cleanup(lambda: room.__exit__(None, None, None))
    for handler in handlers(ROOT):
        module, _, function = handler.rpartition(".")
        packaged = functools.partial(_invoke, worker, handler)
        setattr(importlib.import_module(module), function, packaged)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    inside = [item for item in items if _INSIDE & set(item.fixturenames)]
    config.hook.pytest_deselected(items=inside)
    items[:] = [item for item in items if item not in inside]


def pytest_sessionfinish(session):
    every = {
        (handler_of(group), operation.path)
        for group in action_group_names()
        for operation in load_action_group(group).operations
    }
    if never := sorted(every - _succeeded):
        session.config.get_terminal_writer().line(f"never succeeded: {never}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _invoke(worker, handler, event, _context):
    reply = worker.invoke(handler, settings.environment(), event)
    if reply.get("response", {}).get("httpStatusCode") == 200:
        _succeeded.add((handler, event["apiPath"]))
    return reply
