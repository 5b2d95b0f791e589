"""Settings that an operator changes without a deployment."""

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from datalfred.definitions.naming import settings_parameter
from infra.stage import Stage

NOTHING = "{}"


class OperatorSettings(ssm.StringParameter):
    """The parameter that every function of the stage reads, and none may write.

    It is deployed with nothing in it, and a deployment leaves what an operator has put there unless
    the parameter itself changes, which sets it back. It limits, and never opens, so that what the
    template says of rights holds whatever is in it. No secret belongs there: it is no SecureString,
    which CloudFormation cannot make.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        """Makes the parameter of a stage."""
        super().__init__(
            scope,
            construct_id,
            parameter_name=settings_parameter(*stage.names),
            description="What an operator lowers without a deployment, as a JSON object.",
            string_value=NOTHING,
        )
