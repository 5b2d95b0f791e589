"""The resolver that every action group registers its operations on.

It is Powertools' ``BedrockAgentResolver`` with what we found missing mended:

- **One body of scalars.** An operation is ``POST /<its name>``. Each parameter is an
  ``Annotated[..., parameter("...")]``: Powertools then reads it from the body by its name, which
  is how Bedrock delivers a body (``requestBody.content["application/json"].properties``, a flat
  list of strings), casts it with pydantic and puts it into the schema with its default. A pydantic
  model as the body would do as well, but hides the parameters from the function's signature; a
  parameter without ``embed`` would become the whole body as soon as it is the only one.
- **Calls never mix.** Powertools keeps the current event as an attribute of a class, so that two
  threads of one process read each other's. Here it lives in a context variable.
- **Errors teach.** A parameter that is unknown or wrong, an error of ours, an error of AWS: each
  answers with its status and ``{"error": {"code", "message", "hint"}}``. Anything else is a defect
  of ours: it answers with a correlation id, and the log holds where it happened, never the data.
- **Failures are told once.** A call that failed is not made again in its turn, SQL is corrected
  twice at most, and every failure is one line of the log: whose, of what, why, for how long.
"""

import inspect
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import BedrockAgentResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder, Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoRouteError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.utilities.data_classes import BedrockAgentEvent

from datalfred import clients, parameters, settings
from datalfred.bedrock import action_group, failure_log
from datalfred.bedrock.action_group import CallCounter, Invocation
from datalfred.bedrock.failures import translated
from datalfred.bedrock.turn_failures import OperationCall, TurnFailures
from datalfred.errors import DatalfredError, InvalidInputError, NotFoundError

_JSON = "application/json"
_SECONDS_WITHOUT_FUNCTION = 60.0
_LEAST_SECONDS, _SECONDS_FOR_WORDS = 0.5, 2.0
_Operation = TypeVar("_Operation", bound=Callable[..., Any])

calls = CallCounter()
"""The calls of every turn in this process, whatever action group they went to."""

failures = TurnFailures()
"""What failed in every turn in this process, likewise."""


def parameter(description: str, **constraints: Any) -> Any:
    """The annotation of an operation's parameter: one scalar of the flat body.

    Args:
        description: for the model; it says meaning, unit, grammar, default and allowed values,
            and comes back as the hint when a value is refused.
        constraints: pydantic's, such as ``ge`` or ``max_length``.
    """
    return Body(embed=True, description=description, **constraints)


