import pytest

from datalfred.lake.pipelines.hypotheses import RULES, ranked
from datalfred.lake.pipelines.models import Fact


def fact(statement, source="states:GetExecutionHistory"):
    return Fact(statement=statement, source=source)


def causes(*facts):
    return ranked(facts, list(enumerate(facts)))


@pytest.mark.parametrize(
    ("words", "blames"),
    [
        ("OutOfMemoryError: Container killed due to memory usage", "size"),
        ("The run ended as STOPPED with exit code 137.", "size"),
        ("Runtime exited with error: signal: killed", "size"),
        ("Query exhausted resources at this scale factor", "size"),
        ("OSError: [Errno 28] No space left on device", "size"),
        ("CannotPullContainerError: pull image manifest has been retried", "image"),
        ("AnalysisException: Column 'tier' does not exist", "data"),
        ("COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", "data"),
        ("HIVE_BAD_DATA: Field amount's type INT64 in parquet is incompatible", "data"),
        ("HIVE_PARTITION_SCHEMA_MISMATCH: There is a mismatch", "data"),
        ("An error occurred (NoSuchKey) when calling the GetObject operation", "data"),
        ("Path does not exist: s3://demo-lake/returns/day=2026-11-19", "data"),
        ("Partition day=2026-11-19 not found", "data"),
        ("AnalysisException: [PATH_NOT_FOUND] Path does not exist: s3://a", "data"),
        ("The secret crm/api has expired", "access"),
        ("401 Unauthorized: authentication failed", "access"),
        ("AccessDeniedException: not authorized to perform: s3:GetObject", "access"),
        ("ThrottlingException: Rate exceeded", "nothing"),
        ("ConcurrentRunsExceededException: Concurrent runs exceeded for job x", "nothing"),
        ("Host EC2 (instance i-1) terminated.", "nothing"),
        ("ConnectionError: connection refused", "nothing"),
        ("The state Query failed with States.Timeout.", "time"),
        ("Task timed out after 900.00 seconds", "time"),
        ("The state Read failed with States.Runtime: Invalid path '$.day'", "input"),
        ("jsonschema ValidationError: 'budget' is a required property", "input"),
    ],
)
def test_the_words_of_a_typical_cause_are_recognised(words, blames):
    (rule, hypothesis), *_ = causes(fact("The execution failed."), fact(words))

    assert rule.blames == blames
    assert hypothesis.facts == (1,)
    assert hypothesis.remedy


def test_what_nothing_speaks_for_is_not_said():
    assert causes(fact("The state Load failed with Weird: it broke.")) == ()


def test_a_line_of_a_log_weighs_less_than_what_the_service_says():
    found = causes(
        fact("The log says: ERROR query timeout", "logs:GetLogEvents"),
        fact("The log says: ERROR query timed out", "logs:GetLogEvents"),
        fact("ValidationError: 'budget' is missing"),
    )

    assert [rule.blames for rule, _ in found] == ["input", "time"]


def test_more_facts_for_the_same_cause_rank_it_higher():
    found = causes(fact("AccessDenied"), fact("Rate exceeded"), fact("throttled by the service"))

    assert [hypothesis.facts for _, hypothesis in found] == [(1, 2), (0,)]


def test_a_path_that_is_missing_is_no_changed_schema():
    (_, hypothesis), *others = causes(
        fact("AnalysisException: [PATH_NOT_FOUND] Path does not exist")
    )

    assert "not arrived" in hypothesis.statement
    assert others == []


def test_at_most_four_hypotheses_are_returned():
    everything = (
        "OutOfMemory, column x not found, AccessDenied, Throttling, States.Timeout, NoSuchKey"
    )

    assert len(causes(fact(everything))) == 4


def test_only_signals_speak_for_a_cause():
    facts = [fact("The execution timeout-test is FAILED."), fact("AccessDenied")]

    found = ranked(facts, [(1, facts[1])])

    assert [rule.blames for rule, _ in found] == ["access"]


def test_every_rule_says_what_to_do():
    assert all(rule.statement.endswith(".") and rule.remedy.endswith(".") for rule in RULES)


