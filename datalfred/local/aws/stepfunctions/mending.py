"""What moto's interpreter gets wrong, set right in its own classes, once a process.

Each mend has its test in ``tests/local/aws/stepfunctions``, which fails without it. Nothing here
belongs to one embedded AWS: clocks and clients come with the execution.
"""

import logging
import re
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from antlr4.error.ErrorListener import (  # type: ignore[import-untyped]  # it has no types
    ConsoleErrorListener,
    ErrorListener,
)
from moto.core.exceptions import AWSError
from moto.stepfunctions.parser import api
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.common.retry.jitter_strategy_decl import (
    JitterStrategyDecl,
)
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations.string_operators import (  # noqa: E501 -- moto's own long name
    StringMatches,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_task import (
    lambda_eval_utils,
    state_task_factory,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501 -- moto's own long name
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import (
    StateTaskLambda,
)
from moto.stepfunctions.parser.asl.component.state.fail import state_fail
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.eval import states, variable_store
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.jsonata import jsonata as interpreter_jsonata
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.utils import TMP_THREADS

from datalfred.local.aws.compute.lambda_log import log_invocation
from datalfred.local.aws.compute.origin import acting_for
from datalfred.local.aws.stepfunctions import (
    branches,
    choices,
    distributed_map,
    failures,
    intrinsics,
    result_writer,
    sdk_calls,
)
from datalfred.local.aws.stepfunctions.environment import origin_of, pause
from datalfred.local.aws.stepfunctions.error_names import error_named
from datalfred.local.aws.stepfunctions.jsonata_functions import evaluate
from datalfred.local.aws.stepfunctions.links import connected
from datalfred.local.aws.stepfunctions.tasks import client_cased, job_task, pascal_cased

_KEPT = "TMP_THREADS"
_once = threading.Lock()
_mended: list[bool] = []


def mend() -> None:
    """Sets everything right; the second call finds nothing to do."""
    with _once:
        if _mended:
            return
        # It logs the failure of every state as an error of its own; the history has it already.
        logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
        # Its lexer of intrinsic functions prints what it cannot read; the state fails with it.
        _replace(ConsoleErrorListener, "syntaxError", ErrorListener.syntaxError)
        _mend_errors()
        _mend_error_names()
        _mend_paths()
        _mend_cases()
        _mend_tasks()
        _mend_time()
        _mend_jsonata()
        _mend_wildcards()
        _mend_threads()
        branches.mend(_replace)
        choices.mend(_replace)
        distributed_map.mend(_replace)
        failures.mend(_replace)
        intrinsics.mend(_replace)
        result_writer.mend(_replace)
        sdk_calls.mend(_replace)
        _mended.append(True)


def _replace(owner: Any, name: str, new: Any) -> Any:
    """Gives ``owner`` another attribute ``name``; returns the one it had."""
    old = getattr(owner, name)
    setattr(owner, name, new)
    return old


def _mend_errors() -> None:
    """The interpreter's errors carry their code where moto does not look for it."""
    for error in vars(api).values():
        if isinstance(error, type) and issubclass(error, AWSError) and error is not AWSError:
            error.TYPE = error.__name__
            if "__init__" not in vars(error):
                _replace(error, "__init__", _say_something)


def _say_something(self: AWSError, message: str = "") -> None:
    """Some errors are raised without the message that their base class demands."""
    AWSError.__init__(self, message or str(self.TYPE))


def _mend_error_names() -> None:
    """An error of Step Functions itself (``States.*``) breaks whatever passes it on.

    That is a Map state, a Fail state, and whoever fails a callback.
    """
    for module in (iteration_worker, state_fail, state_task_service_callback):
        _replace(module, "CustomErrorName", error_named)


def _mend_paths() -> None:
    """A path is read anew at every use, by a parser that is not made for threads."""
    lock = threading.Lock()

    def wrapped(parse: Callable[[str], Any]) -> Callable[[str], Any]:
        cached = lru_cache(maxsize=1024)(parse)

        def parse_once(path: str) -> Any:
            with lock:
                return cached(path)

        return parse_once

    for module in (json_path, result_path):
        _replace(module, "parse", wrapped(module.parse))


def _mend_cases() -> None:
    """Both sides of a call are left in the client's own case by the interpreter."""

    def parameters(self: StateTaskService, parameters: Any, *_: Any, **__: Any) -> None:
        client_cased(self, parameters)

    def response(
        self: StateTaskService,
        response: Any,
        boto_service_name: str | None = None,  # noqa: ARG001 -- the interpreter passes it
        service_action_name: str | None = None,
    ) -> None:
        pascal_cased(self, response, service_action_name)

    _replace(StateTaskService, "_normalise_parameters", parameters)
    _replace(StateTaskService, "_normalise_response", response)


def _mend_tasks() -> None:
    """``.sync`` fails or is unknown there; calls know nothing of the execution behind them."""

    def task_for(service_name: str) -> StateTaskService:
        return job_task(service_name) or made_by_moto(service_name)

    made_by_moto = _replace(state_task_factory, "state_task_service_for", task_for)
    for task in (StateTaskService, StateTaskLambda):
        _replace(task, "_eval_execution", _within_origin(task._eval_execution))  # noqa: SLF001 -- where a state calls

    def invoke_and_log(parameters: Any, region: str, state_credentials: Any) -> Any:
        with log_invocation(connected().logs, str(parameters["FunctionName"])) as invocation:
            answer = invoke(parameters, region, state_credentials)
            invocation.answered(answer)
        return answer

    invoke = _replace(lambda_eval_utils, "_invoke_lambda_function", invoke_and_log)


def _within_origin(evaluate: Callable[[Any, Environment], None]) -> Callable[[Any, Any], None]:
    def evaluate_within(self: Any, env: Environment) -> None:
        with acting_for(origin_of(env)):
            evaluate(self, env)

    return evaluate_within


def _mend_time() -> None:
    """Waits follow the execution's clock, and the waits between retries end when it is stopped."""

    def wait_on_clock(self: Any, env: Environment, wait_seconds: float) -> None:
        remaining = origin_of(env).clock.skip(wait_seconds)
        if remaining > 0:
            wait(self, env, remaining)

    def seconds_until(self: Any, env: Environment) -> int:
        # It takes the difference to the laptop's wall clock, whatever its time zone.
        now = origin_of(env).clock.now().replace(tzinfo=None)
        wall = datetime.now()  # noqa: DTZ005 -- exactly what is to be undone
        return int(until(self, env) + round((wall - now).total_seconds()))

    def pause_then_do_not_sleep(self: Any, env: Environment) -> None:
        jitter(self, env)
        pause(env, env.stack.pop())
        env.stack.append(0)

    wait = _replace(WaitFunction, "_wait_interval", wait_on_clock)
    until = _replace(Timestamp, "_get_wait_seconds", seconds_until)
    jitter = _replace(JitterStrategyDecl, "_eval_body", pause_then_do_not_sleep)


class _Forgetful(list[threading.Thread]):
    """Keeps no thread."""

    def append(self, thread: threading.Thread) -> None:
        """Forgets the thread, which is a daemon and ends by itself."""


def _mend_threads() -> None:
    """It keeps every thread that it ever started, with all that the thread's state was given."""
    kept = TMP_THREADS
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.parser") and vars(module).get(_KEPT) is kept:
            setattr(module, _KEPT, _Forgetful())


def _mend_wildcards() -> None:
    """StringMatches is that of a shell there: ``?`` and ``[`` mean something, a backslash nothing.

    Source: https://states-language.net/spec.html, "StringMatches".
    """

    def eval_matches(env: Environment, value: Any) -> None:
        variable = env.stack.pop()
        env.stack.append(
            isinstance(variable, str) and _wildcard(value).fullmatch(variable) is not None
        )

    _replace(StringMatches, "eval", staticmethod(eval_matches))


@lru_cache(maxsize=256)
def _wildcard(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression: ``*`` is anything, a backslash takes the next as is."""
    parts = re.findall(r"\\(.)|(\*)|([^\\*]+)", pattern, re.DOTALL)
    text = "".join(".*" if star else re.escape(taken or plain) for taken, star, plain in parts)
    return re.compile(text, re.DOTALL)


def _mend_jsonata() -> None:
    """Its JSONata is that of a Java machine which moto does not have."""

    def declarations(bindings: dict[str, Any]) -> str:
        return "".join(
            f"{name}:={to_json_str(value, separators=(',', ':'))};"
            for name, value in bindings.items()
        )

    _replace(interpreter_jsonata, "_eval_jsonata", _jsonata)
    _replace(string_expression, "get_intrinsic_functions_declarations", lambda **_: "")
    for module in (states, variable_store):
        _replace(module, "encode_jsonata_variable_declarations", declarations)


def _jsonata(expression: str) -> Any:
    try:
        return evaluate(expression)
    except Exception as problem:
        raise interpreter_jsonata.JSONataException("UNKNOWN", str(problem)) from problem
