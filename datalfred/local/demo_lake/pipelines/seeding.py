"""Gives the embedded AWS the demo pipelines and a week of their past.

Every execution is real: the interpreter runs it at every start, on a clock of its own
(:mod:`datalfred.local.aws.compute.origin`), so that its history, its jobs and its log lines carry
the times of that night. Names, ARNs and ids are the same in every process on the same day.
"""

from datetime import UTC, date, datetime, time, timedelta

from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for
from datalfred.local.demo_lake.pipelines import resources
from datalfred.local.demo_lake.pipelines.alarms import create_alarms
from datalfred.local.demo_lake.pipelines.catalogue import Pipeline, day_of, last_night, pipelines
from datalfred.local.demo_lake.pipelines.functions import HANDLERS, TOKEN_EXPIRY
from datalfred.local.demo_lake.pipelines.host import Host
from datalfred.local.demo_lake.pipelines.roles import PIPELINES_ROLE, pipelines_policy
from datalfred.local.demo_lake.pipelines.workloads import workloads

_WAITS_FOR_CALLBACK = "support-tickets-ingestion"
_CALLBACK_AFTER = timedelta(minutes=47)
_STREAMING_FOR = timedelta(days=3)
_CLUSTER_AGE = timedelta(days=40)


def seed_pipelines(aws: Host, now: datetime) -> None:
    """Fills an embedded AWS that has compute and Step Functions, but no pipelines yet.

    Redrives that the journal of ``aws`` holds are made again, at their own times.

    Args:
        aws: its Lambda, ECS, Glue, EMR, EMR Serverless, CloudWatch and Step Functions are used as
            the person at the laptop.
        now: with a time zone; the past ends with the newest night that was over then.
    """
    night = last_night(now)
    policy = pipelines_policy(tuple(HANDLERS), resources.GLUE_JOBS, resources.ECS_CLUSTER)
    aws.permissions.grant(PIPELINES_ROLE, policy.document())
    _deploy_functions(aws, night)
    aws.workloads.update(workloads(day_of(night).isoformat()))
    cluster, application = _create_resources(aws, night)
    machines = {each: _create(aws, each) for each in pipelines(cluster, application)}
    for pipeline, machine in machines.items():
        for ago in pipeline.nights:
            _run(aws, pipeline, machine, night, ago)
    _start_stream(aws, night)
    create_alarms(aws, night)
    _redrive_again(aws)


def _deploy_functions(aws: Host, night: date) -> None:
    expiry = datetime.combine(night, time(0), UTC).isoformat()
    for name, handler in HANDLERS.items():
        environment = {TOKEN_EXPIRY: expiry} if name == "crm-push" else {}
        aws.functions.register(name, handler, environment=environment)


def _create_resources(aws: Host, night: date) -> tuple[str, str]:
    """Everything that the pipelines run on; ids of the EMR cluster and the application."""
    resources.create_containers(aws)
    resources.create_jobs(aws)
    past = PastClock(datetime.combine(night, time(8), UTC) - _CLUSTER_AGE)
    with acting_for(Origin(clock=past)):
        return resources.create_cluster(aws), resources.create_application(aws)


def _create(aws: Host, pipeline: Pipeline) -> str:
    answer = aws.client("stepfunctions").create_state_machine(
        name=pipeline.name,
        definition=pipeline.definition(),
        roleArn=resources.role_arn(PIPELINES_ROLE),
        tags=[
            {"key": "description", "value": pipeline.description()},
            {"key": "owner", "value": "data-platform"},
        ],
    )
    return str(answer["stateMachineArn"])


def _run(aws: Host, pipeline: Pipeline, machine: str, last: date, ago: int) -> None:
    """Runs ``pipeline`` as it ran some nights before ``last``, to its end or its wait."""
    from datalfred.local.aws.stepfunctions import past

    night = last - timedelta(days=ago)
    clock = PastClock(pipeline.start_of(night))
    with acting_for(Origin(clock=clock)):
        answer = aws.client("stepfunctions").start_execution(
            stateMachineArn=machine,
            name=pipeline.execution_name(night),
            input=pipeline.input_of(night, bad=pipeline.fails and not ago),
        )
    arn = str(answer["executionArn"])
    if pipeline.name == _WAITS_FOR_CALLBACK:
        token = past.await_callback(arn)
        if not ago:
            clock.catch_up()
            return
        clock.skip(_CALLBACK_AFTER.total_seconds())
        past.call_back(arn, token, {"file": f"s3://demo-lake/landing/tickets/{night}.json"})
    past.await_end(arn)


def _start_stream(aws: Host, night: date) -> None:
    started = datetime.combine(night, time(6, 30), UTC) - _STREAMING_FOR
    with acting_for(Origin(clock=PastClock(started))):
        aws.client("glue").start_job_run(JobName=resources.STREAM)


def _redrive_again(aws: Host) -> None:
    from datalfred.local.aws.stepfunctions import past

    for redrive in aws.journal.redrives():
        at = datetime.fromisoformat(redrive.redriven_at)
        past.redrive(redrive.execution_arn, at, redrive.client_token)
