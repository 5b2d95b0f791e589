"""What a Choice compares with, where it is neither a constant nor a part of the state's input.

The interpreter reads every ``...Path`` from the input, so that a path of the context object fails;
and it compares a variable (``$name``) with the value instead of the value with the variable: only
an equality came out right. Source: the States Language, "Choice State" and "Paths".
"""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_func import (
    ComparisonFuncStringVariableSample,
    ComparisonFuncValue,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations import (  # noqa: E501 -- moto's own long name
    boolean_equals,
    numeric,
    string_operators,
    timestamp_operators,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment

Compare = Callable[[Environment, Any], None]


def mend(replace: Callable[[Any, str, Any], Any]) -> None:
    """Lets every operator that compares with a path find where the path begins."""
    replace(ComparisonFuncStringVariableSample, "_eval_body", _with_variable)
    for module in (boolean_equals, numeric, string_operators, timestamp_operators):
        for operator in vars(module).values():
            if isinstance(operator, type) and operator.__name__.endswith("Path"):
                replace(operator, "eval", staticmethod(_anywhere(operator.eval)))  # type: ignore[attr-defined]  # all are operators


def _with_variable(self: ComparisonFuncStringVariableSample, env: Environment) -> None:
    value = env.stack.pop()
    self.string_variable_sample.eval(env=env)
    env.stack.append(value)
    ComparisonFuncValue._eval_body(self, env)  # noqa: SLF001 -- what the class itself calls
    del env.stack[-2]


def _anywhere(compare: Compare) -> Compare:
    def compare_anywhere(env: Environment, value: Any) -> None:
        if not value.startswith("$$"):
            compare(env, value)
            return
        # The operator reads the path from what lies below the value that it compares.
        compared = env.stack.pop()
        env.stack.extend((env.states.context_object.context_object_data, compared))
        compare(env, value[1:])
        del env.stack[-2]

    return compare_anywhere
