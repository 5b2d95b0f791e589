"""The Glue catalog and its jobs: what changes, what is refused, what comes in pages."""

from datetime import UTC, datetime, timedelta

import pytest

from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for
from datalfred.local.aws.compute.workload import Outcome

contract = pytest.mark.contract

COLUMNS = [{"Name": "amount", "Type": "int"}]
DAYS = [{"Name": "day", "Type": "date"}, {"Name": "hour", "Type": "int"}]


@pytest.fixture(scope="module")
def glue(client):
    made = client("glue")
    made.create_database(DatabaseInput={"Name": "shop"})
    made.create_table(DatabaseName="shop", TableInput=table("orders"))
    return made


def table(name, **more):
    storage = {"Columns": COLUMNS, "Location": f"s3://lake/{name}/"}
    return {"Name": name, "StorageDescriptor": storage, "PartitionKeys": DAYS, **more}


def partition(*values):
    return {"Values": list(values), "StorageDescriptor": {"Location": "s3://lake/p/"}}


OF = {"DatabaseName": "shop", "TableName": "orders"}


@contract("glue:CreateDatabase", "glue:GetDatabase", "glue:GetDatabases", "glue:UpdateDatabase",
          "glue:DeleteDatabase")  # fmt: skip
def test_a_database_is_kept_in_lower_case_until_it_is_deleted(glue, refusal):
    glue.create_database(DatabaseInput={"Name": "Marketing", "Description": "one"})
    again = {"DatabaseInput": {"Name": "marketing"}}
    assert refusal(glue.create_database, **again) == "AlreadyExistsException"

    glue.update_database(
        Name="MARKETING", DatabaseInput={"Name": "marketing", "Description": "two"}
    )

    read = glue.get_database(Name="Marketing")["Database"]
    assert (read["Name"], read["Description"]) == ("marketing", "two")
    names = [each["Name"] for each in glue.get_databases()["DatabaseList"]]
    assert names == ["marketing", "shop"]
    glue.delete_database(Name="marketing")
    for call in (glue.get_database, glue.delete_database):
        assert refusal(call, Name="marketing") == "EntityNotFoundException"


@contract("glue:CreateTable", "glue:GetTable", "glue:GetTables", "glue:DeleteTable",
          "glue:BatchDeleteTable", "glue:SearchTables")  # fmt: skip
def test_tables_are_found_in_any_case_until_they_are_deleted(glue, refusal):
    for name in ("Visits", "Clicks", "Views"):
        glue.create_table(DatabaseName="SHOP", TableInput=table(name))
    again = {"DatabaseName": "shop", "TableInput": table("VISITS")}
    assert refusal(glue.create_table, **again) == "AlreadyExistsException"
    assert glue.get_table(DatabaseName="Shop", Name="VISITS")["Table"]["Name"] == "visits"
    page = glue.get_tables(DatabaseName="shop", Expression="vi*", MaxResults=1)
    assert ([each["Name"] for each in page["TableList"]], "NextToken" in page) == (["views"], True)
    assert glue.search_tables(SearchText="clicks")["TableList"][0]["Name"] == "clicks"

    glue.delete_table(DatabaseName="shop", Name="Visits")
    gone = glue.batch_delete_table(
        DatabaseName="shop", TablesToDelete=["CLICKS", "views", "nothing"]
    )

    assert [each["TableName"] for each in gone["Errors"]] == ["nothing"]
    left = [each["Name"] for each in glue.get_tables(DatabaseName="shop")["TableList"]]
    assert left == ["orders"]
    absent = {"DatabaseName": "shop", "Name": "visits"}
    assert refusal(glue.get_table, **absent) == "EntityNotFoundException"
    assert refusal(glue.delete_table, **absent) == "EntityNotFoundException"


@contract("glue:UpdateTable", "glue:GetTableVersions", "glue:GetTableVersion",
          "glue:DeleteTableVersion")  # fmt: skip
def test_an_update_archives_the_table_unless_it_is_told_not_to(glue, refusal):
    glue.create_table(DatabaseName="shop", TableInput=table("versions", Description="1"))
    of = {"DatabaseName": "shop", "TableName": "versions"}

    def update(description, **how):
        what = table("versions", Description=description)
        glue.update_table(DatabaseName="shop", TableInput=what, **how)

    update("2")
    update("3", SkipArchive=True)

    versions = glue.get_table_versions(**of)["TableVersions"]
    said = [(each["VersionId"], each["Table"]["Description"]) for each in versions]
    assert said == [("3", "3"), ("1", "1")]
    page = glue.get_table_versions(**of, MaxResults=1)
    assert (len(page["TableVersions"]), page["NextToken"]) == (1, "1")
    old = glue.get_table_version(**of, VersionId="1")["TableVersion"]["Table"]
    assert old["Description"] == "1"
    glue.delete_table_version(**of, VersionId="1")
    gone = refusal(glue.get_table_version, **of, VersionId="1")
    assert gone == "EntityNotFoundException"
    assert glue.get_table_version(**of)["TableVersion"]["VersionId"] == "3"


