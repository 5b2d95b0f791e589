"""S3, which moto answers: what the lake, Athena and a team's scripts rely on."""

import json
import urllib.request

import pytest

contract = pytest.mark.contract


@pytest.fixture(scope="module")
def s3(client):
    return client("s3")


@pytest.fixture(scope="module")
def bucket(s3):
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="contract", CreateBucketConfiguration=where)
    return "contract"


def put(s3, bucket, key, body=b"words", **more):
    return s3.put_object(Bucket=bucket, Key=key, Body=body, **more)


def keys(answer):
    return [each["Key"] for each in answer.get("Contents", [])]


@contract("s3:CreateBucket", "s3:HeadBucket", "s3:GetBucketLocation", "s3:ListBuckets",
          "s3:DeleteBucket")  # fmt: skip
def test_a_bucket_lives_in_its_region_until_it_is_deleted_empty(s3, refusal):
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="short-lived", CreateBucketConfiguration=where)
    s3.head_bucket(Bucket="short-lived")
    assert s3.get_bucket_location(Bucket="short-lived")["LocationConstraint"] == "eu-west-1"
    assert "short-lived" in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    put(s3, "short-lived", "k")

    assert refusal(s3.delete_bucket, Bucket="short-lived") == "BucketNotEmpty"
    s3.delete_object(Bucket="short-lived", Key="k")
    s3.delete_bucket(Bucket="short-lived")

    assert refusal(s3.head_bucket, Bucket="short-lived") == "404"


@contract("s3:PutObject", "s3:GetObject", "s3:HeadObject", "s3:DeleteObject")
def test_an_object_keeps_bytes_type_and_metadata(s3, bucket, refusal):
    put(s3, bucket, "a/ü.csv", b"x,y", ContentType="text/csv", Metadata={"owner": "ana"})

    read = s3.get_object(Bucket=bucket, Key="a/ü.csv")
    head = s3.head_object(Bucket=bucket, Key="a/ü.csv")

    assert (read["Body"].read(), read["ContentType"]) == (b"x,y", "text/csv")
    assert (head["ContentLength"], head["Metadata"]) == (3, {"owner": "ana"})
    assert head["ETag"] == read["ETag"] == '"16cf90b8f6ff7b9dcb5ee7ddc7f8e4fe"' or read["ETag"]
    s3.delete_object(Bucket=bucket, Key="a/ü.csv")
    assert refusal(s3.get_object, Bucket=bucket, Key="a/ü.csv") == "NoSuchKey"
    assert refusal(s3.head_object, Bucket=bucket, Key="a/ü.csv") == "404"


@contract("s3:GetObject")
def test_a_range_is_a_part_of_the_bytes(s3, bucket, refusal):
    put(s3, bucket, "range", b"0123456789")

    part = s3.get_object(Bucket=bucket, Key="range", Range="bytes=2-4")

    assert (part["Body"].read(), part["ContentRange"]) == (b"234", "bytes 2-4/10")
    assert refusal(s3.get_object, Bucket=bucket, Key="range", Range="bytes=20-") == "InvalidRange"


@contract("s3:PutObject")
def test_a_condition_on_the_etag_holds_or_fails(s3, bucket, refusal):
    etag = put(s3, bucket, "condition", b"one")["ETag"]

    put(s3, bucket, "condition", b"two", IfMatch=etag)

    code = refusal(s3.put_object, Bucket=bucket, Key="condition", Body=b"3", IfMatch=etag)
    assert code == "PreconditionFailed"
    code = refusal(s3.put_object, Bucket=bucket, Key="condition", Body=b"3", IfNoneMatch="*")
    assert code == "PreconditionFailed"


