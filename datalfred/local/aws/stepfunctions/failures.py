"""What a failure is called, and who may retry or catch it, where moto's interpreter differs.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.path.items_path import ItemsPath
from moto.stepfunctions.parser.asl.component.common.payload.payloadvalue.payloadbinding.payload_binding import (  # noqa: E501 -- moto's own long name
    PayloadBindingStringExpressionSimple,
)
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringIntrinsicFunction,
    StringJSONata,
)
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501 -- moto's own long name
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501 -- moto's own long name
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_dynamodb import (  # noqa: E501 -- moto's own long name
    StateTaskServiceDynamoDB,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_events import (  # noqa: E501 -- moto's own long name
    StateTaskServiceEvents,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sqs import (  # noqa: E501 -- moto's own long name
    StateTaskServiceSqs,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import (
    StateTaskLambda,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import HeartbeatTimeoutError
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from datalfred.local.aws.stepfunctions.environment import mark_of
from datalfred.local.aws.stepfunctions.error_names import error_named
from datalfred.local.aws.stepfunctions.parameters import UnreadableParameterError

_TERMINAL = {"States.Runtime", "States.DataLimitExceeded"}
_TIMEOUTS = {"States.Timeout", "States.HeartbeatTimeout"}
_SERVICES = (
    StateTaskServiceCallback,
    StateTaskServiceDynamoDB,
    StateTaskServiceEvents,
    StateTaskServiceSqs,
)
_NOWHERE = (
    "An error occurred while executing the state '{}' (entered at the event id #{}). Failed to "
    "transition out of the state. The state does not point to a next state."
)

Evaluate = Callable[[Any, Environment], None]


def mend(replace: Callable[[Any, str, Any], Any]) -> None:
    """Puts all of this into the interpreter's classes."""
    replace(ErrorEqualsDecl, "_eval_body", _match)
    replace(FailureEvent, "__init__", _entered_at(FailureEvent.__init__))
    # A Fail state may invent an error of its own that begins with "States.", and a catcher name it.
    replace(CustomErrorName, "__init__", ErrorName.__init__)
    for owner in (ExecutionState, StateTaskLambda, StateTaskService, *_SERVICES):
        if "_from_error" in vars(owner):
            replace(owner, "_from_error", _named(owner._from_error))  # noqa: SLF001 -- where errors are named
    wraps: tuple[tuple[Any, str, Callable[[Evaluate], Evaluate]], ...] = (
        (StringIntrinsicFunction, "_eval_body", _intrinsic),
        (StringJSONata, "_eval_body", _query),
        (StateChoice, "_eval_state", _choice),
        (PayloadBindingStringExpressionSimple, "_eval_val", _of_field),
        (ItemsPath, "_eval_body", _items),
    )
    for component, name, wrap in wraps:
        replace(component, name, wrap(getattr(component, name)))


def _entered_at(make: Callable[..., None]) -> Callable[..., None]:
    """A cause names the event of the state's last step; AWS that at which it was entered."""

    def make_entered(self: Any, env: Environment, *given: Any, **named: Any) -> None:
        make(self, env, *given, **named)
        self.source_event_id = mark_of(env).entered_at or self.source_event_id

    return make_entered


def matches(error: str | None, named: set[str]) -> bool:
    """Whether a retrier or catcher that names ``named`` fits an error.

    States.ALL fits all but the terminal errors, States.TaskFailed all but them and timeouts; a
    missed heartbeat is a timeout too. States.Runtime always fails the execution.
    """
    if error == "States.Runtime":
        return False
    if error in named or (error == "States.HeartbeatTimeout" and "States.Timeout" in named):
        return True
    if error in _TERMINAL:
        return False
    return "States.ALL" in named or ("States.TaskFailed" in named and error not in _TIMEOUTS)


def _match(self: ErrorEqualsDecl, env: Environment) -> None:
    error = env.stack.pop()
    names = {str(name.error_name) for name in self.error_names}
    env.stack.append(matches(error.error_name if error else None, names))


def _named(name: Callable[..., FailureEvent]) -> Callable[..., FailureEvent]:
    """A path that selects nothing is States.Runtime, whatever state it is in."""

    def name_or_raise(self: Any, env: Environment, ex: Exception) -> FailureEvent:
        if isinstance(ex, NoSuchJsonPathError):
            # A task is evaluated in a frame of its own, which knew the field and is gone.
            env.next_field_name = str(getattr(ex, "field", env.next_field_name))
            raise ex  # the state makes States.Runtime of it, which nobody retries or catches
        if isinstance(ex, UnreadableParameterError):
            return _failure(env, "States.Runtime", str(ex)).failure_event
        if isinstance(ex, HeartbeatTimeoutError):
            return _missed_heartbeat(self, env)
        if isinstance(ex, ClientError) and isinstance(self, StateTaskLambda):
            return _refused_function(env, ex)
        if isinstance(ex, ClientError) and isinstance(self, StateTaskServiceEvents):
            return _refused_events(self, env, ex)
        return name(self, env, ex)

    return name_or_raise