@contract("glue:UpdateTable")
def test_an_update_of_a_version_that_is_no_longer_the_last_is_refused(glue, refusal):
    glue.create_table(DatabaseName="shop", TableInput=table("raced"))
    glue.update_table(DatabaseName="shop", TableInput=table("raced"), VersionId="1")

    late = {"DatabaseName": "shop", "TableInput": table("raced"), "VersionId": "1"}
    assert refusal(glue.update_table, **late) == "ConcurrentModificationException"
    absent = {"DatabaseName": "shop", "TableInput": table("none")}
    assert refusal(glue.update_table, **absent) == "EntityNotFoundException"


@contract("glue:CreatePartition", "glue:GetPartition", "glue:DeletePartition",
          "glue:UpdatePartition")  # fmt: skip
def test_a_partition_is_made_moved_and_deleted(glue, refusal):
    glue.create_partition(**OF, PartitionInput=partition("2026-01-01", "1"))
    glue.create_partition(**OF, PartitionInput=partition("2026-01-01", "2"))
    again = refusal(glue.create_partition, **OF, PartitionInput=partition("2026-01-01", "1"))
    assert again == "AlreadyExistsException"

    def move(old, new):
        return {"PartitionValueList": old, "PartitionInput": partition(*new)}

    taken = move(["2026-01-01", "1"], ["2026-01-01", "2"])
    assert refusal(glue.update_partition, **OF, **taken) == "AlreadyExistsException"
    assert glue.get_partition(**OF, PartitionValues=["2026-01-01", "1"])["Partition"]["Values"]
    glue.update_partition(**OF, **move(["2026-01-01", "1"], ["2026-01-01", "3"]))

    moved = glue.get_partition(**OF, PartitionValues=["2026-01-01", "3"])["Partition"]
    assert (moved["CatalogId"], moved["DatabaseName"]) == ("123456789012", "shop")
    gone = {**OF, "PartitionValues": ["2026-01-01", "1"]}
    for call in (glue.get_partition, glue.delete_partition):
        assert refusal(call, **gone) == "EntityNotFoundException"
    for hour in ("2", "3"):
        glue.delete_partition(**OF, PartitionValues=["2026-01-01", hour])
    assert glue.get_partitions(**OF)["Partitions"] == []


@contract("glue:BatchCreatePartition", "glue:BatchGetPartition", "glue:BatchUpdatePartition",
          "glue:BatchDeletePartition", "glue:GetPartitions")  # fmt: skip
def test_a_batch_does_what_it_can_and_names_the_rest(glue):
    def batch(*hours):
        return [partition("2026-02-01", hour) for hour in hours]

    assert "Errors" not in glue.batch_create_partition(**OF, PartitionInputList=batch("1", "2"))
    again = glue.batch_create_partition(**OF, PartitionInputList=batch("2", "3"))
    error = again["Errors"][0]
    assert error["PartitionValues"] == ["2026-02-01", "2"]
    assert error["ErrorDetail"]["ErrorCode"] == "AlreadyExistsException"
    wanted = [{"Values": ["2026-02-01", hour]} for hour in ("1", "3", "9")]
    read = glue.batch_get_partition(**OF, PartitionsToGet=wanted)
    assert [each["Values"][1] for each in read["Partitions"]] == ["1", "3"]
    entry = {"PartitionValueList": ["2026-02-01", "9"], "PartitionInput": batch("9")[0]}
    failed = glue.batch_update_partition(**OF, Entries=[entry])["Errors"][0]["ErrorDetail"]
    assert failed["ErrorCode"] == "EntityNotFoundException"

    gone = glue.batch_delete_partition(**OF, PartitionsToDelete=[*wanted, *wanted[:1]])

    assert [each["PartitionValues"][1] for each in gone["Errors"]] == ["9", "1"]
    left = glue.get_partitions(**OF, Expression="day = date '2026-02-01' and not hour = 9")
    assert [each["Values"][1] for each in left["Partitions"]] == ["2"]
    glue.delete_partition(**OF, PartitionValues=["2026-02-01", "2"])


@contract("glue:CreatePartition", "glue:BatchCreatePartition")
def test_a_partition_has_as_many_values_as_its_table_has_keys(glue, refusal):
    said = "number of partition keys do not match"
    one = {**OF, "PartitionInput": partition("2026-01-01")}
    many = {**OF, "PartitionInputList": [partition("2026-01-01", "1", "x")]}
    assert refusal(glue.create_partition, said=said, **one) == "InvalidInputException"
    assert refusal(glue.batch_create_partition, said=said, **many) == "InvalidInputException"


