"""The operations on query executions."""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.athena.access import Access
from datalfred.local.aws.athena.failures import RequestError
from datalfred.local.aws.athena.paging import offset, page
from datalfred.local.aws.athena.prepared import PreparedStatements
from datalfred.local.aws.athena.workgroups import PRIMARY, Workgroup, Workgroups
from datalfred.local.aws.message import Caller

if TYPE_CHECKING:
    from datalfred.local.aws.athena.execution import Execution, Submission
    from datalfred.local.aws.athena.executions import Executions
    from datalfred.local.aws.athena.on_demand import RunnerOnDemand
    from datalfred.local.aws.athena.translate.dialect import Parsed

_MOST_ROWS = 1000
_CATALOG = "awsdatacatalog"
_Parameters = Mapping[str, Any]


class QueryApi:
    """Start, stop, look at and read query executions."""

    def __init__(
        self,
        access: Access,
        runner: "RunnerOnDemand",
        workgroups: Workgroups,
        prepared: PreparedStatements,
        timeout: float | None = None,
    ) -> None:
        """No query yet.

        Args:
            access: the clients that act for a caller.
            runner: makes the runner.
            workgroups: all of them.
            prepared: the statements that they keep.
            timeout: seconds that a query may run; None for Athena's limit.
        """
        self._access = access
        self._timeout = timeout
        self._runner = runner
        self._workgroups = workgroups
        self._prepared = prepared
        self._lock = threading.RLock()
        self._executions: Executions | None = None
        self._tokens: dict[str, tuple[_Parameters, str]] = {}
        self.operations: Mapping[str, Callable[[_Parameters, Caller], dict[str, Any]]] = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "BatchGetQueryExecution": self._batch_get,
            "ListQueryExecutions": self._list,
            "StopQueryExecution": self._stop,
            "GetQueryResults": self._results,
            "GetQueryRuntimeStatistics": self._runtime,
        }

    def close(self) -> None:
        """Stops what runs and waits for it."""
        with self._lock:
            executions, self._executions = self._executions, None
        if executions is not None:
            executions.close()

    def _history(self) -> "Executions":
        from datalfred.local.aws.athena.executions import TIMEOUT_SECONDS, Executions

        with self._lock:
            if self._executions is None:
                timeout = TIMEOUT_SECONDS if self._timeout is None else self._timeout
                self._executions = Executions(self._runner, self._access, timeout)
            return self._executions

    def _start(self, parameters: _Parameters, caller: Caller) -> dict[str, Any]:
        token = parameters["ClientRequestToken"]
        with self._lock:
            if token in self._tokens:
                earlier, query_id = self._tokens[token]
                if earlier != parameters:
                    raise RequestError("Idempotent parameters do not match")
                return {"QueryExecutionId": query_id}
            execution = self._history().start(*self._submission(parameters, caller))
            self._tokens[token] = (parameters, execution.id)
        return {"QueryExecutionId": execution.id}

    def _submission(
        self, parameters: _Parameters, caller: Caller
    ) -> "tuple[Submission, Parsed | None]":
        from datalfred.local.aws.athena.encryption import check
        from datalfred.local.aws.athena.execution import Submission
        from datalfred.local.aws.athena.intake import NOTHING, read
        from datalfred.local.aws.athena.statement_kinds import kind_of
        from datalfred.local.aws.athena.writes import grammar

        workgroup = self._workgroups.find(parameters.get("WorkGroup") or PRIMARY)
        if workgroup.state != "ENABLED":
            raise RequestError(f"WorkGroup {workgroup.name} is disabled.")
        given = tuple(parameters.get("ExecutionParameters") or ())
        carried = self._prepared.carried_out(parameters["QueryString"], workgroup.name)
        asked, values = (
            (NOTHING, [])
            if carried
            else self._prepared.resolved(parameters["QueryString"], given, workgroup.name)
        )
        sql, kind, parsed = read(asked, values)
        write = grammar.read(sql, kind)
        encryption = _encryption(parameters, workgroup)
        check(encryption)
        context = parameters.get("QueryExecutionContext") or {}
        reuse = parameters.get("ResultReuseConfiguration") or {}
        age = reuse.get("ResultReuseByAgeConfiguration") or {}
        submission = Submission(
            query=parameters["QueryString"],
            sql=sql,
            kind=kind,
            statement=kind_of(carried.word if carried else kind, write),
            database=_database(context),
            workgroup=workgroup.name,
            output=_output(parameters, workgroup),
            limit=workgroup.cutoff,
            reuse_minutes=int(age.get("MaxAgeInMinutes", 60)) if age.get("Enabled") else None,
            caller=caller,
            parameters=given,
            write=write,
            encryption=encryption,
            fixed_output=workgroup.enforced and bool(workgroup.output_location),
        )
        return submission, parsed

    def _get(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        return {"QueryExecution": self._history().find(parameters["QueryExecutionId"]).described()}

    def _batch_get(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        found, missing = [], []
        for query_id in parameters["QueryExecutionIds"]:
            try:
                found.append(self._history().find(query_id).described())
            except RequestError as error:
                problem = {"ErrorCode": error.athena_code, "ErrorMessage": str(error)}
                missing.append({"QueryExecutionId": query_id, **problem})
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def _list(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        workgroup = self._workgroups.find(parameters.get("WorkGroup") or PRIMARY)
        ids = [each.id for each in self._history().listed(workgroup.name)]
        return page("QueryExecutionIds", ids, parameters)

    def _stop(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        history = self._history()
        history.stop(history.find(parameters["QueryExecutionId"]))
        return {}

    def _results(self, parameters: _Parameters, caller: Caller) -> dict[str, Any]:
        from datalfred.local.aws.athena.results import results

        execution = self._finished(parameters["QueryExecutionId"])
        size = int(parameters.get("MaxResults") or _MOST_ROWS)
        if size > _MOST_ROWS:
            raise RequestError(f"MaxResults is more than maximum allowed length {_MOST_ROWS}.")
        start = offset(parameters, execution.id)
        return results(execution, self._access("s3", caller), start, size)

    def _runtime(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        execution = self._finished(parameters["QueryExecutionId"])
        statistics = execution.described()["Statistics"]
        timeline = {key: value for key, value in statistics.items() if key.endswith("TimeInMillis")}
        counts = {"InputBytes": execution.scanned, "OutputRows": execution.row_count}
        return {"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": counts}}

    def _finished(self, query_id: str) -> "Execution":
        execution = self._history().find(query_id)
        if execution.state == "SUCCEEDED":
            return execution
        problem = (
            f"Query has not yet finished. Current state: {execution.state}"
            if execution.state in {"QUEUED", "RUNNING"}
            else f"Query did not finish successfully. Final query state: {execution.state}"
        )
        raise RequestError(problem, "INVALID_QUERY_EXECUTION_STATE")


def _database(context: Mapping[str, Any]) -> str:
    catalog = str(context.get("Catalog") or _CATALOG)
    if catalog.lower() != _CATALOG:
        raise RequestError(f"The embedded Athena has no catalog but AwsDataCatalog: {catalog}")
    return str(context.get("Database") or "default").lower()


def _encryption(parameters: _Parameters, workgroup: Workgroup) -> Mapping[str, Any]:
    asked = (parameters.get("ResultConfiguration") or {}).get("EncryptionConfiguration") or {}
    return workgroup.encryption if workgroup.enforced else asked or workgroup.encryption


def _output(parameters: _Parameters, workgroup: Workgroup) -> str:
    if workgroup.manages_results:
        return ""
    asked = (parameters.get("ResultConfiguration") or {}).get("OutputLocation", "")
    location = workgroup.output_location if workgroup.enforced else ""
    location = location or asked or workgroup.output_location
    if not location:
        raise RequestError(
            "No output location provided. An output location is required either through the "
            "Workgroup result configuration setting or as an API input."
        )
    if not str(location).startswith("s3://"):
        raise RequestError(f"outputLocation is not a valid S3 path: {location}")
    return str(location)
