"""Makes the commands that tests start note their calls as well: Python imports this by itself.

Nothing happens until a process loads the judge of the embedded AWS.
"""

import importlib
import importlib.machinery
import os
import sys
from pathlib import Path

_PLACE = "CALLS_ARE_NOTED_IN"
_JUDGE = "datalfred.local.deployment"
_ROOT = str(Path(__file__).parents[4])
_for_life = []
"""Contexts that nobody leaves; one that were forgotten would end."""


class _Finder:
    """Lets the recorder in behind the module that deploys functions."""

    @classmethod
    def find_spec(cls, name, path=None, _target=None):
        if name != _JUDGE:
            return None
        sys.meta_path.remove(cls)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or not spec.origin.startswith(_ROOT):  # what another checkout installed
            return spec
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            if "_pytest" not in sys.modules:  # a worker has a conftest
                _record()

        spec.loader.exec_module = exec_module
        return spec


def _record():
    sys.path.append(_ROOT)
    try:
        calls = importlib.import_module("tests.support.privileges.calls")
        recording = importlib.import_module("tests.support.privileges.recording")
    finally:
        sys.path.remove(_ROOT)
    noting = recording.recording(recording.Recorder(calls.Notes()))
    noting.__enter__()
    _for_life.append(noting)


if _PLACE in os.environ:  # noqa: TID251 -- no setting of the product
    sys.meta_path.insert(0, _Finder)