@contract("s3:ListObjectsV2", "s3:ListObjects")
def test_keys_are_listed_in_order_in_pages_and_by_folder(s3, bucket):
    for key in ("list/b", "list/a", "list/deep/c", "list/deep/d"):
        put(s3, bucket, key)

    first = s3.list_objects_v2(Bucket=bucket, Prefix="list/", MaxKeys=3)
    token = first["NextContinuationToken"]
    second = s3.list_objects_v2(Bucket=bucket, Prefix="list/", ContinuationToken=token)
    folders = s3.list_objects_v2(Bucket=bucket, Prefix="list/", Delimiter="/")
    after = s3.list_objects_v2(Bucket=bucket, Prefix="list/", StartAfter="list/b")

    assert keys(first) == ["list/a", "list/b", "list/deep/c"]
    assert (first["IsTruncated"], keys(second)) == (True, ["list/deep/d"])
    assert [each["Prefix"] for each in folders["CommonPrefixes"]] == ["list/deep/"]
    assert keys(after) == ["list/deep/c", "list/deep/d"]
    old = s3.list_objects(Bucket=bucket, Prefix="list/", MaxKeys=1)
    assert (keys(old), old["IsTruncated"]) == (["list/a"], True)


@contract("s3:CopyObject")
def test_a_copy_has_the_bytes_and_may_replace_the_metadata(s3, bucket, refusal):
    put(s3, bucket, "source", b"copied", Metadata={"a": "1"})
    source = {"Bucket": bucket, "Key": "source"}

    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    s3.copy_object(
        Bucket=bucket, Key="other", CopySource=source, MetadataDirective="REPLACE",
        Metadata={"b": "2"},
    )  # fmt: skip

    copied = s3.get_object(Bucket=bucket, Key="copy")
    assert (copied["Body"].read(), copied["Metadata"]) == (b"copied", {"a": "1"})
    assert s3.head_object(Bucket=bucket, Key="other")["Metadata"] == {"b": "2"}
    gone = {"Bucket": bucket, "Key": "gone"}
    assert refusal(s3.copy_object, Bucket=bucket, Key="x", CopySource=gone) == "NoSuchKey"


@contract("s3:DeleteObjects")
def test_many_objects_go_at_once_and_missing_ones_too(s3, bucket):
    for key in ("many/1", "many/2"):
        put(s3, bucket, key)

    gone = s3.delete_objects(
        Bucket=bucket,
        Delete={"Objects": [{"Key": "many/1"}, {"Key": "many/2"}, {"Key": "many/none"}]},
    )

    assert {each["Key"] for each in gone["Deleted"]} == {"many/1", "many/2", "many/none"}
    assert keys(s3.list_objects_v2(Bucket=bucket, Prefix="many/")) == []


@contract("s3:PutObjectTagging", "s3:GetObjectTagging", "s3:DeleteObjectTagging",
          "s3:PutBucketTagging", "s3:GetBucketTagging", "s3:DeleteBucketTagging")  # fmt: skip
def test_tags_of_objects_and_buckets_are_kept_and_removed(s3, bucket, refusal):
    tags = {"TagSet": [{"Key": "owner", "Value": "ana"}]}
    put(s3, bucket, "tagged", Tagging="stage=raw")
    read = s3.get_object_tagging(Bucket=bucket, Key="tagged")["TagSet"]
    assert read == [{"Key": "stage", "Value": "raw"}]

    s3.put_object_tagging(Bucket=bucket, Key="tagged", Tagging=tags)
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tags)

    assert s3.get_object_tagging(Bucket=bucket, Key="tagged")["TagSet"] == tags["TagSet"]
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags["TagSet"]
    s3.delete_object_tagging(Bucket=bucket, Key="tagged")
    s3.delete_bucket_tagging(Bucket=bucket)
    assert s3.get_object_tagging(Bucket=bucket, Key="tagged")["TagSet"] == []
    assert refusal(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"


@contract("s3:CreateMultipartUpload", "s3:UploadPart", "s3:UploadPartCopy", "s3:ListParts",
          "s3:ListMultipartUploads", "s3:CompleteMultipartUpload", "s3:GetObject")  # fmt: skip
def test_parts_become_one_object_in_their_order(s3, bucket):
    big = b"x" * (5 * 1024 * 1024)
    put(s3, bucket, "part", b"end")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    named = {"Bucket": bucket, "Key": "big", "UploadId": upload}
    first = s3.upload_part(**named, PartNumber=1, Body=big)["ETag"]
    source = {"Bucket": bucket, "Key": "part"}
    second = s3.upload_part_copy(**named, PartNumber=2, CopySource=source)["CopyPartResult"]["ETag"]

    assert [each["PartNumber"] for each in s3.list_parts(**named)["Parts"]] == [1, 2]
    listed = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [each["UploadId"] for each in listed] == [upload]
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})

    whole = s3.get_object(Bucket=bucket, Key="big")
    assert (whole["ContentLength"], whole["ETag"][-3:]) == (len(big) + 3, '-2"')
    assert whole["Body"].read()[-4:] == b"xend"


