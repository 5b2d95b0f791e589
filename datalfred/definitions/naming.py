"""What every resource of a stage is called, on AWS and on the laptop alike."""

SIZES = ("large", "medium", "small")
"""The sizes of a team of agents, the most capable first."""


def resource_name(project: str, stage: str, what: str) -> str:
    """``datalfred_{project}_{stage}_{what}``: functions, tables, workgroups, agents."""
    return f"datalfred_{project}_{stage}_{what}"


def role_name(project: str, stage: str, function: str) -> str:
    """The role of the function named ``what`` in :func:`resource_name`."""
    return f"{resource_name(project, stage, function)}_role"


def results_bucket(project: str, stage: str) -> str:
    """The bucket of Athena's results; bucket names take no underscore."""
    return f"datalfred-{project}-{stage}-results"


def documents_bucket(project: str, stage: str) -> str:
    """The bucket of what the stage knows besides the lake: its semantic layer, its runbooks."""
    return f"datalfred-{project}-{stage}-documents"


def access_logs_bucket(project: str, stage: str) -> str:
    """The bucket in which S3 writes who read the stage's other buckets."""
    return f"datalfred-{project}-{stage}-access-logs"


def settings_parameter(project: str, stage: str) -> str:
    """The SSM parameter by which an operator changes settings of a stage without a deployment."""
    return f"/datalfred/{project}/{stage}/settings"


def stack_name(project: str, stage: str, part: str) -> str:
    """The CloudFormation stack of a part (``data``, ``agents``); names take no underscore."""
    return f"datalfred-{project}-{stage}-{part}"


def agent_variables(size: str) -> tuple[str, str]:
    """The variables that name the supervisor of a size, and its alias, for a client.

    The large team's stand without the size, since most clients know of one team only.
    """
    ending = "" if size == SIZES[0] else f"_{size.upper()}"
    return f"DATALFRED_AGENT_ID{ending}", f"DATALFRED_AGENT_ALIAS_ID{ending}"
