"""How Athena files a statement: DDL, DML or utility, and what its result object is."""

from dataclasses import dataclass

from datalfred.local.aws.athena import write_statements as write


@dataclass(frozen=True)
class StatementKind:
    """What GetQueryExecution calls a statement.

    Attributes:
        type: ``DDL``, ``DML`` or ``UTILITY``.
        substatement: such as ``CREATE_TABLE_AS_SELECT``.
        ending: of the result object: ``.csv``, ``.txt``; empty where rows go elsewhere.
        folder: between the output location and the result, for the files of a new table.
    """

    type: str
    substatement: str
    ending: str
    folder: str = ""

    @property
    def is_select(self) -> bool:
        """Whether its result is a table with names."""
        return self.ending == ".csv"

    @property
    def writes_rows(self) -> bool:
        """Whether its rows go into files of their own, which a manifest lists."""
        return not self.ending


_SELECT = StatementKind("DML", "SELECT", ".csv")
_EXPLAIN = StatementKind("UTILITY", "EXPLAIN", ".txt")
_WRITES = {
    write.CreateTableAs: StatementKind("DDL", "CREATE_TABLE_AS_SELECT", "", "tables/"),
    write.Insert: StatementKind("DML", "INSERT", ""),
    write.Unload: StatementKind("DML", "UNLOAD", ""),
    write.CreateView: StatementKind("DDL", "CREATE_VIEW", ".txt"),
    write.CreateDatabase: StatementKind("DDL", "CREATE_DATABASE", ".txt"),
    write.DropDatabase: StatementKind("DDL", "DROP_DATABASE", ".txt"),
    write.CreateExternalTable: StatementKind("DDL", "CREATE_TABLE", ".txt"),
    write.AddPartitions: StatementKind("DDL", "ALTER_TABLE_ADD_PARTITION", ".txt"),
    write.DropPartitions: StatementKind("DDL", "ALTER_TABLE_DROP_PARTITION", ".txt"),
    write.Repair: StatementKind("DDL", "MSCK_REPAIR_TABLE", ".txt"),
}


def kind_of(word: str, statement: write.Write | None) -> StatementKind:
    """How a statement is filed.

    Args:
        word: its first word, in capitals.
        statement: what it says, where it writes.
    """
    if isinstance(statement, write.Drop):
        return StatementKind("DDL", "DROP_VIEW" if statement.view else "DROP_TABLE", ".txt")
    if isinstance(statement, write.Refused):
        changes_rows = statement.substatement in {"DELETE", "UPDATE", "MERGE"}
        return StatementKind("DML" if changes_rows else "DDL", statement.substatement, ".txt")
    if statement is not None:
        return _WRITES[type(statement)]
    if word in {"SHOW", "DESCRIBE", "DESC", "PREPARE", "DEALLOCATE"}:
        return StatementKind("DDL", word, ".txt")
    return _EXPLAIN if word == "EXPLAIN" else _SELECT
