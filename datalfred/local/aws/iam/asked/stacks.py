"""What a call of CloudFormation asks for.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
"""

from datalfred.local.aws.cloudformation import stack_arn
from datalfred.local.aws.iam.asked.called import Asks, Called, everything, unknown
from datalfred.local.aws.iam.evaluation import Ask


def asks(called: Called) -> Asks:
    """The asks of one call: of a stack by its name or ARN, or of all."""
    action = f"cloudformation:{called.operation}"
    if called.operation != "DescribeStacks":
        return [unknown(action)]
    name = called.text("StackName")
    if not name:
        return [everything(action)]
    region = called.request.caller.region
    return [Ask(action, name if name.startswith("arn:") else stack_arn(region, name))]
