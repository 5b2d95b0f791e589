"""The only reader of the environment.

On AWS the environment is the process's own. On a laptop one process hosts many Lambda functions,
so the host gives each invocation the environment of its function with :func:`using`; readers see
no difference.
"""

import getpass
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from datalfred.errors import ConfigurationError

_environment: ContextVar[Mapping[str, str] | None] = ContextVar("environment", default=None)

DEFAULT_REGION = "eu-west-1"


def environment() -> Mapping[str, str]:
    """The environment of the function that runs here, else that of the process."""
    given = _environment.get()
    return os.environ if given is None else given


@contextmanager
def using(values: Mapping[str, str]) -> Iterator[None]:
    """Makes ``values`` the whole environment of the current context."""
    token = _environment.set(values)
    try:
        yield
    finally:
        _environment.reset(token)


@dataclass(frozen=True)
class Settings:
    """What an operator may set, each from the variable of its name in capitals.

    The variable is ``DATALFRED_<NAME>``; :data:`PLAIN_NAMES` are read without the prefix too.

    Attributes:
        project_name: first part of every resource name.
        domain_name: the data domain that the inference profiles are named after.
        stage_name: ``local`` on a laptop, else the deployed stage.
        region: the AWS region of the data.
        bedrock_region: the region of the agents and models.
        workgroup: the Athena workgroup of every query.
        databases: the only databases that queries may read; empty means all.
        tables: the only tables that queries may read, as patterns ``database.table`` in which ``*``
            stands for any text (``sales.*``), minus those after a ``!`` (``!customer.addresses``),
            in any order; empty, or with ``!`` alone, means all others. ``catalog.database.table``
            opens a catalog that is not Athena's own.
        pipelines: the only state machines that there are for operations, as names in which ``*``
            stands for any text; empty means all.
        query_ask_usd: a query estimated above it, or without an estimate, waits for a person.
        query_budget_usd: a query estimated above it is refused; the workgroup cuts off what reads
            more all the same.
        query_reuse_minutes: how old a result may be that Athena gives again for the same text, at
            no cost; 0 for never.
        query_timeout_seconds: how long an operation waits for a query.
        logs_budget_usd: a query of Logs Insights that has read more than this costs is stopped.
        approvals_table: the DynamoDB table of approvals.
        approval_minutes: how long an approval may wait.
        approvers: typed identities that may approve (``slack:T:U``, ``iam:ARN``, ``local:NAME``).
        approval_channels: the kinds of identity (``slack``, ``http``) that a channel of the stage
            proves to the approver; empty where none is deployed.
        requester_may_approve: whether whoever asked for a redrive may also approve it.
        requester_may_approve_queries: whether whoever asked for a query may also approve its price,
            on the list of approvers or not.
        settings_parameter: the SSM parameter by which an operator lowers limits of a deployed stage
            without a deployment; empty for none.
        semantics_uri: S3 prefix of the semantic layer's ``<database>.yaml``; empty for none.
        calls_per_turn: operations that one turn may call.
        window_messages: how many past messages the model sees.
        model: ``offline``, ``bedrock`` or ``openai`` (any OpenAI-compatible server).
        model_name: the model id at that provider; empty for its default.
        model_endpoint: base URL of the OpenAI-compatible server.
        model_api_key: its key; never logged.
    """

    project_name: str = "demo"
    domain_name: str = "lake"
    stage_name: str = "local"
    region: str = DEFAULT_REGION
    bedrock_region: str = DEFAULT_REGION
    workgroup: str = "primary"
    databases: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    query_ask_usd: float = 0.10
    query_budget_usd: float = 5.0
    query_reuse_minutes: int = 10
    query_timeout_seconds: float = 60.0
    logs_budget_usd: float = 0.50
    approvals_table: str = ""
    approval_minutes: int = 15
    approvers: tuple[str, ...] = ()
    approval_channels: tuple[str, ...] = ()
    requester_may_approve: bool = True
    requester_may_approve_queries: bool = True
    settings_parameter: str = ""
    semantics_uri: str = ""
    calls_per_turn: int = 24
    window_messages: int = 20
    model: str = "offline"
    model_name: str = ""
    model_endpoint: str = ""
    model_api_key: str = ""


