"""The code asset: one folder for all functions, with the modules that they need and no other."""

import functools
import shutil
from pathlib import Path

from infra.packaging import bytecode
from infra.packaging.folders import build_once, fingerprint
from infra.packaging.recipe import BUILD, CODE_ROOT, ROOT
from infra.packaging.sources import sources


def code_hash(root: Path = ROOT) -> str:
    """The hash of the sources that the functions need, and of nothing else."""
    return fingerprint((path.as_posix(), (root / path).read_bytes()) for path in sources(root))


def build_code(root: Path = ROOT, into: Path = BUILD, *, anew: bool = False) -> Path:
    """The folder of the code of the checkout ``root``, built if it is not there."""
    fill = functools.partial(_fill, root)
    return build_once(into / f"code-{code_hash(root)}", fill, anew=anew)


def _fill(root: Path, folder: Path) -> None:
    for path in sources(root):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, target)
    bytecode.compile_folder(folder, CODE_ROOT, bytecode.interpreter())