@pytest.mark.parametrize(
    ("operation", "parameter", "item", "most"),
    [
        ("batch_create_partition", "PartitionInputList", partition("2026-01-01", "1"), 100),
        ("batch_delete_partition", "PartitionsToDelete", {"Values": ["2026-01-01", "1"]}, 25),
        ("batch_get_partition", "PartitionsToGet", {"Values": ["2026-01-01", "1"]}, 1000),
    ],
)
def test_a_batch_has_its_limit(*, glue, refusal, operation, parameter, item, most):
    call = getattr(glue, operation)
    code = refusal(call, said=f"or equal to {most}", **OF, **{parameter: [item] * (most + 1)})
    assert code == "ValidationException"


JOB = {"Role": "arn:aws:iam::123456789012:role/glue",
       "Command": {"Name": "glueetl", "ScriptLocation": "s3://lake/job.py"}}  # fmt: skip


@contract("glue:CreateJob", "glue:GetJob", "glue:GetJobs", "glue:ListJobs", "glue:BatchGetJobs",
          "glue:DeleteJob")  # fmt: skip
def test_jobs_are_kept_under_their_names(glue, refusal):
    for name in ("load", "sum"):
        glue.create_job(Name=name, **JOB, DefaultArguments={"--level": "info"})
    assert refusal(glue.create_job, Name="load", **JOB) == "AlreadyExistsException"

    assert glue.get_job(JobName="load")["Job"]["DefaultArguments"] == {"--level": "info"}
    first = glue.get_jobs(MaxResults=1)
    second = glue.get_jobs(MaxResults=1, NextToken=first["NextToken"])
    assert [each["Name"] for each in first["Jobs"] + second["Jobs"]] == ["load", "sum"]
    assert glue.list_jobs()["JobNames"] == ["load", "sum"]
    assert glue.batch_get_jobs(JobNames=["load", "none"])["JobsNotFound"] == ["none"]
    for name in ("load", "sum", "none"):
        assert glue.delete_job(JobName=name)["JobName"] == name
    assert refusal(glue.get_job, JobName="load") == "EntityNotFoundException"


@contract("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun")
def test_a_job_runs_once_at_a_time_unless_it_says_otherwise(glue, aws, refusal):
    glue.create_job(Name="slow", **JOB)
    aws.workloads["glue", "slow"] = lambda _run: Outcome(seconds=10**7)
    with acting_for(Origin(clock=PastClock(datetime.now(UTC) - timedelta(hours=1)))):
        run = aws.client("glue").start_job_run(JobName="slow")["JobRunId"]

    code = refusal(glue.start_job_run, said="slow", JobName="slow")
    assert code == "ConcurrentRunsExceededException"
    listed = glue.get_job_runs(JobName="slow", MaxResults=1)
    assert [each["Id"] for each in listed["JobRuns"]] == [run]
    glue.batch_stop_job_run(JobName="slow", JobRunIds=[run])
    assert glue.get_job_run(JobName="slow", RunId=run)["JobRun"]["JobRunState"] == "STOPPED"
    assert glue.start_job_run(JobName="slow")["JobRunId"] != run


@contract("glue:TagResource", "glue:GetTags", "glue:UntagResource")
def test_a_database_keeps_its_tags(glue):
    arn = "arn:aws:glue:eu-west-1:123456789012:database/shop"

    glue.tag_resource(ResourceArn=arn, TagsToAdd={"a": "1"})
    kept = glue.get_tags(ResourceArn=arn)["Tags"]
    glue.untag_resource(ResourceArn=arn, TagsToRemove=["a"])

    assert (kept, glue.get_tags(ResourceArn=arn)["Tags"]) == ({"a": "1"}, {})


@pytest.mark.parametrize(
    ("operation", "parameters", "parameter"),
    [
        ("get_tables", {"DatabaseName": "shop", "AttributesToGet": ["NAME"]}, "AttributesToGet"),
        ("get_table", {"DatabaseName": "shop", "Name": "orders", "TransactionId": "t"},
         "TransactionId"),
        ("get_table", {"DatabaseName": "shop", "Name": "orders", "CatalogId": "999999999999"},
         "CatalogId"),
        ("create_table", {"DatabaseName": "shop", "TableInput": {
            "Name": "x", "TargetTable": {"Name": "y"}}}, "TableInput.TargetTable"),
        ("create_job", {"Name": "retried", **JOB, "MaxRetries": 2}, "MaxRetries"),
        ("start_job_run", {"JobName": "slow", "JobRunId": "jr_1"}, "JobRunId"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_parameter_that_nobody_evaluates_is_refused(
    *, glue, refusal, operation, parameters, parameter
):
    said = f"does not evaluate parameter {parameter} of glue:"
    assert refusal(getattr(glue, operation), said=said, **parameters) == "NotImplementedException"


def test_what_is_this_accounts_own_catalog_anyway_is_not_refused(glue):
    own = {"CatalogId": "123456789012", "DatabaseName": "shop", "Name": "orders"}
    assert glue.get_table(**own)["Table"]["Name"] == "orders"


def test_a_crawler_is_refused(glue, refusal):
    said = "does not implement glue:StartCrawler"
    assert refusal(glue.start_crawler, said=said, Name="x") == "NotImplementedException"
