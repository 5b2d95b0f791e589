"""How Hive, which runs Athena's statements on the catalog, words its failures."""

from datalfred.local.aws.athena.catalog import GlueCatalog, Table
from datalfred.local.aws.athena.failures import StatementError

_TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "


def execution_error(message: str) -> StatementError:
    """A task on the catalog that failed."""
    return StatementError("", f"{_TASK}{message}")


def semantic_error(message: str) -> StatementError:
    """A statement that makes no sense for the catalog as it is."""
    return StatementError("", f"FAILED: SemanticException {message}")


def existing_table(catalog: GlueCatalog, schema: str, name: str) -> Table:
    """The table.

    Raises:
        StatementError: there is none.
    """
    found = catalog.table(schema, name)
    if found is None:
        raise semantic_error(f"[Error 10001]: Table not found {schema}.{name}")
    return found


def existing_schema(catalog: GlueCatalog, schema: str) -> None:
    """Checks that there is such a database.

    Raises:
        StatementError: there is none.
    """
    if not catalog.has_schema(schema):
        raise semantic_error(f"[Error 10072]: Database does not exist: {schema}")
