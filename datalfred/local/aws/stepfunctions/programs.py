"""Definitions, read into programs.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import json
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

_reading = threading.Lock()
_MENDED: Mapping[str, Callable[[Any], Any]] = {
    "ExecutionType": lambda _: "STANDARD",
    "ToleratedFailurePercentage": lambda share: share if isinstance(share, str) else float(share),
}


def parsed(definition: str) -> Program:
    """The program of a definition.

    Reading one takes tens of milliseconds, so that executions share it.
    """
    return _read(_as_moto_reads(definition))


def _as_moto_reads(definition: str) -> str:
    """The definition in those words of the language that moto's grammar knows.

    Children of a Distributed Map are of type STANDARD there (a Map Run reads for itself of which
    type they are), and a percentage has a fraction.
    """
    if not any(word in definition for word in _MENDED):
        return definition
    return json.dumps(json.loads(definition, object_pairs_hook=_mended))


def _mended(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {
        name: _MENDED[name](value) if name in _MENDED and value is not None else value
        for name, value in pairs
    }


@lru_cache(maxsize=256)
def _read(definition: str) -> Program:
    with _reading:  # the parser's tables are shared, and it locks nothing
        return _read_alone(definition)


def _read_alone(definition: str) -> Program:
    program: Any = AmazonStateLanguageParser.parse(definition)[0]
    return program  # type: ignore[no-any-return]  # its base class, says the parser
