"""DynamoDB, which moto answers: what the approvals and any table of a team rely on."""

import pytest

contract = pytest.mark.contract


@pytest.fixture(scope="module")
def dynamodb(client):
    return client("dynamodb")


@pytest.fixture(scope="module")
def table(dynamodb):
    dynamodb.create_table(
        TableName="talks",
        AttributeDefinitions=[
            {"AttributeName": "who", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
            {"AttributeName": "state", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "who", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_state",
                "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return "talks"


def item(who, at, **more):
    return {"who": {"S": who}, "at": {"N": str(at)}, **{k: {"S": v} for k, v in more.items()}}


def times(answer):
    return [int(each["at"]["N"]) for each in answer["Items"]]


@contract("dynamodb:CreateTable", "dynamodb:DescribeTable", "dynamodb:ListTables",
          "dynamodb:UpdateTable", "dynamodb:DeleteTable")  # fmt: skip
def test_a_table_is_made_changed_listed_and_deleted(dynamodb, refusal):
    key = [{"AttributeName": "id", "AttributeType": "S"}]
    made = {
        "TableName": "short", "AttributeDefinitions": key,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }  # fmt: skip
    dynamodb.create_table(**made, BillingMode="PAY_PER_REQUEST")
    described = dynamodb.describe_table(TableName="short")["Table"]
    assert (described["TableStatus"], described["ItemCount"]) == ("ACTIVE", 0)
    again = refusal(dynamodb.create_table, **made, BillingMode="PAY_PER_REQUEST")
    assert again == "ResourceInUseException"
    capacity = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    dynamodb.update_table(
        TableName="short", BillingMode="PROVISIONED", ProvisionedThroughput=capacity
    )
    assert "short" in dynamodb.list_tables()["TableNames"]

    dynamodb.delete_table(TableName="short")

    assert refusal(dynamodb.describe_table, TableName="short") == "ResourceNotFoundException"


@contract("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem")
def test_an_item_comes_back_whole_or_projected_until_it_is_deleted(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=item("ana", 1, state="open", words="hello"))
    key = {"TableName": table, "Key": item("ana", 1)}

    assert dynamodb.get_item(**key, ConsistentRead=True)["Item"]["words"] == {"S": "hello"}
    part = dynamodb.get_item(
        **key, ProjectionExpression="#s", ExpressionAttributeNames={"#s": "state"}
    )
    assert part["Item"] == {"state": {"S": "open"}}
    old = dynamodb.delete_item(**key, ReturnValues="ALL_OLD")["Attributes"]
    assert old["words"] == {"S": "hello"}
    assert "Item" not in dynamodb.get_item(**key)


@contract("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
def test_a_condition_that_fails_changes_nothing_and_shows_the_item(dynamodb, table, refusal):
    dynamodb.put_item(TableName=table, Item=item("bo", 1, state="PENDING"))
    key = {"TableName": table, "Key": item("bo", 1)}
    approve = {
        "UpdateExpression": "SET #s = :new", "ConditionExpression": "#s = :old",
        "ExpressionAttributeNames": {"#s": "state"},
        "ExpressionAttributeValues": {":new": {"S": "APPROVED"}, ":old": {"S": "PENDING"}},
    }  # fmt: skip

    first = dynamodb.update_item(**key, **approve, ReturnValues="ALL_NEW")["Attributes"]
    assert first["state"] == {"S": "APPROVED"}

    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as caught:
        dynamodb.update_item(**key, **approve, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert caught.value.response["Item"]["state"] == {"S": "APPROVED"}
    absent = {"ConditionExpression": "attribute_not_exists(who)"}
    code = refusal(dynamodb.put_item, TableName=table, Item=item("bo", 1), **absent)
    assert code == "ConditionalCheckFailedException"
    assert refusal(dynamodb.delete_item, **key, **absent) == "ConditionalCheckFailedException"


@contract("dynamodb:UpdateItem")
def test_an_update_counts_appends_and_removes(dynamodb, table):
    key = {"TableName": table, "Key": item("cy", 1)}

    for _ in range(2):
        updated = dynamodb.update_item(
            **key,
            UpdateExpression=(
                "SET n = if_not_exists(n, :zero) + :one, "
                "l = list_append(if_not_exists(l, :none), :more) REMOVE gone"
            ),
            ExpressionAttributeValues={
                ":zero": {"N": "0"}, ":one": {"N": "1"}, ":none": {"L": []},
                ":more": {"L": [{"S": "x"}]},
            },
            ReturnValues="UPDATED_NEW",
        )["Attributes"]  # fmt: skip

    assert (updated["n"], len(updated["l"]["L"])) == ({"N": "2"}, 2)


@contract("dynamodb:Query", "dynamodb:BatchWriteItem")
def test_a_query_reads_a_range_in_order_in_pages_and_by_index(dynamodb, table):
    puts = [{"PutRequest": {"Item": item("di", at, state="odd")}} for at in range(5)]
    assert dynamodb.batch_write_item(RequestItems={table: puts})["UnprocessedItems"] == {}
    which = {
        "TableName": table, "KeyConditionExpression": "who = :w AND #at BETWEEN :a AND :b",
        "ExpressionAttributeNames": {"#at": "at"},
        "ExpressionAttributeValues": {":w": {"S": "di"}, ":a": {"N": "1"}, ":b": {"N": "3"}},
    }  # fmt: skip

    assert times(dynamodb.query(**which)) == [1, 2, 3]
    assert times(dynamodb.query(**which, ScanIndexForward=False)) == [3, 2, 1]
    first = dynamodb.query(**which, Limit=2)
    rest = dynamodb.query(**which, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert (times(first), times(rest)) == ([1, 2], [3])
    counted = dynamodb.query(**which, Select="COUNT")
    assert (counted["Count"], "Items" in counted) == (3, False)
    indexed = dynamodb.query(
        TableName=table, IndexName="by_state", KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "state"}, ExpressionAttributeValues={":s": {"S": "odd"}},
    )  # fmt: skip
    assert indexed["Count"] == 5


@contract("dynamodb:Scan")
def test_a_filter_hides_items_and_says_how_many_were_read(dynamodb, table):
    for at in range(3):
        dynamodb.put_item(TableName=table, Item=item("eve", at, state=f"s{at}"))

    found = dynamodb.scan(
        TableName=table,
        FilterExpression="who = :w AND contains(#s, :x)",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":w": {"S": "eve"}, ":x": {"S": "2"}},
    )

    assert (times(found), found["Count"]) == ([2], 1)
    assert found["ScannedCount"] > 1


@contract("dynamodb:BatchGetItem")
def test_a_batch_reads_what_is_there(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=item("flo", 1))

    keys = [item("flo", 1), item("flo", 2)]
    read = dynamodb.batch_get_item(RequestItems={table: {"Keys": keys}})

    assert read["Responses"] == {table: [item("flo", 1)]}
    assert read["UnprocessedKeys"] == {}


@contract("dynamodb:TransactWriteItems", "dynamodb:TransactGetItems")
def test_a_transaction_is_whole_or_nothing(dynamodb, table):
    new = {"Put": {"TableName": table, "Item": item("gus", 1)}}
    absent = {"TableName": table, "Key": item("gus", 2)}
    check = {"ConditionCheck": {**absent, "ConditionExpression": "attribute_exists(who)"}}

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(TransactItems=[new, check])

    reasons = [each["Code"] for each in caught.value.response["CancellationReasons"]]
    assert reasons == ["None", "ConditionalCheckFailed"]
    gets = [{"Get": {"TableName": table, "Key": item("gus", 1)}}]
    assert dynamodb.transact_get_items(TransactItems=gets)["Responses"] == [{}]
    dynamodb.transact_write_items(TransactItems=[new])
    assert dynamodb.transact_get_items(TransactItems=gets)["Responses"][0]["Item"]


@contract("dynamodb:TransactWriteItems", "dynamodb:GetItem", "dynamodb:DeleteItem")
def test_a_transaction_that_is_sent_again_with_its_token_is_carried_out_once(
    dynamodb, table, refusal
):
    put = {"TableName": table, "Item": item("hal", 1)}
    once = {"TransactItems": [{"Put": {**put, "ConditionExpression": "attribute_not_exists(who)"}}]}
    other = {"TransactItems": [{"Put": {**put, "Item": item("hal", 2)}}]}
    token, key = "3f1c9f0e-hal", {"TableName": table, "Key": item("hal", 1)}

    dynamodb.transact_write_items(**once, ClientRequestToken=token)
    dynamodb.transact_write_items(**once, ClientRequestToken=token)
    code = refusal(dynamodb.transact_write_items, **other, ClientRequestToken=token)

    assert code == "IdempotentParameterMismatchException"
    assert "Item" not in dynamodb.get_item(TableName=table, Key=item("hal", 2))
    dynamodb.delete_item(**key)
    dynamodb.transact_write_items(**once, ClientRequestToken=token)
    assert "Item" not in dynamodb.get_item(**key)
    dynamodb.transact_write_items(**once, ClientRequestToken="another")
    assert "Item" in dynamodb.get_item(**key)


@contract("dynamodb:TransactWriteItems")
def test_a_transaction_that_was_cancelled_may_succeed_with_its_token(dynamodb, table, refusal):
    put = {"TableName": table, "Item": item("ida", 1)}
    only_if = {**put, "ConditionExpression": "attribute_exists(who)"}
    asked = {"TransactItems": [{"Put": only_if}], "ClientRequestToken": "ida"}

    assert refusal(dynamodb.transact_write_items, **asked) == "TransactionCanceledException"
    dynamodb.put_item(**put)
    dynamodb.transact_write_items(**asked)


@contract("dynamodb:TagResource", "dynamodb:ListTagsOfResource", "dynamodb:UntagResource")
def test_a_table_keeps_its_tags(dynamodb, table):
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]

    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "ana"}])
    kept = dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["owner"])

    assert kept == [{"Key": "owner", "Value": "ana"}]
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == []


