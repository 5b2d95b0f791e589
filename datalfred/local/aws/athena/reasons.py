"""Why a query failed, as ``StateChangeReason`` and ``AthenaError`` say it.

The words about permissions are those that users report: ``Permission denied on S3 path: s3://...``
(kubecost's troubleshooting page, ghdna/athena-express#85), ``Access denied when writing output to
url: s3://... .`` (AWS re:Post and moj-analytical-services' guide), and Hive's
``MetaException(message:User: ... is not authorized to perform: glue:...)``
(awsdocs/amazon-athena-user-guide#81).
"""

from typing import Any

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.statement_kinds import StatementKind

_LONGEST = 400


def output_denied(uri: str) -> StatementError:
    """The caller may not write a result, or a file of a write."""
    return StatementError(
        "",
        f"Access denied when writing output to url: {uri} . Please ensure you are allowed to "
        "access the S3 bucket. If you are encrypting query results with KMS key, please ensure "
        "you are allowed to access your KMS key",
    )


def read_denied(uri: str) -> StatementError:
    """The caller may not list or read what a table holds."""
    return StatementError("", f"Permission denied on S3 path: {uri}")


def code_of(problem: Exception) -> str:
    """The code of an error that a client reports; empty for any other."""
    response = getattr(problem, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def is_denial(problem: Exception) -> bool:
    """Whether a service refused the caller; a refused HEAD has no code but its status."""
    return "AccessDenied" in code_of(problem) or code_of(problem) == "403"


def is_absence(problem: Exception) -> bool:
    """Whether what was asked for does not exist."""
    return code_of(problem) in {"404", "NoSuchKey", "NoSuchBucket", "NotFoundException"}


def athena_error(failure: Exception, message: str) -> dict[str, Any]:
    """Athena's catalog of errors: category 2 is the user's, 1 the system's."""
    mine = not isinstance(failure, StatementError) or failure.user
    return {
        "ErrorCategory": 2 if mine else 1,
        "ErrorType": 1006 if mine else 233,
        "Retryable": False,
        "ErrorMessage": message,
    }


def reason(problem: Exception, kind: StatementKind) -> str:
    """What Athena says of a failure that is not worded yet: that of a service, or of our own.

    Args:
        problem: the failure.
        kind: of the statement: Hive, which runs DDL, words denials in its own way.
    """
    response = getattr(problem, "response", None)
    if response is None:
        return f"GENERIC_INTERNAL_ERROR: {problem}"[:_LONGEST]
    said = response.get("Error", {})
    code, message = said.get("Code", ""), said.get("Message", "")
    if not is_denial(problem):
        return f"{code}: {message}"
    if kind.type == "DDL" and kind.ending == ".txt" and "VIEW" not in kind.substatement:
        request = response.get("ResponseMetadata", {}).get("RequestId", "")
        return (
            "FAILED: Execution Error, return code 1 from "
            f"org.apache.hadoop.hive.ql.exec.DDLTask. MetaException(message:{message} (Service: "
            f"AmazonDataCatalog; Status Code: 400; Error Code: {code}; Request ID: {request}; "
            "Proxy: null))"
        )
    return f"Insufficient permissions to execute the query. {message}"
