"""The environment that each function is deployed with, on AWS and on the laptop alike."""

from collections.abc import Mapping

from datalfred.definitions.naming import resource_name, settings_parameter

DECIDED_BY_STAGE = (
    "project_name", "stage_name", "domain_name", "region", "bedrock_region",
    "workgroup", "approvals_table", "semantics_uri", "settings_parameter",
    "databases", "tables", "pipelines",
    "query_ask_usd", "query_budget_usd", "query_reuse_minutes", "query_timeout_seconds",
    "logs_budget_usd", "calls_per_turn", "approval_minutes", "approvers", "approval_channels",
    "requester_may_approve", "requester_may_approve_queries",
)  # fmt: skip
"""The settings that every function of a deployed stage has from its template."""


def function_environment(project: str, stage: str, *, semantics_uri: str = "") -> Mapping[str, str]:
    """What every function must know to find the stage's own resources.

    Args:
        project: first part of every name.
        stage: second part of every name.
        semantics_uri: S3 prefix of the semantic layer; empty when there is none.

    Returns:
        The variables of ``datalfred.settings``; operators' own settings come besides.
    """
    return {
        "DATALFRED_PROJECT_NAME": project,
        "DATALFRED_STAGE_NAME": stage,
        "DATALFRED_WORKGROUP": resource_name(project, stage, "queries"),
        "DATALFRED_APPROVALS_TABLE": resource_name(project, stage, "approvals"),
        "DATALFRED_SEMANTICS_URI": semantics_uri,
        "DATALFRED_SETTINGS_PARAMETER": settings_parameter(project, stage),
    }
