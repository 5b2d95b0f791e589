"""Where in the product a call is made: read off the stack of whoever calls, kept by the call's id.

boto3 gives each call an id that it sends along; so the embedded AWS, which answers in a thread of
its own, finds the place out again.
"""

import sys
from collections import OrderedDict

ID = "amz-sdk-invocation-id"
_KEPT = 5_000
_HERE = __name__.rpartition(".")[0]
_PRODUCT = ("action_groups.", "datalfred.")
_BELOW = {
    "datalfred.approvals.rows",
    "datalfred.clients",
    "datalfred.errors",
    "datalfred.lake.calls",
}
"""Through these everybody calls: whoever is above them counts."""
_LAPTOP = ("datalfred.local.", "datalfred.cli.", "datalfred.evals.", "datalfred.orchestrator.")


class Sites:
    """The places of the latest calls, by their ids."""

    def __init__(self):
        self._known = OrderedDict()

    def watch(self, client):
        """Notes the place of each call of a boto3 client."""
        client.meta.events.register_first("before-send", self._note)
        return client

    def of(self, request):
        """Where a request was made; empty for what no code of a function made."""
        return self._known.get(request.headers.get(ID, ""), "")

    def _note(self, request, **_):
        called = request.headers.get(ID, "")
        name = called.decode() if isinstance(called, bytes) else called
        self._known[name] = here()
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)


def here():
    """The function's code that is running: ``datalfred/lake/sql/run.py start``, or nothing."""
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("tests.") and not module.startswith(_HERE):
            return ""  # what stands in for a client may do more than the product asked for
        if module.startswith(_PRODUCT) and module not in _BELOW:
            return "" if module.startswith(_LAPTOP) else _site(module, frame.f_code.co_qualname)
        frame = frame.f_back
    return ""


def _site(module, name):
    return f"{module.replace('.', '/')}.py {name.partition('.<locals>')[0]}"
