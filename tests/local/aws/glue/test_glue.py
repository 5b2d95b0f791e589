"""The Glue catalog through boto3."""

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from datalfred.local.aws.glue import install


@pytest.fixture(scope="module")
def glue(embedded_aws):
    install(embedded_aws)
    client = embedded_aws.client("glue")
    for database in ("sales", "customer"):
        client.create_database(
            DatabaseInput={"Name": database, "Description": f"All of {database}"}
        )
    for name, comment in (
        ("orders", "Orders placed"), ("order_items", "Lines of orders"), ("stores", "Shops")
    ):  # fmt: skip
        client.create_table(
            DatabaseName="sales",
            TableInput={
                "Name": name,
                "Description": comment,
                "Parameters": {"classification": "parquet"},
                "StorageDescriptor": {
                    "Columns": [{"Name": "amount", "Type": "int", "Comment": f"Euros of {name}"}]
                },
                "PartitionKeys": [{"Name": "month", "Type": "string"}],
            },
        )
    client.create_table(DatabaseName="customer", TableInput={"Name": "customers"})
    client.batch_create_partition(
        DatabaseName="sales",
        TableName="orders",
        PartitionInputList=[
            {
                "Values": [f"2025-{n:02}"],
                "StorageDescriptor": {"Location": f"s3://b/{n}", "Columns": []},
            }
            for n in range(1, 13)
        ],
    )
    return client


def names(tables) -> list[str]:
    return [table["Name"] for table in tables]


def code_of(call, **parameters) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


def test_tables_come_in_pages_of_the_size_that_was_asked_for(glue):
    first = glue.get_tables(DatabaseName="sales", MaxResults=2)
    second = glue.get_tables(DatabaseName="sales", MaxResults=2, NextToken=first["NextToken"])

    assert names(first["TableList"]) == ["order_items", "orders"]
    assert names(second["TableList"]) == ["stores"]
    assert "NextToken" not in second
    assert second["TableList"][0]["CreateTime"].year >= 2025


def test_databases_come_in_pages(glue):
    pages = list(glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 1}))

    assert [names(page["DatabaseList"]) for page in pages] == [["customer"], ["sales"]]


@pytest.mark.parametrize(
    ("expression", "found"),
    [("order*", ["order_items", "orders"]), ("orders|stores", ["orders", "stores"]), ("order", [])],
)
def test_an_expression_is_a_pattern_of_the_whole_name(glue, expression, found):
    assert names(glue.get_tables(DatabaseName="sales", Expression=expression)["TableList"]) == found


def test_partitions_are_filtered_and_paged(glue):
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName="sales",
        TableName="orders",
        Expression="month >= '2025-03' and not month = '2025-05'",
        ExcludeColumnSchema=True,
        PaginationConfig={"PageSize": 4},
    )
    found = [page["Partitions"] for page in pages]

    assert [len(page) for page in found] == [4, 4, 1]
    assert found[0][2]["Values"] == ["2025-06"]
    assert "Columns" not in found[0][0]["StorageDescriptor"]


def test_segments_share_the_partitions(glue):
    parts = [
        glue.get_partitions(
            DatabaseName="sales",
            TableName="orders",
            Segment={"SegmentNumber": number, "TotalSegments": 5},
        )["Partitions"]
        for number in range(5)
    ]

    assert sorted(p["Values"][0] for part in parts for p in part) == [
        f"2025-{n:02}" for n in range(1, 13)
    ]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ["customers", "order_items", "orders", "stores"]),
        ({"SearchText": "orders"}, ["order_items", "orders"]),
        ({"SearchText": "SHOPS"}, ["stores"]),
        ({"SearchText": "euros lines"}, ["order_items"]),
        ({"SearchText": '"Lines of orders"'}, ["order_items"]),
        ({"SearchText": '"Lines of"'}, []),
        ({"Filters": [{"Key": "DatabaseName", "Value": "customer"}]}, ["customers"]),
        ({"Filters": [{"Key": "Name", "Value": "p", "Comparator": "GREATER_THAN"}]}, ["stores"]),
        ({"Filters": [{"Key": "classification", "Value": "parquet", "Comparator": "EQUALS"}],
          "SortCriteria": [{"FieldName": "Name", "Sort": "DESC"}]},
         ["stores", "orders", "order_items"]),
    ],
)  # fmt: skip
def test_a_search_finds_tables_by_words_and_properties(glue, parameters, found):
    assert names(glue.search_tables(**parameters)["TableList"]) == found


def test_a_search_comes_in_pages(glue):
    first = glue.search_tables(MaxResults=3)
    second = glue.search_tables(MaxResults=3, NextToken=first["NextToken"])

    assert names(second["TableList"]) == ["stores"]
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("get_tables", {"DatabaseName": "none"}, "EntityNotFoundException"),
        ("get_tables", {"DatabaseName": "sales", "Expression": "("}, "InvalidInputException"),
        ("get_tables", {"DatabaseName": "sales", "NextToken": "x"}, "InvalidInputException"),
        ("get_partitions", {"DatabaseName": "sales", "TableName": "none"},
         "EntityNotFoundException"),
        ("get_partitions", {"DatabaseName": "sales", "TableName": "orders", "Expression": "a = 1"},
         "InvalidInputException"),
        ("search_tables", {"SortCriteria": [{"FieldName": "Rank"}]}, "InvalidInputException"),
        ("search_tables", {"Filters": [{"Key": "Name", "Value": "x", "Comparator": "NEAR"}]},
         "InvalidInputException"),
    ],
)  # fmt: skip
def test_what_glue_would_refuse_is_refused(glue, operation, parameters, code):
    assert code_of(getattr(glue, operation), **parameters) == code


def test_more_than_a_page_may_hold_is_refused(glue):
    with pytest.raises(ParamValidationError):
        glue.get_tables(DatabaseName="sales", MaxResults=0)
    assert code_of(glue.get_tables, DatabaseName="sales", MaxResults=101) == "InvalidInputException"


def test_what_is_not_ours_stays_with_moto(glue, embedded_aws):
    assert glue.get_table(DatabaseName="sales", Name="orders")["Table"]["Name"] == "orders"
    assert embedded_aws.client("sts").get_caller_identity()["Account"] == "123456789012"
