import json

import pytest
from botocore.exceptions import ClientError

from datalfred import clients
from datalfred.errors import NotFoundError
from datalfred.lake.pipelines import diagnosis
from datalfred.local.aws.compute.workload import Outcome
from tests.pipelines_stack import failed, task_state

OUT_OF_MEMORY = failed(
    "OutOfMemoryError: Container killed due to memory usage",
    "INFO reading orders of 2026-11-19",
    "ERROR java.lang.OutOfMemoryError: Java heap space",
    "INFO password=hunter2hunter2 mailed ana@example.org",
    exit_code=137,
)


def statements(found):
    return " ".join(fact.statement for fact in found.facts)


def sources(found):
    return {fact.source for fact in found.facts}


def denying(monkeypatch, service, operation):
    """Lets one operation of a real client answer as if the role had no permission for it."""
    client = clients.client(service)
    said = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}

    def denied(**_):
        raise ClientError(said, operation)

    monkeypatch.setattr(client, operation, denied)


def test_an_ecs_task_is_followed_to_its_exit_code_and_its_log(stack):
    state = stack.task("orders-load", log_group="/ecs/orders-load")
    stack.machine(
        "orders-ingestion",
        {
            "StartAt": "Prepare",
            "States": {"Prepare": {"Type": "Pass", "Next": "Load"}, "Load": {**state, "End": True}},
        },
    )
    stack.workload("ecs", "orders-load", Outcome())
    stack.run("orders-ingestion", {"day": "2026-11-18"})
    stack.workload("ecs", "orders-load", OUT_OF_MEMORY)
    arn = stack.run("orders-ingestion", {"day": "2026-11-19"})

    found = diagnosis.diagnose(arn)

    assert found.execution.failed_state == "Load"
    assert found.resource_kind == "ecs"
    assert found.resource.startswith("ecs:lake/")
    assert "with exit code 137" in statements(found)
    assert "stop code EssentialContainerExited" in statements(found)
    assert 'day was "2026-11-18", is "2026-11-19"' in statements(found)
    assert "The definition is the one that succeeded" in statements(found)
    assert {
        "states:DescribeExecution",
        "states:GetExecutionHistory",
        "ecs:DescribeTasks",
        "logs:GetLogEvents",
    } <= sources(found)
    best = found.hypotheses[0]
    assert "more memory" in best.statement
    assert "2048 MiB" in best.statement
    assert len(best.facts) >= 3
    assert "once it has more memory" in found.redrive
    assert found.gaps == ()


def test_log_lines_are_redacted_and_the_complaint_is_among_them(stack):
    arn = diagnosis.choose("orders-ingestion", "")

    lines = [line.message for line in diagnosis.diagnose(arn).log_lines]

    assert "ERROR java.lang.OutOfMemoryError: Java heap space" in lines
    assert not any("hunter2" in line or "ana@example.org" in line for line in lines)


def test_the_same_records_give_the_same_diagnosis(stack):
    arn = diagnosis.choose("orders-ingestion", "")

    assert diagnosis.diagnose(arn) == diagnosis.diagnose(arn)


def test_a_diagnosis_fits_a_result(stack):
    arn = diagnosis.choose("orders-ingestion", "")

    assert len(diagnosis.diagnose(arn).model_dump_json().encode()) < 24_000


def test_a_task_that_ecs_may_not_describe_is_read_from_the_cause(stack, monkeypatch):
    denying(monkeypatch, "ecs", "describe_tasks")

    found = diagnosis.diagnose(diagnosis.choose("orders-ingestion", ""))

    assert "No permission for ecs:DescribeTasks." in found.gaps
    assert "with exit code 137" in statements(found)
    assert "more memory" in found.hypotheses[0].statement


def test_every_denied_look_up_is_a_gap_and_no_error(stack, monkeypatch):
    for service, operation in (
        ("ecs", "describe_task_definition"),
        ("cloudwatch", "describe_alarms"),
        ("stepfunctions", "list_executions"),
    ):
        denying(monkeypatch, service, operation)
    arn = stack.run("orders-ingestion")

    found = diagnosis.diagnose(arn)

    assert set(found.gaps) >= {
        "No permission for ecs:DescribeTaskDefinition.",
        "No permission for cloudwatch:DescribeAlarms.",
        "No permission for states:ListExecutions.",
    }
    assert found.hypotheses


