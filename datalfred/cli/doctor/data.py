"""What the stage keeps: the workgroup, the bucket of results, and the tables of approvals."""

import json
from collections.abc import Mapping
from typing import Any

from datalfred.cli.doctor.findings import Well
from datalfred.cli.doctor.functions import chosen_by
from datalfred.cli.doctor.stage import Stage
from datalfred.definitions.approval_tables import tables
from datalfred.definitions.naming import results_bucket
from datalfred.definitions.prices import athena_cost, cutoff_bytes
from datalfred.errors import DatalfredError, OperatorError

_NO_WORKGROUP = ("InvalidRequestException",)
_NO_BUCKET = ("404", "NoSuchBucket", "NotFound")
_NO_LIFECYCLE = ("NoSuchLifecycleConfiguration",)
_NO_POLICY = ("NoSuchBucketPolicy",)
_NO_TABLE = ("ResourceNotFoundException",)


def workgroup(stage: Stage) -> str | Well:
    """Whether queries must run in the workgroup's limits, and the limit is the budget.

    Raises:
        OperatorError: it is missing, switched off, does not enforce, or has another limit.
    """
    name, account = stage.name("queries"), stage.account
    arn = account.arn("athena", f"workgroup/{name}")
    found = account.find("athena", "get_work_group", arn, _NO_WORKGROUP, WorkGroup=name)
    if found is None:
        raise OperatorError(f"There is no workgroup {name}.", hint=_deploy(stage))
    said = found["WorkGroup"]
    told = said.get("Configuration", {})
    if said.get("State", "ENABLED") != "ENABLED":
        hint = f"aws athena update-work-group --work-group {name} --state ENABLED"
        raise OperatorError(f"The workgroup {name} is {said['State']}.", hint=hint)
    if not told.get("EnforceWorkGroupConfiguration"):
        raise OperatorError(
            f"The workgroup {name} does not enforce its settings: a query could choose its own"
            " limit and bucket.",
            hint=_deploy(stage),
        )
    _check_results(stage, name, told)
    return _cut_off(stage, name, told.get("BytesScannedCutoffPerQuery"))


def _check_results(stage: Stage, name: str, told: Mapping[str, Any]) -> None:
    where = told.get("ResultConfiguration", {}).get("OutputLocation", "")
    bucket = results_bucket(stage.project, stage.stage)
    if where.removeprefix("s3://").partition("/")[0] != bucket:
        raise OperatorError(
            f"The workgroup {name} writes results to {where or 'no bucket'}, not to s3://{bucket}/.",
            hint=_deploy(stage),
        )


def _cut_off(stage: Stage, name: str, cutoff: int | None) -> str | Well:
    if cutoff is None:
        raise OperatorError(
            f"The workgroup {name} cuts no query off (BytesScannedCutoffPerQuery).",
            hint=_deploy(stage),
        )
    cost = f"${athena_cost(cutoff):.2f}"
    told = f"{name} enforces its settings and cuts off at {cutoff:,} bytes ({cost})"
    try:
        budget = chosen_by(stage, "athena").query_budget_usd
    except DatalfredError as hidden:
        return Well(told, f"Whether that is the budget is unknown: {hidden.message}")
    if cutoff != cutoff_bytes(budget):
        raise OperatorError(
            f"The workgroup {name} cuts off at {cutoff:,} bytes, while the budget of a query,"
            f" ${budget:g}, is {cutoff_bytes(budget):,}.",
            hint=f"Set queries.budget_usd in infra/stages/{stage.stage}.yaml alone, and deploy.",
        )
    return f"{told}, the budget of a query"


def results(stage: Stage) -> str:
    """Whether the bucket of results is there, forgets, and refuses what comes without TLS.

    Raises:
        OperatorError: it is missing, or lacks one of these.
    """
    name, account = results_bucket(stage.project, stage.stage), stage.account
    arn = f"arn:aws:s3:::{name}"
    if account.find("s3", "head_bucket", arn, _NO_BUCKET, Bucket=name) is None:
        raise OperatorError(f"There is no bucket {name}.", hint=_deploy(stage))
    kept = account.find("s3", "get_bucket_lifecycle_configuration", arn, _NO_LIFECYCLE, Bucket=name)
    days = _days(kept or {})
    if days is None:
        raise OperatorError(f"The bucket {name} never deletes results.", hint=_deploy(stage))
    policy = account.find("s3", "get_bucket_policy", arn, _NO_POLICY, Bucket=name)
    if policy is None or not _is_tls_only(policy["Policy"]):
        raise OperatorError(
            f"The bucket {name} has no policy that refuses requests without TLS.",
            hint=_deploy(stage),
        )
    return f"{name} is reachable, deletes results after {days} days, takes TLS alone"


def _days(lifecycle: Mapping[str, Any]) -> int | None:
    """After how many days everything in a bucket expires; None when it does not."""
    for rule in lifecycle.get("Rules", ()):
        everything = not rule.get("Prefix") and rule.get("Filter", {}) in ({}, {"Prefix": ""})
        if (
            rule["Status"] == "Enabled"
            and everything
            and (days := rule.get("Expiration", {}).get("Days"))
        ):
            return int(days)
    return None


def _is_tls_only(policy: str) -> bool:
    return any(
        each.get("Effect") == "Deny"
        and str(each.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")).lower()
        == "false"
        for each in json.loads(policy).get("Statement", ())
    )


def approval_tables(stage: Stage) -> str:
    """Whether the tables of approvals are there, with their keys and indexes.

    Raises:
        OperatorError: one is missing, not active, or of another shape.
    """
    names = []
    for wanted in tables(stage.project, stage.stage):
        name = wanted["TableName"]
        arn = stage.account.arn("dynamodb", f"table/{name}")
        found = stage.account.find("dynamodb", "describe_table", arn, _NO_TABLE, TableName=name)
        if problem := _problem(wanted, (found or {}).get("Table")):
            raise OperatorError(f"The table {name} {problem}", hint=_deploy(stage))
        names.append(name)
    return ", ".join(names)


def _problem(wanted: Mapping[str, Any], found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "does not exist."
    if found["TableStatus"] not in {"ACTIVE", "UPDATING"}:
        return f"is {found['TableStatus']}."
    if found["KeySchema"] != wanted["KeySchema"]:
        return "has another key."
    there = {
        each["IndexName"]: each["KeySchema"] for each in found.get("GlobalSecondaryIndexes", ())
    }
    for index in wanted.get("GlobalSecondaryIndexes", ()):
        if there.get(index["IndexName"]) != index["KeySchema"]:
            return f"lacks the index {index['IndexName']}, or it has another key."
    return ""


def _deploy(stage: Stage) -> str:
    return f"Deploy the data again: make deploy STAGE={stage.stage}."
