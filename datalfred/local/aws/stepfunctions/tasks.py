"""Task states that start a job and wait for its end (``.sync``), on top of the interpreter."""

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.model import Shape, StructureShape
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501 -- moto's own long name
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501 -- moto's own long name
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.utils import camel_to_snake_case

from datalfred.local.aws.compute.origin import Clock
from datalfred.local.aws.stepfunctions.environment import origin_of, pause
from datalfred.local.aws.stepfunctions.integrations import (
    INTEGRATIONS,
    Integration,
    Watch,
    with_parsed_data,
)
from datalfred.local.aws.stepfunctions.links import connected
from datalfred.local.aws.stepfunctions.parameters import respell, spell_out_attributes

_WAITING: Any = {ResourceCondition.Sync, ResourceCondition.Sync2}
_PATTERNS: Any = {ResourceCondition.WaitForTaskToken, *_WAITING}
_SPELT_ALIKE = {"lambda"}
"""Services that spell their parameters as a state does, so that nobody has to read their model."""
_LOOKS_NOW = (0.02, 0.05, 0.1, 0.25, 0.5)
_LOOKS_THEN = (3.0, 6.0, 12.0, 24.0, 48.0)


class JobTask(StateTaskServiceCallback):
    """A state that asks a service for a job, and waits for its end if it says so."""

    def __init__(self, integration: Integration) -> None:
        super().__init__(supported_integration_patterns=_PATTERNS)
        self._integration = integration

    def _validate_service_integration_is_supported(self) -> None:
        known = {*self._integration.actions, *self._integration.watches}
        action, condition = self.resource.api_action, self.resource.condition
        if action not in known and _operation(self._integration.service, action) is None:
            raise ValueError(f"The resource provided {self.resource.resource_arn} not recognized.")
        if condition in _WAITING and action not in self._integration.watches:
            raise ValueError(f"Nobody can wait for {self.resource.resource_arn} here.")

    def _get_boto_service_name(self, boto_service_name: str | None = None) -> str:
        return boto_service_name or self._integration.service

    def _eval_service_task(
        self,
        env: Environment,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        client, action = self._client(env, resource_runtime_part, state_credentials), self._action
        shape = _shape(client, action, "input_shape")
        if isinstance(shape, StructureShape):
            respell(normalised_parameters, shape)
            self._to_boto_request(normalised_parameters, shape)
        call = self._integration.actions.get(self.resource.api_action)
        if call is not None:
            answer = call(client, normalised_parameters)
        else:
            answer = getattr(client, action)(**normalised_parameters)
        env.stack.append(self._for_state(client, action, answer))

    def _normalise_parameters(self, parameters: Any, *_: Any, **__: Any) -> None:
        """Nothing: that is done where the client is known, whose model says the names."""

    def _normalise_response(self, response: Any, *_: Any, **__: Any) -> None:
        """Nothing: as above."""

    @property
    def _action(self) -> str:
        return str(camel_to_snake_case(self.resource.api_action))

    def _for_state(self, client: Any, operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        """An answer of the client as a state gets it."""
        answer.pop("ResponseMetadata", None)
        shape = _shape(client, operation, "output_shape")
        if isinstance(shape, StructureShape):
            self._from_boto_response(answer, shape)
        _without_times(answer, as_text=False)
        return answer

    def _eval_integration_pattern(
        self,
        env: Environment,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        if self.resource.condition not in _WAITING:
            super()._eval_integration_pattern(
                env, resource_runtime_part, normalised_parameters, state_credentials
            )
            return
        submitted = env.stack.pop()
        if submitted.get("Failures"):
            raise self._failure(env, submitted)
        client = self._client(env, resource_runtime_part, state_credentials)
        env.stack.append(self._await_end(env, client, normalised_parameters, submitted))

    def _await_end(
        self, env: Environment, client: Any, parameters: Mapping[str, Any], submitted: Any
    ) -> Any:
        watch = self._integration.watches[self.resource.api_action]
        clock = origin_of(env).clock
        deadline = clock.now() + timedelta(seconds=self._timeout(env))
        for look in _looks(clock):
            result = self._look(client, watch, parameters, submitted)
            ended = watch.ended(result)
            if ended:
                return self._finished(result)
            if ended is False:
                raise self._failure(env, result)
            if not env.is_running():
                break
            _until_next_look(env, look, deadline)
        # As on AWS this is a best effort: the job may have ended, or the role may not stop it.
        with suppress(ClientError, AttributeError):
            watch.cancel(client, parameters, submitted)
        return None

    def _look(
        self, client: Any, watch: Watch, parameters: Mapping[str, Any], submitted: Any
    ) -> dict[str, Any]:
        answer = getattr(client, watch.operation)(**watch.request(parameters, submitted))
        return watch.result(self._for_state(client, watch.operation, answer))

    def _finished(self, result: dict[str, Any]) -> dict[str, Any]:
        parsed = self.resource.condition == ResourceCondition.Sync2 and "ExecutionArn" in result
        return with_parsed_data(result) if parsed else result

    def _timeout(self, env: Environment) -> float:
        self.timeout.eval(env=env)
        return float(env.stack.pop())

    def _client(self, env: Environment, runtime: Any, credentials: Any) -> Any:
        service = self._integration.service
        if service == "athena" and not origin_of(env).clock.is_present():
            return connected().queries
        return boto_client.boto_client_for(runtime.region, service, credentials)

    def _failure(self, env: Environment, result: dict[str, Any]) -> FailureEventException:
        name = StatesErrorName(StatesErrorNameType.StatesTaskFailed)
        return FailureEventException(self._failed(env, name, to_json_str(result)))

    def _failed(self, env: Environment, error: ErrorName, cause: str) -> FailureEvent:
        details: Any = {
            "error": error.error_name,
            "cause": cause,
            "resource": self._get_sfn_resource(),
            "resourceType": self._get_sfn_resource_type(),
        }
        event: Any = {"taskFailedEventDetails": details}
        return FailureEvent(env, error, HistoryEventType.TaskFailed, event)

    def _from_error(self, env: Environment, ex: Exception) -> FailureEvent:
        if not isinstance(ex, ClientError):
            return super()._from_error(env=env, ex=ex)
        code = str(ex.response["Error"]["Code"])
        name = f"{self._integration.error_prefix}.{self._exception(code)}"
        details = ex.response["ResponseMetadata"]
        cause = (
            f"{ex.response['Error']['Message']} (Service: {self._integration.error_prefix}; "
            f"Status Code: {details['HTTPStatusCode']}; Error Code: {code}; "
            f"Request ID: {details.get('RequestId', '')})"
        )
        return self._failed(env, CustomErrorName(name), cause)

    def _exception(self, code: str) -> str:
        """The exception of the SDK for an error: one of its own, or the service's general one.

        Source: the error names in
        https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.
        """
        known = _error_codes(self._integration.service)
        if known and code not in known:
            return self._integration.general_error
        return f"{code.removesuffix('Exception')}Exception"


def job_task(service_name: str) -> StateTaskService | None:
    """The state for an integration of ``service_name`` that can be waited for; None for others."""
    integration = INTEGRATIONS.get(service_name)
    return JobTask(integration) if integration else None


def pascal_cased(task: StateTaskService, response: Any, operation: str | None) -> None:
    """Gives the keys of ``response`` the names that Amazon States Language has for them.

    Times become milliseconds since 1970, or ISO 8601 in a call of the SDK, as on AWS.
    """
    service = task._get_boto_service_name()  # noqa: SLF001 -- the base class of our states
    if service in _SPELT_ALIKE:
        return
    action = operation or camel_to_snake_case(task.resource.api_action)
    model = _operation(service, action)
    if model is not None and model.output_shape is not None and isinstance(response, dict):
        task._from_boto_response(response, model.output_shape)  # noqa: SLF001 -- as above
        _without_times(response, as_text=task.resource.service_name == "aws-sdk")


def client_cased(task: StateTaskService, parameters: Any) -> None:
    """Gives the keys of ``parameters`` the names that the service's model has for them."""
    service = task._get_boto_service_name()  # noqa: SLF001 -- the base class of our states
    if service in _SPELT_ALIKE:
        return
    model = _operation(service, camel_to_snake_case(task.resource.api_action))
    shape: Shape | None = model.input_shape if model else None
    if isinstance(shape, StructureShape):
        respell(parameters, shape)
        task._to_boto_request(parameters, shape)  # noqa: SLF001 -- as above
    if task.resource.service_name == "dynamodb":
        spell_out_attributes(parameters)


def _shape(client: Any, operation: str, kind: str) -> Shape | None:
    """The shape of an operation's input or output; None when the service does not know it."""
    name = client.meta.method_to_api_mapping.get(operation) if hasattr(client, "meta") else None
    if name is None:
        return None
    shape: Shape | None = getattr(client.meta.service_model.operation_model(name), kind)
    return shape


@cache
def _operation(service: str, action: str) -> Any:
    """The model of an operation by its snake_case or camelCase name; None when there is none."""
    operations = _operations(service)
    return operations.get(action) or operations.get(camel_to_snake_case(action))


@cache
def _error_codes(service: str) -> frozenset[str]:
    """The codes of the errors that the service's model names."""
    shapes = (shape for model in _operations(service).values() for shape in model.error_shapes)
    return frozenset(
        str(shape.metadata.get("error", {}).get("code", shape.name)) for shape in shapes
    )


@cache
def _operations(service: str) -> dict[str, Any]:
    try:
        model = botocore.session.get_session().get_service_model(service)
    except Exception:  # noqa: BLE001 -- a service that botocore does not know is refused later
        return {}
    return {
        camel_to_snake_case(name): model.operation_model(name) for name in model.operation_names
    }


def _without_times(value: Any, *, as_text: bool) -> Any:
    """Replaces every time in ``value``, in place; returns what stands for ``value`` itself."""
    if isinstance(value, dict):
        for key, inner in value.items():
            value[key] = _without_times(inner, as_text=as_text)
    elif isinstance(value, list):
        value[:] = [_without_times(inner, as_text=as_text) for inner in value]
    elif isinstance(value, datetime):
        return value.isoformat() if as_text else round(value.timestamp() * 1000)
    return value


def _looks(clock: Clock) -> Iterator[float]:
    """The seconds between two looks at a job: short at first, then longer; for ever."""
    for number in range(10**9):
        series = _LOOKS_NOW if clock.is_present() else _LOOKS_THEN
        yield series[min(number, len(series) - 1)]


def _until_next_look(env: Environment, seconds: float, deadline: datetime) -> None:
    """Waits; in the past, where no thread waits in earnest, sees to the state's own timeout."""
    clock = origin_of(env).clock
    if not clock.is_present():
        expected = clock.until_expected()
        seconds = seconds if math.isinf(expected) else expected
        left = (deadline - clock.now()).total_seconds()
        if left <= seconds:
            clock.skip(left)
            raise EvalTimeoutError
    pause(env, seconds)
