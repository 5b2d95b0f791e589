"""Secrets Manager and KMS."""

import json

import pytest

contract = pytest.mark.contract


@pytest.fixture(scope="module")
def secrets(client):
    return client("secretsmanager")


@pytest.fixture(scope="module")
def kms(client):
    return client("kms")


@pytest.fixture(scope="module")
def key(kms):
    return kms.create_key(Description="of the lake")["KeyMetadata"]["Arn"]


@contract("secretsmanager:CreateSecret", "secretsmanager:GetSecretValue",
          "secretsmanager:PutSecretValue", "secretsmanager:ListSecretVersionIds")  # fmt: skip
def test_a_new_value_leaves_the_old_one_as_the_previous_version(secrets, refusal):
    made = secrets.create_secret(Name="crm", SecretString="one")
    put = secrets.put_secret_value(SecretId="crm", SecretString="two")
    secrets.put_secret_value(SecretId="crm", SecretString="three")

    def value(**which):
        return secrets.get_secret_value(SecretId="crm", **which)["SecretString"]

    assert (value(), value(VersionStage="AWSPREVIOUS")) == ("three", "two")
    assert value(VersionId=put["VersionId"]) == "two"
    listed = secrets.list_secret_version_ids(SecretId="crm")
    assert (listed["ARN"], len(listed["Versions"])) == (made["ARN"], 2)
    every = secrets.list_secret_version_ids(SecretId="crm", IncludeDeprecated=True)
    assert len(every["Versions"]) == 3
    assert refusal(secrets.create_secret, Name="crm") == "ResourceExistsException"


@contract("secretsmanager:GetSecretValue")
def test_a_secret_a_stage_or_a_version_that_is_missing_is_not_found(secrets, refusal):
    secrets.create_secret(Name="few", SecretString="one")
    read = secrets.get_secret_value

    assert refusal(read, SecretId="nobody") == "ResourceNotFoundException"
    for which, said in (
        ({"VersionStage": "NONE"}, "staging label: NONE"),
        ({"VersionId": "0" * 32}, "VersionId: " + "0" * 32),
    ):
        assert refusal(read, said=said, SecretId="few", **which) == "ResourceNotFoundException"


@contract("secretsmanager:CreateSecret", "secretsmanager:GetSecretValue")
def test_a_secret_without_a_value_has_none_to_give(secrets, refusal):
    secrets.create_secret(Name="empty")

    said = "staging label: AWSCURRENT"
    code = refusal(secrets.get_secret_value, said=said, SecretId="empty")
    assert code == "ResourceNotFoundException"


@contract("secretsmanager:DeleteSecret", "secretsmanager:RestoreSecret",
          "secretsmanager:ListSecrets", "secretsmanager:DescribeSecret")  # fmt: skip
def test_a_deleted_secret_gives_and_takes_nothing_until_it_is_restored(secrets, refusal):
    secrets.create_secret(Name="doomed", SecretString="one")
    secrets.delete_secret(SecretId="doomed", RecoveryWindowInDays=7)

    said = "You can't perform this operation on the secret because it was marked for deletion."
    for call, more in (
        (secrets.get_secret_value, {}),
        (secrets.put_secret_value, {"SecretString": "two"}),
        (secrets.update_secret, {"SecretString": "two"}),
    ):
        assert refusal(call, said=said, SecretId="doomed", **more) == "InvalidRequestException"
    assert secrets.describe_secret(SecretId="doomed")["DeletedDate"]
    assert "doomed" not in [each["Name"] for each in secrets.list_secrets()["SecretList"]]

    secrets.restore_secret(SecretId="doomed")

    assert secrets.get_secret_value(SecretId="doomed")["SecretString"] == "one"
    secrets.delete_secret(SecretId="doomed", ForceDeleteWithoutRecovery=True)
    assert refusal(secrets.describe_secret, SecretId="doomed") == "ResourceNotFoundException"


@contract("secretsmanager:UpdateSecret", "secretsmanager:UpdateSecretVersionStage",
          "secretsmanager:BatchGetSecretValue", "secretsmanager:TagResource",
          "secretsmanager:UntagResource", "secretsmanager:GetRandomPassword")  # fmt: skip
def test_a_secret_is_described_staged_tagged_and_read_with_others(secrets):
    first = secrets.create_secret(Name="staged", SecretString="one")["VersionId"]
    second = secrets.update_secret(SecretId="staged", SecretString="two", Description="d")
    secrets.tag_resource(SecretId="staged", Tags=[{"Key": "a", "Value": "1"}])
    assert secrets.describe_secret(SecretId="staged")["Tags"] == [{"Key": "a", "Value": "1"}]
    secrets.untag_resource(SecretId="staged", TagKeys=["a"])

    secrets.update_secret_version_stage(
        SecretId="staged", VersionStage="AWSCURRENT", MoveToVersionId=first,
        RemoveFromVersionId=second["VersionId"],
    )  # fmt: skip

    read = secrets.batch_get_secret_value(SecretIdList=["staged", "nobody"])
    assert [each["SecretString"] for each in read["SecretValues"]] == ["one"]
    assert [each["ErrorCode"] for each in read["Errors"]] == ["ResourceNotFoundException"]
    assert len(secrets.get_random_password(PasswordLength=20)["RandomPassword"]) == 20


