"""What a stage costs in a month, from dated prices and a stated usage.

It is arithmetic for a plan, not a bill: what a question really cost stands under its answer.
"""

from dataclasses import dataclass

from datalfred.definitions.action_groups import action_group_names
from datalfred.definitions.prices import athena_cost, price_of, service_price
from datalfred.definitions.sizes import default_models

DAYS = 30
APPROVER_RUNS = DAYS * 24 * 12
"""The approver's schedule looks every five minutes whether anything was left behind."""
CLASSIC_FLOOR_UNITS = 2
"""What an OpenSearch Serverless collection of the Classic generation keeps running, used or not."""

_HOURS = DAYS * 24
_GIGABYTE = 1024**3


@dataclass(frozen=True)
class Usage:
    """What an average question takes. The figures are measured where the docstring says so.

    Attributes:
        questions_per_day: of the whole team.
        input_tokens: of all model calls of a question; measured on a laptop over ten questions of
            both collaborators (19,150), and a quarter more for Bedrock's own prompts.
        output_tokens: likewise (552 measured).
        operations: that agents call; measured likewise (4.1).
        operation_gigabyte_seconds: an operation's memory by its duration: 1 GB for 1.5 s, since
            those of Athena wait for their query.
        query_share: of questions that run a query.
        query_bytes: that such a query reads.
        guardrail_text_units: question and answer of the supervisor and of one collaborator.
        log_bytes: that all functions write for a question.
        knowledge_share: of questions that look into the knowledge base, where there is one.
        knowledge_tokens: that its passages add to the model's input.
        knowledge_gigabytes: of vectors.
    """

    questions_per_day: int
    input_tokens: int = 24_000
    output_tokens: int = 700
    operations: int = 4
    operation_gigabyte_seconds: float = 1.5
    query_share: float = 0.5
    query_bytes: int = 500 * 1024**2
    guardrail_text_units: int = 4
    log_bytes: int = 20_000
    knowledge_share: float = 0.3
    knowledge_tokens: int = 1_500
    knowledge_gigabytes: float = 0.1

    @property
    def questions(self) -> int:
        """In a month."""
        return self.questions_per_day * DAYS


def question_cost(usage: Usage, model_id: str) -> float:
    """US dollars of the model for one question.

    Args:
        usage: what it takes.
        model_id: a model, or a profile of it, that has a price.
    """
    price = price_of(model_id)
    if price is None:
        return float("nan")  # unknown, which no sum may hide
    return price.cost(usage.input_tokens, usage.output_tokens)


def fixed_costs() -> dict[str, float]:
    """US dollars a month of a stage that nobody asks anything, by what they are for."""
    schedule = service_price("lambda_request") + 0.1 * service_price("lambda_gigabyte_second")
    functions = len(action_group_names()) + 1
    return {
        "alarms": (2 * functions + 1) * service_price("alarm_month"),
        "dashboard": service_price("dashboard_month"),
        "customer-managed key": service_price("kms_key_month"),
        "the approver's schedule": APPROVER_RUNS * schedule,
    }


def variable_costs(usage: Usage, model_id: str) -> dict[str, float]:
    """US dollars a month of the questions themselves, by service."""
    operation = service_price("lambda_request") + (
        usage.operation_gigabyte_seconds * service_price("lambda_gigabyte_second")
    )
    stored = usage.operations * (
        service_price("dynamodb_write_unit") + service_price("dynamodb_read_unit")
    )
    each = {
        "model": question_cost(usage, model_id),
        "Athena": usage.query_share * athena_cost(usage.query_bytes),
        "Lambda": usage.operations * operation,
        "guardrail": usage.guardrail_text_units * service_price("guardrail_text_unit"),
        "CloudWatch Logs": usage.log_bytes / _GIGABYTE * service_price("logs_gigabyte"),
        "DynamoDB": stored,
        "KMS": usage.operations * service_price("kms_request"),
    }
    return {what: cost * usage.questions for what, cost in each.items()}


def knowledge_costs(usage: Usage, model_id: str) -> dict[str, float]:
    """US dollars a month that a knowledge base on S3 Vectors adds, by what they are for."""
    looked_up = usage.questions * usage.knowledge_share
    price = price_of(model_id)
    read = price.cost(usage.knowledge_tokens, 0) if price else float("nan")
    vectors = usage.knowledge_gigabytes * service_price("s3_vectors_gigabyte_month")
    return {
        "passages that the model reads": looked_up * read,
        "looking them up": looked_up
        * (service_price("s3_vectors_query") + 50 * service_price("embedding_token")),
        "keeping them": vectors,
    }


def classic_floor() -> float:
    """US dollars a month of an idle OpenSearch Serverless collection of the Classic generation."""
    return CLASSIC_FLOOR_UNITS * _HOURS * service_price("opensearch_unit_hour")


def total(usage: Usage, model_id: str, *, knowledge: bool = False) -> float:
    """US dollars a month of a stage, all in."""
    parts = [fixed_costs(), variable_costs(usage, model_id)]
    if knowledge:
        parts.append(knowledge_costs(usage, model_id))
    return sum(sum(part.values()) for part in parts)


def european_models() -> dict[str, str]:
    """The profile of each size's default model in the default region."""
    return {size: f"eu.{model}" for size, model in default_models().items()}
