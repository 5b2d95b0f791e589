"""Names of errors as the interpreter's retriers and catchers compare them.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)


def error_named(error_name: str | None) -> ErrorName:
    """The error of that name, be it one of Step Functions itself (``States.*``) or not."""
    if error_name is None or not error_name.startswith("States."):
        return CustomErrorName(error_name)
    try:
        return StatesErrorName.from_name(error_name)
    except ValueError:
        return ErrorName(error_name)
