import contextlib
import subprocess
import sys

import pytest

from datalfred.orchestrator.sessions import MemorySessions, Session, SqliteSessions

MESSAGE = {"role": "user", "content": [{"text": "How many? é"}]}


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def store(request, clock, tmp_path):
    if request.param == "memory":
        yield MemorySessions(clock)
        return
    with contextlib.closing(SqliteSessions(tmp_path / "journal.sqlite", clock)) as made:
        yield made


def test_a_session_comes_back_as_it_was_kept(store):
    store.save("a/b/s1", Session([MESSAGE], {"user": "local:ana"}, expires_at=200.0))

    found = store.load("a/b/s1")

    assert found == Session([MESSAGE], {"user": "local:ana"}, expires_at=200.0)


def test_what_is_changed_after_loading_is_not_kept(store):
    store.save("a/b/s1", Session([MESSAGE], {}, expires_at=200.0))

    store.load("a/b/s1").messages.append(MESSAGE)

    assert store.load("a/b/s1").messages == [MESSAGE]


def test_sessions_are_apart(store):
    store.save("a/b/s1", Session([MESSAGE], {}, expires_at=200.0))

    assert store.load("a/b/s2") is None


def test_an_idle_session_expires(store, clock):
    store.save("a/b/s1", Session([MESSAGE], {}, expires_at=200.0))

    clock.now = 200.0

    assert store.load("a/b/s1") is None


def test_expired_sessions_are_swept(store, clock):
    store.save("old", Session([MESSAGE], {}, expires_at=200.0))

    clock.now = 300.0
    store.save("new", Session([MESSAGE], {}, expires_at=400.0))
    clock.now = 150.0

    assert store.load("old") is None
    assert store.load("new") is not None


def test_a_deleted_session_is_gone(store):
    store.save("a/b/s1", Session([MESSAGE], {}, expires_at=200.0))

    store.delete("a/b/s1")
    store.delete("a/b/never")

    assert store.load("a/b/s1") is None


KEEP_AND_DIE = """
import os, signal, sys
from pathlib import Path
from datalfred.orchestrator.sessions import Session, SqliteSessions
store = SqliteSessions(Path(sys.argv[1]), lambda: 100.0)
store.save("a/b/s1", Session([{"role": "user", "content": [{"text": "kept"}]}], {}, 200.0))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kept_session_survives_the_kill_of_its_process(tmp_path, clock):
    path = tmp_path / "journal.sqlite"

    died = subprocess.run([sys.executable, "-c", KEEP_AND_DIE, str(path)], check=False)

    assert died.returncode == -9
    with contextlib.closing(SqliteSessions(path, clock)) as store:
        assert store.load("a/b/s1").messages[0]["content"] == [{"text": "kept"}]
