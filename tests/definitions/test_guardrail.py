"""The guardrail's policy is one file, and what Bedrock would refuse is refused when it is read."""

import pytest

from datalfred.definitions.guardrail import GuardrailPolicy, load_guardrail
from datalfred.errors import ConfigurationError

MESSAGES = "blocked_input: No.\nblocked_output: No.\n"


def write(folder, text):
    path = folder / "guardrail.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_policy_looks_for_attempts_to_change_what_an_agent_may_do():
    attacks = [each for each in load_guardrail().content_filters if each.type == "PROMPT_ATTACK"]

    assert [(each.input, each.output) for each in attacks] == [("HIGH", "NONE")]


def test_a_policy_may_have_every_section(tmp_path):
    path = write(
        tmp_path,
        MESSAGES
        + """
content_filters: [{type: HATE, input: HIGH, output: LOW}]
topics: [{name: Payroll, definition: What people earn., examples: ["How much does Ann earn?"]}]
words: [classified]
profanity: true
personal_data: [{type: EMAIL, input: NONE, output: ANONYMIZE}]
patterns: [{name: badge, pattern: "B-[0-9]+", input: NONE, output: BLOCK}]
grounding: [{type: GROUNDING, threshold: 0.7}]
""",
    )

    policy = load_guardrail(path)

    assert policy.topics[0].name == "Payroll"
    assert policy.personal_data[0].output == "ANONYMIZE"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (MESSAGES, "hold something back"),
        (MESSAGES + "words: [", "cannot be read"),
        (MESSAGES + "word: [x]", "word: Extra inputs"),
        ("words: [x]", "blocked_input"),
        (
            MESSAGES + "content_filters: [{type: PROMPT_ATTACK, input: HIGH, output: HIGH}]",
            "output must be NONE",
        ),
        (MESSAGES + "grounding: [{type: GROUNDING, threshold: 1}]", "grounding.0.threshold"),
        ("", "it: "),
    ],
)
def test_a_policy_that_bedrock_would_refuse_is_refused_with_the_place(tmp_path, text, problem):
    path = write(tmp_path, text)

    with pytest.raises(ConfigurationError) as caught:
        load_guardrail(path)

    assert "guardrail.yaml" in caught.value.message
    assert problem in caught.value.message


def test_a_policy_is_a_value_that_can_be_compared():
    same = GuardrailPolicy.model_validate(load_guardrail().model_dump())

    assert same == load_guardrail()
