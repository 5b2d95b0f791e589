import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest

from datalfred import clients
from datalfred.approvals.approver import Approver
from datalfred.approvals.audit import AuditTrail
from datalfred.approvals.store import ApprovalStore
from datalfred.definitions.approval_tables import approvals_table
from datalfred.lake import moments
from tests.pipelines_stack import AUDIT, pipelines_stack


@pytest.fixture(scope="module")
def stack():
    with pipelines_stack() as stack:
        stack.tables()
        stack.machine("orders", {"Type": "Fail", "Error": "Broken"})
        stack.machine("fine", {"Type": "Pass"})
        yield stack


@pytest.fixture
def clock():
    """The present, moved on by as many seconds as a test says."""
    clock = SimpleNamespace(ahead=0)
    clock.now = lambda: moments.now() + timedelta(seconds=clock.ahead)
    return clock


@pytest.fixture
def table(stack):
    """A table of approvals for one test: no test sees what another left waiting."""
    name = f"approvals_{uuid.uuid4().hex}"
    clients.client("dynamodb").create_table(**approvals_table(name))
    return name


@pytest.fixture
def store(table, clock):
    dynamodb = clients.client("dynamodb")
    return ApprovalStore(dynamodb, table, AuditTrail(dynamodb, AUDIT), minutes=15, now=clock.now)


@pytest.fixture
def approver(store, clock):
    def approver(**changes):
        settled = {
            "approvers": ("local:ana", "local:ben"),
            "requester_may_approve": True,
            "stepfunctions": lambda: clients.client("stepfunctions"),
            "now": clock.now,
            "patience_seconds": 0.3,
        }
        return Approver(store, **{**settled, **changes})

    return approver


@pytest.fixture
def pending(stack, store):
    """A request to redrive an execution that has just failed, or another target."""

    def pending(**changes):
        target = changes.get("target") or stack.run("orders")
        settled = {
            "action": "redrive",
            "target": target,
            "summary": "Redrive it.",
            "requester": "local:ana",
            "details": {"redrive_count": "0", "failed_state": "Only"},
        }
        return store.create(**{**settled, **changes})

    return pending


@pytest.fixture
def redrives(stack, monkeypatch):
    """The arguments of every RedriveExecution."""
    client = clients.client("stepfunctions")
    real, asked = client.redrive_execution, []

    def redrive(**request):
        asked.append(request)
        return real(**request)

    monkeypatch.setattr(client, "redrive_execution", redrive)
    return asked


@pytest.fixture
def trail(store):
    return lambda record: [row.event for row in store.audit.of(record.id)]
