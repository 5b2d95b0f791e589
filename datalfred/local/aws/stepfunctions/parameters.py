"""What a state passes to a service, in the form in which the service's client takes it."""

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.stepfunctions.parser.utils import camel_to_snake_case

_ITEMS = ("Key", "Item", "ExpressionAttributeValues")


class UnreadableParameterError(Exception):
    """A parameter that Step Functions cannot make a request of; the message says which."""


def respell(value: Any, shape: Shape | None) -> None:
    """Gives the keys of ``value`` the names of the service's model, in place and all the way down.

    The interpreter does so too, but goes into no map.

    Args:
        value: the parameters of a state, or a part of them.
        shape: the model of ``value``.
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        names = {camel_to_snake_case(name): name for name in shape.members}
        for given in list(value):
            name = names.get(camel_to_snake_case(given))
            if name:
                value[name] = value.pop(given)
                respell(value[name], shape.members[name])
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for inner in value.values():
            respell(inner, shape.value)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for inner in value:
            respell(inner, shape.member)


def spell_out_attributes(parameters: Any) -> None:
    """Makes ``{"S": text}`` of each text that stands for an attribute of DynamoDB, in place.

    Only the integration ``dynamodb`` reads a text so; a call of the SDK does not.

    Raises:
        UnreadableParameterError: an attribute is neither a text nor an object.
    """
    for place in _ITEMS:
        attributes = parameters.get(place)
        if isinstance(attributes, dict):
            _spell_out(attributes, list(attributes), place)


def _spell_out(values: Any, keys: Any, place: str) -> None:
    """Spells out ``values[key]`` of each key, and what is in its lists and maps."""
    for key in keys:
        value = values[key]
        if isinstance(value, str):
            values[key] = {"S": value}
        elif not isinstance(value, dict):
            raise UnreadableParameterError(
                f"The value of '{key}' in '{place}' is no attribute value of DynamoDB, such "
                'as {"N": "1"}.'
            )
        elif isinstance(value.get("L"), list):
            _spell_out(value["L"], range(len(value["L"])), f"{place}.{key}.L")
        elif isinstance(value.get("M"), dict):
            _spell_out(value["M"], list(value["M"]), f"{place}.{key}.M")
