"""The stage that is looked at: what its stacks say of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datalfred import settings
from datalfred.bedrock.failures import error_message
from datalfred.cli.doctor.findings import Well
from datalfred.cli.doctor.reading import Account
from datalfred.definitions.naming import SIZES, agent_variables, resource_name, stack_name
from datalfred.definitions.outputs import variable_of
from datalfred.errors import OperatorError, UnavailableError

_NEEDED = ("data", "agents", "channels")
_WATCHING = "observability"
_DONE = re.compile(r"(CREATE|UPDATE|IMPORT|UPDATE_ROLLBACK)_COMPLETE")
_ABSENT = "does not exist"
HIDDEN = "The stacks tell where it is, and nobody may look at them."


@dataclass(frozen=True)
class Stage:
    """One project and stage in an account.

    Attributes:
        project: first part of every name.
        stage: second part of every name.
        account: where it is.
        statuses: of its stacks that exist, by part; None when nobody may look.
        told: the variables that clients have: the environment's, else those of the stacks.
    """

    project: str
    stage: str
    account: Account
    statuses: Mapping[str, str] | None = None
    told: Mapping[str, str] = field(default_factory=dict)

    def name(self, what: str) -> str:
        """The name of one of its resources."""
        return resource_name(self.project, self.stage, what)

    @property
    def sizes(self) -> tuple[str, ...]:
        """The sizes of team that clients are told of."""
        return tuple(size for size in SIZES if agent_variables(size)[0] in self.told)

    @property
    def may_be_deployed(self) -> bool:
        """Whether there is anything to look at: a stack, or stacks that are hidden.

        Without one, variables of the environment speak of another stage.
        """
        return self.statuses is None or bool(self.statuses)

    def deployed(self) -> str | Well:
        """What the stacks' states mean.

        Raises:
            OperatorError: one is missing, has failed or was rolled back.
            UnavailableError: there is none.
        """
        statuses = self.statuses or {}
        where = f"account {self.account.number}, {self.account.bedrock_region}"
        if not statuses:
            raise UnavailableError(
                f"The stage {self.project}/{self.stage} is not deployed in {where}: there is no"
                f" stack {stack_name(self.project, self.stage, 'agents')}. What it would need is"
                " looked at, and nothing else.",
                hint=f"Deploy it: make deploy STAGE={self.stage}. If it is deployed, choose its"
                " project (-p), stage (-s), region (AWS_REGION) or account (AWS_PROFILE).",
            )
        broken = [f"{part} is {said}" for part, said in statuses.items() if not _DONE.match(said)]
        missing = [f"{part} is missing" for part in _NEEDED if part not in statuses]
        if broken or missing:
            hint = "Read in CloudFormation's events why, then deploy again: make deploy STAGE="
            said = f"Stacks of {where}: {', '.join((*missing, *broken))}."
            raise OperatorError(said, hint=f"{hint}{self.stage}.")
        told = f"{', '.join(statuses)} in {where}"
        if _WATCHING not in statuses:
            return Well(f"{told}; nothing watches them: there is no stack {_WATCHING}")
        return told


def find(project: str, stage: str, account: Account) -> Stage:
    """The stage as its stacks describe it.

    Raises:
        PermissionMissingError: nobody may look at the stacks.
        UnavailableError: AWS cannot be reached.
    """
    statuses, told = {}, dict[str, str]()
    for part in (*_NEEDED, _WATCHING):
        found = _stack(account, stack_name(project, stage, part), part)
        if found is None:
            continue
        statuses[part] = str(found["StackStatus"])
        for output in found.get("Outputs", ()):
            if variable := variable_of(output["OutputKey"]):
                told[variable] = output["OutputValue"]
    return Stage(project, stage, account, statuses, {**told, **own_variables()})


def own_variables() -> dict[str, str]:
    """What the environment tells clients; it wins over the stacks."""
    source = settings.environment()
    return {key: value for key, value in source.items() if key.startswith("DATALFRED_")}


def _stack(account: Account, name: str, part: str) -> Mapping[str, Any] | None:
    import botocore.exceptions

    region = account.region if part == "data" else account.bedrock_region
    resource = account.arn("cloudformation", f"stack/{name}/*", region=region)
    try:
        stacks = account.read(
            "cloudformation", "describe_stacks", resource, region=region, StackName=name
        )["Stacks"]
    except botocore.exceptions.ClientError as error:
        if _ABSENT in error_message(error):
            return None
        raise
    found: Mapping[str, Any] = stacks[0]
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found
