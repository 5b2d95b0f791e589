"""Saved queries: PutQueryDefinition, DescribeQueryDefinitions and DeleteQueryDefinition."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.logs.store import invalid

_PAGE = 1000

Parameters = Mapping[str, Any]


class QueryDefinitions:
    """The saved queries of one region."""

    def __init__(self) -> None:
        self._saved: dict[str, dict[str, Any]] = {}
        self._by_token: dict[str, str] = {}

    def put(self, parameters: Parameters) -> dict[str, Any]:
        """Saves a query, or changes a saved one; the same client token saves the same one.

        Raises:
            FaultError: there is none of that id, or it uses what is not kept.
        """
        if parameters.get("queryLanguage", "CWLI") != "CWLI" or parameters.get("parameters"):
            raise FaultError(
                "NotImplementedException",
                "The embedded AWS saves queries in the language CWLI and without parameters.",
            )
        token = parameters.get("clientToken", "")
        given = parameters.get("queryDefinitionId") or self._by_token.get(token)
        if given is not None and given not in self._saved:
            raise _missing()
        identifier = given or str(uuid.uuid4())
        if token:
            self._by_token[token] = identifier
        self._saved[identifier] = {
            "queryLanguage": "CWLI",
            "queryDefinitionId": identifier,
            "name": parameters["name"],
            "queryString": parameters["queryString"],
            "lastModified": int(time.time() * 1000),
            "logGroupNames": list(parameters.get("logGroupNames", [])),
        }
        return {"queryDefinitionId": identifier}

    def describe(self, parameters: Parameters) -> dict[str, Any]:
        """The saved queries whose names begin with a prefix, by name.

        Raises:
            FaultError: a parameter may not be so.
        """
        size, token = int(parameters.get("maxResults", _PAGE)), parameters.get("nextToken", "0")
        if not 1 <= size <= _PAGE:
            raise invalid(f"maxResults must be from 1 to {_PAGE}.")
        if not token.isdecimal():
            raise invalid("The specified nextToken is invalid.")
        prefix, first = parameters.get("queryDefinitionNamePrefix", ""), int(token)
        found = sorted(
            (one for one in self._saved.values() if one["name"].startswith(prefix)),
            key=lambda one: (one["name"], one["queryDefinitionId"]),
        )
        answer: dict[str, Any] = {"queryDefinitions": found[first : first + size]}
        if first + size < len(found):
            answer["nextToken"] = str(first + size)
        return answer

    def delete(self, parameters: Parameters) -> dict[str, Any]:
        """Forgets a saved query.

        Raises:
            FaultError: there is none of that id.
        """
        if self._saved.pop(str(parameters["queryDefinitionId"]), None) is None:
            raise _missing()
        return {"success": True}


def _missing() -> FaultError:
    return FaultError("ResourceNotFoundException", "The specified query definition does not exist.")
