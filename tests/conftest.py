"""Every run notes what functions call in it: see ``tests/support/privileges``."""

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.privileges import calls

HOOK = Path(calls.__file__).parent / "hook"
CHOOSING = ("keyword", "markexpr", "lf", "deselect", "maxfail")


def pytest_configure(config):
    if is_first(config):
        calls.begin()
        found = os.environ.get("PYTHONPATH", "")  # noqa: TID251 -- what tests start inherits it
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HOOK), found]))  # noqa: TID251 -- as above
    if find_spec("datalfred.local"):  # not in what Lambda is given
        recording = import_module("tests.support.privileges.recording")
        noting = recording.recording(recording.Recorder(calls.Notes()))
        noting.__enter__()
        config.add_cleanup(lambda: noting.__exit__(None, None, None))


def pytest_sessionfinish(session, exitstatus):
    if is_first(session.config):
        ran = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        calls.end(whole=ran and is_about_everything(session.config))


def is_about_everything(config):
    """Whether nobody has chosen some of the tests."""
    everywhere = config.args_source is config.ArgsSource.TESTPATHS
    return everywhere and not any(config.getoption(each, None) for each in CHOOSING)


def is_first(config):
    """Whether this is the process that was started, not one of the workers that it has."""
    return not hasattr(config, "workerinput")
