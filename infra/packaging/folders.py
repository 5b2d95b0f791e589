"""Folders that are named after what they are made of, whole or not there, the same every time."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from infra.packaging.recipe import EPOCH, HASH_DIGITS

_FILE_MODE, _FOLDER_MODE = 0o644, 0o755


def fingerprint(parts: Iterable[tuple[str, bytes]]) -> str:
    """The hash of named contents, whatever their order."""
    digest = hashlib.sha256()
    for name, content in sorted(parts):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:HASH_DIGITS]


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files of ``folder`` and what is in them, by their paths inside of it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def unpacked_bytes(folder: Path) -> int:
    """What Lambda counts against its limit of 250 MB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def build_once(target: Path, build: Callable[[Path], None], *, anew: bool = False) -> Path:
    """``target``, which ``build`` fills unless it is there already.

    It appears whole: what was interrupted leaves nothing, and of two processes that build it at
    once the first wins.

    Args:
        target: the folder, named after its contents.
        build: fills the empty folder that it is given.
        anew: whether it is built even if it is there.
    """
    if target.is_dir() and not anew:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        build(made)
        _settle(made)
        if anew and target.is_dir():
            target.rename(Path(scratch) / "old")
        try:
            made.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    return target


def prune(folder: Path, kind: str, keep: Path) -> None:
    """Removes what was built as ``kind`` before ``keep``."""
    for each in folder.glob(f"{kind}-*"):
        if each != keep:
            shutil.rmtree(each)


def _settle(folder: Path) -> None:
    """One time and one mode for all: what is in a folder decides, not who built it and when."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(_FOLDER_MODE if path.is_dir() else _FILE_MODE)
        os.utime(path, (EPOCH, EPOCH))
