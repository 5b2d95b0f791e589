"""The models: whether each is enabled, and whether an inference profile reaches it."""

from datalfred.cli.doctor.stage import Stage
from datalfred.definitions.outputs import GUARDRAIL_ID, GUARDRAIL_VERSION, model_variables
from datalfred.definitions.prices import split_profile
from datalfred.definitions.sizes import default_models
from datalfred.errors import OperatorError

_UNKNOWN = ("ResourceNotFoundException", "ValidationException")
_WELL = {"AVAILABLE", "AUTHORIZED"}


def enabled(stage: Stage, size: str) -> str:
    """Whether the account may use the model of a size.

    Raises:
        OperatorError: it may not; says how it may.
    """
    model, region = base_model(stage, size), stage.account.bedrock_region
    said = stage.account.find(
        "bedrock", "get_foundation_model_availability", "*", _UNKNOWN, modelId=model
    )
    if said is None or said["regionAvailability"] != "AVAILABLE":
        raise OperatorError(
            f"Bedrock does not offer {model} in {region}.", hint=_another(size, region)
        )
    states = {
        "the agreement": said["agreementAvailability"]["status"],
        "the entitlement": said["entitlementAvailability"],
        "the authorisation": said["authorizationStatus"],
    }
    wrong = [f"{what} is {state}" for what, state in states.items() if state not in _WELL]
    if wrong:
        raise OperatorError(
            f"{model} is not enabled in {region}: {', '.join(wrong)}.", hint=_enable(model, region)
        )
    return f"{model} is enabled in {region}"


def reachable(stage: Stage, size: str) -> str:
    """The inference profile by which the agents of a size reach their model.

    Raises:
        OperatorError: there is none.
    """
    arn = stage.told.get(model_variables(size)[1], "")
    model = base_model(stage, size)
    if arn:
        return _own(stage, arn, model)
    listed = stage.account.all_of("bedrock", "list_inference_profiles", "inferenceProfileSummaries")
    found = [
        p["inferenceProfileId"]
        for p in listed
        if split_profile(p["inferenceProfileId"])[1] == model
    ]
    if found:
        return f"{', '.join(sorted(found))} reaches {model}"
    for each in stage.account.read("bedrock", "list_foundation_models")["modelSummaries"]:
        if each["modelId"] == model and "ON_DEMAND" in each.get("inferenceTypesSupported", ()):
            return f"{model} is called in its region, {stage.account.bedrock_region}"
    region = stage.account.bedrock_region
    raise OperatorError(
        f"No inference profile of {region} reaches {model}, and it cannot be called without one.",
        hint=_another(size, region),
    )


def guardrail(stage: Stage) -> str:
    """The guardrail of the stage, in the version that its agents use.

    Raises:
        OperatorError: it is not there, or not ready.
    """
    guardrail_id, version = (stage.told[name] for name in (GUARDRAIL_ID, GUARDRAIL_VERSION))
    found = stage.account.find(
        "bedrock",
        "get_guardrail",
        stage.account.arn("bedrock", f"guardrail/{guardrail_id}"),
        _UNKNOWN,
        guardrailIdentifier=guardrail_id,
        guardrailVersion=version,
    )
    if found is None or found["status"] != "READY":
        state = f"is {found['status']}" if found else "does not exist"
        raise OperatorError(
            f"The version {version} of the guardrail {guardrail_id} {state}.",
            hint=f"Deploy the agents again: make deploy STAGE={stage.stage}.",
        )
    return f"{found['name']}, version {version}, is ready"


def _own(stage: Stage, arn: str, model: str) -> str:
    """The stage's own profile, with its tags, that the deployment has made."""
    found = stage.account.find(
        "bedrock", "get_inference_profile", arn, _UNKNOWN, inferenceProfileIdentifier=arn
    )
    if found is None:
        raise OperatorError(
            f"The inference profile {arn} does not exist.",
            hint=f"Deploy the agents again: make deploy STAGE={stage.stage}.",
        )
    models = {each["modelArn"].rpartition("/")[2] for each in found["models"]}
    if found["status"] != "ACTIVE" or model not in models:
        raise OperatorError(
            f"The inference profile {found['inferenceProfileName']} is {found['status']} and"
            f" reaches {', '.join(sorted(models))}, not {model}.",
            hint=f"Deploy the agents again: make deploy STAGE={stage.stage}.",
        )
    return f"{found['inferenceProfileName']} reaches {model}"


def base_model(stage: Stage, size: str) -> str:
    """The model of a size, without the prefix of a profile."""
    chosen = stage.told.get(model_variables(size)[0], "") or default_models()[size]
    return split_profile(chosen)[1]


def _another(size: str, region: str) -> str:
    return (
        f"Choose another model for {size} (models: in infra/stages/*.yaml) or another"
        f" bedrock_region than {region}. Models by region:"
        " https://docs.aws.amazon.com/bedrock/latest/userguide/models-regions.html"
    )


def _enable(model: str, region: str) -> str:
    where = f"--region {region} --model-id {model}"
    offer = f"aws bedrock list-foundation-model-agreement-offers {where}"
    return (
        f"Console: Amazon Bedrock ({region}) > Model catalog > {model} > request access; models of"
        " Anthropic ask for a use case once. Or by command: aws bedrock"
        f" create-foundation-model-agreement {where} --offer-token"
        f" $({offer} --query 'offers[0].offerToken' --output text)"
    )
