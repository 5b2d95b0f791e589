"""Every error that there is, as a person at a terminal is told it."""

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from datalfred.bedrock.runtime import Failed
from datalfred.cli import failures, turn
from datalfred.errors import (
    AlreadyFailedError,
    ConfigurationError,
    DatalfredError,
    InvalidInputError,
    NotFoundError,
    OperatorError,
    PermissionMissingError,
    QueryFailedError,
    RefusedError,
    UnavailableError,
)

WITH_MORE_TO_SAY = {
    InvalidInputError: InvalidInputError("page", "There is no page 9.", "1 to 2"),
    NotFoundError: NotFoundError("table", "order", near=["orders"]),
    QueryFailedError: QueryFailedError("COLUMN_NOT_FOUND: x", sql="SELECT x"),
    AlreadyFailedError: AlreadyFailedError(RefusedError("No writes."), hint="Stop."),
    PermissionMissingError: PermissionMissingError("glue:GetTables", "table/x"),
    ConfigurationError: ConfigurationError("DATALFRED_X", "is missing."),
}


def every_kind(base=DatalfredError):
    yield base
    for kind in base.__subclasses__():
        if kind.__module__ == DatalfredError.__module__:
            yield from every_kind(kind)


@pytest.mark.parametrize("kind", sorted(set(every_kind()), key=lambda kind: kind.__name__))
def test_an_error_is_one_line_and_its_way_out(kind, capsys):
    error = WITH_MORE_TO_SAY.get(kind) or kind("It broke.", hint="Wait.")

    failures.tell(error)

    said = capsys.readouterr()
    way_out = [f"  {error.hint}"] if error.hint else []
    assert said.err.splitlines() == [f"datalfred: {error.message}", *way_out]
    assert said.out == ""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ReadTimeoutError(endpoint_url="http://x"), "AWS did not answer in time."),
        (ConnectionClosedError(endpoint_url="http://x"), "AWS could not be reached"),
        (
            ClientError(
                {
                    "Error": {
                        "Code": "AccessDeniedException",
                        "Message": "User: arn:aws:sts::123456789012:assumed-role/r/s is not"
                        " authorized to perform: glue:GetTable on resource:"
                        " arn:aws:glue:eu-west-1:123456789012:table/sales/orders",
                    }
                },
                "GetTable",
            ),
            "AWS denied glue:GetTable on table/sales/orders.",
        ),
        (RuntimeError("odd"), "This should not have happened: RuntimeError: odd"),
    ],
)
def test_an_error_that_is_not_ours_is_told_without_arn_or_stack(error, words, capsys):
    failures.tell(error)

    said = capsys.readouterr().err
    assert words in said
    assert not any(hidden in said for hidden in ("arn:", "123456789012", "Traceback"))


@pytest.mark.parametrize(("retryable", "kind"), [(True, UnavailableError), (False, OperatorError)])
def test_a_failed_turn_is_an_error_with_the_id_of_its_lines_in_the_log(retryable, kind):
    failed = Failed("UNAVAILABLE", "Bedrock failed.", retryable, "Correlation id: r-1.")

    error = turn._error(failed)

    assert isinstance(error, kind)
    assert (error.message, error.hint) == ("Bedrock failed.", "Correlation id: r-1.")
