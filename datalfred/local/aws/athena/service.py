"""Athena's API (JSON 1.1, ``X-Amz-Target: AmazonAthena.*``): reads requests, finds operations."""

import json
import uuid
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.athena.access import Access
from datalfred.local.aws.athena.failures import RequestError
from datalfred.local.aws.athena.metadata_api import MetadataApi
from datalfred.local.aws.athena.on_demand import RunnerOnDemand
from datalfred.local.aws.athena.prepared import PreparedStatements
from datalfred.local.aws.athena.prepared_api import PreparedApi
from datalfred.local.aws.athena.query_api import QueryApi
from datalfred.local.aws.athena.workgroup_api import WorkgroupApi
from datalfred.local.aws.athena.workgroups import Workgroups
from datalfred.local.aws.message import Caller, Request, Response

if TYPE_CHECKING:
    from botocore.model import ServiceModel

TARGET = "AmazonAthena"
_HEADERS = {"content-type": "application/x-amz-json-1.1"}


class AthenaService:
    """Answers every request to Athena; what it does not implement, it says so.

    DuckDB and SQLGlot are loaded by the first statement, or by :meth:`warm`.
    """

    def __init__(
        self,
        client: Callable[[str, Caller], Any],
        timeout: float | None = None,
        authorize: Callable[[Request], None] | None = None,
    ) -> None:
        """A service with no history.

        Args:
            client: a boto3 client of a service that acts for a caller.
            timeout: seconds that a query may run; None for Athena's 30 minutes.
            authorize: judges a request as the front door does; None to make every request.
        """
        self._runner = RunnerOnDemand()
        workgroups = Workgroups()
        prepared = PreparedStatements()
        self._queries = QueryApi(
            Access(client, authorize), self._runner, workgroups, prepared, timeout
        )
        self._operations = {
            **self._queries.operations,
            **WorkgroupApi(workgroups).operations,
            **PreparedApi(prepared, workgroups).operations,
            **MetadataApi(client).operations,
        }

    def handle(self, request: Request) -> Response | None:
        """The response, or None when the request is not for Athena."""
        service, operation = request.target
        if service != TARGET:
            return None
        try:
            body = self._answer(operation, request)
        except RequestError as error:
            said = {"__type": error.code, "message": str(error), "Message": str(error)}
            if error.code == "InvalidRequestException":
                said["AthenaErrorCode"] = error.athena_code
            return Response(400, _HEADERS, json.dumps(said).encode())
        return Response(200, _HEADERS, json.dumps(body).encode())

    def warm(self) -> None:
        """Loads the engine now, where the first query would have to wait for it."""
        self._runner()

    def close(self) -> None:
        """Stops what runs, closes DuckDB and removes the copies of files."""
        self._queries.close()
        self._runner.close()

    def _answer(self, operation: str, request: Request) -> dict[str, Any]:
        answer = self._operations.get(operation)
        if answer is None:
            raise RequestError(
                f"The embedded AWS does not implement athena:{operation}.",
                code="NotImplementedException",
            )
        return answer(self._parameters(operation, request.body), request.caller)

    def _parameters(self, operation: str, body: bytes) -> Mapping[str, Any]:
        from botocore.validate import ParamValidator

        try:
            parameters: dict[str, Any] = json.loads(body or b"{}")
        except ValueError:
            raise RequestError("The body is no JSON.", code="SerializationException") from None
        if operation == "StartQueryExecution":
            parameters.setdefault("ClientRequestToken", str(uuid.uuid4()))
        shape = self._model.operation_model(operation).input_shape
        report = ParamValidator().validate(parameters, shape) if shape else None
        if report is not None and report.has_errors():
            raise RequestError(report.generate_report())
        return parameters

    @cached_property
    def _model(self) -> "ServiceModel":
        import botocore.session

        return botocore.session.Session().get_service_model("athena")
