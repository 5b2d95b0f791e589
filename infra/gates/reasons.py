"""Why each finding of cdk-nag stands: all suppressions, in one place, for whoever signs them.

A finding that no reason covers fails the gate, and so does a reason that covers nothing. Templates
carry none of this: they stay as small as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from infra.gates.findings import Finding

ANY_ROLE = "*/Role/Resource"
ANY_READER = "*Operations/Function/Role/Resource"


@dataclass(frozen=True)
class Reason:
    """Why findings of one kind stand.

    Attributes:
        rule: of the AWS Solutions pack, such as ``IAM5``.
        what: pattern of what was found in particular.
        where: pattern of the construct's path below its stack.
        why: whole sentences.
    """

    rule: str
    what: str
    where: str
    why: str

    def covers(self, finding: Finding) -> bool:
        """Whether it speaks of this finding."""
        return (
            self.rule == finding.rule
            and fnmatchcase(finding.what, self.what)
            and fnmatchcase(finding.where, self.where)
        )


def uncovered(found: Sequence[Finding]) -> list[Finding]:
    """The findings that no reason covers."""
    return [each for each in found if not any(reason.covers(each) for reason in REASONS)]


def stale(found: Sequence[Finding]) -> list[Reason]:
    """The reasons that cover none of the findings."""
    return [reason for reason in REASONS if not any(reason.covers(each) for each in found)]


def _wildcard(resource: str, where: str, why: str) -> Reason:
    return Reason("IAM5", f"Resource::{resource}", where, why)


REASONS = (
    Reason(
        "L1",
        "",
        "*/Function/Resource",
        "Python 3.13 is supported by Lambda until 2029. The layer's wheels, the tests of packaged "
        "handlers and the runtime move together, by one constant.",
    ),
    _wildcard(
        "[*]",
        ANY_ROLE,
        "Only for actions for which IAM knows no resource: lists of jobs, task definitions, log "
        "queries that run, the network interfaces that Lambda describes in a VPC. Another gate "
        "holds each such action against the Service Authorization Reference.",
    ),
    _wildcard(
        "arn:aws:logs:*:log-group:/aws/lambda/datalfred_*:[*]",
        ANY_ROLE,
        "The streams of the function's own log group: Lambda names them.",
    ),
    _wildcard(
        "arn:aws:glue:*:database/[*]",
        ANY_READER,
        "Reads of the catalog's descriptions. Which databases and tables are shown is decided by "
        "the settings DATABASES and TABLES, by the SQL guard, and by Lake Formation if it rules.",
    ),
    _wildcard(
        "arn:aws:glue:*:table/[*]/[*]",
        ANY_READER,
        "Reads of the catalog's descriptions, as for databases.",
    ),
    _wildcard(
        "arn:aws:s3:::[a-z0-9]*/[*]",
        "AthenaOperations/Function/Role/Resource",
        "Objects of buckets that the stage names, in the same account. Reads the lake's files, the "
        "semantic layer under its prefix and the results of the stage's workgroup; only Athena, "
        "called by the function, writes results. Owners of tables and Athena name the objects.",
    ),
    _wildcard(
        "arn:aws:s3:::[a-z0-9]*/[*]",
        "GlueOperations/Function/Role/Resource",
        "Reads of the files of the semantic layer, under its prefix, in the same account.",
    ),
    _wildcard(
        "arn:aws:s3:::[a-z0-9]*/[*]",
        "[CS]*Operations/Function/Role/Resource",
        "Reads of job logs under the prefixes that the stage names: EMR names the files.",
    ),
    _wildcard(
        "arn:aws:states:*:stateMachine:*",
        "StepFunctionsOperations/Function/Role/Resource",
        "Reads of pipelines, which belong to other teams and come and go. A stage narrows them by "
        "pipelines.names.",
    ),
    _wildcard(
        "arn:aws:states:*:execution:*",
        "StepFunctionsOperations/Function/Role/Resource",
        "Reads of executions: their names are made at each start. Narrowed by pipelines.names.",
    ),
    _wildcard(
        "arn:aws:states:*:mapRun:*",
        "StepFunctionsOperations/Function/Role/Resource",
        "Reads of Map Runs: their names are made at each start. Narrowed by pipelines.names.",
    ),
    _wildcard(
        "arn:aws:states:*:execution:*",
        "Approvals/Approver/Role/Resource",
        "Redrives what a person has approved, with the recorded count: which execution that will "
        "be is not known when the role is made. Narrowed by pipelines.names.",
    ),
    _wildcard(
        "arn:aws:ecs:*:task/[*]",
        ANY_READER,
        "Reads of tasks that pipelines have run: ECS names them.",
    ),
    _wildcard(
        "arn:aws:elasticmapreduce:*:cluster/[*]",
        ANY_READER,
        "Reads of clusters and their steps: EMR names them.",
    ),
    _wildcard(
        "arn:aws:emr-serverless:*:/applications/[*]/jobruns/[*]",
        ANY_READER,
        "Reads of job runs: EMR Serverless names them.",
    ),
    _wildcard(
        "arn:aws:emr-serverless:*:/applications/[*]",
        "ComputeOperations/Function/Role/Resource",
        "Lists the job runs of an application: EMR Serverless names applications.",
    ),
    _wildcard(
        "arn:aws:glue:*:job/[*]",
        ANY_READER,
        "Reads of the runs of Glue jobs, which belong to other teams.",
    ),
    _wildcard(
        "arn:aws:lambda:*:function:*",
        "StepFunctionsOperations/Function/Role/Resource",
        "Reads the timeout and memory of a function that a pipeline has called. Narrowed by "
        "pipelines.functions.",
    ),
    _wildcard(
        "arn:aws:athena:*:workgroup/*",
        "StepFunctionsOperations/Function/Role/Resource",
        "Reads the state of a query that a pipeline has run. Narrowed by pipelines.workgroups.",
    ),
    _wildcard(
        "arn:aws:logs:*:log-group:[*]",
        ANY_READER,
        "Reads of the logs of pipelines and their jobs, redacted before they reach a model. "
        "Narrowed by pipelines.log_groups.",
    ),
    _wildcard(
        "arn:aws:cloudwatch:*:alarm:[*]",
        ANY_READER,
        "Reads the states of alarms; IAM filters the list by nothing narrower than names.",
    ),
    _wildcard(
        "arn:aws:bedrock:*::foundation-model/*",
        ANY_ROLE,
        "AWS adds regions to a geography without notice. The model is reached through the stage's "
        "own inference profile alone: a condition of the statement says so.",
    ),
    _wildcard(
        "arn:aws:ec2:*:network-interface/[*]",
        ANY_ROLE,
        "Lambda makes and names the interfaces of a function in a VPC. The same policy denies them "
        "to the function's code.",
    ),
    _wildcard(
        "arn:aws:cloudformation:*:stack/datalfred-*/[*]",
        "*/Resource",
        "Reads the outputs of this stage's own stacks, in any region: a stack's id ends in digits "
        "that CloudFormation makes.",
    ),
)

OTHER_THAN_THE_REFERENCE = {
    "ecs:ListTasks": (
        "The reference names container instances, which are one filter of the list; without it the "
        "list is asked for on everything."
    ),
    "logs:DescribeLogGroups": (
        "The reference names no resource, but IAM judges the list on the log groups that could be "
        "in it: narrower than everything."
    ),
    "logs:GetQueryResults": (
        "The reference names log groups, but the request holds a query's id alone. It reads what "
        "the function has asked for itself."
    ),
    "states:ListStateMachines": (
        "The reference names no resource, but IAM judges the list on the state machines that could "
        "be in it: narrower than everything."
    ),
}
"""Why actions are allowed on other resources than the Service Authorization Reference names."""
