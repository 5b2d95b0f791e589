"""What the guardrail holds back, as data: ``agents/guardrail.yaml``.

The limits are those of Bedrock's CreateGuardrail [1]_.

.. [1] https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateGuardrail.html
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from datalfred.definitions.content import content_folder
from datalfred.definitions.shape import Shape
from datalfred.errors import ConfigurationError

Strength = Literal["NONE", "LOW", "MEDIUM", "HIGH"]
Message = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Action = Literal["BLOCK", "ANONYMIZE", "NONE"]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ContentFilter(Shape):
    """A kind of content that is held back, from which confidence on."""

    type: Literal["INSULTS", "HATE", "SEXUAL", "VIOLENCE", "MISCONDUCT", "PROMPT_ATTACK"]
    input: Strength
    output: Strength

    @model_validator(mode="after")
    def _attacks_are_looked_for_in_questions(self) -> Self:
        if self.type == "PROMPT_ATTACK" and self.output != "NONE":
            raise ValueError("output must be NONE: answers are not searched for prompt attacks")
        return self


class Topic(Shape):
    """Something that is not talked about."""

    name: Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z\-_ !?.]{1,100}$")]
    definition: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    examples: Annotated[tuple[Label, ...], Field(max_length=5)] = ()


class PersonalData(Shape):
    """Personal data or secrets of a kind that Bedrock knows, such as ``EMAIL``."""

    type: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]+$")]
    input: Action
    output: Action


class Pattern(Shape):
    """Text that a regular expression finds; Bedrock's know no look-around."""

    name: Label
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    input: Action
    output: Action


class Grounding(Shape):
    """How far an answer must be borne out, from 0 to 0.99."""

    type: Literal["GROUNDING", "RELEVANCE"]
    threshold: Annotated[float, Field(ge=0, le=0.99)]


class GuardrailPolicy(Shape):
    """Everything that one guardrail holds back.

    Attributes:
        blocked_input: what a person reads whose question is held back.
        blocked_output: what a person reads instead of an answer that is held back.
        content_filters: kinds of content.
        topics: what is not talked about.
        words: words and phrases that occur in no question and no answer.
        profanity: whether Bedrock's own list of profanity counts among the words.
        personal_data: what is masked or held back of personal data and secrets.
        patterns: likewise, found by regular expressions.
        grounding: how far answers from the knowledge base must be borne out by it.
    """

    blocked_input: Message
    blocked_output: Message
    content_filters: Annotated[tuple[ContentFilter, ...], Field(max_length=6)] = ()
    topics: Annotated[tuple[Topic, ...], Field(max_length=30)] = ()
    words: Annotated[tuple[Label, ...], Field(max_length=10_000)] = ()
    profanity: bool = False
    personal_data: tuple[PersonalData, ...] = ()
    patterns: Annotated[tuple[Pattern, ...], Field(max_length=30)] = ()
    grounding: Annotated[tuple[Grounding, ...], Field(max_length=2)] = ()

    @model_validator(mode="after")
    def _holds_something_back(self) -> Self:
        sections = self.model_dump(exclude={"blocked_input", "blocked_output"})
        if not any(sections.values()):
            raise ValueError("a guardrail must hold something back")
        return self


@cache
def load_guardrail(path: Path | None = None) -> GuardrailPolicy:
    """The policy of ``path``, by default that of ``agents/guardrail.yaml``.

    Raises:
        ConfigurationError: the file cannot be read, or says what Bedrock would not take.
    """
    import yaml  # noqa: PLC0415 -- a Lambda never asks for it and never reads YAML

    path = path or content_folder("agents") / "guardrail.yaml"
    try:
        values: Any = yaml.safe_load(path.read_text("utf-8"))
        return GuardrailPolicy.model_validate(values)
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(str(path), f"cannot be read: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(str(path), f"{where or 'it'}: {first['msg']}.") from error
