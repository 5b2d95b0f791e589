"""Workgroups, metadata, and the service as such."""

import json
import subprocess
import sys

import botocore.exceptions
import pytest

from datalfred.local.aws import athena
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Caller, Request

REGION = "eu-west-1"


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def refused(call, *arguments, **more):
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call(*arguments, **more)
    return failure.value.response["Error"]


def test_a_workgroup_is_made_changed_listed_and_deleted(boto):
    client = boto("athena")
    client.create_work_group(
        Name="team",
        Description="ours",
        Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/team/"}},
        Tags=[{"Key": "owner", "Value": "ana"}],
    )
    arn = f"arn:aws:athena:{REGION}:123456789012:workgroup/team"
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "owner", "Value": "ana"}
    ]
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": "dev"}])
    client.untag_resource(ResourceARN=arn, TagKeys=["owner"])
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "stage", "Value": "dev"}
    ]

    client.update_work_group(
        WorkGroup="team",
        Description="theirs",
        State="DISABLED",
        ConfigurationUpdates={
            "EnforceWorkGroupConfiguration": False,
            "BytesScannedCutoffPerQuery": 20_000_000,
            "ResultConfigurationUpdates": {"OutputLocation": "s3://results/other/"},
        },
    )

    found = client.get_work_group(WorkGroup="team")["WorkGroup"]
    assert (found["Description"], found["State"]) == ("theirs", "DISABLED")
    assert found["Configuration"]["BytesScannedCutoffPerQuery"] == 20_000_000
    assert found["Configuration"]["ResultConfiguration"]["OutputLocation"] == "s3://results/other/"
    assert [each["Name"] for each in client.list_work_groups()["WorkGroups"]] == ["primary", "team"]
    assert (
        "is disabled"
        in refused(client.start_query_execution, QueryString="SELECT 1", WorkGroup="team")[
            "Message"
        ]
    )
    client.update_work_group(
        WorkGroup="team",
        ConfigurationUpdates={
            "RemoveBytesScannedCutoffPerQuery": True,
            "ResultConfigurationUpdates": {"RemoveOutputLocation": True},
        },
    )
    found = client.get_work_group(WorkGroup="team")["WorkGroup"]["Configuration"]
    assert "BytesScannedCutoffPerQuery" not in found
    assert found["ResultConfiguration"] == {}
    client.delete_work_group(WorkGroup="team")
    assert "is not found" in refused(client.get_work_group, WorkGroup="team")["Message"]


def test_workgroups_that_may_not_be_are_refused(boto):
    client = boto("athena")
    assert "already created" in refused(client.create_work_group, Name="primary")["Message"]
    assert "cannot be deleted" in refused(client.delete_work_group, WorkGroup="primary")["Message"]


