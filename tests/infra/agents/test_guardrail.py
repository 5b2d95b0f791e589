"""The guardrail that is deployed is the policy of the file, every section and action of it."""

from datalfred.definitions.guardrail import GuardrailPolicy, load_guardrail
from infra.configuration import Configuration
from tests.infra.agents.reading import AGENT, of_type

SMALL = Configuration.model_validate({"project": "demo", "stage": "dev", "sizes": ["small"]})
EVERYTHING = GuardrailPolicy.model_validate(
    {
        "blocked_input": "No.",
        "blocked_output": "Nothing.",
        "content_filters": [{"type": "HATE", "input": "HIGH", "output": "LOW"}],
        "topics": [{"name": "Payroll", "definition": "What people earn.", "examples": ["Ann's?"]}],
        "words": ["classified"],
        "profanity": True,
        "personal_data": [{"type": "EMAIL", "input": "NONE", "output": "ANONYMIZE"}],
        "patterns": [{"name": "badge", "pattern": "B-[0-9]+", "input": "BLOCK", "output": "NONE"}],
        "grounding": [{"type": "GROUNDING", "threshold": 0.7}],
    }
)


def test_every_section_is_deployed_with_the_actions_of_both_directions(agents_of):
    (made,) = of_type(agents_of(SMALL, policy=EVERYTHING), "AWS::Bedrock::Guardrail").values()
    sections = {name: each for name, each in made.items() if name.endswith("PolicyConfig")}

    assert (made["BlockedInputMessaging"], made["BlockedOutputsMessaging"]) == ("No.", "Nothing.")
    assert sections == {
        "ContentPolicyConfig": {
            "FiltersConfig": [{"Type": "HATE", "InputStrength": "HIGH", "OutputStrength": "LOW"}]
        },
        "TopicPolicyConfig": {
            "TopicsConfig": [
                {
                    "Type": "DENY",
                    "Name": "Payroll",
                    "Definition": "What people earn.",
                    "Examples": ["Ann's?"],
                }
            ]
        },
        "WordPolicyConfig": {
            "WordsConfig": [{"Text": "classified"}],
            "ManagedWordListsConfig": [{"Type": "PROFANITY"}],
        },
        "SensitiveInformationPolicyConfig": {
            "PiiEntitiesConfig": [
                {
                    "Type": "EMAIL",
                    "Action": "ANONYMIZE",
                    "InputAction": "NONE",
                    "OutputAction": "ANONYMIZE",
                }
            ],
            "RegexesConfig": [
                {
                    "Name": "badge",
                    "Pattern": "B-[0-9]+",
                    "Action": "NONE",
                    "InputAction": "BLOCK",
                    "OutputAction": "NONE",
                }
            ],
        },
        "ContextualGroundingPolicyConfig": {
            "FiltersConfig": [{"Type": "GROUNDING", "Threshold": 0.7}]
        },
    }


def test_sections_that_the_policy_has_not_are_left_out(agents_of):
    template = agents_of(SMALL, policy=load_guardrail())

    (made,) = of_type(template, "AWS::Bedrock::Guardrail").values()

    assert [name for name in made if name.endswith("PolicyConfig")] == ["ContentPolicyConfig"]


def test_every_agent_is_bound_by_the_version_and_not_by_the_draft(agents_of):
    template = agents_of(SMALL, policy=load_guardrail())
    (version,) = (
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Bedrock::GuardrailVersion"
    )

    for agent in of_type(template, AGENT).values():
        assert agent["GuardrailConfiguration"]["GuardrailVersion"] == {
            "Fn::GetAtt": [version, "Version"]
        }


def test_an_earlier_version_outlives_its_replacement(agents_of):
    template = agents_of(SMALL, policy=load_guardrail())

    (version,) = (
        each
        for each in template["Resources"].values()
        if each["Type"] == "AWS::Bedrock::GuardrailVersion"
    )
    assert version["UpdateReplacePolicy"] == "Retain"
    assert version["DeletionPolicy"] == "Delete"
