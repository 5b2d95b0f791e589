"""What a Choice compares with: the interpreter reads every ``...Path`` from the state's input.

The States Language lets it be a path of the context object (``$$.``) or of a variable (``$name``)
as well. Source: https://states-language.net/#data-test-expression and its section on paths.
"""

import re
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations import (  # noqa: E501 -- moto's own long name
    boolean_equals,
    numeric,
    string_operators,
    timestamp_operators,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)(.*)", re.DOTALL)

Compare = Callable[[Environment, Any], None]


def mend(replace: Callable[[Any, str, Any], Any]) -> None:
    """Lets every operator that compares with a path find where the path begins."""
    for module in (boolean_equals, numeric, string_operators, timestamp_operators):
        for operator in vars(module).values():
            if isinstance(operator, type) and operator.__name__.endswith("Path"):
                replace(operator, "eval", staticmethod(_anywhere(operator.eval)))  # type: ignore[attr-defined]  # all are operators


def _anywhere(compare: Compare) -> Compare:
    def compare_anywhere(env: Environment, value: Any) -> None:
        begins, rest = _begins(env, value)
        if begins is None:
            compare(env, value)
            return
        # The operator reads the path from what lies below the value that it compares.
        variable = env.stack.pop()
        env.stack.extend((begins, variable))
        compare(env, rest)
        result = env.stack.pop()
        env.stack.pop()
        env.stack.append(result)

    return compare_anywhere


def _begins(env: Environment, path: str) -> tuple[Any, str]:
    """What the rest of a path is read from; None for the input."""
    if path.startswith("$$"):
        return env.states.context_object.context_object_data, path[1:]
    named = _VARIABLE.fullmatch(path)
    if named is None:
        return None, path
    return env.variable_store.get(named[1]), f"${named[2]}"
