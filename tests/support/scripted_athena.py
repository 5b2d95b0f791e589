"""An Athena that does what a test says: states, failures and limits that are rare in a real one."""

import json
from dataclasses import dataclass, field

from datalfred.local.aws.message import Response
from tests.support import small_lake


@dataclass
class Play:
    """What happens to the next query that is started."""

    states: tuple[str, ...] = ("QUEUED", "RUNNING", "SUCCEEDED")
    reason: str = ""
    retryable: bool = False
    columns: tuple[tuple[str, str], ...] = (("n", "bigint"),)
    result: str = '"n"\n"1"\n'
    extension: str = "csv"
    scanned: int = 1_258_291
    reused: bool = False
    refused: str = ""


@dataclass
class ScriptedAthena:
    """A service of the front door; its queries follow ``plays`` in the order of their start."""

    aws: object
    plays: list[Play] = field(default_factory=list)
    started: list[dict] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def handle(self, request):
        service, operation = request.target
        if service != "AmazonAthena":
            return None
        asked = json.loads(request.body)
        return getattr(self, operation)(asked)

    def StartQueryExecution(self, asked):  # noqa: N802 -- Athena's name
        play = self.plays[len(self.started)]
        if play.refused:
            return _answer({"__type": "InvalidRequestException", "Message": play.refused}, 400)
        self.started.append({**asked, "calls": 0})
        number = len(self.started) - 1
        self.aws.client("s3").put_object(
            Bucket=small_lake.RESULTS, Key=f"q-{number}.{play.extension}", Body=play.result.encode()
        )
        return _answer({"QueryExecutionId": f"q-{number}"})

    def GetQueryExecution(self, asked):  # noqa: N802 -- as above
        number, play, query = self._find(asked)
        if query is None:
            missing = f"QueryExecution {asked['QueryExecutionId']} was not found"
            return _answer({"__type": "InvalidRequestException", "Message": missing}, 400)
        state = play.states[min(query["calls"], len(play.states) - 1)]
        query["calls"] += 1
        if asked["QueryExecutionId"] in self.stopped:
            state = "CANCELLED"
        status = {"State": state}
        if play.reason and state != "SUCCEEDED":
            status["StateChangeReason"] = play.reason
            status["AthenaError"] = {"Retryable": play.retryable, "ErrorCategory": 1}
        location = f"s3://{small_lake.RESULTS}/q-{number}.{play.extension}"
        execution = {
            "QueryExecutionId": f"q-{number}",
            "Query": query["QueryString"],
            "WorkGroup": query.get("WorkGroup"),
            "QueryExecutionContext": query.get("QueryExecutionContext", {}),
            "ResultConfiguration": {"OutputLocation": location},
            "Status": status,
            "Statistics": {
                "DataScannedInBytes": play.scanned,
                "TotalExecutionTimeInMillis": 412,
                "ResultReuseInformation": {"ReusedPreviousResult": play.reused},
            },
        }
        return _answer({"QueryExecution": execution})

    def GetQueryResults(self, asked):  # noqa: N802 -- as above
        _, play, _ = self._find(asked)
        info = [{"Name": name, "Type": kind} for name, kind in play.columns]
        return _answer({"ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": info}}})

    def StopQueryExecution(self, asked):  # noqa: N802 -- as above
        self.stopped.append(asked["QueryExecutionId"])
        return _answer({})

    def _find(self, asked):
        number = asked["QueryExecutionId"].removeprefix("q-")
        if not number.isdigit() or int(number) >= len(self.started):
            return 0, None, None
        return int(number), self.plays[int(number)], self.started[int(number)]


def _answer(body, status=200):
    return Response(
        status, {"content-type": "application/x-amz-json-1.1"}, json.dumps(body).encode()
    )
