"""A translator over an empty catalog, with DuckDB in its cage."""

from datetime import UTC, datetime

import pytest

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


class NoTables:
    """A catalog in which every name is unknown."""

    def find(self, catalog, schema, table, at):
        from datalfred.local.aws.athena.failures import StatementError

        raise StatementError("TABLE_NOT_FOUND", f"Table '{schema}.{table}' does not exist", at=at)


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    from datalfred.local.aws.athena.engine import Engine

    engine = Engine(tmp_path_factory.mktemp("mirror"))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def evaluate(engine):
    """Runs a query as Athena would: rows of text and the types of the columns."""
    import duckdb

    from datalfred.local.aws.athena.errors_of_duckdb import translated
    from datalfred.local.aws.athena.rendering import rendered
    from datalfred.local.aws.athena.translate.dialect import Source, parse_query
    from datalfred.local.aws.athena.translate.statement import translate

    def run(sql):
        source = Source(sql)
        plan = translate(parse_query(source), source, NoTables(), "default", NOW)
        try:
            rows = engine.rows(plan.sql)
        except duckdb.Error as error:
            raise translated(error) from error
        return rendered(rows, plan.columns), plan.columns

    return run

