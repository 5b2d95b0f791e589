"""Which partitions a query must read: those whose values meet its conditions on partition keys."""

from collections.abc import Sequence

from datalfred.local.aws.athena.catalog import Partition, Table
from datalfred.local.aws.athena.engine import Engine
from datalfred.local.aws.athena.scan import key_value
from datalfred.local.aws.athena.translate.context import Pruning
from datalfred.local.aws.athena.translate.typed import name


def pruned(
    engine: Engine, table: Table, partitions: Sequence[Partition], prunings: Sequence[Pruning]
) -> list[Partition]:
    """The partitions that are left, in their order.

    DuckDB judges all of them in one query per condition. A condition that fails on some value, such
    as a cast, prunes nothing: the query itself meets the failure, if it reads that row.
    """
    left = list(partitions)
    for pruning in prunings:
        if left:
            left = _meeting(engine, table, left, pruning)
    return left


def _meeting(
    engine: Engine, table: Table, partitions: list[Partition], pruning: Pruning
) -> list[Partition]:
    import duckdb

    kinds = dict(table.keys)
    places = {key: index for index, (key, _) in enumerate(table.keys)}
    rows = ", ".join(
        f"({number}, "
        + ", ".join(
            key_value(kinds[key], partition.values[places[key]]) for key in pruning.keys.values()
        )
        + ")"
        for number, partition in enumerate(partitions)
    )
    columns = ", ".join(["_number", *(name(column) for column in pruning.keys)])
    sql = (
        f"SELECT _number FROM (VALUES {rows}) AS {pruning.alias}({columns}) "  # noqa: S608 -- writing SQL is this module's work
        f"WHERE {pruning.condition} ORDER BY _number"
    )
    try:
        kept = engine.rows(sql)
    except duckdb.Error:
        return partitions
    return [partitions[number] for (number,) in kept]
