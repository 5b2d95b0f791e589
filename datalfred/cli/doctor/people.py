"""The policy that lets people ask: whether it names the agents that are deployed."""

from collections.abc import Iterator, Mapping
from typing import Any

from datalfred.cli.doctor.stage import Stage
from datalfred.definitions.naming import agent_variables
from datalfred.errors import OperatorError

ABSENT = ("NoSuchEntity", "NoSuchEntityException")
_ASK = "bedrock:InvokeAgent"


def may_ask(stage: Stage) -> str:
    """Whether whoever has the policy ``ask`` may ask the supervisors that clients are told of.

    It names their aliases by ids, which are others when the agents are made anew.

    Raises:
        OperatorError: there is no such policy, or it names other aliases.
    """
    name = stage.name("ask")
    allowed = set(_allowed(stage, f"arn:aws:iam::{stage.account.number}:policy/{name}"))
    wanted = {size: _alias(stage, size) for size in stage.sizes}
    missing = [size for size, arn in wanted.items() if arn not in allowed]
    if missing:
        raise OperatorError(
            f"Nobody may ask the team of {', '.join(missing)} by the policy {name}: it names"
            f" {', '.join(sorted(allowed)) or 'no alias'}.",
            hint=f"Deploy again, which writes it anew: make deploy STAGE={stage.stage}.",
        )
    return f"{name} names the aliases of {', '.join(wanted)}"


def _allowed(stage: Stage, arn: str) -> Iterator[str]:
    policy = stage.account.find("iam", "get_policy", arn, ABSENT, PolicyArn=arn)
    if policy is None:
        raise OperatorError(
            f"There is no policy {arn}, so that nobody may ask.",
            hint=f"Deploy the channels: make deploy STAGE={stage.stage}.",
        )
    version = stage.account.read(
        "iam",
        "get_policy_version",
        arn,
        PolicyArn=arn,
        VersionId=policy["Policy"]["DefaultVersionId"],
    )
    document: Mapping[str, Any] = version["PolicyVersion"]["Document"]
    for statement in document["Statement"]:
        if _ASK in _listed(statement["Action"]):
            yield from _listed(statement["Resource"])


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _alias(stage: Stage, size: str) -> str:
    agent, alias = (stage.told.get(name, "") for name in agent_variables(size))
    return stage.account.arn("bedrock", f"agent-alias/{agent}/{alias}")
