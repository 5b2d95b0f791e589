"""Paths and intrinsic functions that cannot be read are found before anything runs."""

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"InputPath": "orders"}, "at /States/Only/InputPath"),
        ({"OutputPath": "$.a["}, "at /States/Only/OutputPath"),
        ({"InputPath": 1}, "at /States/Only/InputPath"),
        ({"Parameters": {"x.$": "$.a["}}, "The value for the field 'x.$'"),
        ({"Parameters": {"in": [{"x.$": "a"}]}}, "at /States/Only/Parameters/in[0]"),
        ({"Parameters": {"x.$": 1}}, "must be a valid JSONPath"),
        ({"Parameters": {"x.$": "States.Format('a'"}}, "valid intrinsic function call"),
        ({"Parameters": {"x.$": "States.Nothing($.a)"}}, "valid intrinsic function call"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(machines, one, fields, place):
    with pytest.raises(ClientError) as caught:
        machines.create(one({"Type": "Pass", **fields}))

    assert caught.value.response["Error"]["Code"] == "InvalidDefinition"
    assert "SCHEMA_VALIDATION_FAILED" in caught.value.response["Error"]["Message"]
    assert place in caught.value.response["Error"]["Message"]


def test_paths_variables_and_functions_are_read(machines, one):
    template = {
        "path.$": "$.a[0].b",
        "context.$": "$$.Execution.Id",
        "function.$": "States.Format('{}', States.ArrayGetItem($.a, 0))",
        "filter.$": "$.a[?(@.b > 1)]",
        "variable.$": "$kept.x",
    }

    assert machines.create(one({"Type": "Pass", "Parameters": template}))
