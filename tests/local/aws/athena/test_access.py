"""Athena under the permissions of its callers: what a role lacks, fails; in Athena's words."""

import botocore.exceptions
import pytest

from datalfred.local.aws.athena.access import Access
from datalfred.local.aws.athena.failures import StatementError

LAKE = ["arn:aws:s3:::lake/*"]
RESULTS = ["arn:aws:s3:::results/*"]
BUCKETS = ["arn:aws:s3:::lake", "arn:aws:s3:::results"]
GLUE = ["glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables"]
GLUE += ["glue:GetPartitions", "glue:CreateTable", "glue:DeleteTable", "glue:UpdateTable"]
GLUE += ["glue:BatchCreatePartition", "glue:DeletePartition", "glue:CreateDatabase"]
GRANTS = {
    "athena": (["athena:*"], ["*"]),
    "glue": (GLUE, ["*"]),
    "read": (["s3:GetObject"], LAKE),
    "list": (["s3:ListBucket"], BUCKETS),
    "write": (["s3:PutObject"], LAKE),
    "results": (["s3:PutObject"], RESULTS),
    "results_back": (["s3:GetObject"], RESULTS),
    "keys": (["kms:GenerateDataKey"], ["*"]),
}


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def succeeded(execution):
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def statement(effect, actions, resources):
    return {"Effect": effect, "Action": list(actions), "Resource": list(resources)}


@pytest.fixture(scope="module")
def person(aws, boto, lake, ended):
    """Gives a role what it needs but for some parts, and runs a statement as that role."""

    def person(role, *without, denied=(), resources=("*",), lacks=()):
        given = [
            statement("Allow", [a for a in actions if a not in lacks], where)
            for part, (actions, where) in GRANTS.items()
            if part not in without
        ]
        if denied:
            given.append(statement("Deny", denied, resources))
        aws.permissions.grant(role, {"Version": "2012-10-17", "Statement": given})
        client = boto("athena", role)

        def run(sql, **more):
            arguments = {
                "QueryExecutionContext": {"Database": "sales"},
                "ResultConfiguration": {"OutputLocation": "s3://results/as_role/"},
                **more,
            }
            return ended(
                client.start_query_execution(QueryString=sql, **arguments)["QueryExecutionId"]
            )

        return run

    return person


def refused(call, *arguments, **more):
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call(*arguments, **more)
    return failure.value.response["Error"]


def absent(lake, name):
    with pytest.raises(lake.exceptions.EntityNotFoundException):
        lake.get_table(DatabaseName="sales", Name=name)
    return True


def keys_under(boto, prefix):
    listed = boto("s3").list_objects_v2(Bucket="lake", Prefix=prefix)
    return [each["Key"] for each in listed.get("Contents", [])]


SUM = "SELECT sum(amount) FROM orders WHERE month = '{}'"


def test_a_role_with_all_it_needs_reads_the_lake_and_its_result(boto, person):
    execution = succeeded(person("all_role")(SUM.format("2024-01")))

    client = boto("athena", "all_role")
    page = client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert page["ResultSet"]["Rows"][1]["Data"] == [{"VarCharValue": "5000.00"}]


def test_a_role_that_may_not_start_queries_is_refused_at_the_door(person):
    run = person("no_athena_role", denied=["athena:StartQueryExecution"])

    with pytest.raises(botocore.exceptions.ClientError) as failure:
        run("SELECT 1")
    error = failure.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert "is not authorized to perform: athena:StartQueryExecution" in error["Message"]


def test_files_that_a_role_may_not_read_fail_its_query(person):
    execution = person("no_read_role", "read")(SUM.format("2024-01"))

    assert reason(execution) == (
        "Permission denied on S3 path: s3://lake/orders/month=2024-01/part.parquet"
    )
    error = execution["Status"]["AthenaError"]
    assert (error["ErrorCategory"], error["Retryable"]) == (2, False)
    assert error["ErrorMessage"] == reason(execution)


def test_a_folder_that_a_role_may_not_list_fails_its_query(person):
    assert reason(person("no_list_role", "list")(SUM.format("2024-01"))) == (
        "Permission denied on S3 path: s3://lake/orders/month=2024-01"
    )


