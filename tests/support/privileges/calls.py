"""Calls as they are noted: a JSON line for each kind of call, from any number of processes."""

import json
import os
import shutil
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

BUILD = Path(__file__).parents[3] / "build" / "calls"
WHOLE, PARTIAL = BUILD / "whole", BUILD / "partial"
"""The notes of the latest run of all tests, and of the latest of only some."""
PLACE = "CALLS_ARE_NOTED_IN"
"""The variable that tells the processes of a run where its notes are."""


@dataclass(frozen=True, order=True)
class Call:
    """One kind of call of a function.

    Attributes:
        function: whose role called; empty for product code that a test ran as the person.
        action: what it needed.
        site: module and function of the product that called; empty where a test called itself.
        via: the service that acted for the function; empty for the function itself.
        grants: statement and resource pattern of all that allow it, in the words of a policy for
            the symbolic place of ``symbols``.
        allowed: whether the function's policy allows it.
        resource: what it is about, where the policy does not allow it.
    """

    function: str
    action: str
    site: str = ""
    via: str = ""
    grants: tuple[tuple[str, str], ...] = ()
    allowed: bool = True
    resource: str = ""


class Notes:
    """Calls noted by this process, each once, in a file of its own."""

    def __init__(self, folder=None):
        folder = folder or Path(os.environ[PLACE])  # noqa: TID251 -- no setting of the product
        self._path = folder / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.jsonl"
        self._noted = set()

    def note(self, call):
        """Written at once: a process may be killed at any time."""
        if call in self._noted:
            return
        self._noted.add(call)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(call)) + "\n")


def read(folder):
    """All calls that were noted in a folder, each once."""
    return {
        _call(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line.endswith("}")  # the last line of a process that was killed may be cut off
    }


def _call(line):
    values = json.loads(line)
    return Call(**{**values, "grants": tuple(map(tuple, values["grants"]))})


def begin():
    """A new run: it and the processes that it starts note in a folder of its own."""
    folder = BUILD / f"run-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    os.environ[PLACE] = str(folder)  # noqa: TID251 -- what is started inherits it


def end(*, whole):
    """The run is over: its notes take the place of earlier ones of their kind."""
    folder, kept = Path(os.environ[PLACE]), WHOLE if whole else PARTIAL  # noqa: TID251 -- as above
    if folder.is_dir():
        shutil.rmtree(kept, ignore_errors=True)
        folder.rename(kept)
