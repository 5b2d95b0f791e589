"""``CREATE DATABASE`` and ``DROP DATABASE``."""

from typing import TYPE_CHECKING

from datalfred.local.aws.athena.catalog import GlueCatalog
from datalfred.local.aws.athena.job import Job
from datalfred.local.aws.athena.write_statements import CreateDatabase, DropDatabase
from datalfred.local.aws.athena.writes.hive_errors import execution_error, semantic_error

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import DatabaseInputTypeDef


def change(job: Job, catalog: GlueCatalog, statement: CreateDatabase | DropDatabase) -> None:
    """Makes or drops the database.

    Raises:
        StatementError: it exists, does not exist, or still holds tables.
    """
    if isinstance(statement, CreateDatabase):
        _create(job, catalog, statement)
    else:
        _drop(job, catalog, statement)


def _create(job: Job, catalog: GlueCatalog, statement: CreateDatabase) -> None:
    if catalog.has_schema(statement.name):
        if statement.lenient:
            return
        raise execution_error(f"Database {statement.name} already exists")
    made: DatabaseInputTypeDef = {
        "Name": statement.name,
        "Parameters": dict(statement.properties),
    }
    if statement.comment:
        made["Description"] = statement.comment
    if statement.location:
        made["LocationUri"] = statement.location
    job.glue.create_database(DatabaseInput=made)


def _drop(job: Job, catalog: GlueCatalog, statement: DropDatabase) -> None:
    if not catalog.has_schema(statement.name):
        if statement.lenient:
            return
        raise semantic_error(f"[Error 10072]: Database does not exist: {statement.name}")
    if not statement.cascade and catalog.tables(statement.name):
        raise execution_error(
            f"InvalidOperationException(message:Database {statement.name} is not empty. "
            "One or more tables exist.)"
        )
    for table in catalog.tables(statement.name):
        job.glue.delete_table(DatabaseName=statement.name, Name=table.raw["Name"])
    job.glue.delete_database(Name=statement.name)