PLAIN_NAMES = {"project_name", "domain_name", "stage_name"}
STACK_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
"""A project's or a stage's name; it becomes part of resource names and of paths."""
_TABLES = re.compile(r"!?([^\s.!*]+\.)?[^\s.!]+\.[^\s.!]+")
"""One pattern of ``tables``: a catalog has no ``*``."""


def region_of(source: Mapping[str, str]) -> str:
    """The region of the data; Lambda says in ``AWS_REGION`` where the function is."""
    named = ("DATALFRED_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
    return next((source[name] for name in named if source.get(name)), DEFAULT_REGION)


def load() -> Settings:
    """The settings of the current environment.

    Raises:
        ConfigurationError: a variable holds what its setting may not hold.
    """
    source = environment()
    values: dict[str, object] = {}
    for name, field in Settings.__dataclass_fields__.items():
        variable = f"DATALFRED_{name.upper()}"
        raw = source.get(variable)
        if raw is None and name in PLAIN_NAMES:
            raw = source.get(name.upper())
        if raw is not None:
            values[name] = _parse(variable, raw, field.default)
    values.setdefault("region", region_of(source))
    values.setdefault("bedrock_region", values["region"])
    settings = Settings(**values)  # type: ignore[arg-type]  # _parse gave each the type of its default
    _check_names(settings)
    _check_tables(settings)
    return settings


def _parse(variable: str, raw: str, default: object) -> object:
    if isinstance(default, bool):
        if raw.lower() not in {"true", "false"}:
            raise ConfigurationError(variable, f"{raw!r} is neither true nor false.")
        return raw.lower() == "true"
    if isinstance(default, tuple):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    if isinstance(default, int | float):
        return _number(variable, raw, type(default))
    return raw


def _number(variable: str, raw: str, kind: type[int] | type[float]) -> int | float:
    try:
        number = kind(raw)
    except ValueError:
        raise ConfigurationError(variable, f"{raw!r} is not a number.") from None
    if not 0 <= number < float("inf"):  # which is false of NaN, too
        raise ConfigurationError(variable, f"{raw!r} is no number from 0 on.")
    return number


def _check_names(settings: Settings) -> None:
    for name in ("project_name", "stage_name"):
        if not STACK_NAME.fullmatch(getattr(settings, name)):
            raise ConfigurationError(
                f"DATALFRED_{name.upper()}",
                f"{getattr(settings, name)!r} is no name of a project or stage.",
                hint="Use a lower-case letter, then up to 30 letters, digits or dashes.",
            )


def _check_tables(settings: Settings) -> None:
    for pattern in settings.tables:
        if not _TABLES.fullmatch(pattern):
            raise ConfigurationError(
                "DATALFRED_TABLES",
                f"{pattern!r} is no pattern of tables.",
                hint="Use database.table, such as sales.*, or !customer.addresses to refuse one.",
            )


def state_directory() -> Path:
    """Where a laptop keeps its stacks: ``DATALFRED_STATE``, else the user's XDG state directory.

    Raises:
        ConfigurationError: neither is there.
    """
    source = environment()
    if chosen := source.get("DATALFRED_STATE"):
        return Path(chosen)
    if chosen := source.get("XDG_STATE_HOME"):
        return Path(chosen) / "datalfred"
    try:
        return Path.home() / ".local" / "state" / "datalfred"
    except RuntimeError:
        problem = "is not set, and this user has no home directory."
        hint = "Set it to a directory for sessions and approvals."
        raise ConfigurationError("DATALFRED_STATE", problem, hint=hint) from None


def operating_system_user() -> str:
    """The person at this laptop, as a typed identity (``local:NAME``)."""
    try:
        return f"local:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user that has no name (OSError since Python 3.13)
        return f"local:uid-{os.getuid()}"
