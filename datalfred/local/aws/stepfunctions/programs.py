"""Definitions, read into programs.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

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
    return _read(definition)


@lru_cache(maxsize=256)
def _read(definition: str) -> Program:
    with _reading:  # the parser's tables are shared, and it locks nothing
        return _read_alone(definition)


def _read_alone(definition: str) -> Program:
    program: Any = AmazonStateLanguageParser.parse(definition)[0]
    return program  # type: ignore[no-any-return]  # its base class, says the parser
