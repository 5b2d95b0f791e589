"""How much of a model the account may use a minute: of some, a new account may use nothing."""

from collections.abc import Mapping
from typing import Any

from datalfred.cli.doctor.models import base_model
from datalfred.cli.doctor.stage import Stage
from datalfred.errors import OperatorError, UnavailableError

_INFERENCE = "model inference"
_A_MINUTE = "per minute"
_ACROSS = "cross-region"
_CONSOLE = "Service Quotas > AWS services > Amazon Bedrock"


def granted(stage: Stage, size: str) -> str:
    """The requests and tokens a minute of the model of a size.

    Raises:
        OperatorError: there is none to use.
        UnavailableError: Service Quotas does not name them.
    """
    name = _model_name(stage, base_model(stage, size))
    quotas = [each for each in _listed(stage) if _is_of(each, name)]
    across = [each for each in quotas if each["QuotaName"].lower().startswith(_ACROSS)]
    quotas = across or quotas
    if not quotas:
        raise UnavailableError(
            f"Service Quotas names no requests or tokens a minute of {name}.",
            hint=f"Look for the model there: {_CONSOLE}, {stage.account.bedrock_region}.",
        )
    if closed := [each for each in quotas if not each["Value"]]:
        first = closed[0]
        raise OperatorError(
            f"The account may not use {name}: {_told(closed)}.",
            hint="Ask for more: aws service-quotas request-service-quota-increase --region"
            f" {stage.account.bedrock_region} --service-code bedrock --quota-code"
            f" {first['QuotaCode']} --desired-value N; or by the console: {_CONSOLE}.",
        )
    return _told(quotas)


def _listed(stage: Stage) -> list[Mapping[str, Any]]:
    account, found = stage.account, list[Mapping[str, Any]]()
    token: dict[str, str] = {}
    while True:
        answer = account.read(
            "service-quotas", "list_service_quotas", "*", ServiceCode="bedrock", **token
        )
        found += answer["Quotas"]
        if not answer.get("NextToken"):
            return found
        token = {"NextToken": answer["NextToken"]}


def _model_name(stage: Stage, model: str) -> str:
    for each in stage.account.read("bedrock", "list_foundation_models")["modelSummaries"]:
        if each["modelId"] == model and each.get("modelName"):
            return str(each["modelName"])
    raise UnavailableError(
        f"Bedrock does not list {model} in {stage.account.bedrock_region}, so that its quotas"
        " cannot be told from others."
    )


def _is_of(quota: Mapping[str, Any], name: str) -> bool:
    """Whether a quota is of a model: ``Nova Pro`` is not ``Nova Pro Latency Optimized``."""
    said = quota["QuotaName"].lower()
    of_model = f" {said} ".replace(" v1 ", " ").rstrip().endswith(f" {name.lower()}")
    return of_model and _INFERENCE in said and _A_MINUTE in said


def _told(quotas: list[Mapping[str, Any]]) -> str:
    return ", ".join(f"{each['QuotaName']}: {each['Value']:,.0f}" for each in quotas)
