"""What ``bedrock`` says of models, inference profiles and the guardrail of a stack.

They are those of the deployment, all enabled, so that whatever looks at a stage looks at this one
too. Who answers on a laptop is another model: no operation here asks one.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from datalfred.bedrock.service_error import ServiceError
from datalfred.definitions.prices import split_profile
from datalfred.local.aws.message import ACCOUNT

if TYPE_CHECKING:
    from datalfred.bedrock.wire import Operation

Record = dict[str, Any]
_EDITION = re.compile(r"(-\d{8})?(-v\d+(:\d+)?)?$")
_WORKING, _GEOGRAPHIC, _OWN = "DRAFT", "SYSTEM_DEFINED", "APPLICATION"


@dataclass(frozen=True)
class Guardrail:
    """The guardrail of a stack.

    Attributes:
        guardrail_id: its id.
        name: its name.
        version: the number of the version that the agents use.
        blocked_input: what a person reads whose question is held back.
        blocked_output: what a person reads instead of an answer that is held back.
    """

    guardrail_id: str
    name: str
    version: str
    blocked_input: str
    blocked_output: str


def model_name(model_id: str) -> str:
    """What a model is called: ``Claude Haiku 4.5`` is ``anthropic.claude-haiku-4-5-...-v1:0``."""
    words = _EDITION.sub("", model_id.partition(".")[2]).split("-")
    name = " ".join(word.capitalize() for word in words)
    return re.sub(r"(?<=\d) (?=\d)", ".", name)


class ModelRecords:
    """The models of a stack's sizes, and how its agents reach them.

    Attributes:
        operations: what answers, by the operation's name.
        profiles: the ARN of the stack's own inference profile, by size.
    """

    def __init__(
        self, models: Mapping[str, str], names: Mapping[str, str], region: str, guardrail: Guardrail
    ) -> None:
        """The records of a stack.

        Args:
            models: the cross-region profile of each size's model, such as ``eu.amazon.nova-pro``.
            names: the name of the stack's own profile of each size.
            region: where they are.
            guardrail: what bounds the agents.
        """
        self._region = region
        self._guardrail = guardrail
        self._made_at = datetime.now(UTC)
        self._models = {split_profile(model)[1] for model in models.values()}
        geographic = [self._profile(model, model, model) for model in sorted(set(models.values()))]
        own = [self._profile(model, names[size]) for size, model in models.items()]
        self._profiles = [*geographic, *own]
        self.profiles = {
            size: each["inferenceProfileArn"] for size, each in zip(models, own, strict=True)
        }
        self.operations: Mapping[str, Operation] = {
            "GetFoundationModelAvailability": self._availability,
            "GetGuardrail": self._get_guardrail,
            "GetInferenceProfile": self._get_profile,
            "ListFoundationModels": self._list_models,
            "ListInferenceProfiles": self._list_profiles,
        }

    def _availability(self, given: Record) -> Record:
        model = given["modelId"]
        if model not in self._models:
            raise ServiceError("ResourceNotFoundException", f"There is no model {model}.")
        return {
            "modelId": model,
            "agreementAvailability": {"status": "AVAILABLE"},
            "authorizationStatus": "AUTHORIZED",
            "entitlementAvailability": "AVAILABLE",
            "regionAvailability": "AVAILABLE",
        }

    def _list_models(self, _given: Record) -> Record:
        return {
            "modelSummaries": [
                {
                    "modelArn": self._model_arn(model),
                    "modelId": model,
                    "modelName": model_name(model),
                    "providerName": model.partition(".")[0].capitalize(),
                    "inferenceTypesSupported": ["INFERENCE_PROFILE"],
                    "modelLifecycle": {"status": "ACTIVE"},
                }
                for model in sorted(self._models)
            ]
        }

    def _list_profiles(self, given: Record) -> Record:
        kind = given.get("typeEquals", _GEOGRAPHIC)
        return {"inferenceProfileSummaries": [p for p in self._profiles if p["type"] == kind]}

    def _get_profile(self, given: Record) -> Record:
        wanted = given["inferenceProfileIdentifier"]
        for each in self._profiles:
            if wanted in {each["inferenceProfileId"], each["inferenceProfileArn"]}:
                return each
        raise ServiceError("ResourceNotFoundException", f"There is no inference profile {wanted}.")

    def _get_guardrail(self, given: Record) -> Record:
        guardrail, wanted = self._guardrail, given["guardrailIdentifier"]
        arn = f"arn:aws:bedrock:{self._region}:{ACCOUNT}:guardrail/{guardrail.guardrail_id}"
        version = given.get("guardrailVersion", _WORKING)
        if wanted not in {guardrail.guardrail_id, arn} or version not in {
            _WORKING,
            guardrail.version,
        }:
            said = f"There is no guardrail {wanted} with the version {version}."
            raise ServiceError("ResourceNotFoundException", said)
        return {
            "name": guardrail.name,
            "guardrailId": guardrail.guardrail_id,
            "guardrailArn": arn,
            "version": version,
            "status": "READY",
            "createdAt": self._made_at,
            "updatedAt": self._made_at,
            "blockedInputMessaging": guardrail.blocked_input,
            "blockedOutputsMessaging": guardrail.blocked_output,
        }

    def _profile(self, model: str, name: str, profile_id: str = "") -> Record:
        kind = "inference-profile" if profile_id else "application-inference-profile"
        digits = hashlib.sha256(name.encode()).hexdigest()[:12]
        found = profile_id or digits
        return {
            "inferenceProfileName": name,
            "description": model,
            "inferenceProfileArn": f"arn:aws:bedrock:{self._region}:{ACCOUNT}:{kind}/{found}",
            "inferenceProfileId": found,
            "models": [{"modelArn": self._model_arn(split_profile(model)[1])}],
            "status": "ACTIVE",
            "type": _GEOGRAPHIC if profile_id else _OWN,
            "createdAt": self._made_at,
            "updatedAt": self._made_at,
        }

    def _model_arn(self, model: str) -> str:
        return f"arn:aws:bedrock:{self._region}::foundation-model/{model}"