def test_a_glue_job_is_followed_to_its_run_and_its_log(stack):
    stack.client("glue").create_job(
        Name="customer-job", Role="r", Command={"Name": "glueetl"}, WorkerType="G.1X"
    )
    stack.machine("customer-sync", task_state("glue:startJobRun.sync", JobName="customer-job"))
    words = "AnalysisException: Column 'loyalty_tier' does not exist"
    stack.workload("glue", "customer-job", failed(words, "INFO started", f"ERROR {words}"))

    found = diagnosis.diagnose(stack.run("customer-sync"))

    assert found.resource.startswith("glue:customer-job/jr_")
    assert "schema" in found.hypotheses[0].statement
    assert [line.message for line in found.log_lines] == ["INFO started", f"ERROR {words}"]
    assert "No execution of this pipeline has succeeded yet." in statements(found)


def test_an_emr_step_is_followed_to_its_reason(stack):
    cluster = stack.client("emr").run_job_flow(
        Name="etl", Instances={"KeepJobFlowAliveWhenNoSteps": True}, LogUri="s3://logs/emr"
    )["JobFlowId"]
    step = {"Name": "aggregate", "ActionOnFailure": "CONTINUE"}
    stack.machine(
        "web-sessions",
        task_state(
            "elasticmapreduce:addStep.sync",
            ClusterId=cluster,
            Step={**step, "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit"]}},
        ),
    )
    reason = "Path does not exist: s3://demo-lake/web/month=2026-11"
    stack.workload("emr", "aggregate", failed(reason, f"ERROR {reason}"))

    found = diagnosis.diagnose(stack.run("web-sessions"))

    assert found.resource.startswith(f"emr:{cluster}/s-")
    assert "has not arrived" in found.hypotheses[0].statement


def test_an_emr_serverless_run_is_followed_to_its_details(stack):
    serverless = stack.client("emr-serverless")
    application = serverless.create_application(
        name="spark", releaseLabel="emr-7.5.0", type="SPARK"
    )["applicationId"]
    stack.machine(
        "sessionise",
        task_state(
            "emr-serverless:startJobRun.sync",
            ApplicationId=application,
            Name="sessionise",
            ExecutionRoleArn="arn:aws:iam::123456789012:role/r",
            JobDriver={"SparkSubmit": {"EntryPoint": "s3://code/sessionise.py"}},
        ),
    )
    stack.workload(
        "emr_serverless", "sessionise", failed("Job failed: 401 Unauthorized", "ERROR 401")
    )

    found = diagnosis.diagnose(stack.run("sessionise"))

    assert found.resource.startswith(f"emr_serverless:{application}/")
    assert "secret or token" in found.hypotheses[0].statement


def test_a_function_is_followed_to_its_log_and_its_limits(stack):
    def export(event, context):
        raise PermissionError("AccessDeniedException: the secret crm/api has expired")

    stack.aws.functions.register("crm_export", export)
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Broken"}]
    invoke = task_state("lambda:invoke", FunctionName="crm_export")
    stack.machine(
        "crm-export",
        {
            "StartAt": "Export",
            "States": {
                "Export": {**invoke, "Catch": caught, "End": True},
                "Broken": {"Type": "Fail", "Error": "ExportFailed", "Cause": "See the function."},
            },
        },
    )

    found = diagnosis.diagnose(stack.run("crm-export"))

    assert (found.resource_kind, found.resource) == ("lambda", "crm_export")
    assert found.execution.failed_state == "Export"
    assert "the Fail state Broken then ended the execution" in statements(found)
    assert "The function crm_export has 512 MB" in statements(found)
    assert any("secret crm/api has expired" in line.message for line in found.log_lines)
    assert "expired" in found.hypotheses[0].statement


def test_a_nested_execution_is_followed_to_the_job_behind_it(stack):
    child = stack.machines["customer-sync"]
    nested = task_state("states:startExecution.sync:2", StateMachineArn=child)
    pause = {"StartAt": "Pause", "States": {"Pause": {"Type": "Pass", "End": True}}}
    branch = {"StartAt": "Sync customers", "States": {"Sync customers": {**nested, "End": True}}}
    stack.machine("nightly", {"Type": "Parallel", "Branches": [branch, pause]})

    found = diagnosis.diagnose(stack.run("nightly"))

    assert "The state Sync customers (inside Only) failed" in statements(found)
    assert found.resource.startswith("glue:customer-job/")
    assert "schema" in found.hypotheses[0].statement