def _missed_heartbeat(task: Any, env: Environment) -> FailureEvent:
    """Moto says States.Timeout, so that nobody catches States.HeartbeatTimeout."""
    error = "States.HeartbeatTimeout"
    details: Any = {
        "resourceType": task._get_sfn_resource_type(),  # noqa: SLF001 -- as its own timeouts do
        "resource": task._get_sfn_resource(),  # noqa: SLF001 -- as above
        "error": error,
    }
    event: Any = {"taskTimedOutEventDetails": details}
    return FailureEvent(env, error_named(error), HistoryEventType.TaskTimedOut, event)


def _refused_function(env: Environment, error: ClientError) -> FailureEvent:
    """Moto calls every error of Lambda itself ``Exception``."""
    told, meta = error.response["Error"], error.response["ResponseMetadata"]
    known = error.response["Error"]["Code"]
    name = f"Lambda.{known}" if known != "AccessDeniedException" else "Lambda.AWSLambdaException"
    cause = (
        f"{told['Message']} (Service: Lambda, Status Code: {meta['HTTPStatusCode']}, "
        f"Request ID: {meta.get('RequestId', '')})"
    )
    event: Any = {"lambdaFunctionFailedEventDetails": {"error": name, "cause": cause}}
    return FailureEvent(env, error_named(name), HistoryEventType.LambdaFunctionFailed, event)


def _refused_events(task: Any, env: Environment, error: ClientError) -> FailureEvent:
    """Moto calls every error of EventBridge itself States.Runtime, which nobody can catch."""
    told, meta = error.response["Error"], error.response["ResponseMetadata"]
    own = type(error) is not ClientError
    name = f"EventBridge.{told['Code'] if own else 'AmazonEventBridgeException'}"
    details: Any = {
        "error": name,
        "cause": (
            f"{told['Message']} (Service: AmazonEventBridge; Status Code: "
            f"{meta['HTTPStatusCode']}; Error Code: {told['Code']}; "
            f"Request ID: {meta.get('RequestId', '')}; Proxy: null)"
        ),
        "resourceType": task._get_sfn_resource_type(),  # noqa: SLF001 -- as its own errors do
        "resource": task._get_sfn_resource(),  # noqa: SLF001 -- as above
    }
    event: Any = {"taskFailedEventDetails": details}
    return FailureEvent(env, error_named(name), HistoryEventType.TaskFailed, event)


def _of_field(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    """A path that selects nothing remembers the field that has it."""

    def evaluate_of(self: Any, env: Environment) -> Any:
        try:
            return evaluate(self, env)
        except NoSuchJsonPathError as problem:
            vars(problem).setdefault("field", self._field_name())
            raise

    return evaluate_of


def _items(evaluate: Evaluate) -> Evaluate:
    """Items that are no array are States.Runtime; the interpreter's words are Python's."""

    def evaluate_items(self: Any, env: Environment) -> None:
        path = self.string_sampler.literal_value
        try:
            evaluate(self, env)
        except NoSuchJsonPathError as problem:
            vars(problem).setdefault("field", "ItemsPath")
            raise
        if not isinstance(env.stack[-1], list):
            cause = f'Reference path "{path}" must point to array.'
            raise _failure(env, "States.Runtime", cause)

    return evaluate_items


def _intrinsic(evaluate: Evaluate) -> Evaluate:
    """An intrinsic function that fails is States.IntrinsicFailure, not States.Runtime."""

    def evaluate_named(self: Any, env: Environment) -> None:
        try:
            evaluate(self, env)
        except (FailureEventException, NoSuchJsonPathError):
            raise
        except Exception as problem:
            cause = f"The function '{self.literal_value}' had the following error: {problem}"
            raise _failure(env, "States.IntrinsicFailure", cause) from problem

    return evaluate_named


def _query(evaluate: Evaluate) -> Evaluate:
    """An expression of JSONata that fails is States.QueryEvaluationError, with its event."""

    def evaluate_named(self: Any, env: Environment) -> None:
        try:
            evaluate(self, env)
        except JSONataException as problem:
            cause = f"The JSONata expression '{self.expression}' threw an error: {problem.details}"
            details: Any = {"error": "States.QueryEvaluationError", "cause": cause}
            kind = HistoryEventType.EvaluationFailed
            event: Any = {"evaluationFailedEventDetails": details}
            failure = FailureEventException(
                FailureEvent(env, error_named(details["error"]), kind, event)
            )
            told: Any = {
                "evaluationFailedEventDetails": failure.get_evaluation_failed_event_details()
            }
            env.event_manager.add_event(env.event_history_context, kind, told)
            raise failure from problem

    return evaluate_named


def _choice(evaluate: Evaluate) -> Evaluate:
    """A Choice without a way out is States.NoChoiceMatched, not a States.Runtime of Python."""

    def evaluate_named(self: Any, env: Environment) -> None:
        try:
            evaluate(self, env)
        except RuntimeError as problem:
            if self.default_state is not None:
                raise
            cause = _NOWHERE.format(self.name, env.event_history_context.source_event_id)
            raise _failure(env, "States.NoChoiceMatched", cause) from problem

    return evaluate_named


def _failure(env: Environment, error: str, cause: str) -> FailureEventException:
    details: Any = {"taskFailedEventDetails": {"error": error, "cause": cause}}
    event = FailureEvent(env, error_named(error), HistoryEventType.TaskFailed, details)
    return FailureEventException(event)
