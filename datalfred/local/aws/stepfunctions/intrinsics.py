r"""Intrinsic functions whose values differ in moto's interpreter.

``States.Format`` is Python's ``format`` there (``{0}`` means something, ``\{`` does not), a
negative index counts from the end, Base64 skips what is none and knows ASCII alone, and JSON as
text escapes what is not ASCII.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import base64
import json
import re
import sys
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.array import (
    array_get_item,
)
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.encoding_decoding import (  # noqa: E501 -- moto's own long name
    base_64_decode,
    base_64_encode,
)
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.generic.string_format import (  # noqa: E501 -- moto's own long name
    StringFormat,
)
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.json_manipulation import (  # noqa: E501 -- moto's own long name
    json_to_string,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.parse.intrinsic.intrinsic_parser import IntrinsicParser
from moto.stepfunctions.parser.asl.utils import encoding

_PART = re.compile(r"\\{1,2}([{}'])|(\{\})|([{}])|([^\\{}]+|\\)", re.DOTALL)
"""A backslash is one or two: the interpreter reads functions before JSON's own escapes."""
_STEPS = re.compile(r"(?<=')\]\[(?=')")
_OWNERS = ("moto.stepfunctions", "datalfred.local.aws.stepfunctions")
_MOST_CHARACTERS = 10_000


def steps_apart(text: str) -> str:
    """A function whose paths the grammar can read: it knows ``.['b']`` alone behind ``['a']``."""
    return _STEPS.sub("].[", text)


def mend(replace: Callable[[Any, str, Any], Any]) -> None:
    """Puts all of this into the interpreter's classes."""
    parse = IntrinsicParser.parse
    replace(IntrinsicParser, "parse", staticmethod(lambda src: parse(steps_apart(src))))
    replace(StringFormat, "_eval_body", _of_arguments(formatted))
    replace(array_get_item.ArrayGetItem, "_eval_body", _of_arguments(_item))
    replace(json_to_string.JsonToString, "_eval_body", _of_arguments(_text))
    replace(base_64_decode.Base64Decode, "_eval_body", _of_arguments(_decoded))
    replace(base_64_encode.Base64Encode, "_eval_body", _of_arguments(_encoded))
    stock = encoding.to_json_str
    for name, module in list(sys.modules.items()):
        if name.startswith(_OWNERS) and vars(module).get("to_json_str") is stock:
            replace(module, "to_json_str", json_text)


def json_text(obj: Any, separators: tuple[str, str] | None = None) -> str:
    """JSON as text, in the characters that it has."""
    return json.dumps(
        obj,
        cls=encoding._DateTimeEncoder,  # noqa: SLF001 -- moto's own way with times
        separators=separators,
        ensure_ascii=False,
    )


def formatted(template: str, *values: Any) -> str:
    """The template with each ``{}`` replaced.

    Raises:
        ValueError: there are more or fewer values than ``{}``, or a brace that is not escaped.
    """
    waiting = list(values)
    text = ""
    for escaped, place, brace, plain in _PART.findall(template):
        if brace or (place and not waiting):
            raise ValueError(f"there is no value for a brace of '{template}'")
        text += str(StringFormat._to_str_repr(waiting.pop(0))) if place else escaped or plain  # noqa: SLF001 -- how it writes values
    if waiting:
        raise ValueError(f"there are more values than places in '{template}'")
    return text


def _of_arguments(function: Callable[..., Any]) -> Callable[[Any, Environment], None]:
    def evaluate(self: Any, env: Environment) -> None:
        self.argument_list.eval(env=env)
        env.stack.append(function(*env.stack.pop()))

    return evaluate


def _item(items: Any, index: Any) -> Any:
    if not isinstance(items, list) or not isinstance(index, int):
        raise TypeError(f"expected an array and a number, not {items} and {index}")
    if not 0 <= index < len(items):
        raise IndexError(f"the array has no element {index}")
    return items[index]


def _text(value: Any) -> str:
    return json_text(value, separators=(",", ":"))


def _encoded(text: str) -> str:
    return base64.b64encode(_short(text).encode()).decode()


def _decoded(text: str) -> str:
    return base64.b64decode(_short(text), validate=True).decode()


def _short(text: Any) -> str:
    if not isinstance(text, str) or len(text) > _MOST_CHARACTERS:
        raise ValueError(f"expected a text of at most {_MOST_CHARACTERS} characters")
    return text
