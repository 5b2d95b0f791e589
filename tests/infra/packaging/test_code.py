"""The code asset: the modules that functions need, the same bytes each time, a name of its own."""

import os
import shutil

import pytest

from datalfred.errors import ConfigurationError
from infra.packaging import bytecode
from infra.packaging.code import build_code, code_hash
from infra.packaging.folders import build_once, contents, prune, unpacked_bytes
from infra.packaging.recipe import CACHE_TAG, EPOCH, ROOT
from infra.packaging.sources import handlers, sources
from tests.infra.packaging import lambda_like


def test_what_the_laptop_and_the_terminal_need_stays_at_home():
    rooms = {"/".join(path.parts[:2]) for path in sources(ROOT)}

    assert {"datalfred/lake", "datalfred/approvals", "action_groups/athena"} <= rooms
    at_home = {"local", "cli", "evals", "models", "orchestrator", "answers", "__main__.py"}
    assert not rooms & {f"datalfred/{each}" for each in at_home}
    assert {path.parts[0] for path in sources(ROOT)} == {"datalfred", "action_groups"}


def test_the_data_that_modules_read_goes_with_them():
    assert [path.name for path in sources(ROOT) if path.suffix != ".py"] == ["prices.json"]


def test_an_import_inside_of_a_function_counts_and_one_for_types_does_not(checkout):
    before = set(sources(checkout))
    module = checkout / "datalfred" / "settings.py"
    module.write_text(
        module.read_text("utf-8")
        + "\nfrom typing import TYPE_CHECKING\n"
        + "\nif TYPE_CHECKING:\n    import datalfred.cli.ask\n"
        + "\n\ndef late() -> None:\n    from datalfred.evals import cases\n",
        "utf-8",
    )

    added = {path.as_posix() for path in set(sources(checkout)) - before}
    assert {"datalfred/evals/__init__.py", "datalfred/evals/cases.py"} <= added
    assert not any(path.startswith("datalfred/cli/") for path in added)


def test_a_handler_that_is_not_there_is_named(checkout):
    shutil.rmtree(checkout / "action_groups" / "glue")

    with pytest.raises(ConfigurationError, match=r"action_groups\.glue\.handler is no module"):
        sources(checkout)


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "pyproject.toml",
        "openapi/glue.json",
        "tests/infra/conftest.py",
        "datalfred/cli/ask.py",
        "datalfred/local/host.py",
        "datalfred/definitions/permissions/policies.py",
    ],
)
def test_what_no_function_reads_leaves_the_asset_as_it_is(checkout, path):
    before = code_hash(checkout)

    (checkout / path).write_text((checkout / path).read_text("utf-8") + "\n", "utf-8")
    assert code_hash(checkout) == before


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("datalfred/lake/redaction.py", '"""', '"""A word more. '),
        ("action_groups/glue/operations.py", '"""', '"""A word more. '),
        ("datalfred/definitions/prices.json", "{", "{ "),
    ],
)
def test_a_change_of_the_code_changes_the_asset(checkout, path, old, new):
    before = code_hash(checkout)

    changed = (checkout / path).read_text("utf-8").replace(old, new, 1)
    (checkout / path).write_text(changed, "utf-8")
    assert code_hash(checkout) != before


def test_two_builds_are_the_same_bytes_with_the_same_times(checkout, tmp_path):
    for path in checkout.rglob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)

    there, here = build_code(checkout, tmp_path / "there"), build_code(ROOT, tmp_path / "here")
    assert there.name == here.name
    assert dict(contents(there)) == dict(contents(here))
    stats = {(path.stat().st_mtime, path.stat().st_mode) for path in here.rglob("*.py*")}
    assert stats == {(EPOCH, 0o100644)}


def test_the_code_is_compiled_for_lambda_and_never_compared_with_its_sources():
    if bytecode.interpreter() is None:
        lambda_like.missing("there is no Python of Lambda's version here")
    folder = lambda_like.code()
    compiled = folder / "datalfred" / "__pycache__" / f"errors.{CACHE_TAG}.pyc"

    assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 0b01  # by hash, unchecked
    assert b"/var/task/datalfred/errors.py" in compiled.read_bytes()
    sources_alone = len(list(folder.rglob("*.py")))
    assert len(list(folder.rglob("*.pyc"))) == sources_alone


def test_without_a_python_of_lambdas_version_the_sources_go_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(bytecode, "interpreter", lambda: None)

    alone = build_code(ROOT, tmp_path)
    assert alone.name == f"code-{code_hash()}"
    assert not list(alone.rglob("*.pyc"))


def test_the_code_is_far_below_lambdas_limits():
    assert unpacked_bytes(lambda_like.code()) < 4_000_000


def test_what_is_built_is_not_built_again(tmp_path):
    def build(folder):
        (folder / "made").write_text("once", "utf-8")

    target = build_once(tmp_path / "code-1", build)
    (target / "made").write_text("kept", "utf-8")
    assert build_once(target, build).joinpath("made").read_text("utf-8") == "kept"
    assert build_once(target, build, anew=True).joinpath("made").read_text("utf-8") == "once"


def test_of_two_that_build_at_once_the_first_wins(tmp_path):
    def build(folder):
        other = tmp_path / "code-1"
        other.mkdir()
        (other / "made").write_text("first", "utf-8")

    assert (build_once(tmp_path / "code-1", build) / "made").read_text("utf-8") == "first"


def test_a_build_that_breaks_leaves_nothing(tmp_path):
    def build(folder):
        raise ConfigurationError("wheels", "are out.")

    with pytest.raises(ConfigurationError):
        build_once(tmp_path / "code-1", build)
    assert list(tmp_path.iterdir()) == []


def test_what_was_built_before_is_pruned_by_its_kind(tmp_path):
    for name in ("code-1", "code-2", "layer-1"):
        (tmp_path / name).mkdir()

    prune(tmp_path, "code", keep=tmp_path / "code-2")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["code-2", "layer-1"]


def test_every_function_has_its_handler():
    assert len(handlers(ROOT)) == 6
    assert handlers(ROOT)[-1] == "datalfred.approvals.handler.handler"
