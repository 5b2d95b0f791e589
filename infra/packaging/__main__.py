"""``python -m infra.packaging``: builds what Lambda is given, and what its tests need."""

import sys
from pathlib import Path

from datalfred.errors import DatalfredError
from infra.packaging import bytecode
from infra.packaging.code import build_code
from infra.packaging.folders import prune, unpacked_bytes
from infra.packaging.layer import build_layer, build_runtime, build_twin, host_python
from infra.packaging.recipe import BUILD, PYTHON

_MEGABYTE = 1_000_000


def main(into: Path = BUILD) -> None:
    """Builds the code asset anew, and of the others what is not there; says what there is."""
    built = {
        "code": build_code(into=into, anew=True),
        "layer": build_layer(into),
        "runtime": build_runtime(into),
    }
    for python in dict.fromkeys((PYTHON, host_python())):
        built[f"twin-{python}"] = build_twin(python, into)
    for kind, folder in built.items():
        prune(into, kind, keep=folder)
        print(f"{folder.name:<32} {unpacked_bytes(folder) / _MEGABYTE:6.1f} MB")  # noqa: T201 -- a command
    if bytecode.interpreter() is None:
        print(f"No Python {PYTHON} is here: the sources go without bytecode and start slower.")  # noqa: T201 -- a command


if __name__ == "__main__":
    try:
        main()
    except DatalfredError as error:
        sys.exit(f"{error.message}\n{error.hint}".strip())