class ActionGroupResolver(BedrockAgentResolver):
    """Resolves Bedrock's events to the operations of one action group."""

    def __init__(self) -> None:
        self._building = threading.Lock()
        super().__init__(enable_validation=True, serializer=action_group.as_body)
        self.exception_handler(Exception)(self._failed)
        self.not_found(self._failed)

    def operation(self, function: _Operation) -> _Operation:
        """Registers a function as ``POST /<its name>``; its docstring describes it to the model."""
        name = function.__name__
        described = " ".join((inspect.getdoc(function) or "").split())
        self.post(f"/{name}", description=described, operation_id=name)(function)
        return function

    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answers one event of Bedrock with the envelope that Bedrock takes."""
        given = BedrockAgentEvent({"apiPath": "", "httpMethod": "", "actionGroup": "", **event})
        token = action_group.current.set(Invocation(given, context))
        try:
            with parameters.applied(), clients.within(_seconds_for(context)):
                return self._build_response(self._resolve())
        finally:
            action_group.current.reset(token)

    def _call_route(self, route: Route, route_arguments: dict[str, str]) -> ResponseBuilder[Any]:
        # Powertools builds a route's chain at its first call; two first calls would build it twice.
        with self._building:
            if not route._middleware_stack_built:  # noqa: SLF001 -- Powertools has no public way
                route._build_middleware_stack([], self)  # noqa: SLF001 -- as above
        try:
            self._admit(route)
        except DatalfredError as refused:
            return self._response_builder_class(self._failed(refused), self._serializer, route)
        return super()._call_route(route, route_arguments)

    def _admit(self, route: Route) -> None:
        """Counts the call, right or wrong, and refuses parameters that the operation lacks."""
        asked = action_group.requester().request_id
        calls.count(asked, settings.load().calls_per_turn)
        failures.check(asked, self._current_call())
        if route not in self._static_routes:
            return
        known = [field.alias for field in route.dependant.body_params]
        given = [*(self.current_event.json_body or {}), *self.current_event.query_string_parameters]
        for name in given:
            if name not in known:
                raise InvalidInputError(
                    name, f"{route.operation_id} has no such parameter.", ", ".join(known) or "none"
                )

    @property
    def current_event(self) -> BedrockAgentEvent:  # type: ignore[override]  # Powertools assigns it
        """The event of the call that runs here."""
        event: BedrockAgentEvent = action_group.current.get().event
        return event

    @property
    def lambda_context(self) -> Any:  # type: ignore[override]  # as above
        """Lambda's context of the call that runs here."""
        return action_group.current.get().lambda_context

    @property
    def context(self) -> dict[str, Any]:
        """What Powertools remembers during the call that runs here."""
        invocation = action_group.current.get(None)
        return {} if invocation is None else invocation.state

    @context.setter
    def context(self, value: dict[str, Any]) -> None:
        """Ignores Powertools' early value: every call starts with an empty state."""

    def _current_call(self) -> OperationCall:
        event = self.current_event
        return OperationCall(
            event.path, {**event.query_string_parameters, **(event.json_body or {})}
        )

    def _failed(self, error: Exception) -> Response[dict[str, Any]]:
        asked = action_group.requester()
        correlation = asked.request_id or uuid.uuid4().hex
        told = self._told(error, correlation)
        told = failures.note(asked.request_id, self._current_call(), told)
        failure_log.write(action_group.current.get(), told, error, correlation)
        return Response(status_code=told.status, content_type=_JSON, body={"error": told.as_dict()})

    def _told(self, error: Exception, correlation: str) -> DatalfredError:
        path = self.current_event.path
        if isinstance(error, NoRouteError):
            offered = sorted(str(route.operation_id) for route in self._static_routes)
            return NotFoundError("operation", path.strip("/"), near=offered)
        if isinstance(error, RequestValidationError) and _is_of_request(error):
            return _invalid(error, self.context["_route"])
        return translated(error) or _defect(correlation)


def _seconds_for(context: Any) -> float:
    """How long the calls of an operation may take: what its function has, less what words need."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    seconds = remaining() / 1000 if remaining else _SECONDS_WITHOUT_FUNCTION
    return float(max(_LEAST_SECONDS, seconds - _SECONDS_FOR_WORDS))


def _is_of_request(error: RequestValidationError) -> bool:
    """Powertools raises the same class for a result that breaks its own shape: a defect of ours."""
    return all(problem["loc"][:1] != ("response",) for problem in error.errors())


def _invalid(error: RequestValidationError, route: Route) -> InvalidInputError:
    """Names every refused field, and of the first what it may hold."""
    described = {field.alias: field.field_info.description for field in route.dependant.body_params}
    problems = [(str(problem["loc"][-1]), _said(problem)) for problem in error.errors()]
    field, said = problems[0]
    others = "".join(f" {name}: {other}" for name, other in problems[1:])
    return InvalidInputError(field, said + others, str(described.get(field, "")).rstrip("."))


def _said(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "missing":
        return "It is required, but was not given."
    message = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{problem.get('input')!r} is refused: {message}."


def _defect(correlation: str) -> DatalfredError:
    return DatalfredError(
        f"The operation failed for a reason of its own (correlation id {correlation}).",
        hint="Do not repeat the call; say that it failed, with the correlation id.",
    )