def test_a_copy_that_another_role_fetched_is_not_served(person):
    succeeded(person("first_role")("SELECT order_id FROM orders"))
    succeeded(person("first_role")("SELECT order_id FROM orders"))

    stranger = person("second_role", "read")

    assert reason(stranger("SELECT order_id FROM orders")).startswith(
        "Permission denied on S3 path: s3://lake/orders/month=2024-0"
    )


def test_only_the_object_that_is_forbidden_is_forbidden(person):
    run = person(
        "part_role",
        denied=["s3:GetObject"],
        resources=["arn:aws:s3:::lake/orders/month=2024-02/*"],
    )

    succeeded(run(SUM.format("2024-01")))
    assert "month=2024-02" in reason(run(SUM.format("2024-02")))
    assert "month=2024-02" in reason(run("SELECT count(*) FROM orders"))


def test_what_is_taken_from_a_role_is_gone_with_its_next_query(person):
    succeeded(person("fading_role")(SUM.format("2024-03")))

    assert reason(person("fading_role", "read")(SUM.format("2024-03"))).startswith(
        "Permission denied on S3 path"
    )


def test_a_catalog_that_a_role_may_not_read_fails_its_query(person):
    said = reason(person("no_glue_role", "glue")(SUM.format("2024-01")))

    assert said.startswith(
        "Insufficient permissions to execute the query. User: arn:aws:sts::123456789012:"
        "assumed-role/no_glue_role/"
    )
    assert "is not authorized to perform: glue:GetTable on resource" in said


def test_partitions_that_a_role_may_not_list_fail_its_query(person):
    run = person("no_parts_role", lacks=["glue:GetPartitions"])

    assert "glue:GetPartitions" in reason(run(SUM.format("2024-01")))
    succeeded(run("SELECT count(*) FROM products"))


def test_a_result_that_a_role_may_not_write_fails_its_query(person):
    execution = person("no_results_role", "results")("SELECT 1")

    output = execution["ResultConfiguration"]["OutputLocation"]
    assert reason(execution) == (
        f"Access denied when writing output to url: {output} . Please ensure you are allowed to "
        "access the S3 bucket. If you are encrypting query results with KMS key, please ensure "
        "you are allowed to access your KMS key"
    )


def test_a_result_is_read_only_by_those_who_may_read_its_object(boto, person, run):
    query_id = succeeded(person("author_role")("SELECT 1"))["QueryExecutionId"]
    person("curious_role", "results_back")

    error = refused(boto("athena", "curious_role").get_query_results, QueryExecutionId=query_id)
    assert error["Code"] == "InvalidRequestException"
    assert error["Message"].startswith("Access denied when reading output from url: s3://results/")


def test_a_result_whose_object_was_removed_is_not_found(boto, run):
    execution = succeeded(run("SELECT 'removed'"))
    key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://results/")
    boto("s3").delete_object(Bucket="results", Key=key)

    error = refused(
        boto("athena").get_query_results, QueryExecutionId=execution["QueryExecutionId"]
    )
    assert error["Message"] == "Could not find results"


CTAS = "CREATE TABLE {0} WITH (external_location = 's3://lake/{0}/') AS SELECT 1 AS x"


def test_a_role_with_all_it_needs_writes(person, lake, boto):
    run = person("writer_role")

    succeeded(run(CTAS.format("by_role")))
    succeeded(run("INSERT INTO by_role VALUES (2)"))
    succeeded(run("UNLOAD (SELECT 1 AS x) TO 's3://lake/out_role/' WITH (format = 'JSON')"))
    succeeded(run("CREATE VIEW view_role AS SELECT x FROM by_role"))
    succeeded(run("DROP VIEW view_role"))
    succeeded(run("DROP TABLE by_role"))

    assert len(keys_under(boto, "by_role/")) == 2


def test_files_that_a_role_may_not_write_make_no_table(person, lake, boto):
    said = reason(person("no_write_role", "write")(CTAS.format("unwritten")))

    assert said.startswith("Access denied when writing output to url: s3://lake/unwritten/")
    assert absent(lake, "unwritten")
    assert keys_under(boto, "unwritten/") == []


