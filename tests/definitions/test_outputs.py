"""Outputs of stacks and variables of clients are two spellings of one name."""

import pytest

from datalfred.definitions.naming import SIZES, agent_variables
from datalfred.definitions.outputs import (
    GUARDRAIL_ID,
    GUARDRAIL_VERSION,
    model_variables,
    output_key,
    variable_of,
)
from datalfred.errors import ConfigurationError

VARIABLES = [
    *(each for size in SIZES for each in agent_variables(size)),
    *(each for size in SIZES for each in model_variables(size)),
    GUARDRAIL_ID,
    GUARDRAIL_VERSION,
    "DATALFRED_APPROVER_URL",
    "DATALFRED_KNOWLEDGE_BASE_ID",
]


def test_a_variable_becomes_camel_case():
    assert output_key("DATALFRED_AGENT_ID_MEDIUM") == "DatalfredAgentIdMedium"


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_variable_of_a_client_is_read_back_from_its_output(variable):
    key = output_key(variable)

    assert key.isalnum()
    assert variable_of(key) == variable


def test_two_variables_never_share_an_output():
    assert len({output_key(each) for each in VARIABLES}) == len(VARIABLES)


@pytest.mark.parametrize(
    "variable",
    ["", "AWS_REGION", "DATALFRED", "DATALFRED_", "DATALFRED_A__B", "DATALFRED_a", "DATALFRED_1"],
)
def test_what_could_not_be_read_back_is_refused(variable):
    with pytest.raises(ConfigurationError, match="cannot be an output"):
        output_key(variable)


@pytest.mark.parametrize(
    "key", ["", "Datalfred", "ExportsOutputRefKey", "DatalfredX_Y", "datalfredId"]
)
def test_outputs_of_others_are_no_variables(key):
    assert variable_of(key) is None
