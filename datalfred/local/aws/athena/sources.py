"""Files in FROM: what the readers of every format give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datalfred.local.aws.athena.mirror import StoredFile
from datalfred.local.aws.athena.translate.typed import text

ROWS = "_f"
"""The alias of a source in FROM."""


@dataclass(frozen=True)
class Source:
    """A source in FROM, and the text of each column of it."""

    source: str
    columns: Mapping[str, str]


def paths(files: Sequence[StoredFile]) -> str:
    """DuckDB's list of the copies."""
    return f"[{', '.join(text(str(file.path)) for file in files)}]"
