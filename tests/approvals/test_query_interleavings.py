"""Every order of events around a query's price: one start for one yes, or none, and never two.

The person's side is the real approver, the function's side the real admission; the start of a query
is a call that may fail like any other, and is counted. The random search finds a yes that is used
twice, or without being spent; that it is not used late, unapproved or unmarked hangs on a moment
that it rarely meets, and is proved one by one in ``test_queries.py`` and ``test_store.py``.
"""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from datalfred.approvals.approver import Approver
from datalfred.approvals.inbox import used_key
from datalfred.approvals.models import ApprovalState
from datalfred.approvals.queries import DEARER, PricedQuery, admit
from datalfred.errors import NotFoundError
from datalfred.lake import moments
from datalfred.lake.sql.models import QueryEstimate
from tests.approvals.world import BROKEN, Fault, World, explore

ANA, BEN, EVE = "local:ana", "local:ben", "local:eve"
TEXTS = ("SELECT 1 FROM sales.orders", "SELECT 2 FROM sales.orders")
MINUTES, SLACK = 15 * 60, 30
OTHERS = ("run", "approve", "deny", "expire")
ENDS = {
    "USED": ["approved", "used"],
    "DENIED": ["denied"],
    "FAILED": ["approved", "failed"],
    "PENDING": [],
    "APPROVED": ["approved"],
}
PRICES = st.sampled_from([100, 100, 100, 120, 200, None])
FAULTS = st.lists(
    st.builds(
        Fault,
        call=st.sampled_from(
            ["spend", "spend", "start", "start", "ask", "read", "approve", "finish", "expire"]
        ),
        what=st.sampled_from([*BROKEN, *OTHERS]),
        nth=st.sampled_from([1, 1, 2, 3]),
    ),
    max_size=2,
)
BEFORE = st.sampled_from(["", "", "approve", "approve", "almost_late", "late", "expire"])


@dataclass(frozen=True)
class Started:
    """A query that began to run."""

    token: str
    requester: str
    sql: str
    bytes: int | None
    second: int


def priced(sql, read=100, database="sales", workgroup="queries"):
    cost = None if read is None else read / 10
    estimate = QueryEstimate(bytes=read, cost_usd=cost)
    return PricedQuery(sql=sql, database=database, workgroup=workgroup, estimate=estimate)


def admitted(requests, query, requester):
    return admit(requests, query, requester=requester, ask_usd=1, budget_usd=100)


