"""Notes what functions call while tests run; nothing of the product knows of it.

Only calls of a *deployed* function count: what the embedded AWS judges for a role that
``datalfred.local.deployment`` has made. Beside them stand, without a function, the calls that
product code makes for the person at the laptop, as most tests of single modules run it: these need
a grant as well, whoever is going to make them.
"""

import contextlib
import threading
import weakref
from functools import partial

from datalfred import clients
from datalfred.definitions.naming import role_name
from datalfred.local.aws.iam.asked import Called, asks_of
from datalfred.local.aws.iam.evaluation import Scope, Verdict
from datalfred.local.aws.iam.keys import RequestContext
from datalfred.local.aws.iam.permissions import Permissions
from datalfred.local.deployment import Deployment
from tests.support.privileges.calls import Call
from tests.support.privileges.sites import Sites
from tests.support.privileges.symbols import grants

_OF_FUNCTIONS = ("action_groups/", "datalfred/lake/", "datalfred/approvals/")
_REMEMBERED = 50_000


class Recorder:
    """What one process notes."""

    def __init__(self, notes):
        self.notes = notes
        self.silent = False
        self._sites = Sites()
        self._deployed = weakref.WeakKeyDictionary()
        self._seen = set()
        self._door = threading.local()

    def watched(self, make, *args, **kwargs):
        """The client that ``make`` makes, with an eye on where it is used."""
        return self._sites.watch(make(*args, **kwargs))

    def deployed(self, deploy, deployment, what, handler, place):
        """From now on the role of ``what`` is the one of a function at this place."""
        role = role_name(deployment.project, deployment.stage, what)
        self._deployed.setdefault(deployment.aws.permissions, {})[role] = (what, place)
        return deploy(deployment, what, handler, place)

    @contextlib.contextmanager
    def at_the_door(self):
        """What is judged meanwhile is a real request: tests ask the judge themselves as well."""
        self._door.open = True
        try:
            yield
        finally:
            self._door.open = False

    def authorized(self, authorize, permissions, request):
        """Judges a request; notes what it asks for when nobody is going to judge it."""
        if not request.caller.role:
            self._unjudged(request)
        with self.at_the_door():
            return authorize(permissions, request)

    def answered(self, answered, permissions, request, response):
        """Answers a request; S3 needs a permission to say that an object is not there."""
        with self.at_the_door():
            return answered(permissions, request, response)

    def judged(self, judge, permissions, request, ask, keys=None):
        """The verdict on one ask, which is noted where a function's role asks."""
        verdict = judge(permissions, request, ask, keys)
        known = self._deployed.get(permissions, {}).get(request.caller.role)
        site = self._sites.of(request)
        # Without either it is a test itself that calls, with a function's credentials.
        if known and getattr(self._door, "open", False) and (site or request.via):
            seen = (id(permissions), request.caller.role, request.via, ask, site)
            if not (verdict[0] is not Verdict.ALLOWED and _is_afterthought(request, ask)):
                self._once(seen, partial(_judged, known, request, ask, keys or {}, site=site))
        return verdict

    def _unjudged(self, request):
        site = self._sites.of(request)
        if request.via or not site.startswith(_OF_FUNCTIONS):
            return
        called = Called(request, lambda *_: {})  # its actions do, without a call of our own
        for ask in asks_of(called):
            seen = ("", ask.action, site)
            self._once(seen, partial(Call, "", ask.action, site))

    def _once(self, seen, call):
        if self.silent or seen in self._seen:
            return
        if len(self._seen) > _REMEMBERED:
            self._seen.clear()
        self._seen.add(seen)
        self.notes.note(call())


def _judged(known, request, ask, keys, *, site):
    function, place = known
    context = RequestContext(request, keys)
    able = [
        each
        for each in grants(function, place)
        if each.statement.is_about_action(ask.action) and each.statement.holds(context)
    ]
    call = partial(Call, function, ask.action, site, request.via)
    if ask.scope is Scope.EXACT:
        found = tuple((each.sid, name) for each in able for name in each.patterns_of(ask.resource))
        if found:
            return call(found)
    elif ask.scope is Scope.MISSING and able:
        return call()
    return call(allowed=False, resource=ask.resource)


def _is_afterthought(request, ask):
    """Whether S3 only asks what to say of an object that is not there."""
    return ask.action == "s3:ListBucket" and "/" in request.path.strip("/")


_recorders = []


@contextlib.contextmanager
def recording(recorder, *, alone=False):
    """Notes everything meanwhile, in this process.

    Args:
        recorder: what notes.
        alone: whether what happens is no use of the product, so that no other recorder notes it.
    """
    with contextlib.ExitStack() as restored:
        for other in _recorders if alone else ():
            restored.callback(setattr, other, "silent", other.silent)
            other.silent = True
        _recorders.append(recorder)
        restored.callback(_recorders.remove, recorder)
        for owner, name, instead in (
            (clients, "_make", recorder.watched),
            (Deployment, "_deploy", recorder.deployed),
            (Permissions, "authorize", recorder.authorized),
            (Permissions, "answered", recorder.answered),
            (Permissions, "judge", recorder.judged),
        ):
            real = getattr(owner, name)
            restored.callback(setattr, owner, name, real)
            setattr(owner, name, _around(real, instead))
        yield recorder


def _around(real, instead):
    def called(*args, **kwargs):
        return instead(real, *args, **kwargs)

    return called
