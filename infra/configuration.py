"""What a team decides about a stage: one typed YAML file under ``stages/``.

Every field has a default that is safe in any account; a file holds what differs.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from datalfred.definitions.shape import Shape
from datalfred.errors import ConfigurationError

STAGES = Path(__file__).parent / "stages"
PRODUCTION = "prod"

StackName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,15}$")]
"""A project or stage: short enough that every name made of both fits AWS's limits, and without
dashes: project a-b with stage c must not be project a with stage b-c."""
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws:iam::\d{12}:role/.+$")]
KeyArn = Annotated[str, StringConstraints(pattern=r"^arn:aws:kms:[a-z0-9-]+:\d{12}:key/.+$")]
BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
PolicyArn = Annotated[str, StringConstraints(pattern=r"^arn:aws:iam::(\d{12}|aws):policy/.+$")]
PolicyName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_+=,.@/-]{1,128}$")]
Pattern = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_.*-]{1,128}$")]
LogGroupPattern = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_./#*-]{1,512}$")]
S3Uri = Annotated[str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$")]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Identity = Annotated[str, StringConstraints(pattern=r"^(slack:\S+:\S+|iam:arn:aws:\S+|http:\S+)$")]
TagValue = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9 ._:/=+@-]*$", max_length=256)]
Size = Literal["large", "medium", "small"]


class Lake(Shape):
    """The data that the stage answers about.

    Attributes:
        buckets: the buckets of the lake's tables.
        databases: the only databases that may be read; empty means all.
        tables: the only tables, as patterns of ``DATALFRED_TABLES``; empty means all.
        semantics_uri: S3 prefix of the semantic layer; by default a prefix of the stage's own
            documents bucket.
        keys: the KMS keys with which the lake is encrypted.
        job_log_uris: S3 prefixes under which EMR clusters archive the logs of their steps.
        lake_formation: whether Lake Formation governs the lake, which then hands out credentials.
    """

    buckets: tuple[BucketName, ...] = ()
    databases: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    semantics_uri: S3Uri | Literal[""] = ""
    keys: tuple[KeyArn, ...] = ()
    job_log_uris: tuple[S3Uri, ...] = ()
    lake_formation: bool = False


class Pipelines(Shape):
    """How far a diagnosis may look, by names in which ``*`` is any text; empty means all of a kind.

    Attributes:
        names: state machines that are read, and that may be redriven.
        functions: Lambda functions that they call.
        workgroups: Athena workgroups in which they query.
        log_groups: log groups that are searched, theirs and all others.
    """

    names: tuple[Pattern, ...] = ()
    functions: tuple[Pattern, ...] = ()
    workgroups: tuple[Pattern, ...] = ()
    log_groups: tuple[LogGroupPattern, ...] = ()


class Queries(Shape):
    """What queries may cost; the settings of the same names say more."""

    ask_usd: Annotated[float, Field(ge=0)] = 0.10
    budget_usd: Annotated[float, Field(gt=0)] = 5.0
    logs_budget_usd: Annotated[float, Field(gt=0)] = 0.50
    reuse_minutes: Annotated[int, Field(ge=0, le=10080)] = 10
    timeout_seconds: Annotated[float, Field(ge=1, le=840)] = 60.0

    @model_validator(mode="after")
    def _asked_before_refused(self) -> Self:
        if self.ask_usd > self.budget_usd:
            raise ValueError("ask_usd is above budget_usd, so that nothing would ever be asked")
        return self


class Approvals(Shape):
    """Who may let an action happen, and how long it waits for them."""

    approvers: tuple[Identity, ...] = ()
    requester_may_approve: bool = False
    requester_may_approve_queries: bool = True
    minutes: Annotated[int, Field(ge=1, le=1440)] = 15


class Network(Shape):
    """Where functions run when they may not leave a VPC."""

    vpc_id: Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]+$")]
    subnet_ids: Annotated[tuple[str, ...], Field(min_length=1)]
    security_group_ids: Annotated[tuple[str, ...], Field(min_length=1)]


class Features(Shape):
    """Parts that a stage may do without, each on its own."""

    guardrail: bool = True
    memory: bool = True
    customer_managed_key: bool = True
    alarms: bool = True
    dashboard: bool = True


class Bootstrap(Shape):
    """What CloudFormation may do in the account; only ``make bootstrap`` reads it.

    Attributes:
        execution_policies: managed policies of the role with which CloudFormation makes the stacks;
            empty means AdministratorAccess.
        permissions_boundary: the managed policy that bounds that role, by its name.
    """

    execution_policies: tuple[PolicyArn, ...] = ()
    permissions_boundary: PolicyName | Literal[""] = ""


class Configuration(Shape):
    """One project and stage.

    Attributes:
        project: first part of every name.
        stage: second part of every name; also the file's name.
        domain: the data domain that the inference profiles are named after.
        account: the AWS account; empty leaves it to the credentials of the deployment.
        region: the region of the data and of everything that is deployed.
        bedrock_region: the region of the agents, their functions and models; by default the same.
        role_to_assume_arn: the role with which the deployment is made; empty for one's own.
        git_repository: where the source lives; a tag of every resource.
        failure_notification_receivers: who is told by mail that an alarm rings.
        sizes: the sizes of team that are deployed.
        models: model id by size, where it differs from ``agents/sizes.yaml``.
        retain_data: whether what holds data survives the stack.
        log_retention_days: how long logs are kept.
    """

    project: StackName
    stage: StackName
    domain: StackName = "lake"
    account: Annotated[str, StringConstraints(pattern=r"^(\d{12})?$")] = ""
    region: Region = "eu-west-1"
    bedrock_region: Region | Literal[""] = ""
    role_to_assume_arn: RoleArn | Literal[""] = ""
    git_repository: TagValue = ""
    failure_notification_receivers: tuple[Mail, ...] = ()
    sizes: Annotated[tuple[Size, ...], Field(min_length=1)] = ("large", "medium", "small")
    models: dict[Size, str] = Field(default_factory=dict)
    lake: Lake = Lake()
    pipelines: Pipelines = Pipelines()
    queries: Queries = Queries()
    approvals: Approvals = Approvals()
    features: Features = Features()
    network: Network | None = None
    bootstrap: Bootstrap = Bootstrap()
    calls_per_turn: Annotated[int, Field(ge=1)] = 24
    retain_data: bool = False
    log_retention_days: Literal[1, 3, 7, 14, 30, 90, 180, 365, 731] = 30

    @model_validator(mode="after")
    def _kept_data_has_an_account(self) -> Self:
        if self.retain_data and not self.account:
            raise ValueError("a stage with retain_data: true must name its account")
        return self

    @model_validator(mode="after")
    def _production_keeps_its_data(self) -> Self:
        if self.stage == PRODUCTION and not self.retain_data:
            raise ValueError("the stage prod must have retain_data: true")
        return self


def load(stage: str, folder: Path = STAGES) -> Configuration:
    """The configuration of ``stage``.

    Raises:
        ConfigurationError: no stage is named, it has no file, or the file says what it may not.
    """
    known = ", ".join(sorted(each.stem for each in folder.glob("*.yaml"))) or "none"
    if not stage:
        raise ConfigurationError("stage", "is not chosen.", hint=f"Pass STAGE=; there is: {known}.")
    path = folder / f"{stage}.yaml"
    try:
        values: Any = yaml.safe_load(path.read_text("utf-8"))
        return Configuration.model_validate({**values, "stage": stage})
    except FileNotFoundError:
        hint = f"Write it after the model of another; there is: {known}."
        raise ConfigurationError(str(path), "does not exist.", hint=hint) from None
    except (OSError, yaml.YAMLError, TypeError) as error:
        raise ConfigurationError(str(path), f"cannot be read: {error}.") from error
    except ValidationError as error:
        raise ConfigurationError(str(path), f"{_problems(error)}.") from error


def _problems(error: ValidationError) -> str:
    places = (".".join(str(part) for part in each["loc"]) or "it" for each in error.errors())
    said = (each["msg"] for each in error.errors())
    return "; ".join(f"{place}: {what}" for place, what in zip(places, said, strict=True))
