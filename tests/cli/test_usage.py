import json

import pytest
from botocore.exceptions import NoCredentialsError

from datalfred import __version__
from datalfred.errors import LocalStackError, NotFoundError


def test_help_names_every_command(run):
    code, out, _ = run("--help")

    assert code == 0
    for command in (
        "ask",
        "chat",
        "approvals",
        "local",
        "doctor",
        "evals",
        "openapi",
        "sql",
        "demo",
        "stage",
    ):
        assert f"  {command} " in out


def test_the_version_is_that_of_the_package(run):
    assert __version__ in run("--version")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ask", "--colour", "blue", "how many orders?"), "--colour"),
        (("ask",), "QUESTION"),
        (("ask", "   "), "empty"),
        (("ask", "x" * 10_001), "10,001 characters"),
        (("ask", "-id", "has space", "how many orders?"), "has space"),
        (("ask", "-id", "x", "how many orders?"), "no session id"),
        (("ask", "-m", "huge", "how many orders?"), "huge"),
        (("ask", "-p", "../up", "--target", "local", "how many orders?"), "'../up' is no name"),
        (("ask", "-s", "", "how many orders?"), "'' is no name"),
        (("local", "-p", "Big Lake"), "'Big Lake' is no name"),
        (("chat", "-up", ""), "empty"),
        (("approvals", "approve"), "ID"),
        (("nothing",), "nothing"),
        (("local", "--port", "70000"), "70000"),
    ],
)
def test_wrong_usage_is_one_clear_line_and_exit_2(run, arguments, words):
    code, out, err = run(*arguments)

    assert (code, out) == (2, "")
    assert words in err
    assert err.startswith("datalfred: ")
    assert len(err.splitlines()) == 1


def failing(error):
    def fail(*_arguments, **_options):
        raise error

    return fail


def test_a_failure_is_a_line_its_way_out_and_exit_1(run, monkeypatch):
    busy = LocalStackError("Port 4566 is taken.", hint="Choose another with --port.")
    monkeypatch.setattr("datalfred.local.stack.start", failing(busy))

    assert run("local") == (
        1,
        "",
        "datalfred: Port 4566 is taken.\n  Choose another with --port.\n",
    )


def test_a_failure_without_a_way_out_is_one_line(run, monkeypatch):
    monkeypatch.setattr("datalfred.local.stack.start", failing(NotFoundError("lake", "pond")))

    assert run("local") == (1, "", "datalfred: There is no lake named 'pond'.\n")


@pytest.mark.parametrize(
    ("stop", "said"), [(KeyboardInterrupt(), "\nStopped.\n"), (BrokenPipeError(), "")]
)
def test_an_interrupt_and_a_closed_pipe_end_without_a_traceback(run, monkeypatch, stop, said):
    monkeypatch.setattr("datalfred.local.stack.start", failing(stop))

    assert run("local") == (1, "", said)


def test_a_defect_is_two_lines_and_no_traceback(run, monkeypatch):
    monkeypatch.setattr("datalfred.local.stack.start", failing(RuntimeError("odd\x1b[2J")))

    code, _, err = run("local")

    first, way_out = err.splitlines()
    assert (code, first) == (1, "datalfred: This should not have happened: RuntimeError: odd[2J")
    assert "report" in way_out


def test_missing_credentials_are_told_as_such(run, monkeypatch):
    monkeypatch.setattr("datalfred.local.stack.start", failing(NoCredentialsError()))

    code, _, err = run("local")

    assert (code, err.splitlines()[0]) == (1, "datalfred: There are no AWS credentials.")


def test_no_command_shows_the_help_as_wrong_usage(run):
    code, _, err = run()

    assert code == 2
    assert err.startswith("Usage: ")
    assert "  ask " in err


def test_the_guard_judges_a_statement_from_stdin(run):
    assert run("sql", "check", stdin="SELECT 1")[:2] == (0, "allowed\n")
    code, out, _ = run("sql", "check", stdin="DROP TABLE sales.orders")
    assert code == 1
    assert out.startswith("refused: ")


def test_the_guard_judges_json_lines_one_by_one(run):
    lines = [json.dumps({"sql": sql}) for sql in ("SELECT 1", "DELETE FROM t")]

    code, out, _ = run("sql", "check", "--json", stdin="\n".join(lines))

    verdicts = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [each["allowed"] for each in verdicts] == [True, False]
    assert verdicts[1]["reason"]


def test_what_is_generated_is_current(run):
    assert run("openapi", "--check") == (0, "", "")


def test_an_outdated_file_is_named_and_written_anew(run, monkeypatch, tmp_path):
    monkeypatch.setattr(
        "datalfred.cli.generate._generated", lambda: {tmp_path / "openapi" / "glue.json": "new"}
    )

    code, _, err = run("openapi", "--check")
    assert (code, "glue.json" in err, "make generate" in err) == (1, True, True)

    assert run("openapi")[0] == 0
    assert (tmp_path / "openapi" / "glue.json").read_text("utf-8") == "new"


def test_evals_of_a_deployed_stack_are_refused_with_the_reason(run):
    code, _, err = run("evals", "run", "-p", "shop")

    assert (code, "local lakes" in err) == (2, True)
