"""Definitions, read into programs.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import json
import threading
from functools import lru_cache
from typing import Any

from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

_reading = threading.Lock()


def parsed(definition: str) -> Program:
    """The program of a definition.

    Reading one takes tens of milliseconds, so that executions share it.
    """
    return _read(_as_standard(definition))


def _as_standard(definition: str) -> str:
    """The definition with every Distributed Map's children of type STANDARD.

    moto's grammar knows no other; of which type they are, a Map Run reads for itself.
    """
    if '"EXPRESS"' not in definition:
        return definition

    def standard(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {name: "STANDARD" if name == "ExecutionType" else value for name, value in pairs}

    return json.dumps(json.loads(definition, object_pairs_hook=standard))


@lru_cache(maxsize=256)
def _read(definition: str) -> Program:
    with _reading:  # the parser's tables are shared, and it locks nothing
        return _read_alone(definition)


def _read_alone(definition: str) -> Program:
    program: Any = AmazonStateLanguageParser.parse(definition)[0]
    return program  # type: ignore[no-any-return]  # its base class, says the parser
