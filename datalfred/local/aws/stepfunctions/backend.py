"""Where state machines and executions are kept: moto's backend, with our executions.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import copy
import json
import uuid
from collections.abc import Iterator
from typing import Any

import moto.stepfunctions.parser.models as moto_models
from moto.core.base_backend import BackendDict
from moto.core.exceptions import AWSError
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from datalfred.local.aws.compute.origin import current
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT
from datalfred.local.aws.stepfunctions.definition import check, everywhere
from datalfred.local.aws.stepfunctions.execution import Execution
from datalfred.local.aws.stepfunctions.map_run import MapRun
from datalfred.local.aws.stepfunctions.payloads import unreadable
from datalfred.local.aws.stepfunctions.programs import parsed

NOT_SUPPORTED = "This operation is not supported by this type of state machine"


class Backend(StepFunctionsParserBackend):
    """The state machines of one region."""

    def start_execution(  # type: ignore[override]  # of the mock; this is the interpreter's
        self,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Execution:
        """Starts an execution on the clock of whoever asks for it."""
        machine: Any = self.describe_state_machine(state_machine_arn)
        name = name or str(uuid.uuid4())
        self._validate_name(name)
        given = execution_input or "{}"
        express = machine.type == "EXPRESS"
        if not express:
            existing: Execution | None = machine._handle_name_input_idempotency(name, given)  # noqa: SLF001 -- moto's own rule
            if existing is not None:
                return existing
        try:
            json.loads(given)
        except ValueError as problem:
            message = f"Invalid State Machine Execution Input: '{problem}'"
            raise AWSError(message, "InvalidExecutionInput") from None
        arn = machine.arn.replace(":stateMachine:", ":express:" if express else ":execution:")
        unique = f":{uuid.uuid4()}" if express else ""
        execution = self._execution(machine, name, f"{arn}:{name}{unique}", given, trace_header)
        machine.executions.append(execution)
        execution.start()
        return execution

    def start_sync_execution(
        self, state_machine_arn: str, name: str | None, execution_input: str | None
    ) -> Execution:
        """Starts an execution of an EXPRESS state machine.

        Raises:
            AWSError: ``StateMachineTypeNotSupported`` for a standard one.
        """
        machine: Any = self.describe_state_machine(state_machine_arn)
        if machine.type != "EXPRESS":
            raise AWSError(NOT_SUPPORTED, "StateMachineTypeNotSupported")
        return self.start_execution(state_machine_arn, name, execution_input)

    def _execution(
        self, machine: Any, name: str, arn: str, given: str, trace_header: str | None
    ) -> Execution:
        clock = current().clock
        return Execution(
            clock,
            name=name,
            sm_type=machine.sm_type,
            role_arn=machine.roleArn,
            exec_arn=arn,
            account_id=self.account_id,
            region_name=self.region_name,
            state_machine=_snapshot(machine),
            start_date=clock.now(),
            cloud_watch_logging_session=None,
            input_data=given,
            trace_header=trace_header,
            activity_store={},
        )

    def create_state_machine(self, name: str, definition: str, **more: Any) -> Any:  # type: ignore[override]  # by name
        """Creates a state machine, or finds the same one.

        Raises:
            AWSError: ``StateMachineAlreadyExists`` for another one of that name; moto would answer
                with that other one.
        """
        _check(definition, more.get("sm_type") or "STANDARD")
        made: Any = super().create_state_machine(name=name, definition=definition, **more)
        asked = (definition, more.get("sm_type") or "STANDARD")
        if (made.definition, made.type) != asked:
            message = f"State Machine Already Exists: '{made.arn}'"
            raise AWSError(message, "StateMachineAlreadyExists")
        return made

    def describe_execution(self, execution_arn: str) -> Execution:  # type: ignore[override]  # ours
        """An execution, or a child of a Map Run."""
        if ":express:" in execution_arn:
            message = "Invalid Arn: 'Resource type not valid in this context: express'"
            raise AWSError(message, "InvalidArn")
        for child in self._children():
            if child.exec_arn == execution_arn:
                return child
        found: Any = super().describe_execution(execution_arn)
        return found  # type: ignore[no-any-return]  # `start_execution` made it

    def map_run(self, arn: str) -> MapRun:
        """The Map Run of that ARN.

        Raises:
            AWSError: ``ResourceNotFound``.
        """
        for run in self._map_runs():
            if run.arn == arn:
                return run
        raise AWSError(f"Resource not found: '{arn}'", "ResourceNotFound")

    def _get_executions(self, execution_status: Any = None) -> list[Any]:
        """Every execution, and every child of a Map Run: whoever may wait for a task token."""
        own: list[Any] = super()._get_executions(execution_status)
        return own + [
            child
            for child in self._children()
            if child.exec_worker and execution_status in (None, child.exec_status)
        ]

    def _children(self) -> Iterator[Execution]:
        for run in self._map_runs():
            yield from run.children

    def _map_runs(self) -> Iterator[MapRun]:
        waiting: list[Any] = [
            each for machine in self.state_machines for each in machine.executions
        ]
        while waiting:
            for run in waiting.pop().map_runs:
                yield run
                waiting += run.children  # which may have Map Runs of their own


def _snapshot(machine: Any) -> Any:
    """The state machine as it is now; an execution keeps it when the machine changes later.

    Neither its executions nor the backend are copied: both hold threads and locks.
    """
    shared = {id(machine.executions): [], id(machine.backend): machine.backend}
    return copy.deepcopy(machine, shared)


def _check(definition: str, kind: str) -> None:
    try:
        check(definition, kind)
        problems = [*_unreadable(json.loads(definition))]
    except FaultError as fault:
        raise AWSError(fault.message, fault.code) from None
    if problems:
        text = ", ".join(f"'{problem}'" for problem in problems)
        raise AWSError(f"Invalid State Machine Definition: {text}", "InvalidDefinition")


def _unreadable(machine: Any) -> Iterator[str]:
    language = machine.get("QueryLanguage")
    for state, place in everywhere(machine, ""):
        if (state.get("QueryLanguage") or language) != "JSONata":
            yield from unreadable(state, place)


def _validate(definition: str) -> None:
    _check(definition, "STANDARD")
    try:
        parsed(definition)
    except Exception as problem:
        message = f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {problem}'"
        raise AWSError(message, "InvalidDefinition") from problem


def install() -> None:
    """Lets moto keep state machines in :class:`Backend`."""
    if not issubclass(moto_models.stepfunctions_parser_backends.backend, Backend):
        moto_models.stepfunctions_parser_backends = BackendDict(Backend, "stepfunctions")
        # It asks its base class by name, so that a subclass cannot give another answer.
        base: Any = StepFunctionsParserBackend
        base._validate_definition = staticmethod(_validate)  # noqa: SLF001 -- see above


def backend(region: str) -> Backend:
    """The backend of a region."""
    found: Any = moto_models.stepfunctions_parser_backends[ACCOUNT][region]
    return found  # type: ignore[no-any-return]  # `install` put it there
