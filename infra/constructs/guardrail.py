"""The guardrail of the stage's agents, and the version of it that they use."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_bedrock as bedrock
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from datalfred.definitions.guardrail import GuardrailPolicy
from infra.constructs.revision import fingerprint
from infra.stage import Stage

NAME = "guard"
"""Short: a guardrail's name has at most 50 characters."""


class Guardrail(Construct):
    """A guardrail and one version of it, new whenever the policy is.

    The library's construct drops the actions of filters and never sees a change of policy, so the
    resources are CloudFormation's own.

    Attributes:
        guardrail_id: its id.
        arn: its ARN.
        version: the number of the version.
        revision: changes when the version does.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        policy: GuardrailPolicy,
        key: kms.IKey | None = None,
    ) -> None:
        """Makes guardrail and version.

        Args:
            scope: the stack.
            construct_id: of the construct.
            stage: the stage.
            policy: what is held back.
            key: encrypts the policy; None for the service's own.
        """
        super().__init__(scope, construct_id)
        made = bedrock.CfnGuardrail(
            self,
            "Guardrail",
            name=stage.name(NAME),
            description="Holds back what no agent of Datalfred may be asked or may answer.",
            blocked_input_messaging=policy.blocked_input,
            blocked_outputs_messaging=policy.blocked_output,
            kms_key_arn=key.key_arn if key else None,
            **_sections(policy),
        )
        self.guardrail_id = made.attr_guardrail_id
        self.arn = made.attr_guardrail_arn
        self.revision = fingerprint(made)
        # A new description replaces the version. The old one stays, as earlier versions of agents
        # name it, and going back to them must work; it goes with the guardrail. Bedrock keeps 20.
        version = bedrock.CfnGuardrailVersion(
            self,
            "Version",
            guardrail_identifier=self.guardrail_id,
            description=f"policy {self.revision}",
        )
        version.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        version.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.DELETE
        self.version = version.attr_version

    def may_apply(self) -> iam.PolicyStatement:
        """What an agent's role needs."""
        return iam.PolicyStatement(
            sid="ApplyGuardrail", actions=["bedrock:ApplyGuardrail"], resources=[self.arn]
        )


def _sections(policy: GuardrailPolicy) -> dict[str, Any]:
    """The sections that the policy has; CloudFormation refuses an empty one."""
    sections = {
        "content_policy_config": _content(policy),
        "topic_policy_config": _topics(policy),
        "word_policy_config": _words(policy),
        "sensitive_information_policy_config": _personal_data(policy),
        "contextual_grounding_policy_config": _grounding(policy),
    }
    return {name: section for name, section in sections.items() if section}


def _content(policy: GuardrailPolicy) -> Any:
    filters = [
        bedrock.CfnGuardrail.ContentFilterConfigProperty(
            type=each.type, input_strength=each.input, output_strength=each.output
        )
        for each in policy.content_filters
    ]
    return filters and bedrock.CfnGuardrail.ContentPolicyConfigProperty(filters_config=filters)


def _topics(policy: GuardrailPolicy) -> Any:
    topics = [
        bedrock.CfnGuardrail.TopicConfigProperty(
            type="DENY",
            name=each.name,
            definition=each.definition,
            examples=list(each.examples) or None,
        )
        for each in policy.topics
    ]
    return topics and bedrock.CfnGuardrail.TopicPolicyConfigProperty(topics_config=topics)


def _words(policy: GuardrailPolicy) -> Any:
    words = [bedrock.CfnGuardrail.WordConfigProperty(text=each) for each in policy.words]
    lists = [bedrock.CfnGuardrail.ManagedWordsConfigProperty(type="PROFANITY")]
    if not words and not policy.profanity:
        return None
    return bedrock.CfnGuardrail.WordPolicyConfigProperty(
        words_config=words or None,
        managed_word_lists_config=lists if policy.profanity else None,
    )


def _personal_data(policy: GuardrailPolicy) -> Any:
    """Both actions are always said: what is left out is not what the plain ``action`` says."""
    entities = [
        bedrock.CfnGuardrail.PiiEntityConfigProperty(
            type=each.type, action=each.output, input_action=each.input, output_action=each.output
        )
        for each in policy.personal_data
    ]
    patterns = [
        bedrock.CfnGuardrail.RegexConfigProperty(
            name=each.name,
            pattern=each.pattern,
            action=each.output,
            input_action=each.input,
            output_action=each.output,
        )
        for each in policy.patterns
    ]
    if not entities and not patterns:
        return None
    return bedrock.CfnGuardrail.SensitiveInformationPolicyConfigProperty(
        pii_entities_config=entities or None, regexes_config=patterns or None
    )


def _grounding(policy: GuardrailPolicy) -> Any:
    filters = [
        bedrock.CfnGuardrail.ContextualGroundingFilterConfigProperty(
            type=each.type, threshold=each.threshold
        )
        for each in policy.grounding
    ]
    return filters and bedrock.CfnGuardrail.ContextualGroundingPolicyConfigProperty(
        filters_config=filters
    )
