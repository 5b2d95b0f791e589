"""Alarms of the stage's functions and queries, and the topic that tells people."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from datalfred.definitions.prices import athena_bytes
from infra.stage import Stage

FIVE_MINUTES = cdk.Duration.minutes(5)
DAILY_QUERIES = 50
"""As many queries at the whole budget in a day are no longer a team's questions."""


class Receivers(sns.Topic):
    """Tells the team by mail what rings, and that it has stopped."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey | None
    ) -> None:
        """Makes the topic with the stage's receivers."""
        super().__init__(
            scope,
            construct_id,
            topic_name=stage.name("alarms"),
            display_name=f"Datalfred {' '.join(stage.names)}",
            master_key=key,
            enforce_ssl=True,
        )
        self.add_to_resource_policy(_publish(stage, self.topic_arn))
        for address in stage.configuration.failure_notification_receivers:
            self.add_subscription(subscriptions.EmailSubscription(address))


class Alarms(Construct):
    """What must wake somebody: functions that break, queries that cost too much.

    What an operation could not do is an answer with a reason, not an error of its function: an
    error here is a crash or a timeout. An alarm watches its own region alone: where queries run in
    another, what they read is on the dashboard and in no alarm.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        receivers: sns.ITopic,
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        """Makes the alarms; each tells the receivers when it rings and when it ends."""
        super().__init__(scope, construct_id)
        self._stage = stage
        self._tell = actions.SnsAction(receivers)
        for name, function in functions.items():
            self._alarm(
                f"{name}_errors",
                "crashed or ran out of time",
                function.metric_errors(period=FIVE_MINUTES, statistic="Sum"),
                1,
            )
            self._alarm(
                f"{name}_throttles",
                "was throttled: more people ask at once than the account lets in",
                function.metric_throttles(period=FIVE_MINUTES, statistic="Sum"),
                5,
            )
        if stage.region == stage.bedrock_region:
            self._alarm(
                "queries_read",
                "queries of a day read more than a team's questions do",
                processed_bytes(stage),
                DAILY_QUERIES * athena_bytes(stage.configuration.queries.budget_usd),
            )

    def _alarm(
        self, construct_id: str, what: str, metric: cloudwatch.IMetric, threshold: float
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=self._stage.name(construct_id),
            alarm_description=f"{construct_id}: {what}.",
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._tell)
        alarm.add_ok_action(self._tell)


def processed_bytes(stage: Stage) -> cloudwatch.Metric:
    """The bytes that the stage's queries read in a day.

    Source: https://docs.aws.amazon.com/athena/latest/ug/query-metrics-viewing.html
    """
    return cloudwatch.Metric(
        namespace="AWS/Athena",
        metric_name="ProcessedBytes",
        dimensions_map={
            "WorkGroup": stage.name("queries"),
            "QueryType": "DML",
            "QueryState": "SUCCEEDED",
        },
        region=stage.region if stage.region != stage.bedrock_region else None,
        period=cdk.Duration.days(1),
        statistic="Sum",
    )


def _publish(stage: Stage, topic: str) -> iam.PolicyStatement:
    alarms = f"arn:aws:cloudwatch:{stage.bedrock_region}:{stage.account}:alarm:{stage.name('*')}"
    return iam.PolicyStatement(
        sid="AlarmsOfTheStage",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["sns:Publish"],
        resources=[topic],
        conditions={
            "ArnLike": {"aws:SourceArn": alarms},
            "StringEquals": {"aws:SourceAccount": stage.account},
        },
    )