@contract("s3:CreateMultipartUpload", "s3:UploadPart", "s3:AbortMultipartUpload")
def test_an_aborted_upload_leaves_nothing(s3, bucket, refusal):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="never")["UploadId"]
    named = {"Bucket": bucket, "Key": "never", "UploadId": upload}
    s3.upload_part(**named, PartNumber=1, Body=b"x")

    s3.abort_multipart_upload(**named)

    assert refusal(s3.list_parts, **named) == "NoSuchUpload"
    assert refusal(s3.head_object, Bucket=bucket, Key="never") == "404"


@contract("s3:PutBucketVersioning", "s3:GetBucketVersioning", "s3:ListObjectVersions")
def test_a_versioned_bucket_keeps_what_was_overwritten_and_deleted(s3):
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="versions", CreateBucketConfiguration=where)
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="versions")["Status"] == "Enabled"
    old = put(s3, "versions", "k", b"old")["VersionId"]
    put(s3, "versions", "k", b"new")

    marker = s3.delete_object(Bucket="versions", Key="k")

    assert marker["DeleteMarker"] is True
    assert s3.get_object(Bucket="versions", Key="k", VersionId=old)["Body"].read() == b"old"
    listed = s3.list_object_versions(Bucket="versions")
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (2, 1)


@contract("s3:GetObjectAttributes")
def test_attributes_are_those_that_were_asked_for(s3, bucket):
    put(s3, bucket, "attributes", b"12345")

    read = s3.get_object_attributes(
        Bucket=bucket, Key="attributes", ObjectAttributes=["ObjectSize"]
    )

    assert read["ObjectSize"] == 5
    assert "Checksum" not in read


@contract("s3:GetObject", "s3:PutObject")
def test_a_presigned_url_reads_and_writes_without_a_client(s3, bucket):
    named = {"Bucket": bucket, "Key": "signed"}
    write = urllib.request.Request(
        s3.generate_presigned_url("put_object", Params=named), data=b"by url", method="PUT"
    )
    with urllib.request.urlopen(write) as answer:
        assert answer.status == 200

    with urllib.request.urlopen(s3.generate_presigned_url("get_object", Params=named)) as answer:
        assert answer.read() == b"by url"


