"""The layer of dependencies, its twin for the machine at hand, and what stands for the runtime.

All three are wheels of a lock with hashes, unpacked; nothing is compiled from source. uv resolves
nothing and fetches what the lock names; where only pip is configured, pip does.

Left to Lambda's runtime are boto3 and the packages that it brings (botocore, s3transfer, jmespath,
urllib3, python-dateutil, six), as AWS documents. Powertools asks for jmespath alone of these.
"""

import functools
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from datalfred.errors import ConfigurationError
from infra.packaging import bytecode
from infra.packaging.folders import build_once, fingerprint
from infra.packaging.recipe import (
    BUILD,
    LAYER_LOCK,
    LAYER_ROOT,
    PIP_PLATFORM,
    PYTHON,
    RUNTIME_LOCK,
    UV_PLATFORM,
)

_JUNK_FOLDERS = ("tests", "test", "__pycache__", "bin")
_JUNK_FILES = (
    ".lock",
    "*.pyi",
    "INSTALLER",
    "REQUESTED",
    "RECORD",
    "direct_url.json",
    "uv_cache.json",
)
"""What no function reads: tests, commands, types for checkers, and who installed what when."""

_ALWAYS = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "-q")
_UV = (sys.executable, "-m", "uv", "pip", "install", "--link-mode", "copy")
_PIP = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile")


def host_python() -> str:
    """The version of Python that runs here, such as ``3.11``."""
    return ".".join(platform.python_version_tuple()[:2])


def layer_folder(into: Path = BUILD) -> Path:
    """Where the layer lies once it is built; ``python/`` in it is what Lambda puts on the path."""
    return into / f"layer-{_hash(LAYER_LOCK, PYTHON, UV_PLATFORM)}"


def twin_folder(python: str, into: Path = BUILD) -> Path:
    """Where the twin of the layer lies for a version of Python on this machine."""
    return into / f"twin-{python}-{_hash(LAYER_LOCK, python, _machine())}"


def runtime_folder(into: Path = BUILD) -> Path:
    """Where the packages lie that Lambda's runtime brings."""
    return into / f"runtime-{_hash(RUNTIME_LOCK)}"


def build_layer(into: Path = BUILD, *, anew: bool = False) -> Path:
    """The layer, built if it is not there.

    Raises:
        ConfigurationError: neither uv nor pip could install the lock.
    """
    return build_once(layer_folder(into), _fill_layer, anew=anew)


def build_twin(python: str, into: Path = BUILD) -> Path:
    """The twin for a version of Python, built if it is not there; raises as the layer."""
    return build_once(twin_folder(python, into), functools.partial(_fill_twin, python))


def build_runtime(into: Path = BUILD) -> Path:
    """What stands for Lambda's runtime, built if it is not there; raises as the layer."""
    fill = functools.partial(_install, RUNTIME_LOCK, PYTHON, on_lambda=False)
    return build_once(runtime_folder(into), fill)


def _fill_layer(folder: Path) -> None:
    _install(LAYER_LOCK, PYTHON, folder / "python", on_lambda=True)
    bytecode.compile_folder(folder, LAYER_ROOT, bytecode.interpreter())


def _fill_twin(python: str, folder: Path) -> None:
    _install(LAYER_LOCK, python, folder, on_lambda=False)
    own = sys.executable if python == host_python() else None
    bytecode.compile_folder(folder, "twin", own or bytecode.interpreter())


def _install(lock: Path, python: str, folder: Path, *, on_lambda: bool) -> None:
    """Unpacks the wheels of ``lock`` into ``folder``, for Lambda or for this machine."""
    target = ["--target", str(folder), "-r", str(lock)]
    uv = ["--no-installer-metadata", "--python-version", python]
    pip = ["--python-version", python]
    if on_lambda:
        uv += ["--python-platform", UV_PLATFORM]
        pip += ["--implementation", "cp", "--platform", PIP_PLATFORM]
    for command in ([*_UV, *_ALWAYS, *uv, *target], [*_PIP, *_ALWAYS, *pip, *target]):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- of our own making
        if ran.returncode == 0:
            break
        shutil.rmtree(folder, ignore_errors=True)
    else:
        last = (ran.stderr.strip().splitlines() or ["no word"])[-1]
        hint = "Check that this machine reaches a package index, then run `make package`."
        raise ConfigurationError(str(lock), f"could not be installed: {last}.", hint=hint)
    _sweep(folder)


def _sweep(folder: Path) -> None:
    for name in _JUNK_FOLDERS:
        for path in [each for each in folder.rglob(name) if each.is_dir()]:
            shutil.rmtree(path, ignore_errors=True)
    for pattern in _JUNK_FILES:
        for path in list(folder.rglob(pattern)):
            path.unlink()


def _hash(lock: Path, *built_for: str) -> str:
    """The hash of what a lock pins, and of how it is unpacked."""
    lines = [each for each in lock.read_bytes().splitlines() if not each.startswith(b"#")]
    how = "\n".join((*built_for, *_JUNK_FOLDERS, *_JUNK_FILES))
    return fingerprint([("lock", b"\n".join(lines)), ("how", how.encode())])


def _machine() -> str:
    return f"{platform.system()}-{platform.machine()}"