def test_an_enforced_workgroup_says_where_results_go_and_how_much_may_be_read(boto, table, run):
    client, s3 = boto("athena"), boto("s3")
    client.create_work_group(
        Name="small",
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": 10_000_000,
            "ResultConfiguration": {"OutputLocation": "s3://results/small/"},
        },
    )
    s3.put_object(Bucket="lake", Key="large/a.csv", Body=b"1234567\n" * 1_300_000)
    table("large", "s3://lake/large/", [("id", "int")])

    allowed = run("SELECT count(*) FROM products", WorkGroup="small")
    stopped = run("SELECT count(*) FROM large", WorkGroup="small")

    assert allowed["ResultConfiguration"]["OutputLocation"].startswith("s3://results/small/")
    assert stopped["Status"]["State"] == "CANCELLED"
    assert stopped["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert stopped["Statistics"]["DataScannedInBytes"] > 10_000_000


def test_a_query_without_a_place_for_its_result_is_refused(boto):
    client = boto("athena")
    error = refused(client.start_query_execution, QueryString="SELECT 1")
    assert error["Message"].startswith("No output location provided.")
    error = refused(
        client.start_query_execution,
        QueryString="SELECT 1",
        ResultConfiguration={"OutputLocation": "here"},
    )
    assert "is not a valid S3 path" in error["Message"]


def test_databases_and_tables_are_described_as_glue_knows_them(boto, lake):
    client = boto("athena")
    where = {"CatalogName": "AwsDataCatalog"}

    assert client.list_data_catalogs()["DataCatalogsSummary"][0]["Type"] == "GLUE"
    assert client.list_databases(**where)["DatabaseList"][0]["Description"] == "What we sell"
    assert client.get_database(**where, DatabaseName="sales")["Database"]["Name"] == "sales"
    found = client.list_table_metadata(**where, DatabaseName="sales", Expression="^ord")
    assert [each["Name"] for each in found["TableMetadataList"]] == ["orders"]
    table = client.get_table_metadata(**where, DatabaseName="sales", TableName="orders")
    assert table["TableMetadata"]["PartitionKeys"] == [
        {"Name": "month", "Type": "string", "Comment": "the part"}
    ]


def test_metadata_that_does_not_exist_is_a_metadata_exception(boto, lake):
    client = boto("athena")
    where = {"CatalogName": "AwsDataCatalog"}
    nowhere = {"CatalogName": "Other"}

    for call, arguments in (
        (client.get_database, {**where, "DatabaseName": "nodb"}),
        (client.list_table_metadata, {**where, "DatabaseName": "nodb"}),
        (client.get_table_metadata, {**where, "DatabaseName": "sales", "TableName": "nope"}),
        (client.list_databases, nowhere),
    ):
        assert refused(call, **arguments)["Code"] == "MetadataException"


def test_a_query_in_another_catalog_is_refused(boto, run):
    context = {"Catalog": "AwsDataCatalog", "Database": "sales"}
    assert run("SELECT 1", QueryExecutionContext=context)["Status"]["State"] == "SUCCEEDED"

    error = refused(
        boto("athena").start_query_execution,
        QueryString="SELECT 1",
        QueryExecutionContext={"Catalog": "lambda"},
        ResultConfiguration={"OutputLocation": "s3://results/"},
    )
    assert error["Message"].endswith("has no catalog but AwsDataCatalog: lambda")


def test_an_operation_that_nobody_implements_says_so(boto):
    error = refused(boto("athena").list_named_queries)

    assert error["Code"] == "NotImplementedException"
    assert error["Message"] == "The embedded AWS does not implement athena:ListNamedQueries."


def test_parameters_are_held_against_the_services_model(aws):
    service = athena.service.AthenaService(lambda _name, _caller: None)
    caller = Caller("key", "", "arn", REGION, "athena")

    def answer(operation, body):
        headers = {"x-amz-target": f"AmazonAthena.{operation}"}
        return service.handle(Request("POST", "/", "", headers, body, caller))

    wrong = json.loads(answer("StartQueryExecution", b'{"QueryString": 1}').body)
    assert wrong["__type"] == "InvalidRequestException"
    assert "QueryString" in wrong["message"]
    assert json.loads(answer("GetWorkGroup", b"{").body)["__type"] == "SerializationException"
    assert service.handle(Request("POST", "/", "", {"x-amz-target": "Glue.X"}, b"", caller)) is None
    service.warm()
    service.close()
    closed = json.loads(answer("GetQueryExecution", b'{"QueryExecutionId": "x"}').body)
    assert closed["__type"] == "InvalidRequestException"


def test_athena_reads_as_its_caller_and_says_what_the_caller_may_not(aws, boto, lake, ended):
    asked = []

    def authorize(request):
        if request.via == "athena":
            asked.append((request.caller.role, request.caller.service))
            if request.caller.role == "reader" and request.caller.service == "s3":
                raise FaultError("AccessDenied", "reader may not read s3", 403)

    client = boto("athena", "reader")
    before, aws.door.authorize = aws.door.authorize, authorize
    try:
        started = client.start_query_execution(
            QueryString="SELECT count(*) FROM orders",
            QueryExecutionContext={"Database": "sales"},
            ResultConfiguration={"OutputLocation": "s3://results/"},
        )["QueryExecutionId"]
        execution = ended(started)
    finally:
        aws.door.authorize = before

    assert ("reader", "glue") in asked
    assert reason(execution) == "Permission denied on S3 path: s3://lake/orders/month=2024-01"


def test_a_copied_file_is_no_leave_to_read_it(aws, boto, lake, run, ended):
    run("SELECT order_id FROM orders")
    heads = []

    def authorize(request):
        if request.via == "athena" and request.method == "HEAD":
            heads.append(request.path)
            raise FaultError("AccessDenied", "not yours", 403)

    before, aws.door.authorize = aws.door.authorize, authorize
    try:
        started = boto("athena", "stranger").start_query_execution(
            QueryString="SELECT order_id FROM orders",
            QueryExecutionContext={"Database": "sales"},
            ResultConfiguration={"OutputLocation": "s3://results/"},
        )["QueryExecutionId"]
        execution = ended(started)
    finally:
        aws.door.authorize = before

    assert heads
    assert reason(execution).startswith("Permission denied on S3 path: s3://lake/orders/month=")


def test_the_package_loads_neither_duckdb_nor_sqlglot():
    code = (
        "import sys; import datalfred.local.aws.athena; "
        "print(sorted({'duckdb', 'sqlglot', 'moto', 'boto3'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
