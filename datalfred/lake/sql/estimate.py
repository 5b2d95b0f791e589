"""What a query will read and cost, before it runs.

Every place where the query, or a view behind it, reads a table: of the partitions that its own
predicates leave, the files that lie in S3 now; of Parquet the columns that it names, by the files'
own footers; of other formats whole files. A common table is read once for each mention of it, as
Athena inlines them. Where a run can only read less (a LIMIT, a filter within Parquet, a predicate
that is not understood here) the estimate is an upper bound and says so.

What cannot be told within two seconds is not told: Iceberg, Delta and Hudi (which files count is
written elsewhere), tables outside S3, recursion over tables, projections that enumerate nothing.
Who asks for a price treats "no estimate" as above every threshold.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from datalfred.bedrock.failures import translated
from datalfred.definitions.prices import athena_cost
from datalfred.errors import CorrectableError, DatalfredError, NotFoundError
from datalfred.lake import moments
from datalfred.lake.access import ATHENA_CATALOG
from datalfred.lake.catalog import glue
from datalfred.lake.sql import parquet
from datalfred.lake.sql.checked import Checked, TableName
from datalfred.lake.sql.columns import columns_read
from datalfred.lake.sql.files import TooManyFilesError, files_under
from datalfred.lake.sql.guard import DEFAULT_DATABASE, check
from datalfred.lake.sql.mentions import RecursiveReadError, mentions
from datalfred.lake.sql.models import QueryEstimate
from datalfred.lake.sql.projected import is_projected, projected
from datalfred.lake.sql.pruning import Pruning, pruning_of
from datalfred.lake.sql.views import MAX_DEPTH, definition

SECONDS = 2.0

_RUNNING = frozenset({"query", "analyze"})
"""EXPLAIN ANALYZE runs the query that it explains."""
_WHOLE_FORMATS = frozenset({"csv", "json"})
_UNLISTED = ("iceberg", "delta", "hudi")
"""Formats whose own metadata say which of the files in the folder are part of the table."""


class _NoEstimateError(Exception):
    """Why there is none; never leaves this module."""


def estimate(checked: Checked, *, seconds: float = SECONDS) -> QueryEstimate:
    """Prices a statement that the guard let through. It informs; it never fails a query."""
    if checked.kind not in _RUNNING or not checked.tables:
        return QueryEstimate(bytes=0, cost_usd=0.0)
    pricing = _Pricing(time.monotonic() + seconds)
    try:
        total = pricing.tree(checked.tree, tuple(checked.tables), 0)
    except (_NoEstimateError, TooManyFilesError, RecursiveReadError) as reason:
        return _none(str(reason))
    except NotFoundError as missing:
        # Athena fails such a query before it reads anything, and says so better.
        return QueryEstimate(bytes=0, cost_usd=0.0, reason=missing.message)
    except CorrectableError as wrong:
        return _none(wrong.message)
    except Exception as error:
        told: DatalfredError | None = translated(error)
        if told is None:
            raise
        return _none(told.message)
    return QueryEstimate(
        bytes=total,
        cost_usd=athena_cost(total),
        upper_bound=pricing.upper_bound,
        partitions=pricing.partitions,
    )


@dataclass
class _Pricing:
    """One estimate in the making."""

    deadline: float
    upper_bound: bool = False
    partitions: dict[str, str] = field(default_factory=dict)
    _listed: dict[TableName, list[tuple[dict[str, str], str]]] = field(default_factory=dict)

    def tree(self, tree: exp.Expr, tables: Sequence[TableName], depth: int) -> int:
        """The bytes that a query reads, with every view behind it."""
        if tree.find(exp.Limit, exp.Fetch, exp.TableSample) is not None:
            self.upper_bound = True
        every = mentions(tree)
        total = 0
        for name in tables:
            found = [each for each in every if _is_of(each[0], name)]
            if found and not _is_metadata(name):
                total += self._table(name, found, depth)
        return total

    def _table(self, name: TableName, found: Sequence[tuple[exp.Table, int]], depth: int) -> int:
        if name.catalog != ATHENA_CATALOG:
            raise _NoEstimateError(f"{name} is read through a connector, which states no sizes.")
        entry = glue.table(name.database, name.name)
        kind = _format(entry)
        if kind == "view":
            return self._view(name, entry, depth) * sum(times for _, times in found)
        if kind in _UNLISTED:
            raise _NoEstimateError(f"{name} is a table of {kind.capitalize()}.")
        if kind not in _WHOLE_FORMATS:
            self.upper_bound = True
        return sum(self._mention(name, entry, each) * times for each, times in found)

    def _view(self, name: TableName, entry: glue.Entry, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise _NoEstimateError(f"The views behind {name} stand on too many levels.")
        self.upper_bound = True  # what the query filters of a view may prune more
        try:
            sql, database = definition(entry)
        except ValueError as error:
            raise _NoEstimateError(f"{name} is a view: {error}") from error
        inner = check(sql, database=database or DEFAULT_DATABASE)
        return self.tree(inner.tree, inner.tables, depth + 1)

    def _mention(self, name: TableName, entry: glue.Entry, mention: exp.Table) -> int:
        if time.monotonic() > self.deadline:
            raise _NoEstimateError("The query could not be priced in time.")
        locations = [glue.location_of(entry)]
        if glue.keys_of(entry):
            locations = self._chosen(name, entry, mention)
        files = files_under(locations, deadline=self.deadline)
        parameters = entry.get("Parameters") or {}
        if glue.format_of(entry) != "parquet" or _by_place(parameters):
            return sum(file.size for file in files)
        columns = (entry.get("StorageDescriptor") or {}).get("Columns") or ()
        known = frozenset(str(column["Name"]).lower() for column in columns)
        return parquet.bytes_of(files, columns_read(mention, known), deadline=self.deadline)

    def _chosen(self, name: TableName, entry: glue.Entry, mention: exp.Table) -> list[str]:
        """The locations of the partitions that one mention of the table reads."""
        keys = {str(key["Name"]).lower(): str(key["Type"]) for key in entry["PartitionKeys"]}
        every = self._listed.get(name)
        if every is None:
            every = self._listed[name] = self._partitions(name, entry, tuple(keys))
        pruning: Pruning = pruning_of(mention, keys)
        self.upper_bound = self.upper_bound or not pruning.exact
        chosen = [location for values, location in every if pruning.keeps(values)]
        before = int(self.partitions.get(str(name), "0").partition(" ")[0])
        self.partitions[str(name)] = f"{max(before, len(chosen))} of {len(every)}"
        return chosen

    def _partitions(
        self, name: TableName, entry: glue.Entry, keys: Sequence[str]
    ) -> list[tuple[dict[str, str], str]]:
        parameters = {str(k): str(v) for k, v in (entry.get("Parameters") or {}).items()}
        if is_projected(parameters):
            try:
                return projected(parameters, keys, glue.location_of(entry), moments.now())
            except ValueError as error:
                said = f"The partitions of {name} are projected, not listed: {error}."
                raise _NoEstimateError(said) from error
        found = []
        for partition in glue.partitions(name.database, name.name):
            values = dict(zip(keys, partition["Values"], strict=False))
            found.append((values, glue.location_of(partition)))
            if time.monotonic() > self.deadline:
                raise _NoEstimateError("The partitions could not be listed in time.")
        return found


def _is_of(mention: exp.Table, name: TableName) -> bool:
    return mention.name.lower() == name.name and mention.db.lower() in {"", name.database}


def _is_metadata(name: TableName) -> bool:
    """``information_schema``, and ``"orders$partitions"``, which read the catalog alone."""
    return name.database == "information_schema" or name.name.endswith("$partitions")


def _format(entry: glue.Entry) -> str:
    parameters = entry.get("Parameters") or {}
    said = f"{parameters.get('table_type', '')} {parameters.get('spark.sql.sources.provider', '')}"
    storage = entry.get("StorageDescriptor") or {}
    if "symlink" in str(storage.get("InputFormat") or "").lower():
        return "delta"  # the folder holds lists of files that lie elsewhere
    return next((kind for kind in _UNLISTED if kind in said.lower()), glue.format_of(entry))


def _by_place(parameters: object) -> bool:
    """Whether Parquet's columns are found by their place: then names say nothing of sizes."""
    return "parquet.column.index.access" in str(parameters)


def _none(reason: str) -> QueryEstimate:
    return QueryEstimate(bytes=None, cost_usd=None, reason=reason)
