"""What a deployment gives its roles, on a laptop."""

import pytest

from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.aws.iam.evaluation import Ask, Verdict
from datalfred.local.aws.message import Request
from datalfred.local.deployment import Deployment

ROLE = "datalfred_demo_local_athena_role"


@pytest.mark.parametrize(
    ("named", "readable"),
    [("", {"lake"}), ("mine", {"lake", "mine"}), (" mine , yours,", {"lake", "mine", "yours"})],
)
def test_a_person_names_the_buckets_of_their_own_tables(monkeypatch, named, readable):
    monkeypatch.setenv("DATALFRED_LAKE_BUCKETS", named)
    with EmbeddedAws() as aws:
        Deployment(aws, "demo", "local", lake_bucket="lake").deploy_functions()
        caller = aws.callers.caller(ROLE)
        request = Request("GET", "/", "", {}, b"", caller, via="athena")

        allowed = {
            bucket
            for bucket in ("lake", "mine", "yours")
            if aws.permissions.judge(request, Ask("s3:GetObject", f"arn:aws:s3:::{bucket}/a"))[0]
            is Verdict.ALLOWED
        }

    assert allowed == readable


def test_a_lake_without_buckets_is_read_by_nobody(monkeypatch):
    monkeypatch.delenv("DATALFRED_LAKE_BUCKETS", raising=False)
    with EmbeddedAws() as aws:
        place = Deployment(aws, "demo", "local").place

    assert place.lake == ()
    assert place.job_log_uris == ()
