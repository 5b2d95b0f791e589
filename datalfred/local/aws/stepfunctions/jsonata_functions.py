"""JSONata, with the functions that Step Functions adds to it.

moto's interpreter declares some of them in JSONata, and answers ``$hash`` and ``$uuid`` with a
sentence where a value belongs.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html, "JSONata
functions provided by Step Functions".
"""

import hashlib
import json
import math
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any

_ALGORITHMS = {"MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"}
_MOST_NUMBERS = 1000


def evaluate(expression: str) -> Any:
    """The value of an expression, as JSON has it.

    Raises:
        Exception: whatever the library raises for what it cannot read or evaluate.
    """
    import jsonata  # type: ignore[import-untyped]  # it has no types

    read = jsonata.Jsonata(expression)
    for name, function in _FUNCTIONS.items():
        read.register_lambda(name, function)
    return json.loads(json.dumps(read.evaluate(None)))


def _partition(items: Any, size: float) -> list[Any]:
    listed = items if isinstance(items, list) else [items]
    step = int(size)
    if step < 1:
        raise ValueError("the chunk size of $partition must be a positive number")
    return [listed[start : start + step] for start in range(0, len(listed), step)]


def _range(first: float, last: float, step: float) -> list[int]:
    """From ``first`` to ``last``, both included, which are rounded down as the guide says."""
    start, end, by = math.floor(first), math.floor(last), math.floor(step)
    if not by:
        raise ValueError("the step of $range must not be 0")
    numbers = list(range(start, end + (1 if by > 0 else -1), by))
    if len(numbers) > _MOST_NUMBERS:
        raise ValueError(f"$range can give {_MOST_NUMBERS} numbers at most")
    return numbers


def _hash(content: Any, algorithm: str) -> str:
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"$hash knows {', '.join(sorted(_ALGORITHMS))}, not {algorithm}")
    text = content if isinstance(content, str) else json.dumps(content, separators=(",", ":"))
    return hashlib.new(algorithm.replace("SHA-", "SHA"), text.encode()).hexdigest()


def _random(*seed: float) -> float:
    if not seed:
        return random.random()  # noqa: S311 -- what a definition asks for is no secret
    return random.Random(seed[0]).random()  # noqa: S311 -- as above


def _eval(*_: Any) -> Any:
    raise ValueError("$eval is not supported. Use $parse instead.")


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": lambda: str(uuid.uuid4()),
    "parse": json.loads,
    "eval": _eval,
}
