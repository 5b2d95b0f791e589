"""What Lambda has to unpack and to import: sizes, and the CPU of a cold start, side by side.

    python -m benchmarks.packaging [RUNS]

Sizes beside Lambda's limits. Then each handler in a Python of Lambda's version that has the code
asset and the twin of the layer and nothing else: the CPU of the whole process from its start to the
imported handler, with bytecode and without (as Lambda would, which cannot keep what it compiles),
beside a bare interpreter and one that imports what every handler stands on. Runs alternate.
"""

import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from infra.packaging import bytecode
from infra.packaging.code import build_code
from infra.packaging.folders import contents, unpacked_bytes
from infra.packaging.layer import build_layer, build_runtime, build_twin
from infra.packaging.recipe import PYTHON, ROOT
from infra.packaging.sources import handlers

ZIP_LIMIT, UNPACKED_LIMIT = 50, 250
_MEGABYTE = 1_000_000
_FLOOR = "aws_lambda_powertools.event_handler, pydantic"


def packed_bytes(folder: Path) -> int:
    """The size of the ZIP file of a folder."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents(folder):
            archive.writestr(name, content)
    return packed.tell()


def cpu_ms(python: str, folders: list[Path], modules: str) -> float:
    """Of a process that has ``folders`` and the standard library alone and imports ``modules``."""
    path = f"import sys; sys.path[:0] = {[str(each) for each in folders]}"
    command = [python, "-B", "-I", "-S", "-c", f"{path}\nimport {modules}"]
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        raise SystemExit(f"{modules} cannot be imported")
    return (used.ru_utime + used.ru_stime) * 1000


def sizes() -> None:
    """Prints what is unpacked and what is sent, beside the limits."""
    print(f"{'asset':<42} {'zip MB':>8} {'unpacked MB':>12}")
    for name, folder in (("code, all functions", build_code()), ("layer, arm64", build_layer())):
        packed, unpacked = packed_bytes(folder) / _MEGABYTE, unpacked_bytes(folder) / _MEGABYTE
        print(f"{name:<42} {packed:8.2f} {unpacked:12.2f}")
    print(f"{'limit':<42} {ZIP_LIMIT:8.2f} {UNPACKED_LIMIT:12.2f}\n")


def starts(python: str, runs: int, scratch: Path) -> None:
    """Prints the CPU of each import, with bytecode and without."""
    with_bytecode = [build_code(), build_twin(PYTHON), build_runtime()]
    without = [scratch / each.name for each in with_bytecode]
    for there, here in zip(with_bytecode, without, strict=True):
        shutil.copytree(there, here, ignore=shutil.ignore_patterns("__pycache__"))
    print(f"{'process':<42} {'CPU ms':>8} {'no bytecode':>12} {'ratio':>6}")
    modules = ["sys", _FLOOR, *(each.rpartition(".")[0] for each in handlers(ROOT))]
    for each in modules:
        taken = [
            [cpu_ms(python, folders, each) for folders in (with_bytecode, without)]
            for _ in range(runs)
        ]
        quick, slow = (statistics.median(way) for way in zip(*taken, strict=True))
        name = {"sys": "python", _FLOOR: "import powertools, pydantic"}.get(each, f"import {each}")
        print(f"{name:<42} {quick:8.0f} {slow:12.0f} {slow / quick:6.1f}")


def main(runs: int) -> None:
    """Measures and prints."""
    python = bytecode.interpreter()
    if python is None:
        raise SystemExit(f"This needs a Python {PYTHON}, as Lambda has it.")
    sizes()
    with tempfile.TemporaryDirectory() as folder:
        starts(python, runs, Path(folder))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
