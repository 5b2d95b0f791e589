"""``docs/reference/permissions.md``: every grant of every function, and who uses it."""

import re
from pathlib import Path

from datalfred.definitions.naming import role_name
from tests.support.privileges.proof import Proof
from tests.support.privileges.symbols import ANYWHERE

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "permissions.md"
HEAD = """\
# Permissions

<!-- Written by `python -m tests.support.privileges write` after `make test`; do not edit. -->

What each function's role allows, word for word as it is deployed, and which code needs it. A run of
all tests records every call that a function makes, itself or through a service that acts for it, as
the embedded AWS judges it: by action, resource and condition. `make check` fails when a call has no
grant, when a grant has no call, when a resource is wider than its reason says, and when this page
is not current. What stands here without a call has its reason beside it.

`{lake}` are the buckets of `lake.buckets`, `{lake key}` the keys of `lake.keys`, `{semantics}` the
prefix of `lake.semantics_uri`, `{job logs}` those of `lake.job_log_uris`: where a stage names none,
the statement is left out. `ReadGovernedLake` is there where `lake.lake_formation` is set.
`pipelines.names`, `.functions`, `.workgroups` and `.log_groups` narrow what a diagnosis may read,
and `pipelines.names` what may be redriven: the operations then know of no other pipelines. What
else a narrowed role may not read, an answer names as a missing permission.
"""
COLUMNS = "| action | resource | condition | called in | why it stands |\n|---|---|---|---|---|"
_SITE = re.compile(r"`([a-z_/]+\.py) ([\w.<>]+)`")


def page(sites, proof=None):
    """The page.

    Args:
        sites: where each (function, statement, action) is called.
        proof: the policies, and reasons for what is not called.
    """
    proof = proof or Proof()
    parts = [HEAD]
    for function, statements in proof.policies.items():
        role = role_name(ANYWHERE.project, ANYWHERE.stage, function)
        parts.append(f"## {function}\n\nRole `{role}`.\n\n{COLUMNS}")
        parts += [
            _row(function, statement, action, sites, proof)
            for statement in statements
            for action in statement.actions
        ]
        parts[-1] += "\n"
    return "\n".join(parts).rstrip() + "\n"


def sites_of(calls, proof):
    """Where each (function, statement, action) of the policies is called."""
    found = {}
    for call in calls:
        for sid, _ in call.grants:
            grant = (call.function, sid, call.action)
            where = f"`{call.site}`" if call.site else _service(call.via)
            if proof.grants(*grant):
                found.setdefault(grant, set()).add(where)
    return found


def sites_on(text):
    """The sites of a page that was written earlier."""
    found, function = {}, ""
    for line in text.splitlines():
        if line.startswith("## "):
            function = line.removeprefix("## ")
        elif line.startswith("| `"):
            sid_and_action, _, _, where, _ = (cell.strip() for cell in line.split("|")[1:-1])
            action, sid = re.fullmatch(r"`([^`]+)` \((\w+)\)", sid_and_action).groups()
            if where:
                found[function, sid, action] = set(where.split("<br>"))
    return found


def vanished(sites, root):
    """Sites whose function is no longer in the code."""
    named = sorted({each for places in sites.values() for each in places})
    return [
        found[0].strip("`")
        for found in filter(None, map(_SITE.fullmatch, named))
        if not _defines(root / found[1], found[2].rpartition(".")[2])
    ]


def _defines(path, name):
    if not path.is_file():
        return False
    return name == "<module>" or re.search(rf"\bdef {re.escape(name)}\b", path.read_text("utf-8"))


def _service(via):
    return f"{via.capitalize()}, for the function"


def _row(function, statement, action, sites, proof):
    where = sorted(sites.get((function, statement.sid, action), ()))
    reasons = [
        proof.reason_uncalled(statement.sid, action),
        *(
            each.reason
            for each in proof.overlaps
            if (each.function, each.sid, each.action) == (function, statement.sid, action)
        ),
        *dict.fromkeys(proof.reason_wide(statement.sid, each) for each in statement.resources),
    ]
    cells = (
        f"`{action}` ({statement.sid})",
        "<br>".join(f"`{each}`" for each in statement.resources),
        "<br>".join(_conditions(statement.conditions)),
        "<br>".join(where),
        " ".join(filter(None, reasons)),
    )
    return f"| {' | '.join(cells)} |"


def _conditions(conditions):
    for keys in conditions.values():
        for key, value in keys.items():
            values = [value] if isinstance(value, str) else value
            yield f"`{key}` is {' or '.join(f'`{each}`' for each in values)}"
