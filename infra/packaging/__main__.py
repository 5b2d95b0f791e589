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


def build(into: Path) -> dict[str, Path]:
    """The code asset, built anew, and of the others what was not there; by their kinds."""
    built = {
        "code": build_code(into=into, anew=True),
        "layer": build_layer(into),
        "runtime": build_runtime(into),
    }
    for python in dict.fromkeys((PYTHON, host_python())):
        built[f"twin-{python}"] = build_twin(python, into)
    for kind, folder in built.items():
        prune(into, kind, keep=folder)
    return built


def main() -> None:
    """Builds all, and says what there is."""
    try:
        built = build(BUILD)
    except DatalfredError as error:
        sys.exit(f"{error.message}\n{error.hint}".strip())
    lines = [
        f"{each.name:<32} {unpacked_bytes(each) / _MEGABYTE:6.1f} MB" for each in built.values()
    ]
    if bytecode.interpreter() is None:
        lines.append(
            f"No Python {PYTHON} is here: what goes to Lambda has no bytecode and starts slower."
        )
    print("\n".join(lines))  # noqa: T201 -- a command


if __name__ == "__main__":
    main()
