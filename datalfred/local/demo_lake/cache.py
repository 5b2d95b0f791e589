"""Keeps the files of the demo lake on disk, one folder for a version and a day.

A folder is complete when it holds ``manifest.json``, and whole when every file has the size that
the manifest says. It is built under another name and renamed, so that two processes may build at
the same time and a crash leaves nothing that looks like a lake.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from functools import cache as once
from pathlib import Path

from datalfred.errors import LocalStackError
from datalfred.local.demo_lake.generation import SQL, generate
from datalfred.local.lake_tables import Progress

_MANIFEST = "manifest.json"
_PREFIX = "demo-lake-"
_BUILDING = "building-"
_ABANDONED_AFTER = 3600
"""Seconds; making a lake takes two."""


@dataclass(frozen=True)
class CachedLake:
    """The files of a lake.

    Attributes:
        folder: holds ``<database>/<table>/[month=YYYY-MM/]<file>``.
        rows: by ``database.table`` and by ``database.table/month=YYYY-MM``.
    """

    folder: Path
    rows: dict[str, int]


@once
def version() -> str:
    """Changes whenever the rows may change: a digest of the SQL and of the definitions."""
    digest = hashlib.sha256()
    sources = [*SQL.glob("*.sql"), *(SQL.parent / "catalog").glob("*.yaml")]
    for path in [*sorted(sources), Path(__file__).with_name("generation.py")]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def cached_lake(cache: Path, today: date, progress: Progress) -> CachedLake:
    """The lake of ``today``, from the cache or made now. Lakes of other days are removed.

    Args:
        cache: the folder of all cached lakes; made when it is missing.
        today: UTC.
        progress: told of each step of the making.

    Raises:
        LocalStackError: the folder cannot be written, or ``today`` lies before the lake begins.
    """
    folder = cache / f"{_PREFIX}{version()}-{today}"
    found = _read(folder)
    if found is None:
        try:
            found = _build(cache, folder, today, progress)
        except OSError as error:
            raise LocalStackError(
                f"The demo lake cannot be written to {cache}: {error}.",
                hint="Free some space (15 MB) or choose another folder with --state.",
            ) from error
    for other in [*cache.glob(f"{_PREFIX}*"), *_abandoned(cache)]:
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return found


def _abandoned(cache: Path) -> list[Path]:
    """Folders that a process began to fill and never finished: it has crashed since."""
    long_ago = time.time() - _ABANDONED_AFTER
    return [path for path in cache.glob(f"{_BUILDING}*") if path.stat().st_mtime < long_ago]


def _read(folder: Path) -> CachedLake | None:
    """The lake of a folder; None when it is missing or broken."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        whole = all(
            (folder / name).stat().st_size == size for name, size in manifest["files"].items()
        )
        return CachedLake(folder, manifest["rows"]) if whole else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _build(cache: Path, folder: Path, today: date, progress: Progress) -> CachedLake:
    cache.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=cache))
    try:
        rows = generate(building, today, progress)
        files = {
            path.relative_to(building).as_posix(): path.stat().st_size
            for path in sorted(building.rglob("*"))
            if path.is_file()
        }
        manifest = json.dumps({"files": files, "rows": rows})
        (building / _MANIFEST).write_text(manifest, encoding="utf-8")
        _put_in_place(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return CachedLake(folder, rows)


def _put_in_place(building: Path, folder: Path) -> None:
    """Renames; a broken folder gives way, a whole one that another process just made stays."""
    for _ in range(3):
        try:
            os.rename(building, folder)  # noqa: PTH104 -- Path.rename would replace a file in silence
        except OSError:
            if _read(folder) is not None:
                return
            shutil.rmtree(folder, ignore_errors=True)
            folder.unlink(missing_ok=True)
        else:
            return
    raise OSError(f"{folder} cannot be replaced")
