"""The command line, run in this process."""

import io

import pytest

from datalfred import cli


class Left(BaseException):
    """In place of the end of the process."""


def leave(code):
    raise Left(code)


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command line in this process: exit code, stdout, stderr."""

    def running(*arguments, stdin=""):
        monkeypatch.setattr("sys.argv", ["datalfred", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        monkeypatch.setattr("os._exit", leave)
        with pytest.raises(Left) as left:
            cli.main()
        out, err = capsys.readouterr()
        return left.value.args[0], out, err

    return running
