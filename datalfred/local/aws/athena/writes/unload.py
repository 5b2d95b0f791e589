"""``UNLOAD``: a folder of files without a table."""

from collections.abc import Mapping

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.job import Job
from datalfred.local.aws.athena.translate.context import Selected
from datalfred.local.aws.athena.translate.typed import name
from datalfred.local.aws.athena.write_statements import Unload
from datalfred.local.aws.athena.writes.create_table import Layout, partition_keys
from datalfred.local.aws.athena.writes.formats import Format, named
from datalfred.local.aws.athena.writes.hive_names import folder, hive_type
from datalfred.local.aws.athena.writes.rows import Output, Part, Written
from datalfred.local.aws.athena.writes.upload import is_empty

_KNOWN = {"format", "compression", "compression_level", "field_delimiter", "partitioned_by"}


class Unloading:
    """Rows on their way into a folder."""

    def __init__(self, job: Job, statement: Unload) -> None:
        """Checks the format and the folder.

        Raises:
            StatementError: a wrong property, or a folder that is not empty.
        """
        if not statement.location.startswith("s3://"):
            raise StatementError(
                "INVALID_FUNCTION_ARGUMENT", f"Invalid S3 location: {statement.location}"
            )
        self._location = f"{statement.location.rstrip('/')}/"
        self._form = _form(statement.properties)
        self._properties = statement.properties
        self._keys: tuple[Output, ...] = ()
        if not is_empty(job.s3, self._location):
            raise StatementError(
                "HIVE_PATH_ALREADY_EXISTS",
                f"Target directory already exists: {self._location}. You may need to manually "
                f"clean the data at location '{self._location}' before retrying. Athena will not "
                "delete data in your account.",
            )

    def layout(self, found: Selected) -> Layout:
        """The columns, partition keys last.

        Raises:
            StatementError: a type that files lack, or keys that are not the last columns.
        """
        columns = [
            Output(each.name or f"_col{place}", each.type, name(each.sql))
            for place, each in enumerate(found.columns)
        ]
        keys = partition_keys(self._properties, [each.name for each in columns])
        for each in columns:
            hive_type(each.type, each.name)
        cut = len(columns) - len(keys)
        self._keys = tuple(columns[cut:])
        return Layout(tuple(columns[:cut]), self._keys, self._form)

    def place(self, part: Part, prefix: str) -> str:
        """The URI of a partition's file."""
        where = self._location
        if part.values:
            where += f"{folder((key.name for key in self._keys), part.values)}/"
        return f"{where}{prefix}_{part.path.name}{self._form.ending}"

    def register(self, _written: Written) -> None:
        """Nothing: no table knows these files."""


def _form(properties: Mapping[str, object]) -> Format:
    unknown = [each for each in properties if each not in _KNOWN]
    if unknown:
        raise StatementError("INVALID_PROPERTY", f"Unload property '{unknown[0]}' does not exist")
    if "format" not in properties:
        raise StatementError("INVALID_PROPERTY", "UNLOAD needs the property 'format'")
    delimiter = properties.get("field_delimiter")
    return named(
        str(properties["format"]),
        str(properties.get("compression") or ""),
        None if delimiter is None else str(delimiter),
        what="unload property",
    )
