"""``docs/reference/costs.md``: what a stage costs, computed from dated prices."""

import inspect
import re
from dataclasses import fields

from datalfred.definitions import costs
from datalfred.definitions.costs import Usage
from datalfred.definitions.prices import dated, service_prices

LOW = 50
SCALES = (LOW, 1_000, 5_000, 10_000)

_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+?)(?=^ {4}\w+: |\Z)", re.DOTALL | re.MULTILINE)
_INTRODUCTION = """\
Prices of {dated}, in US dollars, before tax, free tiers and discounts, for the default models in
`eu-west-1`. Where regions differ, services are priced as in `us-east-1`; others cost up to a fifth
more. They were read in public copies of AWS's price lists: ask AWS's calculator before you budget.
What a question really cost stands under its answer; `datalfred stage smoke` adds it up.
`datalfred stage costs --questions 300 --query-megabytes 2000` computes these tables for your usage.
"""
_KNOWLEDGE = """
The vectors lie in S3 Vectors, which is paid by use. An OpenSearch Serverless collection of the
Classic generation would keep {units} units running, used or not: {floor} a month before the first
question. Its next generation scales to nothing, and starts cold.
"""
_TIPS = """\
- **Choose the size by the question.** `-m small` and `-m medium` cost a fraction of `-m large`; an
  answer that cost more than five cents says what the next size would have saved. A stage deploys
  the sizes that its `sizes` name: dev needs one.
- **A global profile is a tenth cheaper** than the geographic one, for the newer models: name
  `global.` models under `models`, where requests may leave the geography.
- **Partition the lake and use Parquet.** Athena is paid by bytes read: every query shows its
  estimate before and its bytes after. `queries.ask_usd` lets a person decide about dear ones,
  `queries.budget_usd` refuses, and the workgroup cuts off what reads more.
- **The same question twice is free**: Athena gives a result again for `queries.reuse_minutes`.
- **Nothing waits at a price.** Tables are on demand, functions run on arm64 when they are called,
  with 512 MB or 1 GB by what they do; no cluster, NAT gateway or collection runs all the time.
- **What is not needed goes by itself**: query results after 7 days, logs after
  `log_retention_days`, old requests by their TTL.
- **The model sees a window of past turns**, not all of them: begin a session for a new subject.
- **Alarms and dashboard are most of what an idle stage costs**: in dev, `features` turns them off,
  and the customer-managed key too, in whose place stand the services' own.
- **Read the bill by size**: profiles carry the tags `project`, `stage`, `domain` and `model_size`;
  activate them as cost allocation tags.
"""


def costs_page() -> str:
    """The page without its title."""
    parts = [
        _INTRODUCTION.format(dated=dated()),
        *_by_question(),
        *_by_month(),
        *_by_service(),
        *_knowledge(),
        *_fixed(),
        f"## How to pay less\n\n{_TIPS}",
        *_assumptions(),
        *_prices(),
    ]
    return "\n".join(parts)


def _by_question() -> list[str]:
    lines = ["## A question\n", "| size | model | of the model | all that a question adds |"]
    lines.append("|---|---|---|---|")
    usage = Usage(questions_per_day=1)
    for size, model in costs.european_models().items():
        whole = sum(costs.variable_costs(usage, model).values()) / usage.questions
        asked = costs.question_cost(usage, model)
        lines.append(f"| {size} | `{model}` | ${asked:.4f} | ${whole:.4f} |")
    return [*lines, ""]


def _by_month() -> list[str]:
    models = costs.european_models()
    columns = [*models, *(f"{size}, knowledge base" for size in models)]
    lines = ["## A month, without and with a knowledge base\n"]
    lines += [f"| questions a day | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for scale in SCALES:
        usage = Usage(scale)
        without = [costs.total(usage, model) for model in models.values()]
        with_base = [costs.total(usage, model, knowledge=True) for model in models.values()]
        cells = " | ".join(_usd(each) for each in (*without, *with_base))
        lines.append(f"| {scale:,} | {cells} |")
    return [*lines, f"\n{LOW} a day is a team of ten people. Months have {costs.DAYS} days.\n"]


def _by_service() -> list[str]:
    models = costs.european_models()
    lines = [
        "## Where it goes: 1,000 questions a day\n",
        f"| for | {' | '.join(models)} |",
        f"|---|{'---|' * len(models)}",
    ]
    columns = [
        costs.variable_costs(Usage(1_000), model) | costs.fixed_costs() for model in models.values()
    ]
    rows = ((what, " | ".join(_usd(column[what]) for column in columns)) for what in columns[0])
    return [*lines, *(f"| {what} | {cells} |" for what, cells in rows), ""]


def _knowledge() -> list[str]:
    model = costs.european_models()["medium"]
    added = costs.knowledge_costs(Usage(1_000), model)
    lines = ["## What a knowledge base adds: 1,000 questions a day, medium\n", "| for | a month |"]
    lines.append("|---|---|")
    lines += [f"| {what} | {_usd(cost)} |" for what, cost in added.items()]
    floor = _usd(costs.classic_floor())
    return [*lines, _KNOWLEDGE.format(units=costs.CLASSIC_FLOOR_UNITS, floor=floor)]


def _fixed() -> list[str]:
    fixed = costs.fixed_costs()
    lines = ["## A stage that nobody asks anything\n", "| for | a month |", "|---|---|"]
    lines += [f"| {what} | {_usd(cost)} |" for what, cost in fixed.items()]
    return [*lines, f"| **together** | **{_usd(sum(fixed.values()))}** |\n"]


def _assumptions() -> list[str]:
    usage = Usage(questions_per_day=1)
    attributes = (inspect.getdoc(Usage) or "").partition("Attributes:\n")[2]
    words = dict(_ATTRIBUTE.findall(attributes))
    lines = ["## What is assumed of a question\n", "| what | value | that is |", "|---|---|---|"]
    for field in fields(Usage)[1:]:
        value = getattr(usage, field.name)
        said = " ".join(words[field.name].split())
        lines.append(f"| {field.name.replace('_', ' ')} | {value:,} | {said} |")
    return [*lines, ""]


def _prices() -> list[str]:
    lines = [f"## Prices of {dated()}\n", "| what | USD | source |", "|---|---|---|"]
    for what, (usd, source) in service_prices().items():
        amount = f"{usd:.10f}".rstrip("0").rstrip(".")
        lines.append(f"| {what.replace('_', ' ')} | {amount} | {source} |")
    lines.append("\nModels, Athena and Logs Insights: `datalfred/definitions/prices.json`.")
    return lines


def _usd(cost: float) -> str:
    return f"${cost:,.2f}" if cost < 100 else f"${cost:,.0f}"  # noqa: PLR2004 -- cents matter below
