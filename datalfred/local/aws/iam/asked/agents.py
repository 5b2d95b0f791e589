"""What a call of Bedrock asks for: of an agent's alias, a model, a guardrail or a knowledge base.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType

from datalfred.local.aws.iam.asked.called import Asks, Called, everything, named, unknown
from datalfred.local.aws.iam.evaluation import Ask

_MODEL_ACTIONS = MappingProxyType(
    {
        "Converse": "bedrock:InvokeModel",
        "ConverseStream": "bedrock:InvokeModelWithResponseStream",
        "InvokeModel": "bedrock:InvokeModel",
        "InvokeModelWithResponseStream": "bedrock:InvokeModelWithResponseStream",
    }
)
_WITHOUT_RESOURCE = {
    "CreateAgent", "GetFoundationModelAvailability", "ListAgents", "ListFoundationModels",
    "ListGuardrails", "ListInferenceProfiles", "ListKnowledgeBases",
}  # fmt: skip


def asks(called: Called) -> Asks:
    """The asks of one call of any of Bedrock's services: all sign as ``bedrock``."""
    operation = called.operation
    action = _MODEL_ACTIONS.get(operation, f"bedrock:{operation}")
    if operation in _WITHOUT_RESOURCE:
        return [everything(action)]
    if operation in _MODEL_ACTIONS:
        return [Ask(action, _model(called, called.path[1]))]
    if operation == "GetInferenceProfile":
        return [Ask(action, named(called, "bedrock", "inference-profile/", called.path[-1]))]
    resource = _resource(called.path)
    return [Ask(action, called.arn("bedrock", resource))] if resource else [unknown(action)]


def _model(called: Called, name: str) -> str:
    if name.split(".", 1)[0] in {"us", "eu", "apac", "global"}:
        return named(called, "bedrock", "inference-profile/", name)
    region = called.request.caller.region
    return name if name.startswith("arn:") else f"arn:aws:bedrock:{region}::foundation-model/{name}"


def _resource(path: Sequence[str]) -> str:
    """The part of an ARN that a path such as ``agents/A/agentAliases/B/sessions/S/text`` names."""
    for kind, of_path in _KINDS.items():
        if path[0] == kind and len(path) > 1:
            return of_path(path)
    return ""


def _of_agent(path: Sequence[str]) -> str:
    of_alias = path[2:3] in (["agentAliases"], ["agentaliases"])  # to ask it, and to look at it
    alias = path[3] if of_alias and len(path) > 3 else ""  # noqa: PLR2004 -- id behind the word
    return f"agent-alias/{path[1]}/{alias}" if alias else f"agent/{path[1]}"


_KINDS: MappingProxyType[str, Callable[[Sequence[str]], str]] = MappingProxyType(
    {
        "agents": _of_agent,
        "guardrail": lambda path: f"guardrail/{path[1]}",
        "guardrails": lambda path: f"guardrail/{path[1]}",
        "knowledgebases": lambda path: f"knowledge-base/{path[1]}",
    }
)
