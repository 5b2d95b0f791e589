"""Holds what functions called against what their policies allow: nothing missing, nothing more."""

from dataclasses import dataclass, field

from datalfred.definitions.permissions import functions, justified
from tests.support.privileges.symbols import symbolic

NAMED = (
    "datalfred_{project}_{stage}_",
    "datalfred-{project}-{stage}-",
    "{lake}",
    "{lake key}",
    "{semantics}",
    "{job logs}",
)
"""What a resource must have in it to be the stage's own, or one that its configuration names."""

IN_VAIN = {"table/datalfred_demo_local_nowhere": "the doctor finds out what was deployed wrongly"}
"""Parts of resources that no deployment gives a function, and why a test does."""


def _policies():
    return {each: symbolic(each) for each in functions()}


@dataclass(frozen=True)
class Proof:
    """Policies, and the reasons for what they allow beyond the calls.

    Attributes:
        policies: the statements of each function, in symbols.
        uncalled: reasons for actions that no call needs.
        overlaps: reasons for actions that two statements allow.
        wide: reasons for resources that are not named.
    """

    policies: dict = field(default_factory=_policies)
    uncalled: tuple = justified.UNCALLED
    overlaps: tuple = justified.OVERLAPS
    wide: tuple = justified.WIDE

    def missing(self, calls):
        """What is called without a grant."""
        may = {action for each in self._statements() for action in each[1].actions}
        for call in sorted(calls):
            where = f"{call.site or f'{call.via}, for the function,'} calls {call.action}"
            if not call.allowed and not any(each in call.resource for each in IN_VAIN):
                yield f"{call.function}: {where} on {call.resource}; its policy does not allow that"
            if not call.function and call.action not in may:
                yield f"{where}; no policy of any function allows that"

    def unneeded(self, calls):
        """What is granted without a call, and exceptions that are none."""
        used, alone = _used(calls)
        for function, statement in self._statements():
            sid = statement.sid
            for action in statement.actions:
                yield from self._action(function, sid, action, used, alone)
            called = {pattern for name, one, pattern, _ in used if (name, one) == (function, sid)}
            if not any(self.reason_uncalled(sid, action) for action in statement.actions):
                for resource in sorted(set(statement.resources) - called):
                    yield f"{function}: {sid} allows {resource}, which no call is about"
        yield from self._needless_reasons(used, alone)

    def _action(self, function, sid, action, used, alone):
        grant = (function, sid, action)
        if not any((name, one, what) == grant for name, one, _, what in used):
            if not self.reason_uncalled(sid, action):
                yield f"{function}: {sid} allows {action}, which no call needs"
        elif grant not in alone and grant not in {
            (each.function, each.sid, each.action) for each in self.overlaps
        }:
            yield f"{function}: {sid} allows {action}, which another statement allows each time"

    def unnamed(self):
        """Resources that are wider than a reason says."""
        found = set()
        for function, statement in self._statements():
            for resource in statement.resources:
                if "*" in resource and not any(each in resource for each in NAMED):
                    found.add((statement.sid, relative(resource)))
                    if not self.reason_wide(statement.sid, resource):
                        yield f"{function}: {statement.sid} allows {resource}, which is too wide"
        for each in self.wide:
            for resource in each.resources:
                if "*" in resource and (each.sid, resource) not in found:
                    yield f"the reason why {each.sid} allows {resource} has nothing to justify"

    def grants(self, function, sid, action):
        """Whether a function's policy has a statement of this name about an action."""
        known = self.policies.get(function, ())
        return any(each.sid == sid and action in each.actions for each in known)

    def reason_uncalled(self, sid, action):
        """Why an action stands that no call needs; empty when nothing says."""
        return next((e.reason for e in self.uncalled if e.sid == sid and action in e.actions), "")

    def reason_wide(self, sid, resource):
        """Why a resource is not named; empty when nothing says."""
        text = relative(resource)
        return next((e.reason for e in self.wide if e.sid == sid and text in e.resources), "")

    def _needless_reasons(self, used, alone):
        called = {(sid, action) for _, sid, _, action in used}
        granted = {(each.sid, action) for _, each in self._statements() for action in each.actions}
        for each in self.uncalled:
            for action in each.actions:
                if (each.sid, action) in called or (each.sid, action) not in granted:
                    yield f"the reason for {action} in {each.sid} has nothing to justify"
        for each in self.overlaps:
            if (each.function, each.sid, each.action) in alone:
                yield f"the overlap of {each.sid} for {each.function} is none"

    def _statements(self):
        for function, statements in self.policies.items():
            for each in statements:
                yield function, each


def relative(resource):
    """What follows the account in an ARN; all of it where service, region or account are wild."""
    *place, name = resource.split(":", 5)
    return resource if "*" in ":".join(place) else name


def _used(calls):
    """Grants that calls used, with the resource; and those without which a call would fail."""
    used, alone = set(), set()
    for call in calls:
        sids = {sid for sid, _ in call.grants}
        used |= {(call.function, sid, pattern, call.action) for sid, pattern in call.grants}
        if len(sids) == 1:
            alone.add((call.function, *sids, call.action))
    return used, alone
