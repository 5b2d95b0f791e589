"""What must outlive every other stack: tables, buckets, the workgroup and the key."""

import aws_cdk as cdk
from constructs import Construct

from infra.stage import Stage


class DataStack(cdk.Stack):
    """The stage's own data, and where queries leave their results."""

    def __init__(self, scope: Construct, *, stage: Stage) -> None:
        name = stage.stack("data")
        super().__init__(scope, name, stack_name=name, env=stage.environment())