def test_a_table_that_a_role_may_not_make_is_not_there_though_its_files_are(person, lake, boto):
    run = person("no_create_role", lacks=["glue:CreateTable"])

    assert "glue:CreateTable" in reason(run(CTAS.format("unmade")))
    assert absent(lake, "unmade")
    assert len(keys_under(boto, "unmade/")) == 1


def test_rows_that_a_role_may_not_add_are_not_added(person, boto, run, rows):
    succeeded(run(CTAS.format("guarded")))

    assert reason(person("no_write_role", "write")("INSERT INTO guarded VALUES (2)")).startswith(
        "Access denied when writing output to url: s3://lake/guarded/"
    )
    assert rows("SELECT x FROM guarded") == [("1",)]


def test_partitions_that_a_role_may_not_register_stay_unknown(person, run, lake):
    succeeded(
        run(
            "CREATE TABLE keyed WITH (external_location = 's3://lake/keyed/', partitioned_by = "
            "ARRAY['k']) AS SELECT 1 AS x, 1 AS k"
        )
    )
    limited = person("no_register_role", lacks=["glue:BatchCreatePartition"])

    assert "glue:BatchCreatePartition" in reason(limited("INSERT INTO keyed VALUES (2, 2)"))
    succeeded(limited("INSERT INTO keyed VALUES (3, 1)"))
    listed = lake.get_partitions(DatabaseName="sales", TableName="keyed")["Partitions"]
    assert [each["Values"] for each in listed] == [["1"]]


def test_an_unload_that_a_role_may_not_write_is_refused(person, boto):
    sql = "UNLOAD (SELECT 1 AS x) TO 's3://lake/no_unload/' WITH (format = 'JSON')"

    assert reason(person("no_write_role", "write")(sql)).startswith(
        "Access denied when writing output to url: s3://lake/no_unload/"
    )
    assert reason(person("no_list_role", "list")(sql)) == (
        "Permission denied on S3 path: s3://lake/no_unload/"
    )


@pytest.mark.parametrize(
    ("sql", "lacks"),
    [
        ("DROP TABLE orders", "glue:DeleteTable"),
        ("CREATE DATABASE forbidden", "glue:CreateDatabase"),
        ("SHOW TABLES", "glue:GetTables"),
        ("SHOW PARTITIONS orders", "glue:GetPartitions"),
        (
            "CREATE EXTERNAL TABLE forbidden (x int) LOCATION 's3://lake/forbidden/'",
            "glue:CreateTable",
        ),
        ("ALTER TABLE orders ADD PARTITION (month = 'x')", "glue:BatchCreatePartition"),
        ("ALTER TABLE orders DROP PARTITION (month = '2024-01')", "glue:DeletePartition"),
    ],
)
def test_a_catalog_that_a_role_may_not_change_is_refused_in_hives_words(person, rows, sql, lacks):
    said = reason(person("limited_role", lacks=[lacks])(sql))

    assert said.startswith(
        "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
        "MetaException(message:User: arn:aws:sts::123456789012:assumed-role/limited_role/"
    )
    assert f"is not authorized to perform: {lacks} on resource" in said
    assert "Service: AmazonDataCatalog; Status Code: 400" in said
    assert rows("SELECT count(*) FROM orders") == [("300",)]


def test_a_view_is_no_way_around_the_table_behind_it(person, run):
    succeeded(run("CREATE VIEW peephole AS SELECT order_id FROM orders"))
    table = ["arn:aws:glue:*:*:table/sales/orders"]
    limited = person("peeping_role", denied=["glue:GetTable"], resources=table)

    assert "glue:GetTable" in reason(limited("SELECT * FROM peephole"))


