"""Policies as IAM evaluates them; each case names the page that says so."""

import logging
from pathlib import Path

import pytest
import yaml

from datalfred.local.aws.iam.evaluation import Ask, Scope, Verdict, decide, statements_about
from datalfred.local.aws.iam.policies import MalformedPolicyError, parse_policy
from tests.support.permissions import allowing

CASES = yaml.safe_load((Path(__file__).parent / "evaluations.yaml").read_text(encoding="utf-8"))
BUCKET = "arn:aws:s3:::lake"


def verdict(policies, ask, keys=None):
    statements = statements_about([parse_policy(each) for each in policies], ask.action)
    return decide(statements, ask, keys or {}).verdict


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_policy_is_evaluated_as_its_source_says(case):
    version = case.get("version", "2012-10-17")
    policy = {"Version": version, "Statement": case["statements"]}

    found = verdict([policy], Ask(case["action"], case["resource"]), case.get("keys"))

    assert found.value == case["verdict"], f"{case['source']}.html"


def test_there_are_cases_enough_and_each_names_a_page():
    assert len(CASES) >= 60
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert all(case["source"].startswith("reference_policies_") for case in CASES)


def test_one_policy_allows_what_another_does_not():
    policies = [allowing("s3:PutObject"), allowing("s3:GetObject")]

    assert verdict(policies, Ask("s3:GetObject", f"{BUCKET}/a")) is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("policy", "scope", "expected"),
    [
        (allowing("s3:*"), Scope.UNKNOWN, Verdict.ALLOWED),
        (allowing("s3:*", resources=[BUCKET]), Scope.UNKNOWN, Verdict.NOT_ALLOWED),
        (allowing("s3:*", resources=["arn:aws:s3:::*"]), Scope.UNKNOWN, Verdict.NOT_ALLOWED),
        (allowing("s3:*", resources=[BUCKET]), Scope.MISSING, Verdict.ALLOWED),
        (allowing("sqs:*"), Scope.MISSING, Verdict.NOT_ALLOWED),
    ],
)
def test_what_is_not_known_of_a_resource_never_widens_a_permission(policy, scope, expected):
    assert verdict([policy], Ask("s3:GetObject", "*", scope)) is expected


@pytest.mark.parametrize(
    ("scope", "expected"), [(Scope.UNKNOWN, Verdict.DENIED), (Scope.MISSING, Verdict.ALLOWED)]
)
def test_a_deny_of_some_resource_denies_an_unknown_one(scope, expected):
    denial = {"Effect": "Deny", "Action": "s3:*", "Resource": BUCKET}
    policies = [allowing("s3:*"), {"Version": "2012-10-17", "Statement": denial}]

    assert verdict(policies, Ask("s3:GetObject", "*", scope)) is expected


GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "Version, Id and Statement"),
        ({"Version": "2012-10-17"}, "at least one statement"),
        ({"Version": "2020-01-01", "Statement": GOOD}, "no version"),
        ({"Version": "2012-10-17", "Statement": [], "More": 1}, "Version, Id and Statement"),
        ({"Statement": ["x"]}, "has no x"),
        ({"Statement": {**GOOD, "Principal": "*"}}, "has no .'Principal'."),
        ({"Statement": {**GOOD, "Effect": "Permit"}}, "Allow or Deny"),
        ({"Statement": {**GOOD, "NotAction": "s3:*"}}, "either Action or NotAction"),
        ({"Statement": {"Effect": "Allow", "Action": "s3:*"}}, "either Resource or NotResource"),
        ({"Statement": {**GOOD, "Action": "GetObject"}}, "is no action"),
        ({"Statement": {**GOOD, "Action": []}}, "a text or a list of texts"),
        ({"Statement": {**GOOD, "Action": [1]}}, "a text or a list of texts"),
        ({"Statement": {**GOOD, "Resource": "lake/*"}}, "must be in ARN format"),
        ({"Statement": {**GOOD, "Condition": "x"}}, "Condition is an object"),
        ({"Statement": {**GOOD, "Condition": {"Bool": "x"}}}, "must map keys to values"),
        ({"Statement": {**GOOD, "Condition": {"Bool": {"aws:SourceIp": [None]}}}}, "texts"),
        ({"Statement": {**GOOD, "Condition": {"Same": {"aws:SourceIp": "x"}}}}, "operator Same"),
        ({"Statement": {**GOOD, "Condition": {"ForAnyValue:Null": {"a:b": "x"}}}}, "operator"),
    ],
)
def test_a_document_that_iam_would_not_take_is_refused(document, said):
    with pytest.raises(MalformedPolicyError, match=said):
        parse_policy(document)


def test_a_condition_key_that_no_request_has_is_named_once(caplog):
    with caplog.at_level(logging.WARNING):
        parse_policy(
            allowing("s3:*", StringEquals={"s3:ExistingObjectTag/x": "y", "aws:userid": "z"})
        )

    assert [record.message for record in caplog.records] == [
        "key=<s3:existingobjecttag/x> | a condition key that no request has here: absent"
    ]


def test_values_may_be_numbers_and_booleans():
    policy = allowing("s3:*", Bool={"aws:SecureTransport": True}, NumericEquals={"s3:max-keys": 10})
    keys = {"aws:securetransport": ["true"], "s3:max-keys": ["10"]}

    assert verdict([policy], Ask("s3:ListBucket", BUCKET), keys) is Verdict.ALLOWED
