"""How the agents of a size reach their model: an inference profile that cost is counted by."""

import hashlib
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from cdklabs.generative_ai_cdk_constructs import bedrock
from constructs import Construct

from datalfred.definitions.prices import split_profile
from datalfred.definitions.sizes import default_models
from infra.stage import Stage

GEOGRAPHIES = {
    "eu": ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"),
    "us": ("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    "apac": (
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
    ),
}
"""The regions from which a geography's cross-region profiles can be called.

Elsewhere a model is called in its region. A stage that wants another profile, such as
``global.anthropic.claude-sonnet-4-6`` or ``jp.``, names it among its ``models``. Source:
https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
"""

_ROUTED_TO = {
    "apac.": "ap-*",
    "au.": "ap-southeast-*",
    "eu.": "eu-*",
    "jp.": "ap-northeast-*",
    "us.": "us-*",
}


class InferenceProfile(Construct):
    """A copy of the cross-region profile of a size's model, with the stage's tags.

    Nothing of a profile can be changed but its tags, and CloudFormation makes the new one before
    it deletes the old, so the name ends in digits that stand for the model.

    Attributes:
        profile: what an agent takes as its model.
        arn: its ARN.
        model_id: what it is a copy of, such as ``eu.anthropic.claude-sonnet-4-6``: what answers
            and prices carry.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, size: str) -> None:
        """Makes the profile of a size."""
        super().__init__(scope, construct_id)
        self._stage = stage
        self.model_id = model_of(stage, size)
        self._source = self._source_arn()
        decided = stage.configuration
        name = "_".join((decided.project, decided.domain, decided.stage, size))
        digits = hashlib.sha256(self.model_id.encode()).hexdigest()[:6]
        self.profile = bedrock.ApplicationInferenceProfile(
            self,
            "Profile",
            inference_profile_name=f"{name}_{digits}",
            description=self.model_id,
            model_source=_Source(self._source),
            tags=[
                cdk.CfnTag(key=key, value=value)
                for key, value in (
                    ("domain", decided.domain),
                    ("model_size", size),
                    ("project", decided.project),
                    ("stage", decided.stage),
                )
            ],
        )
        self.arn = self.profile.inference_profile_arn

    def may_invoke(self) -> list[iam.PolicyStatement]:
        """What an agent's role needs: the model through this profile, and in no other way.

        A call is checked for the profile and for the model wherever it is routed to; reports differ
        on whether it is checked for what the profile is a copy of, too, so that stands beside the
        model, under the same condition. Bedrock reads profile and model when it makes an agent.
        Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
        and https://docs.aws.amazon.com/bedrock/latest/userguide/agents-permissions.html
        """
        invoke = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
        models = self._models()
        copied = [] if self._source in models else [self._source]
        return [
            iam.PolicyStatement(sid="InvokeThroughProfile", actions=invoke, resources=[self.arn]),
            iam.PolicyStatement(
                sid="InvokeBehindProfile",
                actions=invoke,
                resources=[*models, *copied],
                conditions={"StringEquals": {"bedrock:InferenceProfileArn": self.arn}},
            ),
            iam.PolicyStatement(
                sid="ReadProfile",
                actions=["bedrock:GetInferenceProfile"],
                resources=[self.arn, *copied],
            ),
            iam.PolicyStatement(
                sid="ReadModel", actions=["bedrock:GetFoundationModel"], resources=models
            ),
        ]

    def _source_arn(self) -> str:
        prefix, _ = split_profile(self.model_id)
        if not prefix:
            return self._model(self._stage.bedrock_region)
        where = f"arn:aws:bedrock:{self._stage.bedrock_region}:{self._stage.account}"
        return f"{where}:inference-profile/{self.model_id}"

    def _models(self) -> list[str]:
        """The model in the regions that a call may be routed to.

        AWS adds regions to a geography without notice, hence the wildcard for its regions; the
        condition on the profile keeps the model closed to any other call. A global profile has
        models in every region, and one in none.
        """
        prefix, _ = split_profile(self.model_id)
        if prefix == "global.":
            return [self._model("*"), self._model("")]
        return [self._model(_ROUTED_TO.get(prefix, self._stage.bedrock_region))]

    def _model(self, region: str) -> str:
        return f"arn:aws:bedrock:{region}::foundation-model/{split_profile(self.model_id)[1]}"


def model_of(stage: Stage, size: str) -> str:
    """The model of a size: a profile of the Bedrock region's geography, or a model.

    What a stage's ``models`` name with a prefix (``global.``) is taken as it stands.
    """
    chosen: dict[Any, str] = {**default_models(), **stage.configuration.models}
    model = chosen[size]
    if split_profile(model)[0]:
        return model
    around = (name for name, regions in GEOGRAPHIES.items() if stage.bedrock_region in regions)
    geography = next(around, "")
    return f"{geography}.{model}" if geography else model


@jsii.implements(bedrock.IInvokable)
class _Source:
    """What a profile is copied from. The library knows three geographies; there are more."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    @property
    def invokable_arn(self) -> str:
        return self._arn

    @jsii.member(jsii_name="grantInvoke")
    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Roles here name what they may do; the library's grants would widen them."""
        return iam.Grant.drop(grantee, "the role names what it may do")