def test_input_that_a_state_cannot_read_makes_a_redrive_useless(stack):
    stack.machine("campaign-import", {"Type": "Pass", "InputPath": "$.campaign"})

    found = diagnosis.diagnose(stack.run("campaign-import", {"other": 1}))

    assert "input" in found.hypotheses[0].statement
    assert "original input" in found.redrive
    assert found.resource_kind == ""


def test_a_changed_definition_is_a_fact(stack):
    stack.machine("changing", {"Type": "Pass"})
    stack.run("changing")
    stack.machine("changing", {"Type": "Fail", "Error": "Broken"})

    found = diagnosis.diagnose(stack.run("changing"))

    assert "The definition changed after the last success" in statements(found)
    assert "states Only differ" in statements(found)
    assert "definition was changed" in found.hypotheses[-1].statement
    assert "original definition" in found.redrive


def test_a_later_success_is_a_fact(stack):
    stack.machine("recovering", {"Type": "Fail", "Error": "Broken"})
    arn = stack.run("recovering")
    stack.machine("recovering", {"Type": "Pass"})
    stack.run("recovering")

    assert "A later execution succeeded" in statements(diagnosis.diagnose(arn))


def test_a_running_execution_says_where_it_is(stack):
    stack.machine("waiting", {"Type": "Wait", "Seconds": 60})
    stepfunctions = stack.client("stepfunctions")
    arn = stepfunctions.start_execution(stateMachineArn=stack.machines["waiting"])["executionArn"]
    stack.until(lambda: "in the state Only" in statements(diagnosis.diagnose(arn)))

    found = diagnosis.diagnose(arn)
    stepfunctions.stop_execution(executionArn=arn, cause="by hand")
    stack.ended(arn)
    stopped = diagnosis.diagnose(arn)

    assert "only an execution that has ended badly" in found.redrive
    assert "stopped the execution" in stopped.hypotheses[0].statement


def test_an_alarm_that_rings_for_the_pipeline_is_a_fact(stack):
    cloudwatch = stack.client("cloudwatch")
    for name, dimension in (("nightly load failed", "orders-ingestion"), ("other", "other")):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/States",
            MetricName="ExecutionsFailed",
            Dimensions=[{"Name": "StateMachine", "Value": dimension}],
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            Statistic="Sum",
            TreatMissingData="ignore",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="1 failed")

    found = diagnosis.diagnose(stack.run("orders-ingestion"))

    assert "The alarm nightly load failed rings: 1 failed" in statements(found)
    assert "The alarm other rings" not in statements(found)


def test_a_task_that_never_began_is_a_gap(stack):
    stack.machine(
        "no-cluster",
        task_state("ecs:runTask.sync", Cluster="nowhere", TaskDefinition="orders-load"),
    )
    stack.machine("no-job", task_state("glue:startJobRun.sync", JobName="nowhere"))

    for name, gap in (("no-cluster", "No task: ECS did not start one"), ("no-job", "No run:")):
        found = diagnosis.diagnose(stack.run(name))

        assert any(gap in sentence for sentence in found.gaps)
        assert found.execution.failed_state == "Only"


def test_a_service_without_records_is_a_gap(stack):
    stack.machine(
        "lookup",
        task_state("aws-sdk:dynamodb:getItem", TableName="nowhere", Key={"id": {"S": "1"}}),
    )

    found = diagnosis.diagnose(stack.run("lookup"))

    assert any("keeps no record of the call" in gap for gap in found.gaps)


def test_the_newest_failure_of_any_pipeline_is_chosen_when_none_is_named(stack):
    arn = stack.run("campaign-import")

    assert diagnosis.choose("", "") == arn


def test_a_pipeline_that_never_failed_is_diagnosed_by_its_newest_execution(stack):
    stack.machine("catalog-refresh", {"Type": "Pass"})
    arn = stack.run("catalog-refresh")

    assert diagnosis.choose("Catalog Refresh", "") == arn
    assert diagnosis.diagnose(arn).redrive.startswith("It has not failed")


def test_a_pipeline_that_never_ran_has_nothing_to_diagnose(stack):
    stack.machine("never-run", {"Type": "Pass"})

    with pytest.raises(NotFoundError, match="never-run"):
        diagnosis.choose("never-run", "")


