"""Eval cases as data: ``evals/<suite>/*.yaml``, each file a lake and its questions."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError, model_validator

from datalfred.definitions.content import content_folder
from datalfred.definitions.shape import Shape
from datalfred.errors import ConfigurationError, NotFoundError


class Expectation(Shape):
    """What a right answer must show. At least one of these is given."""

    operation: str = ""
    """``group.operation`` that must have been called; ``a|b`` when either will do."""
    sql: str = ""
    """DuckDB SQL over the lake's tables that computes the true rows."""
    ordered: bool = False
    """Whether the rows' order belongs to the answer."""
    names: tuple[str, ...] = ()
    """Names that the result of the operation or the words must hold."""
    only: bool = False
    """Whether the first table of the answer lists ``names`` and nothing else."""
    words: tuple[str, ...] = ()
    """Words that the answer must hold, whatever their case; ``a|b`` when either will do."""
    abstains: bool = False
    """Whether the right answer is to say that it cannot be answered."""

    @model_validator(mode="after")
    def _says_something(self) -> "Expectation":
        if not (self.operation or self.sql or self.names or self.words or self.abstains):
            raise ValueError("an expectation says nothing")
        return self


class Case(Shape):
    """One question, after the turns that led to it."""

    id: str
    question: str
    after: tuple[str, ...] = ()
    """Earlier questions of the same session, for a follow-up."""
    expect: Expectation


class CaseFile(Shape):
    """The questions over one lake."""

    lake: str
    """``demo``, or the name of a lake in :mod:`datalfred.evals.lakes`."""
    cases: tuple[Case, ...]


def suite_names() -> tuple[str, ...]:
    """The suites that there are."""
    folder = content_folder("evals")
    return tuple(sorted(each.name for each in folder.iterdir() if any(each.glob("*.yaml"))))


def load_suite(name: str) -> dict[str, CaseFile]:
    """The files of a suite by their stem.

    Raises:
        NotFoundError: there is no such suite.
        ConfigurationError: a file is no YAML or breaks the shape; the message names file and field.
    """
    if name not in suite_names():
        raise NotFoundError("eval suite", name, near=suite_names())
    paths = sorted((content_folder("evals") / name).glob("*.yaml"))
    return {path.stem: _load(path) for path in paths}


def case_schema() -> dict[str, Any]:
    """The JSON Schema that editors complete and check case files with."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **CaseFile.model_json_schema(),
    }


def _load(path: Path) -> CaseFile:
    import yaml  # noqa: PLC0415 -- only evals read YAML here

    try:
        return CaseFile.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except yaml.YAMLError as error:
        raise ConfigurationError(str(path), f"is no YAML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(str(path), f"{where}: {first['msg']}.") from error
