"""Which lake a stack serves, by its name."""

import threading

import pytest

from datalfred import clients, settings
from datalfred.errors import LocalStackError
from datalfred.local import stack
from datalfred.local.lakes import lake_named


def test_the_demo_lake_has_pipelines_and_a_semantic_layer(tmp_path):
    lake = lake_named("demo", tmp_path)

    assert lake.label == "demo lake"
    assert lake.semantics_uri == "s3://demo-lake/_semantics"
    assert lake.has_pipelines


def test_a_folder_of_ones_own_is_served_under_its_path(tmp_path):
    folder = tmp_path / "lake" / "shop"
    folder.mkdir(parents=True)
    (folder / "orders.csv").write_text("order_id,amount\n1,2.50\n2,3.00\n")
    with (
        stack.start(lake=str(tmp_path / "lake"), state=tmp_path / "state") as running,
        settings.using(running.environment()),
    ):
        glue = clients.client("glue")
        (database,) = glue.get_databases()["DatabaseList"]
        (table,) = glue.get_tables(DatabaseName=database["Name"])["TableList"]

        assert running.lake == str(tmp_path / "lake")
        assert table["Name"] == "orders"


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(LocalStackError, match=r"There is no folder .*/nowhere"):
        lake_named(str(tmp_path / "nowhere"), tmp_path)


def test_a_folder_without_tables_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "lake").mkdir()
    with pytest.raises(LocalStackError):
        stack.start(lake=str(tmp_path / "lake"), state=tmp_path / "state")
    with pytest.raises(LocalStackError):
        stack.start(lake=str(tmp_path / "lake"), state=tmp_path / "state")


def test_the_demo_stack_answers_about_data_first_and_pipelines_then(tmp_path):
    earlier = set(threading.enumerate())
    with stack.start(state=tmp_path) as running, settings.using(running.environment()):
        tables = clients.client("glue").get_tables(DatabaseName="sales")["TableList"]
        machines = clients.client("stepfunctions").list_state_machines()["stateMachines"]
        running.seeding.wait(60)
        assert clients.client("stepfunctions").list_executions(
            stateMachineArn=next(
                machine["stateMachineArn"]
                for machine in machines
                if machine["name"] == "support-tickets-ingestion"
            ),
            statusFilter="RUNNING",
        )["executions"]
        before = threading.active_count()

    assert threading.active_count() < before  # the running execution ended with its stack
    assert not [
        each for each in threading.enumerate() if "exec" in each.name and each not in earlier
    ]
    assert "orders" in {table["Name"] for table in tables}
    assert "orders-ingestion" in {machine["name"] for machine in machines}