def test_an_unknown_execution_is_not_found(stack):
    machine = stack.machines["never-run"].replace(":stateMachine:", ":execution:")

    with pytest.raises(NotFoundError):
        diagnosis.diagnose(f"{machine}:nothing")
    with pytest.raises(NotFoundError):
        diagnosis.diagnose("no ARN")


def test_without_any_failure_there_is_nothing_to_choose(stack, monkeypatch):
    monkeypatch.setattr(diagnosis.machines, "all_pipelines", tuple)

    with pytest.raises(NotFoundError):
        diagnosis.choose("", "")


def test_what_stands_in_an_input_cannot_break_a_fact(stack):
    stack.machine("inputs", {"Type": "Pass"})
    stack.run("inputs", {"kept": 1, "gone": 2})
    stack.machine("inputs", {"Type": "Fail"})
    given = {"kept": 1, "new": [{"deep": "x" * 300}]}

    found = diagnosis.diagnose(stack.run("inputs", given))

    assert "gone is missing" in statements(found)
    assert 'new[0].deep is new ("xxx' in statements(found)
    assert max(len(fact.statement.encode()) for fact in found.facts) <= 360
    assert json.loads(found.model_dump_json())


def test_an_input_that_stayed_the_same_is_a_fact(stack):
    stack.machine("same-input", {"Type": "Pass"})
    stack.run("same-input", {"day": 1})
    stack.machine("same-input", {"Type": "Fail"})

    assert "The input is the one that succeeded" in statements(
        diagnosis.diagnose(stack.run("same-input", {"day": 1}))
    )


def test_a_changed_setting_of_the_definition_is_a_fact(stack):
    read = {"Type": "Pass", "InputPath": "$.day", "End": True}
    definition = {"StartAt": "Read", "States": {"Read": read}}
    stack.machine("commented", definition)
    stack.run("commented", {"day": 1})
    stack.machine("commented", {**definition, "Comment": "Reads the day."})

    found = diagnosis.diagnose(stack.run("commented"))

    assert "only its comment differs" in statements(found)
    assert "The input does not have the shape" in found.hypotheses[0].statement


def test_comparing_is_given_up_where_the_last_success_may_not_be_read(stack, monkeypatch):
    arn = diagnosis.choose("changing", "")
    denying(monkeypatch, "stepfunctions", "describe_state_machine_for_execution")

    found = diagnosis.diagnose(arn)

    assert "No permission for states:DescribeStateMachineForExecution." in found.gaps
    assert "The definition" not in statements(found)
    assert "The input" in statements(found)


def test_a_history_that_may_not_be_read_is_a_gap(stack, monkeypatch):
    arn = diagnosis.choose("changing", "")
    denying(monkeypatch, "stepfunctions", "get_execution_history")

    found = diagnosis.diagnose(arn)

    assert "No permission for states:GetExecutionHistory." in found.gaps
    assert found.execution.failed_state == ""


def test_a_nested_execution_that_is_not_named_is_a_gap(stack):
    stack.machine(
        "orphan",
        task_state(
            "states:startExecution.sync:2",
            StateMachineArn="arn:aws:states:eu-west-1:123456789012:stateMachine:gone",
        ),
    )

    found = diagnosis.diagnose(stack.run("orphan"))

    assert any("No execution" in gap for gap in found.gaps)


def test_a_function_out_of_memory_says_what_it_had(stack):
    def hungry(event, context):
        raise MemoryError("Runtime exited with error: signal: killed")

    stack.aws.functions.register("hungry", hungry)
    stack.machine("hungry", task_state("lambda:invoke", FunctionName="hungry"))

    found = diagnosis.diagnose(stack.run("hungry"))

    assert "It had 512 MB." in found.hypotheses[0].statement


def test_a_glue_job_out_of_memory_says_its_workers(stack):
    stack.client("glue").create_job(
        Name="hungry", Role="r", Command={"Name": "glueetl"}, WorkerType="G.1X", NumberOfWorkers=4
    )
    stack.machine("hungry-job", task_state("glue:startJobRun.sync", JobName="hungry"))
    stack.workload("glue", "hungry", failed("OutOfMemoryError: Java heap space"))

    found = diagnosis.diagnose(stack.run("hungry-job"))

    assert "It had 4 workers of type G.1X." in found.hypotheses[0].statement
