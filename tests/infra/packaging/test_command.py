"""``python -m infra.packaging``."""

import pytest

from datalfred.errors import ConfigurationError
from infra.packaging import __main__ as command
from infra.packaging import bytecode


@pytest.fixture
def builders(tmp_path, monkeypatch):
    """Builders that need no network; each leaves one file in its folder."""

    def builder(name):
        def build(*_, **__):
            folder = tmp_path / name
            folder.mkdir(parents=True)
            (folder / "file").write_bytes(b"x" * 2_000_000)
            return folder

        return build

    monkeypatch.setattr(command, "build_code", builder("code-1"))
    monkeypatch.setattr(command, "build_layer", builder("layer-1"))
    monkeypatch.setattr(command, "build_runtime", builder("runtime-1"))
    monkeypatch.setattr(command, "build_twin", lambda python, _: builder(f"twin-{python}-1")())
    monkeypatch.setattr(command, "host_python", lambda: "3.11")
    (tmp_path / "code-0").mkdir()
    (tmp_path / "twin-3.13-0").mkdir()
    return tmp_path


def test_code_layer_twins_and_runtime_are_built_and_what_was_before_goes(builders):
    built = command.build(builders)

    assert list(built) == ["code", "layer", "runtime", "twin-3.13", "twin-3.11"]
    assert sorted(each.name for each in builders.iterdir()) == [
        *("code-1", "layer-1", "runtime-1", "twin-3.11-1", "twin-3.13-1"),
    ]


def test_the_command_says_what_there_is(builders, monkeypatch, capsys):
    monkeypatch.setattr(command, "BUILD", builders)
    monkeypatch.setattr(bytecode, "interpreter", lambda: None)

    command.main()
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["code-1", "2.0", "MB"]
    assert said[-1].startswith("No Python 3.13 is here")


def test_without_an_index_the_command_ends_with_the_way_out(builders, monkeypatch):
    def build_layer(_):
        raise ConfigurationError("layer.txt", "could not be installed.", hint="Reach an index.")

    monkeypatch.setattr(command, "build_layer", build_layer)
    with pytest.raises(SystemExit, match=r"layer\.txt: could not be installed\.\nReach an index\."):
        command.main()


def test_an_interpreter_that_is_another_or_does_not_run_is_none_of_lambdas(monkeypatch, tmp_path):
    broken = tmp_path / "python3.13"
    broken.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    broken.chmod(0o755)
    candidates = ["", str(tmp_path / "missing"), str(broken)]
    monkeypatch.setattr(bytecode, "_candidates", lambda: iter(candidates))

    assert bytecode.interpreter.__wrapped__() is None


def test_an_interpreter_is_looked_for_on_the_path_and_among_those_of_pyenv_and_uv(
    monkeypatch, tmp_path
):
    of_pyenv = tmp_path / ".pyenv" / "versions" / "3.13.4" / "bin" / "python3.13"
    of_pyenv.parent.mkdir(parents=True)
    of_pyenv.touch()
    monkeypatch.setattr(bytecode.Path, "home", lambda: tmp_path)
    monkeypatch.setattr(bytecode.shutil, "which", lambda name: f"/somewhere/{name}")
    monkeypatch.setattr(bytecode, "_run", lambda command: f"/of/{command[2]}\n")

    _, *others = bytecode._candidates()
    assert others == ["/somewhere/python3.13", str(of_pyenv), "/of/uv"]
