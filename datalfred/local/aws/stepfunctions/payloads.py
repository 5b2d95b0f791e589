"""Paths and intrinsic functions of a definition, read before anything runs.

Imported only when the first state machine is created: the interpreter takes a second to load.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from antlr4 import CommonTokenStream, InputStream  # type: ignore[import-untyped]  # it has no types
from antlr4.error.ErrorListener import ErrorListener  # type: ignore[import-untyped]  # as above
from moto.stepfunctions.parser.asl.antlr.runtime.ASLIntrinsicLexer import ASLIntrinsicLexer
from moto.stepfunctions.parser.asl.antlr.runtime.ASLIntrinsicParser import ASLIntrinsicParser
from moto.stepfunctions.parser.asl.utils import json_path

from datalfred.local.aws.stepfunctions.intrinsics import steps_apart

_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector")
_PATHS = ("InputPath", "OutputPath", "ItemsPath", "ResultPath")
_VARIABLE = re.compile(r"\$[A-Za-z_]")
_FUNCTION = re.compile(r"States\.\w+\(.*\)", re.DOTALL)


def unreadable(state: Mapping[str, Any], path: str) -> Iterator[str]:
    """What Step Functions would say of each path and function that it cannot read.

    Args:
        state: one state that queries with JSONPath.
        path: where it stands in the definition.
    """
    for name in _PATHS:
        value = state.get(name)
        if value is not None and not (isinstance(value, str) and _is_path(value)):
            yield f"SCHEMA_VALIDATION_FAILED: Value is not a valid JSONPath at {path}/{name}"
    for name in _TEMPLATES:
        yield from _template(state.get(name), f"{path}/{name}")


def _template(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name.endswith(".$") and not _is_expression(inner):
                yield (
                    f"SCHEMA_VALIDATION_FAILED: The value for the field '{name}' must be a valid "
                    f"JSONPath or a valid intrinsic function call at {path}"
                )
            yield from _template(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _template(inner, f"{path}[{number}]")


def _is_expression(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return _is_function(value) if value.startswith("States.") else _is_path(value)


def _is_path(text: str) -> bool:
    if _VARIABLE.match(text):
        return True  # a variable, and a path into it
    if not text.startswith("$"):
        return False
    try:
        json_path.parse(  # type: ignore[attr-defined]  # it imports it
            text.removeprefix("$") if text.startswith("$$") else text
        )
    except Exception:  # noqa: BLE001 -- whatever the parser of paths raises: it cannot read it
        return False
    return True


class _Strict(ErrorListener):  # type: ignore[misc]  # it has no types
    def __init__(self) -> None:
        self.found = False

    def syntaxError(self, *_: Any) -> None:  # noqa: N802 -- ANTLR calls it so
        """Notes that the text is no intrinsic function."""
        self.found = True


def _is_function(text: str) -> bool:
    if not _FUNCTION.fullmatch(text):
        return False
    errors = _Strict()
    lexer = ASLIntrinsicLexer(InputStream(steps_apart(text)))
    parser = ASLIntrinsicParser(CommonTokenStream(lexer))
    for reader in (lexer, parser):
        reader.removeErrorListeners()
        reader.addErrorListener(errors)
    parser.func_decl()  # type: ignore[no-untyped-call]  # ANTLR made it
    return not errors.found
