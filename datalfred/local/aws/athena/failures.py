"""What Athena says when a statement cannot be run: at once, or as the reason of a failed query."""


class RequestError(Exception):
    """A request that Athena refuses at once, as the exception that its API model names.

    Attributes:
        code: the modelled exception, such as ``InvalidRequestException``.
        athena_code: the field ``AthenaErrorCode``, such as ``MALFORMED_QUERY``.
    """

    def __init__(
        self,
        message: str,
        athena_code: str = "INVALID_INPUT",
        code: str = "InvalidRequestException",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.athena_code = athena_code


class StatementError(Exception):
    """A query that started and failed, in Trino's words: ``CODE: line 1:8: what is wrong``.

    Attributes:
        code: Trino's error code, such as ``COLUMN_NOT_FOUND``.
        user: whether whoever wrote the statement can mend it.
    """

    def __init__(
        self, code: str, message: str, *, at: tuple[int, int] | None = None, user: bool = True
    ) -> None:
        where = f"line {at[0]}:{at[1]}: " if at else ""
        super().__init__(f"{code}: {where}{message}" if code else f"{where}{message}")
        self.code = code
        self.user = user


class CancelledError(Exception):
    """A query that ended because someone, or a limit, stopped it."""


def not_supported(what: str, *, at: tuple[int, int] | None = None) -> StatementError:
    """The failure of a statement that the embedded Athena cannot answer as Athena would."""
    return StatementError(
        "NOT_SUPPORTED",
        f"{what} is not supported by the embedded Athena; real Athena may run this statement",
        at=at,
    )
