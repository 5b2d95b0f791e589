"""The operations on prepared statements."""

from collections.abc import Callable, Mapping
from typing import Any

from datalfred.local.aws.athena.failures import RequestError
from datalfred.local.aws.athena.paging import page
from datalfred.local.aws.athena.prepared import PreparedStatement, PreparedStatements
from datalfred.local.aws.athena.workgroups import Workgroups
from datalfred.local.aws.message import Caller

_Parameters = Mapping[str, Any]


class PreparedApi:
    """Create, change, find and list prepared statements."""

    def __init__(self, prepared: PreparedStatements, workgroups: Workgroups) -> None:
        self._prepared = prepared
        self._workgroups = workgroups
        self.operations: Mapping[str, Callable[[_Parameters, Caller], dict[str, Any]]] = {
            "CreatePreparedStatement": self._create,
            "GetPreparedStatement": self._get,
            "BatchGetPreparedStatement": self._batch_get,
            "ListPreparedStatements": self._list,
            "UpdatePreparedStatement": self._update,
            "DeletePreparedStatement": self._delete,
        }

    def _workgroup(self, parameters: _Parameters) -> str:
        return self._workgroups.find(parameters["WorkGroup"]).name

    def _create(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        statement = PreparedStatement(
            parameters["StatementName"],
            self._workgroup(parameters),
            parameters["QueryStatement"],
            parameters.get("Description") or "",
        )
        self._prepared.create(statement)
        return {}

    def _get(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        found = self._prepared.find(self._workgroup(parameters), parameters["StatementName"])
        return {"PreparedStatement": found.described()}

    def _batch_get(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        workgroup = self._workgroup(parameters)
        found, missing = [], []
        for name in parameters["PreparedStatementNames"]:
            try:
                found.append(self._prepared.find(workgroup, name).described())
            except RequestError as error:
                problem = {"ErrorCode": error.code, "ErrorMessage": str(error)}
                missing.append({"StatementName": name, **problem})
        return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}

    def _list(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        listed = self._prepared.listed(self._workgroup(parameters))
        return page("PreparedStatements", [each.summary() for each in listed], parameters)

    def _update(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        self._prepared.update(
            self._workgroup(parameters),
            parameters["StatementName"],
            parameters["QueryStatement"],
            parameters.get("Description"),
        )
        return {}

    def _delete(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        self._prepared.delete(self._workgroup(parameters), parameters["StatementName"])
        return {}
