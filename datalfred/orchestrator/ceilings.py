"""What one turn may use, at most, and what it has used so far."""

from collections.abc import Callable
from dataclasses import dataclass, field

from datalfred.definitions.prices import ModelPrice, price_of
from datalfred.errors import CeilingReachedError

_STOPPED = "This question was stopped at the ceiling of one turn"


@dataclass(frozen=True)
class Ceilings:
    """The most that one turn may use; each agent that works for the turn counts.

    Attributes:
        model_calls: calls of a model.
        tool_calls: calls of operations and questions to collaborators.
        mistakes: calls of tools that do not exist, inputs that are no JSON object, and the like.
        cost_usd: money; a model without a known price is not bounded by it.
    """

    model_calls: int = 40
    tool_calls: int = 32
    mistakes: int = 6
    cost_usd: float = 1.0

    @classmethod
    def for_calls(cls, operations: int) -> "Ceilings":
        """The ceilings of a stage whose operations refuse above ``operations`` calls a turn.

        A refusal is told to the model, which can still sum up what it knows; so the turn itself
        is only stopped some calls later.
        """
        return cls(model_calls=operations + 16, tool_calls=operations + 8)


@dataclass
class Spending:
    """What a turn has used.

    Raises:
        CeilingReachedError: from each method, when one more would be too much.
    """

    ceilings: Ceilings
    price: Callable[[str], ModelPrice | None] = price_of
    model_calls: int = 0
    tool_calls: int = 0
    mistakes: int = 0
    cost_usd: float = field(default=0.0)

    def before_model(self) -> None:
        """Counts a model call that is about to be made."""
        if self.cost_usd > self.ceilings.cost_usd:
            raise _reached(f"it has cost more than {self.ceilings.cost_usd:.2f} US dollars")
        if self.model_calls >= self.ceilings.model_calls:
            raise _reached(f"it took {self.model_calls} calls of the language model")
        self.model_calls += 1

    def after_model(self, model_id: str, input_tokens: int, output_tokens: int) -> None:
        """Adds what a model call cost."""
        price = self.price(model_id)
        self.cost_usd += price.cost(input_tokens, output_tokens) if price else 0.0

    def before_tool(self) -> None:
        """Counts a call of an operation or a collaborator that is about to be made."""
        if self.tool_calls >= self.ceilings.tool_calls:
            raise _reached(f"it took {self.tool_calls} calls of tools")
        self.tool_calls += 1

    def mistake(self) -> None:
        """Counts a call that made no sense."""
        if self.mistakes >= self.ceilings.mistakes:
            raise CeilingReachedError(
                f"{_STOPPED}: the language model kept calling tools that do not exist, or that"
                " cannot take what it gave them.",
                hint="Ask again, or choose a model that can call tools: DATALFRED_MODEL_NAME.",
            )
        self.mistakes += 1


def _reached(what: str) -> CeilingReachedError:
    return CeilingReachedError(
        f"{_STOPPED}: {what}.",
        hint="Ask a narrower question, or one part at a time.",
    )
