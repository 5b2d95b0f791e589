"""Asking for a query's price: what runs at once, what waits for a person, what never runs.

A query that is estimated at or below the ask-threshold runs. Above it, or where nobody can tell
what it reads, a person must say yes to the price first; above the budget it is refused, whoever
says yes. The yes is for one requester, one text and one workgroup, and is spent *before* the query
starts: by one conditional write, of which one of any number succeeds; then Athena is asked to start
with the approval's id as its token. A process that dies between the two has spent the yes and
started nothing, so the person is asked again. The other order, start and then spend, could start
twice for one yes: an approval may be lost, a query never runs twice for one.
"""

from dataclasses import dataclass

from datalfred.approvals.inbox import Requests
from datalfred.approvals.models import ApprovalState, PendingApproval
from datalfred.approvals.terms import query_target
from datalfred.errors import RefusedError
from datalfred.lake.figures import spoken_bytes, spoken_usd
from datalfred.lake.sql.models import QueryEstimate

ACTION = "query"
DEARER = 1.25
"""A yes holds for a price that has risen by no more than a quarter since."""
_SPENT = "Spent on one start of the query; if that start failed, the query must be asked for again."


@dataclass(frozen=True)
class PricedQuery:
    """A statement that passed the guard, and what it would cost.

    Attributes:
        sql: the text that would run, without its comments: what a person is shown.
        database: the one that it would run in; empty for none.
        workgroup: the Athena workgroup that it would run in.
        estimate: bytes and price.
    """

    sql: str
    database: str
    workgroup: str
    estimate: QueryEstimate


@dataclass(frozen=True)
class Admission:
    """Whether a query may start.

    Attributes:
        pending: what waits for a person, while it may not.
        approval_id: the approval that was spent on this one start; empty where none was needed.
    """

    pending: PendingApproval | None = None
    approval_id: str = ""


def needs_a_yes(estimate: QueryEstimate, ask_usd: float) -> bool:
    """Whether the price is above the threshold, or not known."""
    return estimate.cost_usd is None or estimate.cost_usd > ask_usd


def check_budget(estimate: QueryEstimate, budget_usd: float) -> None:
    """Refuses what nobody may approve.

    Raises:
        RefusedError: the estimate is above the budget.
    """
    if estimate.cost_usd is not None and estimate.cost_usd > budget_usd:
        raise RefusedError(
            f"The query would read {priced(estimate)}, above the budget of"
            f" {spoken_usd(budget_usd)}.",
            hint="Read less: filter on the partition keys that describe_table names.",
        )


def admit(
    requests: Requests, query: PricedQuery, *, requester: str, ask_usd: float, budget_usd: float
) -> Admission:
    """Spends a person's yes to a query that needs one, or asks for it.

    Args:
        requests: where approvals wait.
        query: what would run.
        requester: typed identity that the channel proved; empty for nobody.
        ask_usd: above it, a person is asked.
        budget_usd: above it, nobody is; the estimate has been held against it.

    Raises:
        RefusedError: nobody's identity is proved, so nobody can be asked.
    """
    if not requester:
        raise RefusedError(
            f"The query would read {priced(query.estimate)}, which needs a person's yes above"
            f" {spoken_usd(ask_usd)}, and this channel cannot prove who asks.",
            hint="Ask in Slack or in the terminal (datalfred chat), or read less: filter on the"
            " partition keys that describe_table names.",
        )
    target = digest(query, requester)
    approved = requests.open_for(ACTION, target)
    if approved is not None and approved.state is ApprovalState.APPROVED:
        if _is_dearer(query.estimate, approved):
            said = f"Its price has changed to {priced(query.estimate)}; nothing ran."
            requests.forfeit(approved.id, said)
        elif requests.use(approved.id, outcome=_SPENT):
            return Admission(approval_id=approved.id)
    return Admission(pending=_ask(requests, query, target, requester, budget_usd))


def digest(query: PricedQuery, requester: str) -> str:
    """What one yes is for: the text, where it runs and who asked; never its price."""
    return query_target(query.sql, query.database, query.workgroup, requester)


def priced(estimate: QueryEstimate) -> str:
    """The price in words: ``at most 1.2 GB ($0.0059)``."""
    if estimate.bytes is None:
        return f"an unknown amount ({estimate.reason.rstrip('.') or 'no estimate'})"
    bound = "at most " if estimate.upper_bound else ""
    return f"{bound}{spoken_bytes(estimate.bytes)} ({spoken_usd(estimate.cost_usd)})"


def _ask(
    requests: Requests, query: PricedQuery, target: str, requester: str, budget_usd: float
) -> PendingApproval:
    estimate = query.estimate
    return requests.create(
        action=ACTION,
        target=target,
        summary=f"Run one query that reads {priced(estimate)}; Athena stops it at the budget of"
        f" {spoken_usd(budget_usd)}.",
        requester=requester,
        details={
            "sql": query.sql,
            "database": query.database,
            "workgroup": query.workgroup,
            "estimated_bytes": "" if estimate.bytes is None else str(estimate.bytes),
            "estimated_usd": "" if estimate.cost_usd is None else f"{estimate.cost_usd:.6f}",
            "upper_bound": str(estimate.upper_bound).lower(),
            "budget_usd": f"{budget_usd:.2f}",
        },
    )


def _is_dearer(estimate: QueryEstimate, approved: PendingApproval) -> bool:
    """Whether the price is above what the person said yes to; an unknown one was a yes to all."""
    known = approved.details.get("estimated_bytes", "")
    if not known:
        return False
    return estimate.bytes is None or estimate.bytes > int(known) * DEARER