class QueryInterleavings(RuleBasedStateMachine):
    """People who ask for dear queries and people who agree, with clocks that differ."""

    stack = None

    @initialize(own=st.booleans())
    def begin(self, own):
        project = f"p{uuid.uuid4().hex[:20]}"
        self.stack.tables(project)
        self.world, self.own = World(self.stack, project), own
        self.asked, self.started, self.consented, self.denied = {}, [], set(), set()
        self.question = ANA, TEXTS[0], 100
        self.run(*self.question)

    def approver(self, skew=0, *, wrapped=True):
        store = self.world.store(skew, wrapped=wrapped)
        return Approver(
            store,
            approvers=(BEN,),
            requester_may_approve=False,
            requester_may_approve_queries=self.own,
            stepfunctions=lambda: self.world.stepfunctions,
            now=store._now,
            patience_seconds=0.01,
        )

    def run(self, requester, sql, read, faults=(), skew=0):
        """What run_query does; None when it did not come to an end."""
        with self.world.process(faults, self.meanwhile, skew):
            admission = admitted(self.world.requests(skew), priced(sql, read), requester)
            if pending := admission.pending:
                self.asked.setdefault(pending.id, (requester, sql, read))
            if token := admission.approval_id:
                start = Started(token, requester, sql, read, self.world.ahead + skew)
                self.world.call("start", lambda: self.started.append(start), {})
            return admission
        return None

    @rule(
        requester=st.sampled_from([ANA, ANA, ANA, EVE]),
        sql=st.sampled_from([TEXTS[0], *TEXTS]),
        read=PRICES,
        before=BEFORE,
        skew=st.sampled_from([0, 0, -10, 10]),
        faults=FAULTS,
    )
    def asks(self, *, requester, sql, read, before, skew, faults):
        self.question = requester, sql, read
        if before:
            self.meanwhile(before)
        usable = self.usable(requester, sql, read)
        spent = {each.token for each in self.started}
        admission = self.run(*self.question, faults, skew)
        if not faults and not skew:
            assert admission is not None
            assert admission.approval_id in (usable or {""}), "a yes was lost, or used too late"
            assert admission.pending is None or admission.pending.id not in spent

    @rule(who=st.sampled_from([BEN, BEN, ANA, EVE]), before=BEFORE, faults=FAULTS, data=st.data())
    def approves(self, who, before, faults, data):
        self.decides("approve", who, before, faults, data)

    @rule(who=st.sampled_from([BEN, ANA, EVE]), before=BEFORE, faults=FAULTS, data=st.data())
    def denies(self, who, before, faults, data):
        self.decides("deny", who, before, faults, data)

    def decides(self, what, who, before, faults, data):
        chosen = data.draw(st.sampled_from(list(self.asked)[-2:]))
        self.question = self.asked[chosen]
        if before:
            self.meanwhile(before)
        self.act(what, chosen, who, faults)

    def act(self, what, chosen, who, faults=()):
        requester = self.asked[chosen][0]
        if what == "approve" and (who == BEN or (self.own and who == requester)):
            self.consented.add(chosen)
        with self.world.process(faults, self.meanwhile):
            if getattr(self.approver(), what)(chosen, who).state is ApprovalState.DENIED:
                assert who in {BEN, requester}
                self.denied.add(chosen)

    @rule(seconds=st.sampled_from([0, 1, 600, MINUTES + 1]), faults=FAULTS)
    def schedule(self, seconds, faults):
        self.world.ahead += seconds
        with self.world.process(faults, self.meanwhile):
            self.approver().resume()

    def meanwhile(self, what):
        """What others do before a call, while the process that makes it stands still."""
        same = [each for each, asked in self.asked.items() if asked[:2] == self.question[:2]]
        if what == "run":
            self.run(*self.question)
        if what in {"approve", "deny"} and same:
            self.act(what, same[-1], BEN)
        if what in {"almost_late", "late", "expire"} and same:
            record = self.kept(same[-1])
            since = (record and record.decided_at) or moments.iso(self.world.begun)
            decided = (moments.parsed(since) - self.world.begun).total_seconds()
            after = MINUTES + (-1 if what == "almost_late" else 2)
            self.world.ahead = max(self.world.ahead, int(decided) + after)
        if what == "expire":
            with self.world.process():
                self.approver().resume()

    def usable(self, requester, sql, read):
        """The approvals that this question may spend now."""
        found = set()
        for each, (who, text, was) in self.asked.items():
            record = self.kept(each)
            if (who, text) != (requester, sql) or record is None or self.marked(each):
                continue
            dear = was is not None and (read is None or read > was * DEARER)
            if record.state is ApprovalState.APPROVED and not dear:
                decided = (moments.parsed(record.decided_at) - self.world.begun).total_seconds()
                found |= {each} if decided + MINUTES >= self.world.ahead else set()
        return found

    def kept(self, approval_id):
        return self.world.store(wrapped=False)._decided(approval_id)

    def marked(self, approval_id):
        item = self.world.dynamodb.get_item(
            TableName=self.world.names["requests"], Key={"id": {"S": used_key(approval_id)}}
        )
        return "Item" in item

    @invariant()
    def it_holds(self):
        assert max(Counter(each.token for each in self.started).values(), default=0) <= 1
        for each in self.started:
            assert each.token in self.consented - self.denied
            requester, sql, read = self.asked[each.token]
            assert (each.requester, each.sql) == (requester, sql)
            assert read is None or (each.bytes is not None and each.bytes <= read * DEARER)
            record = self.kept(each.token)
            assert record.decided_at < record.expires_at
            decided = (moments.parsed(record.decided_at) - self.world.begun).total_seconds()
            assert each.second <= decided + MINUTES + SLACK, "started long after the yes"
            assert record.state in {ApprovalState.APPROVED, ApprovalState.USED}

    def teardown(self):
        """Whatever happened: the trail tells what came of each, and nothing stays approved."""
        if not hasattr(self, "world"):
            return
        self.world.ahead += MINUTES + SLACK
        with self.world.process():
            self.approver().resume()
        self.it_holds()
        store, tokens = self.world.store(wrapped=False), {each.token for each in self.started}
        for approval_id in self.asked:
            with suppress(NotFoundError):
                record = store.get(approval_id)
                moves = [each.event for each in store.audit.of(record.id)]
                moves = [each for each in moves if each != "refused"]
                ended = [*(["approved"] if record.decided_by else []), "expired"]
                assert moves == ["asked", *ENDS.get(record.state, ended)]
                assert record.state is not ApprovalState.APPROVED
                assert (record.id not in tokens) or record.state is ApprovalState.USED


@pytest.mark.parametrize("examples", [12, pytest.param(60, marks=pytest.mark.slow)])
def test_whatever_happens_a_yes_starts_one_query_at_most(stack, examples):
    explore(QueryInterleavings, stack, examples)


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_of_eight_threads_that_run_an_approved_query_one_starts_it(store, approver, rounds):
    with ThreadPoolExecutor(8) as pool:
        for count in range(rounds):
            query = priced(f"SELECT {count}")
            asked = admitted(store, query, ANA).pending
            approver().approve(asked.id, BEN)
            start = threading.Barrier(8)

            def run(query=query, start=start):
                start.wait(10)
                return admitted(store, query, ANA)

            futures = [pool.submit(copy_context().run, run) for _ in range(8)]
            found = [future.result() for future in futures]
            spent = [each.approval_id for each in found if each.approval_id]
            waiting = {each.pending.id for each in found if each.pending}
            assert spent == [asked.id]
            assert len(waiting) == 1
            assert asked.id not in waiting
            assert store.get(asked.id).state is ApprovalState.USED
