"""Lambda functions in this process: each handler in its own function's environment and role.

A handler is named by the string that the template gives to Lambda, and is imported at its first
call. The environment reaches it through :func:`datalfred.settings.using`, a context variable: two
functions that run at once see each its own. A thread that a handler starts must copy the context.

A handler that is not done within its function's timeout has failed for its caller. It runs on
nevertheless: a thread cannot be ended from outside, where Lambda ends the whole sandbox. So what it
still does is done: whoever tests a timeout must not count on the handler's having stopped.
"""

import importlib
import json
import logging
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any

from datalfred import settings
from datalfred.errors import NotFoundError
from datalfred.local.aws.callers import Callers
from datalfred.local.aws.lambda_lines import (
    Recorded,
    listening,
    platform_lines,
    recorded_now,
    recording,
)
from datalfred.local.aws.lambda_logs import FunctionLog, FunctionLogs, error_line
from datalfred.local.aws.message import ACCOUNT, bare_name
from datalfred.local.aws.meter import COUNT, MILLISECONDS, Measurement, Meter

logger = logging.getLogger(__name__)

Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Function:
    """A function as it was deployed.

    Attributes:
        name: its deployed name.
        handler: ``package.module.function``, or the function itself.
        role: name of its role; ``<name>_role`` unless another is given.
        environment: the variables that it is deployed with.
        timeout_seconds: how long an invocation may take; its context counts down from it.
        memory_megabytes: as its context says it.
        region: where it is deployed.
        sandbox: names the log streams; another one for each deployment.
    """

    name: str
    handler: str | Handler
    role: str
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 60.0
    memory_megabytes: int = 512
    region: str = settings.DEFAULT_REGION
    sandbox: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def arn(self) -> str:
        """The function's ARN, without a qualifier."""
        return f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{self.name}"


class Context:
    """The second argument of a handler, with Lambda's own names."""

    function_version = "$LATEST"
    client_context = None
    identity = None

    def __init__(self, function: Function, request_id: str = "") -> None:
        self.function_name = function.name
        self.memory_limit_in_mb = str(function.memory_megabytes)
        self.invoked_function_arn = function.arn
        self.aws_request_id = request_id or str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{function.name}"
        day = time.strftime("%Y/%m/%d", time.gmtime())
        self.log_stream_name = f"{day}/[$LATEST]{function.sandbox}"
        self._deadline = time.monotonic() + function.timeout_seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


@dataclass(frozen=True)
class Invocation:
    """How an invocation ended.

    Attributes:
        payload: what the handler returned, or Lambda's error object.
        failed: whether the handler raised; then ``payload`` has ``errorType`` and so on.
        request_id: the invocation's id.
    """

    payload: Any
    failed: bool
    request_id: str


class FunctionFailedError(Exception):
    """A handler raised; ``payload`` is Lambda's error object."""

    def __init__(self, name: str, payload: Mapping[str, Any]) -> None:
        super().__init__(f"{name} failed: {payload['errorType']}: {payload['errorMessage']}")
        self.payload = payload


