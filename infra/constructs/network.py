"""Functions inside a VPC of the team's own."""

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.stage import Stage


@dataclass(frozen=True)
class Attachment:
    """Where a function's network interfaces are made.

    Attributes:
        vpc: the VPC.
        subnets: the subnets, with a way to every service that the functions call.
        security_groups: what the interfaces may reach.
    """

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_groups: Sequence[ec2.ISecurityGroup]


def attachment(scope: Construct, stage: Stage) -> Attachment | None:
    """The stage's network, found by its ids; None where functions run outside of any VPC."""
    chosen = stage.configuration.network
    if chosen is None:
        return None
    zones = [f"zone-{number}" for number, _ in enumerate(chosen.subnet_ids)]
    vpc = ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id=chosen.vpc_id,
        availability_zones=zones,
        private_subnet_ids=list(chosen.subnet_ids),
    )
    for subnet in vpc.private_subnets:
        cdk.Annotations.of(subnet).acknowledge_warning(
            "@aws-cdk/aws-ec2:noSubnetRouteTableId", "Functions ask for no route table."
        )
    groups = [
        ec2.SecurityGroup.from_security_group_id(scope, each, each, mutable=False)
        for each in chosen.security_group_ids
    ]
    return Attachment(vpc, ec2.SubnetSelection(subnets=vpc.private_subnets), groups)


def may_attach(stage: Stage, function: str) -> list[iam.PolicyStatement]:
    """What Lambda needs of a function's role to make its interfaces, and the code may not use.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    chosen = stage.configuration.network
    if chosen is None:
        return []
    here = f"arn:aws:ec2:{stage.bedrock_region}:{stage.account}"
    interfaces = f"{here}:network-interface/*"
    manage = ["ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses"]
    places = [
        *(f"{here}:subnet/{each}" for each in chosen.subnet_ids),
        *(f"{here}:security-group/{each}" for each in chosen.security_group_ids),
    ]
    own = f"arn:aws:lambda:{stage.bedrock_region}:{stage.account}:function:{stage.name(function)}"
    return [
        iam.PolicyStatement(
            sid="MakeInterfaces",
            actions=["ec2:CreateNetworkInterface"],
            resources=[interfaces, *places],
        ),
        iam.PolicyStatement(
            sid="KeepInterfaces",
            actions=[*manage, "ec2:UnassignPrivateIpAddresses"],
            resources=[interfaces],
        ),
        iam.PolicyStatement(
            sid="FindInterfaces",
            actions=["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
            resources=["*"],
        ),
        iam.PolicyStatement(
            sid="ForLambdaAloneNotForTheCode",
            effect=iam.Effect.DENY,
            actions=["ec2:*"],
            resources=["*"],
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": own}},
        ),
    ]
