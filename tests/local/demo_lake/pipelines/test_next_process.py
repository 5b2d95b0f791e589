"""The past and its redrives outlive the process."""

from datetime import UTC, datetime

from datalfred.local.aws.embedded import EmbeddedAws


def test_the_next_process_sees_the_same_past_and_the_redrives(tmp_path, seed):
    now = datetime.now(UTC)
    with EmbeddedAws(tmp_path) as aws:
        demo = seed(aws, now)
        before = record(demo)
        demo.redrive("orders-ingestion")
        demo.redrive("customer-sync")
        redriven = demo.described("orders-ingestion")["redriveDate"]
        export = demo.described("crm-export")["executionArn"]
        clicked = demo.states.redrive_execution(executionArn=export, clientToken="click")

    with EmbeddedAws(tmp_path) as aws:
        demo = seed(aws, now)
        after = record(demo)
        orders, customers = (demo.described(one) for one in ("orders-ingestion", "customer-sync"))
        kept = len(aws.journal.redrives())
        again = demo.states.redrive_execution(executionArn=export, clientToken="click")
        assert demo.described("crm-export")["redriveCount"] == 1
        assert demo.redrive("customer-sync")["redriveCount"] == 2

    assert (orders["status"], orders["redriveCount"]) == ("SUCCEEDED", 1)
    assert orders["redriveDate"] == redriven
    assert again["redriveDate"] == clicked["redriveDate"]
    assert (customers["status"], customers["redriveCount"]) == ("FAILED", 1)
    assert kept == 3
    assert after.keys() == before.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert {name.partition("-20")[0] for name in changed} <= {
        "orders-ingestion",
        "customer-sync",
        "crm-export",
    }


def record(demo):
    """Name, status and times of every execution and the ids of its jobs."""
    found = {}
    for machine in demo.states.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        for execution in demo.states.list_executions(stateMachineArn=arn)["executions"]:
            events = demo.states.get_execution_history(executionArn=execution["executionArn"])
            submitted = [
                event["taskSubmittedEventDetails"]["output"]
                for event in events["events"]
                if event["type"] == "TaskSubmitted" and "glue" in str(event)
            ]
            found[execution["name"]] = (
                execution["status"],
                execution["startDate"],
                submitted,
            )
    return found
