"""A DynamoDB table as the definitions describe it."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from datalfred.definitions.approval_tables import TIME_TO_LIVE
from infra.stage import Stage


class Table(dynamodb.TableV2):
    """On demand, recoverable to any second of the last 35 days, encrypted."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        definition: Mapping[str, Any],
        expires: bool,
        key: kms.IKey | None,
    ) -> None:
        """Makes the table.

        Args:
            scope: the stack.
            construct_id: its id there.
            stage: the stage.
            definition: the arguments of ``dynamodb:CreateTable``.
            expires: whether DynamoDB may delete its items in time.
            key: the key that encrypts it; None for DynamoDB's own.
        """
        partition, sort = _key(definition)
        kept = stage.configuration.retain_data
        super().__init__(
            scope,
            construct_id,
            table_name=definition["TableName"],
            partition_key=partition,
            sort_key=sort,
            billing=dynamodb.Billing.on_demand(),
            encryption=_encryption(key),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=TIME_TO_LIVE if expires else None,
            global_secondary_indexes=[
                _index(each) for each in definition.get("GlobalSecondaryIndexes", ())
            ],
            deletion_protection=kept,
            # A protected table cannot be deleted, not even by the rollback of its creation.
            removal_policy=cdk.RemovalPolicy.RETAIN if kept else stage.removal,
        )


def _encryption(key: kms.IKey | None) -> dynamodb.TableEncryptionV2:
    if key is None:
        return dynamodb.TableEncryptionV2.dynamo_owned_key()
    return dynamodb.TableEncryptionV2.customer_managed_key(key)


def _index(definition: Mapping[str, Any]) -> dynamodb.GlobalSecondaryIndexPropsV2:
    partition, sort = _key(definition)
    return dynamodb.GlobalSecondaryIndexPropsV2(
        index_name=definition["IndexName"],
        partition_key=partition,
        sort_key=sort,
        projection_type=dynamodb.ProjectionType(definition["Projection"]["ProjectionType"]),
    )


def _key(definition: Mapping[str, Any]) -> tuple[dynamodb.Attribute, dynamodb.Attribute | None]:
    """The partition and sort key of a table or index; every key attribute of ours is a string."""
    names = {each["KeyType"]: each["AttributeName"] for each in definition["KeySchema"]}
    sort = names.get("RANGE")
    return _attribute(names["HASH"]), _attribute(sort) if sort else None


def _attribute(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