def test_the_information_schema_leaves_out_what_a_role_may_not_list(person, boto, run):
    succeeded(run("CREATE DATABASE IF NOT EXISTS hidden"))
    succeeded(run("CREATE TABLE hidden.secret AS SELECT 1 AS x"))
    resources = ["arn:aws:glue:*:*:table/hidden/*", "arn:aws:glue:*:*:database/hidden"]
    limited = person("half_blind_role", denied=["glue:GetTables"], resources=resources)

    execution = succeeded(limited("SELECT DISTINCT table_schema FROM information_schema.tables"))

    page = boto("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    found = [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"][1:]]
    assert "sales" in found
    assert "hidden" not in found


@pytest.fixture(scope="module")
def key(boto):
    return boto("kms").create_key(Description="results")["KeyMetadata"]["Arn"]


def encrypted(key, option="SSE_KMS"):
    configuration = {"EncryptionOption": option, **({"KmsKey": key} if key else {})}
    where = {"OutputLocation": "s3://results/sealed/", "EncryptionConfiguration": configuration}
    return {"ResultConfiguration": where}


def test_a_result_is_encrypted_with_the_key_that_was_asked_for(boto, person, key):
    execution = succeeded(person("sealing_role")("SELECT 1", **encrypted(key)))

    described = execution["ResultConfiguration"]
    assert described["EncryptionConfiguration"] == {"EncryptionOption": "SSE_KMS", "KmsKey": key}
    name = described["OutputLocation"].removeprefix("s3://results/")
    head = boto("s3").head_object(Bucket="results", Key=name)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_the_files_of_a_table_are_encrypted_like_results(boto, run, key):
    succeeded(run(CTAS.format("sealed"), **encrypted(key)))

    (name,) = keys_under(boto, "sealed/")
    assert boto("s3").head_object(Bucket="lake", Key=name)["SSEKMSKeyId"] == key


def test_a_key_that_a_role_may_not_use_fails_its_query(person, key):
    assert reason(person("keyless_role", "keys")("SELECT 1", **encrypted(key))).startswith(
        "Access denied when writing output to url: s3://results/sealed/"
    )


def test_a_key_that_does_not_exist_fails_the_query(run):
    unknown = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000"

    assert reason(run("SELECT 1", **encrypted(unknown))).startswith("KMS.NotFoundException")


def test_encryption_without_a_key_and_other_kinds(boto, run, lake):
    execution = succeeded(run("SELECT 1", **encrypted("", "SSE_S3")))
    name = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://results/")
    head = boto("s3").head_object(Bucket="results", Key=name)
    assert head["ServerSideEncryption"] == "AES256"

    start = boto("athena").start_query_execution
    assert (
        "KmsKey is required" in refused(start, QueryString="SELECT 1", **encrypted(""))["Message"]
    )
    said = refused(start, QueryString="SELECT 1", **encrypted("k", "CSE_KMS"))["Message"]
    assert said == "The embedded Athena does not implement the encryption CSE_KMS."


def test_without_a_judge_s3_itself_is_asked_for_leave_to_read(aws, boto, lake, person):
    person("asking_role", denied=["s3:GetObject"], resources=["arn:aws:s3:::lake/quoted/*"])
    access = Access(lambda name, caller: aws.client(name, caller, via="athena"))
    may_read = access.reading(aws.callers.caller("asking_role", service="athena"))

    may_read("lake", "products/a.csv")
    with pytest.raises(
        StatementError, match=r"Permission denied on S3 path: s3://lake/quoted/a\.csv"
    ):
        may_read("lake", "quoted/a.csv")
    with pytest.raises(botocore.exceptions.ClientError):
        may_read("lake", "products/none.csv")


def test_a_key_of_odd_characters_is_judged_as_it_is_called(boto, table, person):
    for key in ("odd name/a=b+c é.csv", "odd name/100%.csv"):
        boto("s3").put_object(Bucket="lake", Key=key, Body=b"1\n")
    table("odd_name", "s3://lake/odd name/", [("id", "int")])
    sql = "SELECT count(*) FROM odd_name"

    succeeded(person("plain_role")(sql))
    forbidden = ["arn:aws:s3:::lake/odd name/100%.csv"]
    succeeded(person("odd_role")(sql))
    limited = person("odd_role", denied=["s3:GetObject"], resources=forbidden)
    assert reason(limited(sql)) == "Permission denied on S3 path: s3://lake/odd name/100%.csv"
