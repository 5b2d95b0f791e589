"""The base of every data shape that crosses an edge: strict, frozen, without surprises."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """A validated value. Unknown fields are refused and nothing changes after it was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)
