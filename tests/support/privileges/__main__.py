"""``python -m tests.support.privileges check|write``: after a run of all tests.

``check`` holds the calls of the run against the policies, and the page of the permissions against
both; ``write`` writes the page. After a run of some tests only, what is missing can be told, and
not what nobody needs.
"""

import sys

from tests.support.privileges.calls import PARTIAL, WHOLE, read
from tests.support.privileges.page import PAGE, page, sites_of, sites_on
from tests.support.privileges.proof import Proof

_NAME = "docs/reference/permissions.md"
_WRITE = "write it with `python -m tests.support.privileges write`"


def main(arguments):
    """The sentences that are to be told, and the exit code."""
    proof = Proof()
    if arguments not in (["check"], ["write"]):
        return [__doc__], 2
    if not WHOLE.is_dir():
        if arguments == ["write"]:
            return ["Nothing was noted of a run of all tests: run `make test` first."], 1
        found = list(proof.missing(read(PARTIAL)))
        return [*found, "Only some tests were run: what nobody needs cannot be told."], bool(found)
    calls = read(WHOLE)
    if arguments == ["write"]:
        PAGE.write_text(page(sites_of(calls, proof), proof), "utf-8")
        return [f"wrote {PAGE}"], 0
    found = [
        *proof.missing(calls),
        *proof.unneeded(calls),
        *proof.unnamed(),
        *_outdated(calls, proof),
    ]
    return found, bool(found)


def _outdated(calls, proof):
    text = PAGE.read_text("utf-8") if PAGE.is_file() else ""
    known, called = sites_on(text), sites_of(calls, proof)
    for grant in sorted(called):
        if new := called[grant] - known.get(grant, set()):
            function, sid, action = grant
            places = ", ".join(sorted(new))
            yield f"{_NAME} lacks {places} at {action} ({sid}) of {function}; {_WRITE}"
    if page(known) != text:
        yield f"{_NAME} is not current; {_WRITE}"


if __name__ == "__main__":
    said, code = main(sys.argv[1:])
    sys.stdout.writelines(f"{each}\n" for each in said)
    sys.exit(int(code))
