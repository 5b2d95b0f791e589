"""What reaches a service of what a state passes."""

import pytest


@pytest.fixture(scope="module")
def table(machines):
    machines.service("dynamodb").create_table(
        TableName="tasks",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "tasks"


def put(one, table, item, how="arn:aws:states:::dynamodb:putItem"):
    parameters = {"TableName": table, "Item": item}
    return one({"Type": "Task", "Resource": how, "Parameters": parameters})


def test_a_text_is_an_attribute_of_dynamodb(machines, one, table):
    item = {"id.$": "$.id", "done": "false", "tries": {"N": "1"}}
    item |= {"who": {"L": ["ana"]}, "more": {"M": {"k": "v"}}}

    assert machines.run(put(one, table, item), {"id": "a"})["status"] == "SUCCEEDED"

    kept = machines.service("dynamodb").get_item(TableName=table, Key={"id": {"S": "a"}})["Item"]
    assert kept.pop("who") == {"L": [{"S": "ana"}]}
    assert kept.pop("more") == {"M": {"k": {"S": "v"}}}
    assert kept == {"id": {"S": "a"}, "done": {"S": "false"}, "tries": {"N": "1"}}


def test_a_number_inside_a_list_is_named_with_its_place(machines, one, table):
    ended = machines.run(put(one, table, {"id": "c", "tries": {"L": [{"N": "1"}, 2]}}))

    assert "The value of '1' in 'Item.tries.L'" in ended["cause"]


def test_a_number_is_no_attribute_of_dynamodb(machines, one, table):
    ended = machines.run(put(one, table, {"id": "b", "tries": 1}))

    assert ended["error"] == "States.Runtime"
    assert "The value of 'tries' in 'Item' is no attribute value of DynamoDB" in ended["cause"]


def test_names_inside_a_map_are_those_of_the_service(machines, one):
    workers = {"DRIVER": {"ImageConfiguration": {"ImageUri": "image:1"}}}
    parameters = {
        "Name": "maps",
        "ReleaseLabel": "emr-7.5.0",
        "Type": "SPARK",
        "WorkerTypeSpecifications": workers,
    }
    resource = "arn:aws:states:::aws-sdk:emrserverless:createApplication"

    ended = machines.run(one({"Type": "Task", "Resource": resource, "Parameters": parameters}))

    assert ended["status"] == "SUCCEEDED", ended["cause"]
