"""What is looked at, in which order: an account, a stage in it, then all parts of that."""

from collections.abc import Iterator, Sequence
from functools import partial

from datalfred.approvals.door import Sign
from datalfred.cli.doctor import (
    checkout,
    data,
    door,
    functions,
    identity,
    models,
    people,
    quotas,
    team,
)
from datalfred.cli.doctor import stage as stages
from datalfred.cli.doctor.findings import UNKNOWN, Check, Finding, Well, judged, not_looked_at
from datalfred.cli.doctor.reading import Account
from datalfred.cli.doctor.rounds import Report, look_at
from datalfred.cli.doctor.stage import Stage
from datalfred.definitions.naming import SIZES
from datalfred.definitions.outputs import GUARDRAIL_ID, GUARDRAIL_VERSION
from datalfred.definitions.permissions import functions as function_names
from datalfred.errors import UnavailableError

_CREDENTIALS, _CLOCK, _AGENTS = "credentials", "clock", "making agents"
_DEPLOYMENT = "deployment"


class Visit:
    """One look at a stage.

    Args:
        project: the stage's project.
        stage: the stage's name.
        sizes: the sizes to look at; empty for those that are deployed.
        deployed: whether to look at what is deployed, too.
        sign: proves to the approver who asks.
        user: whom that proves; empty for the caller of AWS.
        report: told how far it is.
    """

    def __init__(
        self,
        project: str,
        stage: str,
        sizes: Sequence[str],
        *,
        deployed: bool,
        sign: Sign,
        user: str,
        report: Report,
    ) -> None:
        self._project = project
        self._stage = stage
        self._sizes = tuple(sizes)
        self._deployed = deployed
        self._sign = sign
        self._user = user
        self._report = report
        self._account: Account | None = None
        self._ahead: float | None = None

    @property
    def account(self) -> Account | None:
        """Whose account it is; None until AWS has said so."""
        return self._account

    def findings(self) -> list[Finding]:
        """Looks at everything that there is to look at."""
        (first,) = look_at([Check(_CREDENTIALS, self._ask)], self._report)
        if self._account is None:
            return [first, *_blind(first)]
        clock = judged(Check(_CLOCK, partial(identity.clock, self._ahead)))
        if not self._deployed:
            told = stages.own_variables()
            stage = Stage(self._project, self._stage, self._account, {}, told)
            there: list[Finding] = []
        else:
            stage, there = self._found(self._account)
        return [first, clock, *there, *look_at(list(self._checks(stage)), self._report)]

    def _ask(self) -> str:
        account, self._ahead = identity.who_asks()
        self._account = account
        regions = dict.fromkeys((account.region, account.bedrock_region))
        return f"{account.who}, account {account.number}, {' and '.join(regions)}"

    def _found(self, account: Account) -> tuple[Stage, list[Finding]]:
        """The stage; of one whose stacks nobody may look at, names and environment are known."""
        found = Stage(self._project, self._stage, account, None, stages.own_variables())

        def look() -> str | Well:
            nonlocal found
            found = stages.find(self._project, self._stage, account)
            return found.deployed()

        there = look_at([Check(_DEPLOYMENT, look)], self._report)
        return found, there

    def _checks(self, stage: Stage) -> Iterator[Check]:
        yield Check(_AGENTS, partial(identity.may_make_agents, stage.account))
        deployed = self._deployed and stage.may_be_deployed
        sizes = self._sizes or (stage.sizes if deployed else ()) or SIZES
        for size in sizes:
            yield Check(f"model of {size}", partial(models.enabled, stage, size))
            yield Check(f"inference profile of {size}", partial(models.reachable, stage, size))
            yield Check(f"quotas of {size}", partial(quotas.granted, stage, size))
        if not deployed:
            return
        for size in sizes if stage.sizes or stage.statuses is None else ():
            yield Check(f"agents of {size}", partial(team.ready, stage, size))
            yield Check(f"definitions of {size}", partial(checkout.same, stage, size))
        if GUARDRAIL_ID in stage.told and GUARDRAIL_VERSION in stage.told:
            yield Check("guardrail", partial(models.guardrail, stage))
        for what in function_names():
            yield Check(f"function {what}", partial(functions.in_order, stage, what))
        yield Check("workgroup", partial(data.workgroup, stage))
        yield Check("results", partial(data.results, stage))
        yield Check("approval tables", partial(data.approval_tables, stage))
        if stage.statuses and stage.sizes and not door.is_on_a_laptop(stage):
            yield Check("asking", partial(people.may_ask, stage))
        yield Check("approver", partial(door.approver, stage, self._sign, self._user))


def _blind(first: Finding) -> list[Finding]:
    """What nobody looks at who is nobody to AWS."""
    why = UnavailableError(f"{first.what} {'are unknown' if first.status == UNKNOWN else 'fail'}.")
    return [not_looked_at(what, why) for what in (_CLOCK, _DEPLOYMENT, _AGENTS)]
