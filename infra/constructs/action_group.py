"""What an agent can do: the operations of an action group, and the function that runs them."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from cdklabs.generative_ai_cdk_constructs import bedrock
from constructs import Construct

from datalfred.definitions.action_groups import load_action_group
from datalfred.definitions.content import content_folder
from datalfred.definitions.handlers import handler_of
from infra.constructs.function import Function
from infra.constructs.network import Attachment
from infra.stage import Stage


@dataclass(frozen=True)
class Size:
    """The memory and the longest run of a function.

    Attributes:
        memory_mb: Lambda's memory, and with it its share of CPU.
        timeout_seconds: above every deadline of the operations, so that they end in words.
    """

    memory_mb: int
    timeout_seconds: int


_SIZES: Mapping[str, Size] = {
    "athena": Size(memory_mb=1024, timeout_seconds=180),
    "cloudwatch": Size(memory_mb=512, timeout_seconds=120),
    "compute": Size(memory_mb=512, timeout_seconds=60),
    "glue": Size(memory_mb=512, timeout_seconds=60),
    "step_functions": Size(memory_mb=1024, timeout_seconds=120),
}
_AFTER_A_QUERY_SECONDS = 60
"""What a query's function has left, after it has waited, to read, to sum up and to answer."""


def size_of(group: str, query_timeout_seconds: float) -> Size:
    """The memory and timeout of an action group's function.

    Args:
        group: the action group.
        query_timeout_seconds: how long the stage waits for a query.
    """
    size = _SIZES[group]
    if group != "athena":
        return size
    waited = math.ceil(query_timeout_seconds) + _AFTER_A_QUERY_SECONDS
    return Size(size.memory_mb, max(size.timeout_seconds, waited))


class ActionGroup(Construct):
    """An action group: one function for the agents of every size.

    Attributes:
        function: the function.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        name: str,
        code: lambda_.Code,
        layer: lambda_.ILayerVersion,
        key: kms.IKey | None = None,
        network: Attachment | None = None,
        schemas: Path | None = None,
    ) -> None:
        """Makes the function.

        Args:
            scope: the stack.
            construct_id: of the construct.
            stage: the stage.
            name: of the action group.
            code: of all functions.
            layer: their dependencies.
            key: what encrypts its log; None for CloudWatch's own.
            network: the VPC that it runs in; None for none.
            schemas: the folder of the schemas; by default ``openapi/``.
        """
        super().__init__(scope, construct_id)
        self._name = name
        self._schemas = schemas or content_folder("openapi")
        size = size_of(name, stage.configuration.queries.timeout_seconds)
        self.function = Function(
            self,
            "Function",
            stage=stage,
            what=name,
            handler=handler_of(name),
            code=code,
            layer=layer,
            memory_mb=size.memory_mb,
            timeout_seconds=size.timeout_seconds,
            key=key,
            network=network,
        ).function

    def for_agent(self) -> bedrock.AgentActionGroup:
        """The action group as one agent is given it: schema inline, run by the function."""
        path = self._schemas / f"{self._name}.json"
        schema = json.loads(path.read_text("utf-8"))
        return bedrock.AgentActionGroup(
            name=self._name,
            description=load_action_group(self._name, self._schemas).description,
            api_schema=bedrock.ApiSchema.from_inline(
                json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
            ),
            executor=bedrock.ActionGroupExecutor.fromlambda_function(self.function),
            # An action group that is enabled could not be taken from its agent otherwise.
            force_delete=True,
        )
