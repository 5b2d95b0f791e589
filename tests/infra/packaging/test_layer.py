"""The layer: what its lock pins, for Lambda's Python and processor, and its twin the same."""

import io
import re
import shutil
import subprocess
import zipfile
from email.parser import BytesHeaderParser

import pytest

from datalfred.errors import ConfigurationError
from infra.packaging import bytecode
from infra.packaging import layer as layer_module
from infra.packaging.folders import contents, unpacked_bytes
from infra.packaging.layer import build_layer, build_twin, layer_folder
from infra.packaging.recipe import LAYER_LOCK, LAYER_ROOT, RUNTIME_LOCK
from tests.infra.packaging import lambda_like

AARCH64 = 183
BROUGHT_BY_THE_RUNTIME = {
    "boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3",
}  # fmt: skip


def pins(lock):
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text("utf-8"), re.MULTILINE))


def packages(folder):
    """What is installed in a folder, by its own metadata."""
    parse = BytesHeaderParser().parsebytes
    found = [parse(each.read_bytes()) for each in folder.glob("*.dist-info/METADATA")]
    return {each["Name"].lower().replace("_", "-"): each["Version"] for each in found}


def test_the_layer_holds_what_the_lock_pins():
    assert packages(lambda_like.layer() / "python") == pins(LAYER_LOCK)


@pytest.mark.parametrize("python", lambda_like.PYTHONS)
def test_a_twin_holds_the_same_packages_in_the_same_versions(python):
    assert packages(lambda_like.twin(python)) == packages(lambda_like.layer() / "python")


@pytest.mark.parametrize("python", lambda_like.PYTHONS)
def test_a_twin_differs_from_the_layer_in_its_binaries_alone(python):
    def sources(folder):
        return {name: each for name, each in contents(folder) if name.endswith(".py")}

    assert sources(lambda_like.twin(python)) == sources(lambda_like.layer() / "python")


def test_what_the_runtime_brings_is_not_in_the_layer():
    assert packages(lambda_like.runtime()) == pins(RUNTIME_LOCK)
    assert set(pins(RUNTIME_LOCK)) == BROUGHT_BY_THE_RUNTIME
    assert not BROUGHT_BY_THE_RUNTIME & set(pins(LAYER_LOCK))


def test_no_terminal_and_no_laptop_is_in_the_layer():
    assert not {"click", "rich", "moto", "duckdb", "aws-xray-sdk"} & set(pins(LAYER_LOCK))


def test_the_layer_has_the_versions_that_everything_else_is_tested_with():
    tested = pins(LAYER_LOCK.with_name("dev.txt"))

    assert {name: tested[name] for name in pins(LAYER_LOCK)} == pins(LAYER_LOCK)


@pytest.mark.parametrize("name", ["layer.txt", "runtime.txt", "node.txt"])
def test_a_lock_pins_by_hash_and_names_no_registry(name):
    text = LAYER_LOCK.with_name(name).read_text("utf-8")

    requirements = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert requirements
    assert all("--hash=sha256:" in each for each in requirements)
    assert "://" not in text


def test_every_binary_is_for_lambdas_processor_and_python():
    binaries = sorted((lambda_like.layer() / "python").rglob("*.so*"))

    assert len(binaries) >= 2
    for binary in binaries:
        head = binary.read_bytes()[:20]
        assert (head[:4], head[4]) == (b"\x7fELF", 2)  # 64 bits
        assert int.from_bytes(head[18:20], "little") == AARCH64
        assert ".cpython-313-aarch64-linux-gnu." in binary.name


def test_the_layer_has_nothing_that_no_function_reads():
    names = {name for name, _ in contents(lambda_like.layer())}

    assert all(name.startswith("python/") for name in names)
    junk = ("/tests/", "/bin/", ".pyi", "/RECORD", "/INSTALLER")
    assert not [name for name in names if any(each in f"/{name}" for each in junk)]


def test_the_layer_is_far_below_lambdas_limits():
    folder = lambda_like.layer()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in contents(folder):
            archive.writestr(name, content)

    assert unpacked_bytes(folder) + unpacked_bytes(lambda_like.code()) < 40_000_000  # of 250 MB
    assert packed.tell() < 15_000_000  # of 50 MB


def test_its_bytecode_is_the_same_bytes_when_it_is_compiled_again(tmp_path):
    if bytecode.interpreter() is None:
        lambda_like.missing("there is no Python of Lambda's version here")
    again = tmp_path / "layer"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(lambda_like.layer(), again, ignore=ignored)

    bytecode.compile_folder(again, LAYER_ROOT, bytecode.interpreter())
    assert dict(contents(again)) == dict(contents(lambda_like.layer()))


@pytest.fixture
def installers(monkeypatch):
    """What would run, instead of uv and pip; each in turn ends as it is told."""
    ran, ends = [], []

    def run(command, **_):
        ran.append(command)
        code = ends.pop(0)
        return subprocess.CompletedProcess(command, code, "", "no index\nno route to it")

    monkeypatch.setattr(layer_module.subprocess, "run", run)
    monkeypatch.setattr(bytecode, "compile_folder", lambda *_: None)
    return ran, ends


def test_wheels_alone_are_taken_by_hash_and_for_arm64(installers, tmp_path):
    ran, ends = installers
    ends[:] = [0]

    build_layer(tmp_path)
    command = " ".join(ran[0])
    assert "-m uv pip install --link-mode copy --require-hashes --no-deps" in command
    assert "--only-binary :all:" in command
    assert "--python-version 3.13 --python-platform aarch64-manylinux2014" in command


def test_where_uv_reaches_no_index_pip_is_asked(installers, tmp_path):
    ran, ends = installers
    ends[:] = [2, 0]

    build_layer(tmp_path)
    assert "--python-version 3.13 --implementation cp --platform manylinux2014_aarch64" in (
        " ".join(ran[1])
    )


def test_without_an_index_the_layer_is_not_built_and_the_way_out_is_said(installers, tmp_path):
    _, ends = installers
    ends[:] = [2, 1]

    with pytest.raises(ConfigurationError, match="could not be installed: no route to it") as error:
        build_twin("3.11", tmp_path)
    assert "make package" in error.value.hint
    assert list(tmp_path.iterdir()) == []


def test_the_layer_is_named_after_its_lock_and_not_after_the_comments_in_it(tmp_path, monkeypatch):
    before = layer_folder().name
    lock = tmp_path / "layer.txt"
    monkeypatch.setattr(layer_module, "LAYER_LOCK", lock)

    lock.write_text("# by somebody\n" + LAYER_LOCK.read_text("utf-8"), "utf-8")
    assert layer_folder().name == before
    lock.write_text(LAYER_LOCK.read_text("utf-8").replace("pydantic==2", "pydantic==3"), "utf-8")
    assert layer_folder().name != before
