"""The data stack: what must outlive every other stack."""

import pytest

from datalfred.definitions.approval_tables import tables
from datalfred.definitions.naming import role_name
from datalfred.definitions.prices import athena_bytes
from infra.configuration import load


@pytest.fixture
def data(templates):
    return templates["data"]["Resources"]


def of_type(resources, kind):
    return [each for each in resources.values() if each["Type"] == kind]


def test_the_tables_are_those_that_the_laptop_creates(data):
    made = {
        each["Properties"]["TableName"]: each["Properties"]
        for each in of_type(data, "AWS::DynamoDB::GlobalTable")
    }
    wanted = {each["TableName"]: each for each in tables("demo", "prod")}

    assert set(made) == set(wanted)
    for name, table in wanted.items():
        assert made[name]["KeySchema"] == table["KeySchema"]
        assert made[name]["BillingMode"] == table["BillingMode"]
        assert sorted(made[name]["AttributeDefinitions"], key=str) == sorted(
            table["AttributeDefinitions"], key=str
        )
        assert made[name].get("GlobalSecondaryIndexes") == table.get("GlobalSecondaryIndexes")


def test_tables_are_recoverable_encrypted_and_protected(data):
    for table in of_type(data, "AWS::DynamoDB::GlobalTable"):
        (replica,) = table["Properties"]["Replicas"]
        assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert replica["DeletionProtectionEnabled"] is True
        assert table["Properties"]["SSESpecification"]["SSEType"] == "KMS"
        assert table["DeletionPolicy"] == "Retain"


def test_the_key_rotates(data):
    (key,) = of_type(data, "AWS::KMS::Key")
    assert key["Properties"]["EnableKeyRotation"] is True


@pytest.mark.parametrize(
    ("sid", "service", "functions"),
    [
        ("ReadAndWriteTables", "dynamodb", ["athena", "step_functions", "approver"]),
        ("ReadAndWriteResults", "s3", ["athena"]),
        ("ReadDocuments", "s3", ["glue"]),
    ],
)
def test_the_key_serves_roles_through_the_service_that_holds_their_data(
    data, sid, service, functions
):
    (key,) = of_type(data, "AWS::KMS::Key")
    said = {each.get("Sid"): each for each in key["Properties"]["KeyPolicy"]["Statement"]}
    roles = [
        f"arn:aws:iam::111122223333:role/{role_name('demo', 'prod', each)}" for each in functions
    ]

    assert said[sid]["Principal"] == {"AWS": "*"}
    assert said[sid]["Condition"] == {
        "StringEquals": {
            "kms:CallerAccount": "111122223333",
            "kms:ViaService": f"{service}.eu-west-1.amazonaws.com",
        },
        "ArnEquals": {"aws:PrincipalArn": roles},
    }


@pytest.mark.parametrize("service", ["cloudwatch", "bedrock"])
def test_services_use_the_key_for_this_account_alone(data, service):
    (key,) = of_type(data, "AWS::KMS::Key")
    (said,) = (
        each
        for each in key["Properties"]["KeyPolicy"]["Statement"]
        if each["Principal"] == {"Service": f"{service}.amazonaws.com"}
    )

    assert said["Condition"]["StringEquals"] == {"aws:SourceAccount": "111122223333"}


def test_a_first_deployment_that_fails_leaves_nothing_in_the_way_of_the_next(data):
    kept = {each["Type"]: each.get("DeletionPolicy") for each in data.values()}

    assert kept["AWS::S3::Bucket"] == "RetainExceptOnCreate"
    assert kept["AWS::DynamoDB::GlobalTable"] == "Retain", "a protected table cannot be rolled back"


def test_rows_of_the_audit_trail_never_expire(data):
    expiring = {
        each["Properties"]["TableName"]
        for each in of_type(data, "AWS::DynamoDB::GlobalTable")
        if "TimeToLiveSpecification" in each["Properties"]
    }

    assert expiring == {"datalfred_demo_prod_requests", "datalfred_demo_prod_approvals"}


def test_buckets_are_private_encrypted_and_refuse_what_is_not_tls(data):
    buckets = {
        name: each["Properties"] for name, each in data.items() if each["Type"] == "AWS::S3::Bucket"
    }
    policies = {
        each["Properties"]["Bucket"]["Ref"]: str(each["Properties"]["PolicyDocument"])
        for each in of_type(data, "AWS::S3::BucketPolicy")
    }

    assert len(buckets) == 3
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]
        assert "aws:SecureTransport" in policies[name]
        assert "s3:TlsVersion" in policies[name]


def test_every_result_is_deleted_after_a_week_whatever_its_prefix(data):
    (workgroup,) = of_type(data, "AWS::Athena::WorkGroup")
    (results,) = (
        each["Properties"]
        for each in of_type(data, "AWS::S3::Bucket")
        if each["Properties"]["BucketName"] == "datalfred-demo-prod-results"
    )
    rules = {each["Id"]: each for each in results["LifecycleConfiguration"]["Rules"]}

    assert rules["expire"] == {"Id": "expire", "ExpirationInDays": 7, "Status": "Enabled"}
    location = workgroup["Properties"]["WorkGroupConfiguration"]["ResultConfiguration"]
    assert location["OutputLocation"]["Fn::Join"][1][0] == "s3://"


def test_documents_are_versioned_and_tiered(data):
    (documents,) = (
        each["Properties"]
        for each in of_type(data, "AWS::S3::Bucket")
        if each["Properties"]["BucketName"] == "datalfred-demo-prod-documents"
    )
    rules = {each["Id"]: each for each in documents["LifecycleConfiguration"]["Rules"]}

    assert documents["VersioningConfiguration"] == {"Status": "Enabled"}
    assert rules["tier"]["Transitions"][0]["StorageClass"] == "INTELLIGENT_TIERING"


def test_the_workgroup_enforces_its_bucket_and_its_budget(data):
    (workgroup,) = of_type(data, "AWS::Athena::WorkGroup")
    configuration = workgroup["Properties"]["WorkGroupConfiguration"]

    assert workgroup["Properties"]["Name"] == "datalfred_demo_prod_queries"
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == athena_bytes(
        load("prod").queries.budget_usd
    )


def test_what_is_no_production_goes_with_its_stack(synthesised):
    resources = synthesised(load("dev"))["data"]["Resources"]

    kept = [name for name, each in resources.items() if each.get("DeletionPolicy") == "Retain"]
    assert kept == []


def test_without_a_key_of_its_own_the_services_encrypt(synthesised):
    production = load("prod")
    plain = production.features.model_copy(update={"customer_managed_key": False})
    resources = synthesised(production.model_copy(update={"features": plain}))["data"]["Resources"]

    assert of_type(resources, "AWS::KMS::Key") == []
    for bucket in of_type(resources, "AWS::S3::Bucket"):
        assert "AES256" in str(bucket["Properties"]["BucketEncryption"])
