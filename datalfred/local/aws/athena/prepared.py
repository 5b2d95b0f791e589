"""Prepared statements: queries with ``?`` that a workgroup keeps under a name.

Source: https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
"""

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from datalfred.local.aws.athena.failures import RequestError

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_@:]{0,255}")
_WORDS = re.compile(r"\s*(PREPARE|EXECUTE|DEALLOCATE)\b", re.IGNORECASE)
_PREPARE = re.compile(r"\s*PREPARE\s+(\S+)\s+FROM\s+(.+?)[\s;]*", re.IGNORECASE | re.DOTALL)
_EXECUTE = re.compile(
    r"\s*EXECUTE\s+([^\s;]+)(?:\s+USING\s+(.+?))?[\s;]*", re.IGNORECASE | re.DOTALL
)
_DEALLOCATE = re.compile(r"\s*DEALLOCATE\s+PREPARE\s+([^\s;]+)[\s;]*", re.IGNORECASE)


@dataclass(frozen=True)
class PreparedStatement:
    """One prepared statement, as the API describes it."""

    name: str
    workgroup: str
    sql: str
    description: str = ""
    modified: float = field(default_factory=time.time)

    def described(self) -> dict[str, Any]:
        """``PreparedStatement`` of the API."""
        said = {"Description": self.description} if self.description else {}
        return {
            "StatementName": self.name,
            "QueryStatement": self.sql,
            "WorkGroupName": self.workgroup,
            **said,
            "LastModifiedTime": self.modified,
        }

    def summary(self) -> dict[str, Any]:
        """``PreparedStatementSummary`` of the API."""
        return {"StatementName": self.name, "LastModifiedTime": self.modified}


@dataclass(frozen=True)
class Carried:
    """A statement about prepared statements that was carried out at once."""

    word: str


class PreparedStatements:
    """What the workgroups keep; statements about it are carried out here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], PreparedStatement] = {}

    def create(self, statement: PreparedStatement) -> None:
        """Keeps a new statement.

        Raises:
            RequestError: the name is taken, or is no name.
        """
        if not _NAME.fullmatch(statement.name):
            raise RequestError(f"Invalid prepared statement name: {statement.name}")
        key = (statement.workgroup, statement.name)
        with self._lock:
            if key in self._kept:
                raise RequestError(
                    f"Prepared statement {statement.name} already exists in workgroup "
                    f"{statement.workgroup}"
                )
            self._kept[key] = statement

    def find(self, workgroup: str, name: str) -> PreparedStatement:
        """The statement of that name.

        Raises:
            RequestError: ResourceNotFoundException.
        """
        with self._lock:
            found = self._kept.get((workgroup, name))
        if found is None:
            raise RequestError(
                f"PreparedStatement {name} was not found in workGroup {workgroup}",
                code="ResourceNotFoundException",
            )
        return found

    def update(self, workgroup: str, name: str, sql: str, description: str | None) -> None:
        """Gives a statement another text.

        Raises:
            RequestError: ResourceNotFoundException.
        """
        found = self.find(workgroup, name)
        said = found.description if description is None else description
        changed = replace(found, sql=sql, description=said, modified=time.time())
        with self._lock:
            self._kept[workgroup, name] = changed

    def delete(self, workgroup: str, name: str) -> None:
        """Forgets a statement.

        Raises:
            RequestError: ResourceNotFoundException.
        """
        self.find(workgroup, name)
        with self._lock:
            self._kept.pop((workgroup, name), None)

    def listed(self, workgroup: str) -> list[PreparedStatement]:
        """The statements of a workgroup, by name."""
        with self._lock:
            found = [each for (group, _), each in self._kept.items() if group == workgroup]
        return sorted(found, key=lambda each: each.name)

    def carried_out(self, sql: str, workgroup: str) -> Carried | None:
        """Carries out PREPARE and DEALLOCATE PREPARE; None for every other statement.

        Raises:
            RequestError: a syntax error, a name that is taken, or none of that name.
        """
        word = self._word(sql)
        if word == "PREPARE":
            said = _matched(_PREPARE, sql, "PREPARE name FROM statement")
            self.create(PreparedStatement(said[1], workgroup, said[2]))
        elif word == "DEALLOCATE":
            said = _matched(_DEALLOCATE, sql, "DEALLOCATE PREPARE name")
            self.delete(workgroup, said[1])
        else:
            return None
        return Carried(word)

    def resolved(self, sql: str, given: Sequence[str], workgroup: str) -> tuple[str, list[str]]:
        """The statement that EXECUTE names, its parameters in place; any other as it is.

        Args:
            sql: the statement as it was sent.
            given: the execution parameters of the request.
            workgroup: where it runs.

        Raises:
            RequestError: a syntax error, none of that name, more or fewer parameters than it takes.

        Returns:
            The statement, and the parameters that still have to be put in their places.
        """
        if self._word(sql) != "EXECUTE":
            return sql, list(given)
        said = _matched(_EXECUTE, sql, "EXECUTE name [USING parameter, ...]")
        found = self.find(workgroup, said[1])
        if said[2] and given:
            raise RequestError("Parameters stand in USING and in ExecutionParameters")
        from datalfred.local.aws.athena.translate.dialect import with_parameters

        values = _parameters(said[2]) if said[2] else list(given)
        return with_parameters(found.sql, values), []

    @staticmethod
    def _word(sql: str) -> str:
        found = _WORDS.match(sql)
        return found[1].upper() if found else ""


def _matched(form: re.Pattern[str], sql: str, expected: str) -> re.Match[str]:
    found = form.fullmatch(sql)
    if found is None:
        raise RequestError(f"line 1:1: mismatched input. Expecting: {expected}", "MALFORMED_QUERY")
    return found


def _parameters(written: str) -> list[str]:
    """The parameters between the commas that stand in no bracket and no string."""
    from datalfred.local.aws.athena.translate.dialect import Source

    pieces, depth, start = [], 0, 0
    for token in Source(written).tokens:
        depth += (token.text in {"(", "["}) - (token.text in {")", "]"})
        if token.text == "," and not depth and written[token.start] == ",":
            pieces.append(written[start : token.start].strip())
            start = token.end + 1
    return [*pieces, written[start:].strip()]
