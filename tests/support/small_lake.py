"""A lake of a few files in the embedded AWS, for tests of what reads it."""

import base64
import json
from contextlib import contextmanager

from datalfred.local.aws.embedded import EmbeddedAws

BUCKET = "small-lake"
SEMANTICS_URI = f"s3://{BUCKET}/_semantics"
RESULTS = "small-results"

SALES_SEMANTICS = """\
tables:
  orders:
    synonyms: [purchase, web order]
    time_column: ordered_at
    time_partition: {column: month, pattern: "%Y-%m"}
    label_columns: [order_id]
    columns:
      amount: {synonyms: [order value], unit: EUR}
      status:
        values:
          completed: [delivered]
          cancelled: [called off]
    measures:
      revenue:
        expression: sum(amount)
        synonyms: [turnover]
        unit: EUR
        description: Value of all orders.
    joins:
      - {table: customer.customers, columns: {customer_id: customer_id}}
"""
CUSTOMER_SEMANTICS = """\
tables:
  customers:
    columns:
      email: {personal: true, values: {ana@example.org: [the first customer]}}
"""
ORDERS = {
    "2026-08": "1,10,2026-08-03 10:00:00,completed,20.50\n"
    "2,11,2026-08-04 11:00:00,cancelled,5.00\n",
    "2026-09": "3,10,2026-09-01 09:30:00,completed,100.00\n",
    "2026-10": "4,12,2026-10-02 12:00:00,completed,7.25\n5,10,2026-10-09 08:00:00,,\n",
}
CUSTOMERS = (
    '{"customer_id": 10, "email": "ana@example.org", "city": "Lyon"}\n'
    '{"customer_id": 11, "email": "ben@example.org", "city": "Köln"}\n'
    '{"customer_id": 12, "email": null, "city": ""}\n'
)
TEXT = "org.apache.hadoop.mapred.TextInputFormat"
OUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
CSV = {
    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "Parameters": {"field.delim": ",", "serialization.format": ","},
}
JSON = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {}}


def storage(location, columns, serde):
    described = [dict(zip(("Name", "Type", "Comment"), column, strict=False)) for column in columns]
    return {
        "Columns": described,
        "Location": location,
        "InputFormat": TEXT,
        "OutputFormat": OUT,
        "SerdeInfo": serde,
    }


def view_text(sql, database):
    encoded = base64.b64encode(json.dumps({"originalSql": sql, "schema": database}).encode())
    return f"/* Presto View: {encoded.decode()} */"


ORDER_COLUMNS = [
    ("order_id", "bigint"),
    ("customer_id", "bigint"),
    ("ordered_at", "timestamp", "When it was placed"),
    ("status", "string", "State of the order"),
    ("amount", "decimal(12,2)"),
]


def seed(aws):
    s3, glue = aws.client("s3"), aws.client("glue")
    for bucket in (BUCKET, RESULTS):
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    for name, text in (("sales", SALES_SEMANTICS), ("customer", CUSTOMER_SEMANTICS)):
        s3.put_object(Bucket=BUCKET, Key=f"_semantics/{name}.yaml", Body=text.encode())
    for name, text in (("sales", "What is sold."), ("customer", "Who buys."), ("hr", "Secret.")):
        glue.create_database(DatabaseInput={"Name": name, "Description": text})
    _seed_orders(s3, glue)
    s3.put_object(Bucket=BUCKET, Key="customer/customers/all.json", Body=CUSTOMERS.encode())
    glue.create_table(
        DatabaseName="customer",
        TableInput={
            "Name": "customers",
            "Description": "One row per customer.",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "json"},
            "StorageDescriptor": storage(
                f"s3://{BUCKET}/customer/customers/",
                [
                    ("customer_id", "bigint"),
                    ("email", "string", "Where to write to"),
                    ("city", "string"),
                ],
                JSON,
            ),
        },
    )
    glue.create_table(
        DatabaseName="sales",
        TableInput={
            "Name": "returns",
            "Parameters": {"classification": "json", "numRows": "7", "totalSize": "99"},
            "StorageDescriptor": storage(
                f"s3://{BUCKET}/sales/returns/",
                [
                    ("return_id", "bigint"),
                    ("order_id", "bigint"),
                    ("reason_name", "string"),
                    ("returned_on", "date"),
                ],
                JSON,
            ),
        },
    )
    for name, sql in (
        ("contacts", "SELECT email AS address, city FROM customer.customers"),
        ("salaries", "SELECT * FROM hr.pay"),
    ):
        glue.create_table(
            DatabaseName="sales",
            TableInput={
                "Name": name,
                "TableType": "VIRTUAL_VIEW",
                "ViewOriginalText": view_text(sql, "sales"),
                "StorageDescriptor": {"Columns": [{"Name": "city", "Type": "string"}]},
            },
        )
    glue.create_table(
        DatabaseName="hr",
        TableInput={
            "Name": "pay",
            "StorageDescriptor": storage(f"s3://{BUCKET}/hr/", [("pay", "int")], CSV),
        },
    )


def _seed_orders(s3, glue):
    root = f"s3://{BUCKET}/sales/orders/"
    glue.create_table(
        DatabaseName="sales",
        TableInput={
            "Name": "orders",
            "Description": "One row per order.",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "csv"},
            "PartitionKeys": [{"Name": "month", "Type": "string"}],
            "StorageDescriptor": storage(root, ORDER_COLUMNS, CSV),
        },
    )
    for month, text in ORDERS.items():
        key = f"sales/orders/month={month}/part.csv"
        s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
        glue.create_partition(
            DatabaseName="sales",
            TableName="orders",
            PartitionInput={
                "Values": [month],
                "StorageDescriptor": storage(f"{root}month={month}/", ORDER_COLUMNS, CSV),
            },
        )
    s3.put_object(Bucket=BUCKET, Key="sales/orders/month=2026-10/_SUCCESS", Body=b"x" * 1000)


@contextmanager
def running():
    with EmbeddedAws() as aws:
        seed(aws)
        yield aws


def environment(aws, **settings):
    return {
        **aws.environment(),
        "DATALFRED_SEMANTICS_URI": SEMANTICS_URI,
        "DATALFRED_DATABASES": "sales,customer",
        **settings,
    }