@contract("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt")
def test_a_ciphertext_opens_with_its_key_and_context_alone(kms, key, refusal):
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    context = {"table": "customers"}
    sealed = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext=context)
    blob = sealed["CiphertextBlob"]

    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    moved = kms.re_encrypt(
        CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=other
    )["CiphertextBlob"]

    assert (opened["Plaintext"], opened["KeyId"]) == (b"secret", key)
    assert kms.decrypt(CiphertextBlob=moved, KeyId=other)["Plaintext"] == b"secret"
    said = "another one"
    for unreadable in ({"CiphertextBlob": blob}, {"CiphertextBlob": b"junk" * 30}):
        assert refusal(kms.decrypt, said=said, **unreadable) == "InvalidCiphertextException"
    wrong = {"CiphertextBlob": blob, "EncryptionContext": context, "KeyId": other}
    assert refusal(kms.decrypt, said="key ID", **wrong) == "IncorrectKeyException"


@contract("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateRandom")
def test_a_data_key_opens_to_its_plaintext(kms, key):
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256")

    assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]
    sealed = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=16)
    assert "Plaintext" not in sealed
    assert len(kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"]) == 16
    assert len(kms.generate_random(NumberOfBytes=8)["Plaintext"]) == 8


@contract("kms:CreateKey", "kms:DisableKey", "kms:EnableKey", "kms:ScheduleKeyDeletion",
          "kms:CancelKeyDeletion", "kms:DescribeKey", "kms:ListKeys",
          "kms:UpdateKeyDescription")  # fmt: skip
def test_a_key_that_is_disabled_or_about_to_go_does_nothing(kms, refusal):
    key = kms.create_key()["KeyMetadata"]["Arn"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.update_key_description(KeyId=key, Description="mine")

    def codes(said):
        return {
            refusal(kms.encrypt, said=said, KeyId=key, Plaintext=b"x"),
            refusal(kms.decrypt, said=said, CiphertextBlob=blob),
            refusal(kms.generate_data_key, said=said, KeyId=key, KeySpec="AES_256"),
        }

    kms.disable_key(KeyId=key)
    assert codes(f"{key} is disabled.") == {"DisabledException"}
    kms.enable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert codes(f"{key} is pending deletion.") == {"KMSInvalidStateException"}
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)

    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "mine"
    assert key in [each["KeyArn"] for each in kms.list_keys()["Keys"]]


@contract("kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion")
def test_a_state_that_a_key_cannot_take_is_refused(kms, key, refusal):
    nobody = "12345678-1234-1234-1234-123456789012"
    for wanted in (nobody, "alias/nobody"):
        assert refusal(kms.disable_key, KeyId=wanted) == "NotFoundException"
    assert refusal(kms.cancel_key_deletion, KeyId=key) == "KMSInvalidStateException"
    soon = {"KeyId": key, "PendingWindowInDays": 1}
    assert refusal(kms.schedule_key_deletion, **soon) == "ValidationException"
    assert refusal(kms.encrypt, KeyId=nobody, Plaintext=b"x") == "NotFoundException"
    assert refusal(kms.decrypt, CiphertextBlob=b"\xff\xfe") == "InvalidCiphertextException"


@contract("kms:CreateAlias", "kms:UpdateAlias", "kms:ListAliases", "kms:DeleteAlias",
          "kms:TagResource", "kms:ListResourceTags", "kms:UntagResource")  # fmt: skip
def test_a_key_answers_to_its_alias_and_keeps_its_tags(kms, key, refusal):
    other = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/lake", TargetKeyId=key)
    assert kms.encrypt(KeyId="alias/lake", Plaintext=b"x")["KeyId"] == key

    kms.update_alias(AliasName="alias/lake", TargetKeyId=other)

    assert kms.encrypt(KeyId="alias/lake", Plaintext=b"x")["KeyId"] == other
    assert "alias/lake" in [each["AliasName"] for each in kms.list_aliases()["Aliases"]]
    kms.delete_alias(AliasName="alias/lake")
    gone = refusal(kms.encrypt, KeyId="alias/lake", Plaintext=b"x")
    assert gone == "NotFoundException"
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "1"}])
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "a", "TagValue": "1"}]
    kms.untag_resource(KeyId=key, TagKeys=["a"])
    assert kms.list_resource_tags(KeyId=key)["Tags"] == []


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [({"DryRun": True}, "DryRun"), ({"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
                                    "EncryptionAlgorithm")],
)  # fmt: skip
def test_a_parameter_of_kms_that_moto_ignores_is_refused(kms, key, refusal, parameters, parameter):
    said = f"does not evaluate parameter {parameter} of kms:Encrypt"
    code = refusal(kms.encrypt, said=said, KeyId=key, Plaintext=b"x", **parameters)
    assert code == "NotImplementedException"


def test_a_ciphertext_comes_with_its_algorithm(kms, key):
    made = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext={"a": "b"})
    again = kms.re_encrypt(
        CiphertextBlob=made["CiphertextBlob"],
        SourceEncryptionContext={"a": "b"},
        DestinationKeyId=key,
    )
    read = kms.decrypt(CiphertextBlob=again["CiphertextBlob"])

    assert read["Plaintext"] == b"secret"
    assert {key} == {made["KeyId"], again["KeyId"], again["SourceKeyId"], read["KeyId"]}
    assert made["EncryptionAlgorithm"] == read["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert again["SourceEncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert again["DestinationEncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"


def test_what_cannot_be_encrypted_is_refused_as_before(kms, key, refusal):
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x" * 4097) == "ValidationException"
    assert refusal(kms.encrypt, KeyId="alias/nobody", Plaintext=b"x") == "NotFoundException"


def test_the_policy_of_a_key_denies_nothing(kms):
    made = kms.create_key()["KeyMetadata"]["KeyId"]
    statement = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    kms.put_key_policy(KeyId=made, PolicyName="default", Policy=policy)

    assert kms.describe_key(KeyId=made)["KeyMetadata"]["KeyState"] == "Enabled"