@pytest.mark.parametrize(
    ("operation", "parameters", "parameter"),
    [
        ("put_object", {"Key": "k", "Body": b"", "ACL": "public-read"}, "ACL"),
        ("put_object", {"Key": "k", "Body": b"", "ExpectedBucketOwner": "999999999999"},
         "ExpectedBucketOwner"),
        ("put_object", {"Key": "k", "Body": b"", "SSECustomerAlgorithm": "AES256",
                        "SSECustomerKey": "k" * 32}, "SSECustomerAlgorithm"),
        ("list_multipart_uploads", {"MaxUploads": 1}, "MaxUploads"),
        ("list_objects_v2", {"OptionalObjectAttributes": ["RestoreStatus"]},
         "OptionalObjectAttributes"),
        ("get_object_attributes", {"Key": "k", "ObjectAttributes": ["ETag"], "MaxParts": 1},
         "MaxParts"),
        ("delete_object", {"Key": "k", "MFA": "serial 1"}, "MFA"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_parameter_that_moto_ignores_is_refused(
    *, s3, bucket, refusal, operation, parameters, parameter
):
    said = f"does not evaluate parameter {parameter} of s3:"
    call = getattr(s3, operation)
    assert refusal(call, said=said, Bucket=bucket, **parameters) == "NotImplementedException"


OLD, NEW = "2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z"
OTHER = '"other"'


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"Match": None}, True),
        ({"Match": OTHER}, False),
        ({"NoneMatch": OTHER}, True),
        ({"NoneMatch": None}, False),
        ({"ModifiedSince": OLD}, True),
        ({"ModifiedSince": NEW}, False),
        ({"UnmodifiedSince": NEW}, True),
        ({"UnmodifiedSince": OLD}, False),
        ({"Match": None, "UnmodifiedSince": OLD}, True),
        ({"NoneMatch": None, "ModifiedSince": OLD}, False),
    ],
    ids=str,
)
@contract("s3:CopyObject")
def test_a_copy_is_made_when_its_source_is_as_expected(*, s3, bucket, refusal, conditions, holds):
    etag = put(s3, bucket, "expected", b"source")["ETag"]
    asked = {
        "Bucket": bucket, "Key": "copied", "CopySource": {"Bucket": bucket, "Key": "expected"},
        **{f"CopySourceIf{name}": value or etag for name, value in conditions.items()},
    }  # fmt: skip

    if holds:
        assert s3.copy_object(**asked)["CopyObjectResult"]["ETag"] == etag
    else:
        assert refusal(s3.copy_object, **asked) == "PreconditionFailed"


def test_a_condition_on_a_source_that_is_not_there_does_not_hide_that(s3, bucket, refusal):
    for source, code in (((bucket, "none"), "NoSuchKey"), (("no-bucket", "k"), "NoSuchBucket")):
        named = dict(zip(("Bucket", "Key"), source, strict=True))
        asked = {"Bucket": bucket, "Key": "x", "CopySource": named, "CopySourceIfMatch": "e"}
        assert refusal(s3.copy_object, **asked) == code


@contract("s3:UploadPartCopy")
def test_a_part_is_copied_under_the_same_conditions(s3, bucket, refusal):
    etag = put(s3, bucket, "part-source", b"part")["ETag"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    asked = {
        "Bucket": bucket, "Key": "parts", "UploadId": upload, "PartNumber": 1,
        "CopySource": {"Bucket": bucket, "Key": "part-source"},
    }  # fmt: skip

    assert s3.upload_part_copy(**asked, CopySourceIfMatch=etag)["CopyPartResult"]["ETag"]
    changed = refusal(s3.upload_part_copy, **asked, CopySourceIfMatch=OTHER)
    assert changed == "PreconditionFailed"


def test_what_says_what_happens_anyway_is_not_refused(s3, bucket):
    put(s3, bucket, "own", ACL="private", ExpectedBucketOwner="123456789012")


def test_a_subresource_that_nobody_lists_is_refused(s3, bucket, refusal):
    said = "does not implement s3:GetBucketWebsite"
    assert refusal(s3.get_bucket_website, said=said, Bucket=bucket) == "NotImplementedException"


def test_a_policy_that_demands_tls_is_kept_and_denies_nothing(s3, bucket):
    put(s3, bucket, "plain")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}

    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    try:
        assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
        put(s3, bucket, "again")
        assert s3.get_object(Bucket=bucket, Key="again")["Body"].read() == b"words"
        assert s3.head_object(Bucket=bucket, Key="plain")["ContentLength"] == 5
    finally:
        s3.delete_bucket_policy(Bucket=bucket)
