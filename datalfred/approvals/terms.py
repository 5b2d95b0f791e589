"""What a person says yes to, in words and digests that the approver can make for itself.

Whoever asks may be mistaken or taken over. So what a person reads of a redrive is worded from the
ARN that would be redriven, and a query's yes is for the text that the person was shown.
"""

import hashlib
import json
import re

from datalfred.approvals.models import PendingApproval
from datalfred.bedrock.untrusted import neutral, plainly

_EXECUTION = re.compile(r"arn:[\w-]+:states:[\w-]+:\d{12}:execution:([^:\s]+):([^:\s]+)")
_LONGEST = 60_000
"""Characters of one request; fifty of them fit into what a function may answer."""
_WARNING_LONGEST = 600


def redrive_summary(execution_arn: str, failed_state: str, warning: str) -> str:
    """What a person reads before saying yes to a redrive.

    Names are chosen by others: they are written so that none looks like another, or like a
    sentence of ours.

    Args:
        execution_arn: the execution; its pipeline and name are taken from here.
        failed_state: where it would begin again; empty when that is not known.
        warning: why it would probably fail again; empty when nothing speaks against it.
    """
    found = _EXECUTION.fullmatch(execution_arn)
    pipeline, name = map(plainly, found.groups() if found else ("no pipeline", execution_arn))
    told = " ".join(neutral(warning)[:_WARNING_LONGEST].split())
    return (
        f"Redrive {name} of {pipeline}: run {plainly(failed_state) or 'the failed state'} and "
        "what follows it again, with the original definition and input; states that succeeded "
        f"do not run again.{' ' + told if told else ''}"
    )


def query_target(sql: str, database: str, workgroup: str, requester: str) -> str:
    """What one yes to a query is for: the text, where it runs and who asked; never its price."""
    parts = (sql, database.lower(), workgroup, requester)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def holds(asked: PendingApproval) -> bool:
    """Whether a request says of itself what would happen."""
    said, details = asked.summary, asked.details
    if len(asked.model_dump_json()) > _LONGEST:
        return False
    if asked.action == "redrive":
        parts = details.get("failed_state", ""), details.get("warning", "")
        return said == redrive_summary(asked.target, *parts)
    if asked.action == "query":
        sql, database, workgroup = (
            details.get(name, "") for name in ("sql", "database", "workgroup")
        )
        return asked.target == query_target(sql, database, workgroup, asked.requester)
    return False
