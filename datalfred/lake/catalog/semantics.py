"""The semantic layer: what the team's words mean, one YAML file for each database.

The files lie under ``settings.semantics_uri`` as ``<database>.yaml``. They are optional, whole and
in part: a table without one is described from the catalog alone. A broken file is the operator's
to mend, and the error names file and line.
"""

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from datalfred import clients, settings
from datalfred.bedrock.failures import error_code
from datalfred.errors import OperatorError

_FRESH_SECONDS = 60.0
_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound"})
_NOT_MODIFIED = frozenset({"304", "NotModified"})


class _Declared(BaseModel):
    """A part of the file. Unknown keys are mistakes; numbers may stand for texts."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class ColumnSemantics(_Declared):
    """What a column means."""

    synonyms: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """A value as it is stored, to the words that people use for it."""
    unit: str = ""
    personal: bool = False


class MeasureSemantics(_Declared):
    """A number that the team has defined."""

    expression: str
    synonyms: tuple[str, ...] = ()
    unit: str = ""
    description: str = ""


class JoinSemantics(_Declared):
    """A many-to-one join."""

    table: str = Field(pattern=r"^[^.]+\.[^.]+$")
    """``database.table``."""
    columns: dict[str, str]


class TimePartitionSemantics(_Declared):
    """The partition key that repeats the time column."""

    column: str
    pattern: str


class TableSemantics(_Declared):
    """What a table means."""

    synonyms: tuple[str, ...] = ()
    time_column: str = ""
    time_partition: TimePartitionSemantics | None = None
    label_columns: tuple[str, ...] = ()
    columns: dict[str, ColumnSemantics] = Field(default_factory=dict)
    measures: dict[str, MeasureSemantics] = Field(default_factory=dict)
    joins: tuple[JoinSemantics, ...] = ()

    def column(self, name: str) -> ColumnSemantics:
        """What is declared of a column; nothing when nothing is."""
        return self.columns.get(name, _NO_COLUMN)


class DatabaseSemantics(_Declared):
    """One file."""

    tables: dict[str, TableSemantics] = Field(default_factory=dict)


_NO_COLUMN = ColumnSemantics()
_NOTHING = DatabaseSemantics()


@dataclass
class _Cached:
    etag: str
    read_at: float
    semantics: DatabaseSemantics


_lock = threading.Lock()
_cache: dict[tuple[str, ...], _Cached] = {}


def of_database(database: str) -> DatabaseSemantics:
    """What is declared of a database: read once, asked again after a minute by ETag.

    Raises:
        OperatorError: the file is broken, or is no file of this form.
    """
    uri = settings.load().semantics_uri.rstrip("/")
    if not uri:
        return _NOTHING
    source = f"{uri}/{database}.yaml"
    key = (settings.environment().get("AWS_ENDPOINT_URL") or "", source)
    with _lock:
        known = _cache.get(key)
    if known is not None and time.monotonic() - known.read_at < _FRESH_SECONDS:
        return known.semantics
    fresh = _read(source, known)
    with _lock:
        _cache[key] = fresh
    return fresh.semantics


def personal_columns(tables: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The declared personal columns of ``(database, table)`` pairs, in lower case."""
    return frozenset(
        name.lower()
        for database, table in tables
        for name, column in _columns_of(database, table)
        if column.personal
    )


def _columns_of(database: str, table: str) -> Iterable[tuple[str, ColumnSemantics]]:
    declared = of_database(database).tables.get(table)
    return declared.columns.items() if declared else ()


def parse(text: str, source: str) -> DatabaseSemantics:
    """The file's content as shapes.

    Raises:
        OperatorError: it is no YAML, or not of this form; the message names the line.
    """
    import yaml  # noqa: PLC0415 -- loads with the first file: most functions never read one

    try:
        node = yaml.compose(text, yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _broken(source, line, str(error.problem)) from error
    try:
        return DatabaseSemantics.model_validate(content or {})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        line = _line_of(node, first["loc"])
        raise _broken(source, line, f"{where}: {first['msg']}") from error


def _read(source: str, known: _Cached | None) -> _Cached:
    parts = urlsplit(source)
    condition = {"IfNoneMatch": known.etag} if known and known.etag else {}
    try:
        found = clients.client("s3").get_object(
            Bucket=parts.netloc, Key=parts.path.lstrip("/"), **condition
        )
    except Exception as error:
        if known is not None and error_code(error) in _NOT_MODIFIED:
            return _Cached(known.etag, time.monotonic(), known.semantics)
        if error_code(error) in _ABSENT:
            return _Cached("", time.monotonic(), _NOTHING)
        raise
    with found["Body"] as body:
        text = body.read().decode("utf-8")
    return _Cached(found["ETag"], time.monotonic(), parse(text, source))


def _line_of(node: Any, place: Sequence[int | str]) -> int:
    """The line of the deepest part of ``place`` that the YAML node has."""
    line = node.start_mark.line if node is not None else 0
    for part in place:
        found = _inside(node, part)
        if found is None:
            break
        mark, node = found
        line = mark.line
    return int(line) + 1


def _inside(node: Any, part: int | str) -> tuple[Any, Any] | None:
    """Where a part of a mapping or list begins, and its node; None when there is none."""
    children = node.value if isinstance(node.value, list) else []
    for number, child in enumerate(children):
        if isinstance(child, tuple):
            key, value = child
            if key.value == part:
                return key.start_mark, value
        elif number == part:
            return child.start_mark, child
    return None


def _broken(source: str, line: int, problem: str) -> OperatorError:
    return OperatorError(
        f"{source}, line {line}: {problem}.",
        hint="Mend the file, or take it away: the catalog is described without it then.",
    )
