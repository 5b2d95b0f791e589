"""No statement that the guard lets through changes the lake, whoever may write runs it.

Statements are made of the suites' texts, of writes that work on this lake, and of mixtures of both.
What the guard accepts runs in the embedded Athena, in a role that may do everything. The lake is
every object of S3 and everything in the Glue catalog; only the results of queries do not count.
"""

import hashlib
import json
import re
import string
import threading
import time
from pathlib import Path

import pytest
import yaml
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from datalfred import clients, settings
from datalfred.errors import CorrectableError
from datalfred.lake.sql.guard import check
from datalfred.lake.sql.tokens import raw, tokens_of
from datalfred.local.aws import athena
from tests.support import small_lake
from tests.support.permissions import EVERYTHING

CASES = Path(__file__).parent / "cases"
RESULT = re.compile(r"answers/[0-9a-f-]{36}\.(csv|txt)(\.metadata)?")


def texts(name):
    return [case["sql"] for case in yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))]


ATTACKS, READS = texts("attacks"), texts("reads")
WRITES = [
    "CREATE TABLE sales.{new} AS SELECT * FROM sales.orders",
    "CREATE TABLE {new} WITH (format = 'JSON') AS SELECT 1 AS a",
    "CREATE OR REPLACE VIEW sales.{new} AS SELECT 1 AS a",
    "CREATE EXTERNAL TABLE sales.{new} (a int) LOCATION 's3://small-lake/{new}/'",
    "CREATE DATABASE {new}",
    "INSERT INTO hr.pay VALUES (1)",
    "UNLOAD (SELECT * FROM sales.orders) TO 's3://small-lake/{new}/' WITH (format = 'JSON')",
    "ALTER TABLE sales.orders ADD PARTITION (month = '{new}') LOCATION 's3://small-lake/{new}/'",
    "ALTER TABLE sales.orders DROP PARTITION (month = '2026-08')",
    "PREPARE {new} FROM INSERT INTO hr.pay VALUES (1)",
    "DROP VIEW sales.contacts",
    "DROP TABLE sales.returns",
    "DROP TABLE IF EXISTS sales.orders",
]
AROUND = [
    "{0}",
    "{0};",
    "{0}; {1}",
    "{1}; {0}",
    "/* {1} */ {0}",
    "/* /* */ {0} -- */ {1}",
    "-- {1}\n{0}",
    "-- {1}\r{0}",
    "--\u2028{0}",
    "/*! {0} */ {1}",
    "/*+ {1} */ {0}",
    "{{# {1} #}} {0}",
    "EXPLAIN {0}",
    "EXPLAIN ANALYZE {0}",
    "EXPLAIN ANALYZE VERBOSE {0}",
    "EXPLAIN (TYPE IO) {0}",
    "({0})",
    "WITH a AS ({0}) SELECT 1",
    "WITH a AS ({1}) {0}",
    "SELECT * FROM ({0}) AS a",
    "SELECT * FROM ({1}) AS a UNION ALL {0}",
    "SELECT ({0})",
    "SELECT '{1}' AS a; {0}",
    "SELECT '\\'; {0} --'",
    'SELECT "\\"; {0} --"',
    "SELECT 1 AS `a`; {0}",
    "PREPARE p FROM {0}",
    "EXECUTE IMMEDIATE '{0}'",
    "USING EXTERNAL FUNCTION f(x int) RETURNS int LAMBDA 'f' {0}",
    "TABLE ({0})",
    "\ufeff{0}",
    "\u00a0{0}",
    "SHOW TABLES IN sales '{0}'",
    "DESCRIBE sales.orders {0}",
]
ODD = "\u200b\u00a0\u2028\ufeff\r\n\t\x0b;'\"`\\-/*()#$@,.\u037e\uff1b"


def written():
    names = st.text(string.ascii_lowercase, min_size=4, max_size=8)
    return st.builds(
        lambda write, new: write.format(new=f"n_{new}"), st.sampled_from(WRITES), names
    )


def words_of(sql):
    try:
        return [raw(sql, token) for token in tokens_of(sql)]
    except CorrectableError:
        return sql.split()


@st.composite
def spliced(draw):
    """The beginning of one statement, the end of another."""
    first, second = (words_of(draw(part)) for part in (statements_of_suites(), statements()))
    cut = draw(st.integers(0, len(first)))
    rest = draw(st.integers(0, len(second)))
    return " ".join(first[:cut] + second[rest:])


@st.composite
def disturbed(draw):
    """A statement with an odd character somewhere in it."""
    sql = draw(statements())
    place = draw(st.integers(0, len(sql)))
    return sql[:place] + draw(st.sampled_from(ODD)) + sql[place:]