class LambdaHost:
    """The functions of a stack, by deployed name."""

    def __init__(
        self,
        callers: Callers,
        base_environment: Callable[[], Mapping[str, str]],
        meter: Meter | None = None,
        logs: FunctionLogs | None = None,
    ) -> None:
        """An empty host.

        Args:
            callers: where a function's role is registered.
            base_environment: what every function has besides its own variables.
            meter: takes the metrics of each invocation.
            logs: take what each invocation writes.
        """
        self._meter = Meter() if meter is None else meter
        self._logs = FunctionLogs() if logs is None else logs
        self._callers = callers
        self._base_environment = base_environment
        self._functions: dict[str, Function] = {}
        self._handlers: dict[str, Handler] = {}

    def register(
        self,
        name: str,
        handler: str | Handler,
        *,
        environment: Mapping[str, str] | None = None,
        role: str = "",
        timeout_seconds: float = 60.0,
        region: str = settings.DEFAULT_REGION,
    ) -> Function:
        """Deploys a function, or replaces it."""
        function = Function(
            name=name,
            handler=handler,
            role=role or f"{name}_role",
            environment=dict(environment or {}),
            timeout_seconds=timeout_seconds,
            region=region,
        )
        self._callers.register(function.role, session=name)
        self._functions[name] = function
        self._handlers.pop(name, None)
        return function

    def functions(self) -> tuple[Function, ...]:
        """The deployed functions, by name."""
        return tuple(sorted(self._functions.values(), key=lambda function: function.name))

    def find(self, name: str) -> Function | None:
        """The function of this name or ARN, qualified or not; None when there is none."""
        return self._functions.get(bare_name(name))

    def environment_of(self, function: Function) -> dict[str, str]:
        """The whole environment in which the function's handler runs."""
        return {
            **self._base_environment(),
            **self._callers.register(function.role, session=function.name).environment(),
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_megabytes),
            "AWS_LAMBDA_FUNCTION_VERSION": Context.function_version,
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            **function.environment,
        }

    def invoke(self, name: str, event: Any) -> Any:
        """The payload of a function for ``event``.

        Raises:
            NotFoundError: no such function is deployed.
            FunctionFailedError: its handler raised.
        """
        invocation = self.run(name, event)
        if invocation.failed:
            raise FunctionFailedError(bare_name(name), invocation.payload)
        return invocation.payload

    def run(self, name: str, event: Any) -> Invocation:
        """Invokes a function and says how that ended.

        Raises:
            NotFoundError: no such function is deployed.
        """
        function = self.find(name)
        if function is None:
            raise NotFoundError("Lambda function", name)
        began = recorded_now(function.name)
        context = Context(function, began.request_id if began else "")
        recorded = began or Recorded(function.name, context.aws_request_id)
        at, clock = _now(), time.perf_counter()
        invocation = self._run_recorded(function, event, context, recorded)
        took = recorded.milliseconds or (time.perf_counter() - clock) * 1000
        self._meter.record(_measured(function, invocation, at, took))
        if began is None:  # otherwise the log is written by whoever began it
            self._logs.add(_log(function, invocation, recorded, context, took))
        return invocation

    def _run_recorded(
        self, function: Function, event: Any, context: Context, recorded: Recorded
    ) -> Invocation:
        ended: list[Invocation] = []
        with settings.using(self.environment_of(function)), recording(recorded):
            work = copy_context()

        def handle() -> None:
            with listening(recorded):
                ended.append(work.run(self._handle, function, event, context))

        thread = threading.Thread(target=handle, name=function.name, daemon=True)
        thread.start()
        thread.join(function.timeout_seconds)
        if ended:
            return ended[0]
        said = f"Task timed out after {function.timeout_seconds:.2f} seconds"
        return _ended_by_lambda("Sandbox.Timedout", said, context)

    def _handle(self, function: Function, event: Any, context: Context) -> Invocation:
        try:
            answer = self._handler_of(function)(json.loads(json.dumps(event)), context)
            payload = json.loads(json.dumps(answer))
        except SystemExit as exiting:
            reason = f"with error: exit status {exiting.code}"
            said = f"Runtime exited {reason if exiting.code else 'without providing a reason'}"
            return _ended_by_lambda("Runtime.ExitError", said, context)
        except Exception as problem:
            logger.debug("function=<%s> | the handler raised", function.name, exc_info=True)
            return Invocation(
                _error(problem, context), failed=True, request_id=context.aws_request_id
            )
        return Invocation(payload, failed=False, request_id=context.aws_request_id)

    def run_later(self, name: str, event: Any) -> None:
        """Invokes a function in a thread of its own; its answer is dropped, as Lambda does."""
        threading.Thread(target=self.run, args=(name, event), name=name, daemon=True).start()

    def _handler_of(self, function: Function) -> Handler:
        if not isinstance(function.handler, str):
            return function.handler
        known = self._handlers.get(function.name)
        if known is None:
            module, _, name = function.handler.rpartition(".")
            known = getattr(importlib.import_module(module), name)
            self._handlers[function.name] = known
        return known


def _error(problem: Exception, context: Context) -> dict[str, Any]:
    """The error object of Lambda's Python runtime."""
    return {
        "errorMessage": str(problem),
        "errorType": type(problem).__name__,
        "requestId": context.aws_request_id,
        "stackTrace": traceback.format_tb(problem.__traceback__),
    }


def _ended_by_lambda(kind: str, said: str, context: Context) -> Invocation:
    """The failure of a handler that could not report one itself."""
    message = f"RequestId: {context.aws_request_id} Error: {said}"
    payload = {"errorType": kind, "errorMessage": message}
    return Invocation(payload, failed=True, request_id=context.aws_request_id)


def _now() -> float:
    """Seconds since 1970; of the past where an execution of the past invokes."""
    from datalfred.local.aws.compute.origin import current

    return current().clock.now().timestamp()


def _measured(
    function: Function, invocation: Invocation, at: float, milliseconds: float
) -> Measurement:
    """The metrics of an invocation.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html.
    """
    values = (
        ("Invocations", 1.0, COUNT),
        ("Errors", float(invocation.failed), COUNT),
        ("Throttles", 0.0, COUNT),
        ("Duration", round(milliseconds, 2), MILLISECONDS),
    )
    dimension = "FunctionName", function.name
    return Measurement(function.region, "AWS/Lambda", dimension, at, values, in_account=True)


def _log(
    function: Function,
    invocation: Invocation,
    recorded: Recorded,
    context: Context,
    milliseconds: float,
) -> FunctionLog:
    error = error_line(invocation.payload) if invocation.failed else ""
    memory = f"Memory Size: {function.memory_megabytes} MB"
    lines = platform_lines(recorded, milliseconds, memory, error)
    end = time.time()
    times = [end - milliseconds / 1000, *(at or end for at, _ in lines[1:])]
    stamped = tuple((round(at * 1000), line) for at, (_, line) in zip(times, lines, strict=True))
    return FunctionLog(function.region, context.log_group_name, context.log_stream_name, stamped)
