"""Incidents as data: what breaks in a pipeline, what else was so, and what a diagnosis must say.

A case in ``evals/incidents/*.yaml`` is an experiment on the embedded AWS: a pipeline succeeds once,
then runs again with faults injected, and its diagnosis is scored by its facts alone. No model takes
part.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError, model_validator

from datalfred.definitions.content import content_folder
from datalfred.definitions.shape import Shape
from datalfred.errors import ConfigurationError

SUITE = "incidents"


class Fault(Shape):
    """How a container, job, step, query or function ends instead of well.

    Which of them is said by the key that it stands under: ``ecs/FAMILY``, ``glue/JOB``,
    ``emr/STEP``, ``emr_cluster/NAME``, ``emr_serverless/JOB``, ``athena/WORKGROUP`` or
    ``lambda/FUNCTION``.
    """

    succeeds: bool = False
    """Whether it ends well, only with other lines or another result than usual."""
    reason: str = ""
    """The service's words; of a function the message of what it raises."""
    exit_code: int | None = 1
    """None for what never started."""
    log: tuple[str, ...] = ()
    seconds: float = 30.0
    times: int = 99
    """How many runs it spoils; those after it end well."""
    stop_code: str = ""
    """Of an ECS task or an EMR cluster: the service's code of why it stopped."""
    exit_codes: Mapping[str, int] = Field(default_factory=dict)
    """Of the containers that do not end with ``exit_code``, by name."""
    state: str = ""
    """In which it ends that did not just fail, such as ``CANCELLED`` or ``TIMEOUT``."""
    ends_cluster: str = ""
    """Of an EMR step: the code with which its cluster ends together with it."""
    raises: str = ""
    """Of a function: the type of the error that its handler raises."""
    returns: Any = None
    """Of a function that succeeds: its result."""
    times_out: bool = False
    """Whether the function runs until Lambda ends it."""


class Refusal(Shape):
    """How AWS refuses a call of the pipeline, such as ``lambda:Invoke``."""

    code: str = ""
    message: str = ""
    status: int = 400
    answer: Mapping[str, Any] = Field(default_factory=dict)
    """An answer instead of an error, such as ``RunTask`` without a task."""


class Call(Shape):
    """A call that somebody makes, such as a red herring's ``put_metric_alarm``."""

    service: str
    operation: str
    request: Mapping[str, Any] = Field(default_factory=dict)


class Run(Shape):
    """One execution of the pipeline."""

    input: Mapping[str, Any] = Field(default_factory=dict)
    """Given besides the pipeline's usual input; replaces what has the same name."""
    faults: Mapping[str, Fault] = Field(default_factory=dict)
    refusals: Mapping[str, Refusal] = Field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    """Made just before it starts."""
    ends: str = ""
    """``aborted`` by a person, or left ``running``; empty: it comes to its own end."""


class Expected(Shape):
    """What the facts must show, and what must not be claimed."""

    status: str = "FAILED"
    cause: str = ""
    """Id of the rule that must stand first; ``a|b`` when either will do; empty: no hypothesis."""
    state: str = ""
    facts: tuple[str, ...] = ()
    """Words that must stand among the facts."""
    unsaid: tuple[str, ...] = ()
    """Words that must not stand in a fact or a hypothesis: they belong to a red herring."""
    never: tuple[str, ...] = ()
    """Causes that must not be among the hypotheses at all."""
    gaps: tuple[str, ...] = ()
    """Words that must stand among the gaps: what could not be looked up is said."""
    redrive: str = ""
    """Words that the advice on a redrive must hold."""


class Incident(Shape):
    """One experiment."""

    id: str
    story: str
    """What really happened, in a sentence; nobody but a reader sees it."""
    pipeline: str = ""
    """The demo pipeline that is experimented on."""
    definition: Mapping[str, Any] = Field(default_factory=dict)
    """A pipeline of its own instead, in Amazon States Language."""
    child: Mapping[str, Any] = Field(default_factory=dict)
    """The definition of another state machine; its ARN is given to the pipeline as ``$.child``."""
    success: Run | None = Run()
    """An earlier execution that succeeded; null when none ever did."""
    changed: Mapping[str, Any] = Field(default_factory=dict)
    """What changed in the definition since then: new values by dotted path."""
    run: Run = Run()
    then: str = ""
    """``redriven``: a person has redriven it since, and it succeeded."""
    noise: tuple[Call, ...] = ()
    """Red herrings: what happened at the same time and has nothing to do with it."""
    denied: tuple[str, ...] = ()
    """Calls that the diagnosis itself may not make, such as ``logs:FilterLogEvents``."""
    other: Mapping[str, Run] = Field(default_factory=dict)
    """Executions of other demo pipelines in the same night, by pipeline."""
    batch: int = 1
    """1: written before anybody looked at the rules. 2 and more: written after they were
    mended for the batch before, and run once before anything was mended for it."""
    expect: Expected

    @model_validator(mode="after")
    def _runs_something(self) -> "Incident":
        if bool(self.pipeline) == bool(self.definition):
            raise ValueError("name a demo pipeline or give a definition, one of both")
        return self


class IncidentFile(Shape):
    """The incidents of one kind."""

    cases: tuple[Incident, ...]


def load_incidents() -> tuple[Incident, ...]:
    """Every incident, in the order of the files and of the cases in them.

    Raises:
        ConfigurationError: a file breaks the shape, or two cases have one id.
    """
    import yaml  # noqa: PLC0415 -- only evals read YAML here

    found: list[Incident] = []
    for path in sorted((content_folder("evals") / SUITE).glob("*.yaml")):
        try:
            read = IncidentFile.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except yaml.YAMLError as error:
            raise ConfigurationError(str(path), f"is no YAML: {error}.") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ConfigurationError(str(path), f"{where}: {first['msg']}.") from error
        found.extend(read.cases)
    ids = [incident.id for incident in found]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise ConfigurationError("evals/incidents", f"two cases have the id {twice[0]}.")
    return tuple(found)