def statements_of_suites():
    return st.sampled_from(READS) | st.sampled_from(READS) | st.sampled_from(ATTACKS) | written()


def statements():
    return st.builds(
        lambda around, first, second: around.format(first, second),
        st.sampled_from(AROUND),
        statements_of_suites(),
        statements_of_suites(),
    )


def anything():
    return statements_of_suites() | statements() | spliced() | disturbed()


class Lake:
    """The lake as one who may write sees it."""

    def __init__(self, aws):
        aws.permissions.grant("writer", EVERYTHING)
        with settings.using(aws.environment("writer")):
            self.athena, self.s3, self.glue = map(clients.client, ("athena", "s3", "glue"))

    def close(self):
        for client in (self.athena, self.s3, self.glue):
            client.close()

    def run(self, sql):
        """Runs a statement to its end; its state, REFUSED where Athena does not start it."""
        try:
            started = self.athena.start_query_execution(
                QueryString=sql,
                QueryExecutionContext={"Database": "sales"},
                ResultConfiguration={"OutputLocation": f"s3://{small_lake.RESULTS}/answers/"},
            )
        except ClientError:
            return "REFUSED"
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = self.athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
            state = found["QueryExecution"]["Status"]["State"]
            if state not in {"QUEUED", "RUNNING"}:
                return state
            threading.Event().wait(0.003)
        raise AssertionError(f"{sql!r} did not end")

    def digest(self):
        """One number for everything that lies in S3, in the catalog and among prepared texts."""
        objects = [
            (bucket["Name"], each["Key"], each["ETag"])
            for bucket in self.s3.list_buckets()["Buckets"]
            for each in self.s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
            if not RESULT.fullmatch(each["Key"])
        ]
        databases = self.glue.get_databases()["DatabaseList"]
        tables = [
            table
            for database in databases
            for table in self.glue.get_tables(DatabaseName=database["Name"])["TableList"]
        ]
        partitions = [
            self.glue.get_partitions(DatabaseName=table["DatabaseName"], TableName=table["Name"])
            for table in tables
            if table.get("PartitionKeys")
        ]
        for answer in partitions:
            answer.pop("ResponseMetadata")
        prepared = self.athena.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]
        everything = [objects, databases, tables, partitions, prepared]
        return hashlib.sha256(json.dumps(everything, default=str).encode()).hexdigest()


@pytest.fixture(scope="module")
def writable(small_aws):
    athena.install(small_aws)
    lake = Lake(small_aws)
    yield lake
    lake.close()


def test_no_accepted_statement_changes_the_lake(writable):
    states = []
    before = writable.digest()

    @hypothesis_settings(
        max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(anything())
    def every(sql):
        try:
            accepted = check(sql, database="sales")
        except CorrectableError:
            return
        states.append(writable.run(accepted.sql))
        assert writable.digest() == before

    every()
    assert states.count("SUCCEEDED") >= 5


def test_every_read_of_the_suite_leaves_the_lake_as_it_was(writable):
    before = writable.digest()

    for sql in READS:
        writable.run(check(sql, database="sales").sql)

    assert writable.digest() == before


def test_no_attack_that_the_guard_lets_through_elsewhere_changes_the_lake(writable):
    """Without allow-lists some of the suite's attacks are reads, of other databases."""
    before = writable.digest()

    for sql in ATTACKS:
        try:
            accepted = check(sql, database="sales")
        except CorrectableError:
            continue
        writable.run(accepted.sql)

    assert writable.digest() == before


def test_what_runs_is_made_of_the_tokens_that_were_read(writable):
    @given(anything())
    @hypothesis_settings(max_examples=100, deadline=None, database=None)
    def every(sql):
        try:
            accepted = check(sql, database="sales")
        except CorrectableError:
            return
        assert words_of(accepted.sql) == words_of(sql)
        assert check(accepted.sql, database="sales").tree == accepted.tree

    every()


@pytest.mark.parametrize(("number", "write"), list(enumerate(WRITES)))
def test_without_the_guard_each_write_changes_the_lake(writable, number, write):
    before = writable.digest()

    assert writable.run(write.format(new=f"made_{number}")) == "SUCCEEDED"

    assert writable.digest() != before


def test_without_the_guard_the_same_statements_change_the_lake(writable):
    changed, before = [], [writable.digest()]

    @hypothesis_settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(anything())
    def every(sql):
        writable.run(sql)
        if (now := writable.digest()) != before[0]:
            changed.append(sql)
            before[0] = now

    every()
    assert changed