FIRST = {
    "TABLE_NOT_FOUND: line 1:15: Table 'catalog.sales.orders' does not exist": "data_missing",
    'relation "orders" does not exist': "data_missing",
    "ICEBERG_MISSING_METADATA: Metadata not found in metadata location": "data_missing",
    "InvalidObjectState: The operation is not valid for the object's storage class": "data_missing",
    "An error occurred (404) when calling the HeadObject operation: Not Found": "data_missing",
    "EntityNotFoundException: Cannot find partition.": "data_missing",
    "analytics.daily_sales has not been updated yet": "data_missing",
    "The upstream pipeline had not finished at 05:00": "data_missing",
    "EntityNotFoundException: Database sales not found": "resource_missing",
    "An error occurred (NoSuchBucket) when calling the PutObject operation": "resource_missing",
    "FileNotFoundException: No such file or directory 's3://lake/jobs/a.py'": "code_missing",
    "can't open file '/app/main.py': [Errno 2] No such file or directory": "code_missing",
    "COLUMN_ALREADY_EXISTS: The column `day` already exists": "schema_changed",
    "Parquet column cannot be converted in file s3://l/a.parquet. Expected: int": "schema_changed",
    "FileAlreadyExistsException: File already exists: s3://lake/part-0": "conflict",
    "ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table": "conflict",
    "could not serialize access due to concurrent update": "conflict",
    "Lock wait timeout exceeded; try restarting transaction": "conflict",
    "INVALID_CAST_ARGUMENT: Cannot cast varchar 'n/a' to date": "bad_data",
    'invalid input syntax for type integer: "x"': "bad_data",
    "row 429: invalid literal for int() with base 10: 'x'": "bad_data",
    "Load into table 'orders' failed. Check 'stl_load_errors' for details.": "bad_data",
    "PARSE_SYNTAX_ERROR: Syntax error at or near 'FORM'": "query_wrong",
    "TOO_MANY_PARTITIONS: too many": "query_too_big",
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory": (
        "out_of_memory"
    ),
    "Total size of serialized results is bigger than spark.driver.maxResultSize": "out_of_memory",
    "Container from a bad node. Exit status: 137. Killed on request": "out_of_memory",
    "SparkOutOfMemoryError: error while calling spill(): No space left on device": "disk_full",
    "Exit status: -100. Diagnostics: Container released on a *lost* node": "capacity_lost",
    "All slaves in the job flow were terminated due to Spot": "capacity_lost",
    "INSTANCE_FLEET_TIMEOUT: Insufficient capacity for r6g.4xlarge": "no_capacity",
    "FATAL: remaining connection slots are reserved for superusers": "concurrency_limit",
    "QUERY_QUEUE_FULL: Too many queued queries": "concurrency_limit",
    "AmazonS3Exception: Slow Down (Service: Amazon S3; Status Code: 503)": "throttled",
    "CannotPullContainerError: toomanyrequests: reached your pull rate limit": "throttled",
    "The API answered 429": "throttled",
    "HTTP status: 429": "throttled",
    "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded": "throttled",
    "CannotPullContainerError: dial tcp 52.95.1.2:443: i/o timeout": "network",
    "CannotPullContainerError: Client.Timeout exceeded while awaiting headers": "network",
    "Timeout waiting for network interface provisioning to complete.": "network",
    "[Errno -3] Temporary failure in name resolution": "network",
    "VPC S3 endpoint validation failed. Could not find S3 endpoint or NAT gateway": "network",
    "HTTPSConnectionPool: Read timed out. (read timeout=10)": "network",
    "CannotPullContainerError: failed with status code 403 Forbidden": "permission_denied",
    "unable to retrieve secret from asm: AccessDeniedException: KMS is not allowed": (
        "permission_denied"
    ),
    "ECS was unable to assume the role 'arn:aws:iam::1:role/x'": "permission_denied",
    "unable to retrieve secrets from ssm: invalid ssm parameters: /prod/db_password": (
        "secret_missing"
    ),
    "The security token included in the request is invalid (UnrecognizedClientException)": (
        "secret_expired"
    ),
    "PKIX path building failed: unable to find valid certification path": "certificate",
    "Handler 'handle' missing on module 'crm.push'": "import_error",
    "Error: Cannot find module 'pg'": "import_error",
    "On the master instance (i-0), bootstrap action 1 returned a non-zero return code": (
        "bootstrap_failed"
    ),
    "INTERNAL_ERROR_QUERY_ENGINE: Amazon Athena experienced an internal error": "dependency_down",
    "canceling statement due to user request": "stopped_from_outside",
    "TIMEOUT": "time_limit",
    "canceling statement due to statement timeout": "time_limit",
    "Could not execute broadcast in 300 secs": "time_limit",
    'UndefinedColumn: column "tier" of relation "customers" does not exist': "schema_changed",
    "OCI runtime create failed: exec: /app/start.sh: permission denied": "image_wrong",
    "NoSuchKey: s3://lake/jobs/load.py": "code_missing",
    "No such file or directory: '/var/task/templates/segment.html'": "code_missing",
    "No such file or directory: '/mnt/landing/orders.csv'": "data_missing",
    "org.apache.spark.sql.AnalysisException: Path does not exist: s3://a/b": "data_missing",
    "Failed to connect to DB: Incorrect username or password was specified": "secret_expired",
    "Error tokenizing data. C error: Expected 9 fields in line 88, saw 10": "bad_data",
    "Communications link failure": "network",
    "Application was killed by user hadoop": "stopped_from_outside",
    "{'ok': False, 'error': 'ratelimited'}": "throttled",
    "WorkGroup reports is disabled.": "switched_off",
    "TERMINATED_WITH_ERRORS: VALIDATION_ERROR: Invalid InstanceProfile: x": "resource_missing",
}


