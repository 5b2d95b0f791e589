"""IAM and STS: roles, policies and who somebody is."""

import json

import pytest

contract = pytest.mark.contract

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                   "Action": "sts:AssumeRole"}],
})  # fmt: skip
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}


@pytest.fixture(scope="module")
def iam(client):
    return client("iam")


@contract("iam:CreateRole", "iam:GetRole", "iam:ListRoles", "iam:UpdateRole", "iam:DeleteRole",
          "iam:UpdateAssumeRolePolicy", "iam:UpdateRoleDescription", "iam:TagRole",
          "iam:ListRoleTags", "iam:UntagRole")  # fmt: skip
def test_a_role_is_made_changed_tagged_and_deleted(iam, refusal):
    made = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)["Role"]
    assert made["Arn"] == "arn:aws:iam::123456789012:role/reader"
    again = {"RoleName": "reader", "AssumeRolePolicyDocument": TRUST}
    assert refusal(iam.create_role, **again) == "EntityAlreadyExists"
    iam.update_role(RoleName="reader", MaxSessionDuration=7200)
    iam.update_role_description(RoleName="reader", Description="reads")
    other = TRUST.replace("lambda", "glue")
    iam.update_assume_role_policy(RoleName="reader", PolicyDocument=other)
    iam.tag_role(RoleName="reader", Tags=[{"Key": "a", "Value": "1"}])

    read = iam.get_role(RoleName="reader")["Role"]

    assert (read["MaxSessionDuration"], read["Description"]) == (7200, "reads")
    assert read["AssumeRolePolicyDocument"] == json.loads(other)
    assert iam.list_role_tags(RoleName="reader")["Tags"] == [{"Key": "a", "Value": "1"}]
    assert "reader" in [each["RoleName"] for each in iam.list_roles()["Roles"]]
    iam.untag_role(RoleName="reader", TagKeys=["a"])
    iam.delete_role(RoleName="reader")
    assert refusal(iam.get_role, RoleName="reader") == "NoSuchEntity"


@contract("iam:PutRolePolicy", "iam:GetRolePolicy", "iam:ListRolePolicies",
          "iam:DeleteRolePolicy")  # fmt: skip
def test_a_role_keeps_its_own_policies(iam, refusal):
    iam.create_role(RoleName="inline", AssumeRolePolicyDocument=TRUST)
    named = {"RoleName": "inline", "PolicyName": "read"}

    iam.put_role_policy(**named, PolicyDocument=json.dumps(POLICY))

    assert iam.get_role_policy(**named)["PolicyDocument"] == POLICY
    assert iam.list_role_policies(RoleName="inline")["PolicyNames"] == ["read"]
    assert refusal(iam.delete_role, RoleName="inline") == "DeleteConflict"
    iam.delete_role_policy(**named)
    assert refusal(iam.get_role_policy, **named) == "NoSuchEntity"


@contract("iam:CreatePolicy", "iam:GetPolicy", "iam:CreatePolicyVersion",
          "iam:SetDefaultPolicyVersion", "iam:GetPolicyVersion", "iam:ListPolicyVersions",
          "iam:DeletePolicyVersion", "iam:ListPolicies", "iam:AttachRolePolicy",
          "iam:ListAttachedRolePolicies", "iam:ListEntitiesForPolicy", "iam:DetachRolePolicy",
          "iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary",
          "iam:DeletePolicy")  # fmt: skip
def test_a_managed_policy_has_versions_and_those_who_use_it(iam):
    document = json.dumps(POLICY)
    arn = iam.create_policy(PolicyName="shared", PolicyDocument=document)["Policy"]["Arn"]
    second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)["PolicyVersion"]
    iam.set_default_policy_version(PolicyArn=arn, VersionId=second["VersionId"])
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == second["VersionId"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert (version["Document"], version["IsDefaultVersion"]) == (POLICY, False)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 1
    iam.create_role(RoleName="user-of-it", AssumeRolePolicyDocument=TRUST)

    iam.attach_role_policy(RoleName="user-of-it", PolicyArn=arn)
    iam.put_role_permissions_boundary(RoleName="user-of-it", PermissionsBoundary=arn)

    attached = iam.list_attached_role_policies(RoleName="user-of-it")["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [arn]
    users = iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]
    assert [each["RoleName"] for each in users] == ["user-of-it"]
    assert arn in [each["Arn"] for each in iam.list_policies(Scope="Local")["Policies"]]
    iam.delete_role_permissions_boundary(RoleName="user-of-it")
    iam.detach_role_policy(RoleName="user-of-it", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    assert iam.list_policies(Scope="Local")["Policies"] == []


@contract("iam:CreateUser", "iam:GetUser", "iam:ListUsers", "iam:DeleteUser")
def test_a_user_is_kept_until_deleted(iam, refusal):
    iam.create_user(UserName="ana")

    assert iam.get_user(UserName="ana")["User"]["UserName"] == "ana"
    assert [each["UserName"] for each in iam.list_users()["Users"]] == ["ana"]
    iam.delete_user(UserName="ana")
    assert refusal(iam.get_user, UserName="ana") == "NoSuchEntity"


@contract("sts:GetCallerIdentity", "sts:GetSessionToken", "sts:GetAccessKeyInfo")
def test_the_caller_is_of_this_account(client):
    sts = client("sts")

    assert sts.get_caller_identity()["Account"] == "123456789012"
    assert sts.get_session_token()["Credentials"]["SessionToken"]
    assert sts.get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE")["Account"]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "parameter"),
    [
        ("iam", "list_role_policies", {"RoleName": "r", "MaxItems": 1}, "MaxItems"),
        ("iam", "list_policies", {"PolicyUsageFilter": "PermissionsPolicy"}, "PolicyUsageFilter"),
        ("sts", "get_session_token", {"SerialNumber": "arn:aws:iam::123456789012:mfa/a",
                                      "TokenCode": "123456"}, "SerialNumber"),
    ],
)  # fmt: skip
def test_a_parameter_that_moto_ignores_is_refused(
    *, client, refusal, service, operation, parameters, parameter
):
    said = f"does not evaluate parameter {parameter} of {service}:"
    call = getattr(client(service), operation)
    assert refusal(call, said=said, **parameters) == "NotImplementedException"


def test_a_service_that_nobody_lists_is_refused_in_its_own_protocol(client, refusal):
    for service, operation, parameters in (
        ("cloudformation", "list_stacks", {}),
        ("ce", "get_tags", {"TimePeriod": {"Start": "2026-01-01", "End": "2026-01-02"}}),
        ("ec2", "describe_vpcs", {}),
        ("route53", "list_hosted_zones", {}),
        ("batch", "list_jobs", {}),
        ("rds", "describe_db_instances", {}),
    ):
        call = getattr(client(service), operation)
        name = "".join(part.capitalize() for part in operation.split("_")).replace("Db", "DB")
        said = f"does not implement {service}:{name.replace('Vpcs', 'Vpcs')}"
        assert refusal(call, said=said, **parameters) == "NotImplementedException"
