import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest

from datalfred import clients
from datalfred.approvals.approver import Approver
from datalfred.approvals.audit import AuditTrail
from datalfred.approvals.store import ApprovalStore
from datalfred.approvals.terms import query_target, redrive_summary
from datalfred.definitions.naming import resource_name
from datalfred.lake import moments
from tests.pipelines_stack import pipelines_stack


@pytest.fixture(scope="module")
def stack():
    with pipelines_stack() as stack:
        stack.tables()
        stack.machine("orders", {"Type": "Fail", "Error": "Broken"})
        stack.machine("fine", {"Type": "Pass"})
        stack.machine("held", {"Type": "Wait", "Seconds": 86_400})
        yield stack


@pytest.fixture
def clock():
    """The present, moved on by as many seconds as a test says."""
    clock = SimpleNamespace(ahead=0)
    clock.now = lambda: moments.now() + timedelta(seconds=clock.ahead)
    return clock


@pytest.fixture
def project(stack):
    """A project with tables of its own for one test: no test sees what another left waiting."""
    name = f"p{uuid.uuid4().hex[:20]}"
    stack.tables(name)
    return name


@pytest.fixture
def names(project):
    """The names of its tables."""
    return {
        what: resource_name(project, "local", what) for what in ("requests", "approvals", "audit")
    }


@pytest.fixture
def opened(names, clock):
    """A store of these tables, by the test's clock or another."""

    def opened(now=clock.now):
        dynamodb = clients.client("dynamodb")
        return ApprovalStore(
            dynamodb,
            requests=names["requests"],
            approvals=names["approvals"],
            audit=AuditTrail(dynamodb, names["audit"]),
            minutes=15,
            now=now,
        )

    return opened


@pytest.fixture
def store(opened):
    return opened()


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
            "summary": redrive_summary(target, "Only", ""),
            "requester": "local:ana",
            "details": {"redrive_count": "0", "failed_state": "Only"},
        }
        return store.create(**{**settled, **changes})

    return pending


@pytest.fixture
def query(store):
    """A request to run a query."""

    def query(sql="SELECT 1", requester="local:ana"):
        return store.create(
            action="query",
            target=query_target(sql, "sales", "queries", requester),
            summary="Run one query that reads 2 TB ($10.00).",
            requester=requester,
            details={"sql": sql, "database": "sales", "workgroup": "queries"},
        )

    return query


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
