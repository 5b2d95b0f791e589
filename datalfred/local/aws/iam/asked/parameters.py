"""What a call of Parameter Store asks for.

Source:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from datalfred.local.aws.iam.asked.called import Asks, Called, unknown
from datalfred.local.aws.iam.evaluation import Ask
from datalfred.local.aws.parameter_store import parameter_arn

_OF_ONE = {"DeleteParameter", "GetParameter", "PutParameter"}


def asks(called: Called) -> Asks:
    """The asks of one call: of a parameter by its name or ARN, whatever its version."""
    action, name = f"ssm:{called.operation}", called.text("Name")
    if called.operation not in _OF_ONE or not name:
        return [unknown(action)]
    return [Ask(action, parameter_arn(called.request.caller.region, name))]
