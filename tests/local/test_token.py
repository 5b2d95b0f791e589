"""The secret of a state directory."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor

from datalfred.local import token
from datalfred.local.token import read_token


def test_the_secret_stays_and_is_its_owners_alone(tmp_path):
    made = read_token(tmp_path)

    assert len(made) > 40
    assert read_token(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_all_who_ask_at_once_get_the_same(tmp_path):
    ready = threading.Barrier(8)

    def asked(_):
        ready.wait(10)
        return read_token(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(asked, range(8)))) == 1


def test_a_file_that_was_left_empty_opens_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(token, "_PAUSE_SECONDS", 0.0)
    (tmp_path / "token").touch(mode=0o600)

    made = read_token(tmp_path)

    assert len(made) > 40
    assert read_token(tmp_path) == made
