"""Parameter Store of Systems Manager."""

import pytest

contract = pytest.mark.contract
NAME = "/datalfred/demo/dev/settings"


@pytest.fixture(scope="module")
def ssm(client):
    return client("ssm")


@contract("ssm:PutParameter", "ssm:GetParameter", "ssm:DeleteParameter")
def test_a_parameter_is_its_latest_text_until_it_is_deleted(ssm, refusal):
    assert ssm.put_parameter(Name=NAME, Value="{}", Type="String")["Version"] == 1
    assert refusal(ssm.put_parameter, Name=NAME, Value="x") == "ParameterAlreadyExists"
    assert ssm.put_parameter(Name=NAME, Value='{"a": 1}', Overwrite=True)["Version"] == 2

    found = ssm.get_parameter(Name=NAME)["Parameter"]
    assert (found["Name"], found["Value"], found["Version"]) == (NAME, '{"a": 1}', 2)
    assert found["ARN"].endswith(":parameter/datalfred/demo/dev/settings")
    assert found == {**ssm.get_parameter(Name=found["ARN"])["Parameter"]}
    assert ssm.get_parameter(Name=f"{NAME}:2")["Parameter"]["Version"] == 2
    assert refusal(ssm.get_parameter, Name=f"{NAME}:1") == "ParameterVersionNotFound"

    ssm.delete_parameter(Name=NAME)
    assert refusal(ssm.get_parameter, Name=NAME) == "ParameterNotFound"
    assert refusal(ssm.delete_parameter, Name=NAME) == "ParameterNotFound"


@contract("ssm:PutParameter")
@pytest.mark.parametrize(
    "given",
    [
        {"Name": "a b", "Value": "x", "Type": "String"},
        {"Name": "/a//b", "Value": "x", "Type": "String"},
        {"Name": "long", "Value": "x" * 4097, "Type": "String"},
        {"Name": "empty", "Value": "", "Type": "String"},
        {"Name": "untyped", "Value": "x"},
    ],
)
def test_what_parameter_store_does_not_take_is_refused(ssm, refusal, given):
    assert refusal(ssm.put_parameter, **given) == "ValidationException"


def test_a_secret_text_is_refused_because_nobody_here_encrypts_it(ssm, refusal):
    given = {"Name": "secret", "Value": "x", "Type": "SecureString"}

    assert refusal(ssm.put_parameter, said="PutParameter.", **given) == "NotImplementedException"


def test_what_nobody_here_implements_of_systems_manager_is_refused(ssm, refusal):
    assert refusal(ssm.get_parameters, Names=[NAME]) == "NotImplementedException"