@contract("dynamodb:DescribeLimits", "dynamodb:DescribeEndpoints")
def test_an_account_has_limits_and_an_endpoint(dynamodb):
    assert dynamodb.describe_limits()["TableMaxReadCapacityUnits"] > 0
    assert dynamodb.describe_endpoints()["Endpoints"]


@contract("dynamodb:UpdateTimeToLive", "dynamodb:DescribeTimeToLive")
def test_a_time_to_live_is_kept_and_removes_nothing(dynamodb, table):
    how = {"Enabled": True, "AttributeName": "ttl"}
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=how)
    dynamodb.put_item(TableName=table, Item={**item("old", 1), "ttl": {"N": "1"}})

    described = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]

    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    assert "Item" in dynamodb.get_item(TableName=table, Key=item("old", 1))


@pytest.mark.parametrize(
    ("operation", "parameters", "parameter"),
    [
        ("put_item", {"Item": item("x", 1), "ReturnItemCollectionMetrics": "SIZE"},
         "ReturnItemCollectionMetrics"),
        ("delete_item", {"Key": item("x", 1), "Expected": {"who": {"Exists": False}}},
         "Expected"),
        ("update_table", {"TableClass": "STANDARD_INFREQUENT_ACCESS"}, "TableClass"),
        ("update_table", {"StreamSpecification": {"StreamEnabled": True,
                                                  "StreamViewType": "KEYS_ONLY"}},
         "StreamSpecification.StreamEnabled"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_parameter_that_moto_ignores_is_refused(
    *, dynamodb, table, refusal, operation, parameters, parameter
):
    said = f"does not evaluate parameter {parameter} of dynamodb:"
    call = getattr(dynamodb, operation)
    assert refusal(call, said=said, TableName=table, **parameters) == "NotImplementedException"


def test_partiql_is_refused(dynamodb, refusal):
    said = "does not implement dynamodb:ExecuteStatement"
    statement = "SELECT * FROM talks"
    code = refusal(dynamodb.execute_statement, said=said, Statement=statement)
    assert code == "NotImplementedException"
