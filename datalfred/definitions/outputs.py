"""What a deployed stack tells its clients: one output for each variable that they read.

CloudFormation's output keys take letters and digits alone, so a variable is written in CamelCase:
``DATALFRED_AGENT_ID_MEDIUM`` is the output ``DatalfredAgentIdMedium``, and back.
"""

import re

from datalfred.definitions.naming import SIZES
from datalfred.errors import ConfigurationError

GUARDRAIL_ID = "DATALFRED_GUARDRAIL_ID"
GUARDRAIL_VERSION = "DATALFRED_GUARDRAIL_VERSION"

_VARIABLE = re.compile(r"DATALFRED(_[A-Z][A-Z0-9]*)+")
_KEY = re.compile(r"Datalfred([A-Z][a-z0-9]*)+")
_WORD = re.compile(r"[A-Z][a-z0-9]*")


def output_key(variable: str) -> str:
    """The key of the output that holds a variable.

    Raises:
        ConfigurationError: it is no variable of Datalfred's, or could not be read back.
    """
    if not _VARIABLE.fullmatch(variable):
        hint = "A variable is DATALFRED_ and words in capitals, each beginning with a letter."
        raise ConfigurationError(variable, "cannot be an output.", hint=hint)
    return "".join(word.capitalize() for word in variable.split("_"))


def variable_of(key: str) -> str | None:
    """The variable that an output holds; None for an output that is none of ours."""
    return "_".join(_WORD.findall(key)).upper() if _KEY.fullmatch(key) else None


def model_variables(size: str) -> tuple[str, str]:
    """The variables that name the model of a size, and the inference profile that reaches it.

    Bedrock's traces seldom name the model; with these a client can. The large team's stand
    without the size, as those of its agent do.
    """
    ending = "" if size == SIZES[0] else f"_{size.upper()}"
    return f"DATALFRED_AGENT_MODEL_ID{ending}", f"DATALFRED_INFERENCE_PROFILE_ARN{ending}"