@pytest.mark.parametrize(("words", "cause"), FIRST.items())
def test_the_words_of_services_and_libraries_name_their_cause_first(words, cause):
    assert [rule.cause for rule, _ in causes(fact(words))][:1] == [cause]


@pytest.mark.parametrize(
    "words",
    [
        "KeyError: '/prod/token/expired'",
        "KeyError: 's3://lake/access-denied/out-of-memory.csv'",
        "AttributeError: module has no `network_timeout`",
    ],
)
def test_names_speak_for_nothing(words):
    assert [rule.cause for rule, _ in causes(fact(words))] == ["code_error"]


@pytest.mark.parametrize(
    "line",
    [
        "WARN metrics.internal: Temporary failure in name resolution; metrics are off",
        "2026-11-20 02:11:09 INFO connection refused, next host",
        "ERROR redis: connection reset by peer, going on without the cache",
        "ERROR Access Denied for s3://lake/a, skipped",
    ],
)
def test_trouble_that_was_got_over_speaks_only_where_nothing_else_does(line):
    logged = fact(line, "logs:GetLogEvents")

    assert [rule.cause for rule, _ in causes(logged, fact("KeyError: 'x'"))] == ["code_error"]
    assert [rule.cause for rule, _ in causes(logged)] in (["network"], ["permission_denied"])


def test_how_a_program_was_killed_is_less_than_why():
    killed = fact("STOPPED with exit code 134", "ecs:DescribeTasks")
    why = fact("FATAL: JavaScript heap out of memory", "logs:GetLogEvents")

    assert [rule.cause for rule, _ in causes(killed)] == ["crashed"]
    assert next(rule.cause for rule, _ in causes(killed, why)) == "out_of_memory"


ANSWERS = {
    "QueuePool limit of size 5 overflow 10 reached, connection timed out": "concurrency_limit",
    "Timeout waiting for connection from pool": "concurrency_limit",
    "HikariPool-1 - Connection is not available, request timed out": "concurrency_limit",
    "User 'etl' has exceeded the 'max_user_connections' resource (current value: 20)": (
        "concurrency_limit"
    ),
    "rejected: the number of queued and running statements exceeded 20": "concurrency_limit",
    "Hostname/IP does not match certificate's altnames": "certificate",
    "<urlopen error EOF occurred in violation of protocol (_ssl.c:2406)>": "network",
    "ORA-00018: maximum number of sessions exceeded": "concurrency_limit",
    "<HttpError 403 returned \"Quota exceeded for quota metric 'Queries'\">": "throttled",
    "You have exhausted your daily request limit": "throttled",
    "vCPU quota exceeded": "no_capacity",
    "Disk quota exceeded": "disk_full",
    "Execution role arn:aws:iam::1:role/a could not be assumed: trust policy": "permission_denied",
    "Error assuming role arn:aws:iam::1:role/a": "permission_denied",
    "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version": "network",
    "[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired": "certificate",
    "javax.net.ssl.SSLException: Received fatal alert: handshake_failure": "network",
    "422 Client Error: Unprocessable Entity for url: https://crm/v2": "bad_data",
    "the CRM answered with status code 400": "bad_data",
    "401 Client Error: Unauthorized for url: https://crm/v2": "secret_expired",
    "402 Payment Required": "switched_off",
    "403 Client Error: Forbidden for url: https://crm/v2": "permission_denied",
    "404 Client Error: Not Found for url: https://crm/v2": "resource_missing",
    "409 Client Error: Conflict for url: https://crm/v2": "conflict",
}


@pytest.mark.parametrize(("words", "cause"), ANSWERS.items())
def test_the_answers_of_other_systems_name_their_cause_first(words, cause):
    assert [rule.cause for rule, _ in causes(fact(words))][:1] == [cause]


@pytest.mark.parametrize(
    "words",
    [
        "row error: 400 rows rejected by the check",
        "error: 422 customers without a country",
        "Amazon S3 (Service: Amazon S3; Status Code: 400; Error Code: Odd)",
        "WARN Connection pool is full, discarding connection: crm",
        "the pool of 24 files is empty",
        "order 404 of 429",
    ],
)
def test_numbers_and_words_that_are_no_answer_name_no_cause(words):
    assert causes(fact(words)) == ()


def test_no_two_rules_take_a_fact_from_each_other():
    pairs = [(a, b) for a in RULES for b in RULES]

    assert [
        (a.cause, b.cause) for a, b in pairs if b.cause in a.instead_of and a.cause in b.instead_of
    ] == []
