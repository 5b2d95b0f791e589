"""Which lake a stack serves: the demo lake, or a folder of the person's own."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from datalfred.errors import LocalStackError
from datalfred.local.lake_tables import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalfred.local.aws.embedded import EmbeddedAws

DEMO = "demo"
LAKE_STEP = "the lake"
"""The first step of a stack's seed that takes a while."""


@dataclass(frozen=True)
class Lake:
    """A lake that can be served.

    Attributes:
        label: what every answer says it came from.
        semantics_uri: S3 prefix of its semantic layer; empty when it has none.
        seed: fills an empty embedded AWS with it.
        has_pipelines: whether state machines, logs and jobs belong to it.
        bucket: where its tables are; empty when it has none.
    """

    label: str
    semantics_uri: str
    seed: "Callable[[EmbeddedAws, Progress], None]"
    has_pipelines: bool
    bucket: str = ""


def lake_named(name: str, cache: Path) -> Lake:
    """The lake of a name: ``demo``, or the path of a folder.

    Args:
        name: as ``--lake`` takes it.
        cache: where generated files are kept.

    Raises:
        LocalStackError: there is no such folder, or nothing in it can be served.
    """
    if name == DEMO:
        return _demo_lake(cache)
    folder = Path(name).expanduser().resolve()
    if not folder.is_dir():
        raise LocalStackError(
            f"There is no folder {folder} to serve as a lake.",
            hint="Give a folder of Parquet, CSV or JSON files, or `--lake demo`.",
        )
    return _folder_lake(folder)


def _demo_lake(cache: Path) -> Lake:
    def seed(aws: "EmbeddedAws", progress: Progress) -> None:
        from datalfred.local.demo_lake import seed_lake

        seed_lake(aws, datetime.now(UTC).date(), cache, progress)

    bucket = "demo-lake"
    return Lake("demo lake", f"s3://{bucket}/_semantics", seed, has_pipelines=True, bucket=bucket)


def _folder_lake(folder: Path) -> Lake:
    from datalfred.local.folder_lake import BUCKET, seed_folder, semantics_uri

    def seed(aws: "EmbeddedAws", progress: Progress) -> None:
        seed_folder(aws, folder, progress)

    return Lake(str(folder), semantics_uri(folder), seed, has_pipelines=False, bucket=BUCKET)
