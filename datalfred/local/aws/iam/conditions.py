"""The ``Condition`` of a statement: operators, set operators, and keys that a request lacks.

All operators and all their keys must hold; one of a key's values is enough, or none of them for a
negated operator. Where the request lacks a key, a positive operator does not hold and a negated one
does; ``...IfExists`` always does.

Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from datalfred.local.aws.iam.patterns import arn_pattern, text_pattern
from datalfred.local.aws.iam.variables import Context, filled, variables_in

Compare = Callable[[str, str], bool]
"""Whether a value of the request is what the policy says; ValueError if one cannot be read."""

if TYPE_CHECKING:
    from decimal import Decimal

_Operators: TypeAlias = dict[str, tuple[Compare, bool]]

_QUANTIFIERS = {"all": "forallvalues:", "any": "foranyvalue:"}


class UnknownOperatorError(ValueError):
    """A condition operator that IAM does not have."""


@dataclass(frozen=True)
class Condition:
    """One operator on one key.

    Attributes:
        key: the condition key, in lower case.
        values: what the policy lists.
        compare: the operator in its positive form; None for ``Null``.
        negated: whether none of the values may match.
        if_exists: whether it holds where the request lacks the key.
        quantifier: ``all`` of the request's values must match, or ``any``; empty for a single one.
    """

    key: str
    values: tuple[str, ...]
    compare: Compare | None
    negated: bool = False
    if_exists: bool = False
    quantifier: str = ""

    def depends_on(self) -> frozenset[str]:
        """The keys of the request on which it depends."""
        return frozenset([self.key, *(key for value in self.values for key in variables_in(value))])

    def holds(self, context: Context) -> bool:
        """Whether the request meets it."""
        given = context.get(self.key, ())
        if self.compare is None:
            return all((not given) == (value.lower() == "true") for value in self.values)
        if not given:
            return self._holds_without_value()
        wanted = [text for value in self.values if (text := filled(value, context)) is not None]
        matches = (self._matches(value, wanted) != self.negated for value in given)
        return all(matches) if self.quantifier == "all" else any(matches)

    def _holds_without_value(self) -> bool:
        if self.if_exists or self.quantifier:
            return self.if_exists or self.quantifier == "all"
        return self.negated

    def _matches(self, value: str, wanted: Sequence[str]) -> bool:
        compare = self.compare or operator.eq
        for each in wanted:
            try:
                if compare(value, each):
                    return True
            except (ValueError, ArithmeticError):
                continue
        return False


def parse_conditions(block: Mapping[str, Any], *, variables: bool = True) -> tuple[Condition, ...]:
    """The conditions of a statement.

    Args:
        block: operator -> key -> value or values.
        variables: whether ``${...}`` in a value stands for one of the request's.

    Raises:
        UnknownOperatorError: IAM has no such operator.
        ValueError: the block is not of the form ``{operator: {key: value or values}}``.
    """
    found = []
    for name, keys in block.items():
        if not isinstance(keys, Mapping):
            raise ValueError(f"The condition {name} must map keys to values.")  # noqa: TRY004 -- a fault of the document
        for key, raw in keys.items():
            values = raw if isinstance(raw, list) else [raw]
            if not all(isinstance(value, str | int | float) for value in values):
                raise ValueError(f"The condition {name} of {key} must have texts as its values.")
            texts = [_text(value) for value in values]
            if not variables:
                texts = [text.replace("$", "${$}") for text in texts]
            found.append(_condition(name, key, tuple(texts)))
    return tuple(found)


def _condition(name: str, key: str, values: tuple[str, ...]) -> Condition:
    plain = name.lower()
    quantifier = next((kind for kind, start in _QUANTIFIERS.items() if plain.startswith(start)), "")
    plain = plain.removeprefix(_QUANTIFIERS.get(quantifier, ""))
    if plain == "null" and not quantifier:
        return Condition(key.lower(), values, None)
    if_exists = plain.endswith("ifexists")
    plain = plain.removesuffix("ifexists")
    if plain not in _OPERATORS:
        raise UnknownOperatorError(f"Unknown condition operator {name}.")
    compare, negated = _OPERATORS[plain]
    return Condition(key.lower(), values, compare, negated, if_exists, quantifier)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _literal(text: str) -> str:
    """A value whose escaped characters stand for themselves; other operators know no wildcards."""
    for special in "*?$":
        text = text.replace(f"${{{special}}}", special)
    return text


def _equals(given: str, wanted: str) -> bool:
    return given == _literal(wanted)


def _equals_ignoring_case(given: str, wanted: str) -> bool:
    return given.lower() == _literal(wanted).lower()


def _like(given: str, wanted: str) -> bool:
    return text_pattern(wanted).fullmatch(given) is not None


def _arn_like(given: str, wanted: str) -> bool:
    return arn_pattern(wanted).fullmatch(given) is not None


def _in_network(given: str, wanted: str) -> bool:
    import ipaddress

    return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)


def _numeric(compare: Callable[[Any, Any], bool]) -> Compare:
    return lambda given, wanted: compare(_number(given), _number(wanted))


def _number(text: str) -> "Decimal":
    """An exact number: digits, with a point or an exponent."""
    from decimal import Decimal

    return Decimal(text)


def _dated(compare: Callable[[Any, Any], bool]) -> Compare:
    return lambda given, wanted: compare(_moment(given), _moment(wanted))


def _moment(text: str) -> datetime:
    """A moment of ISO 8601, or in seconds since 1970."""
    if text.lstrip("-").isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ordered(kind: str, of: Callable[[Callable[[Any, Any], bool]], Compare]) -> _Operators:
    return {
        f"{kind}equals": (of(operator.eq), False),
        f"{kind}notequals": (of(operator.eq), True),
        f"{kind}lessthan": (of(operator.lt), False),
        f"{kind}lessthanequals": (of(operator.le), False),
        f"{kind}greaterthan": (of(operator.gt), False),
        f"{kind}greaterthanequals": (of(operator.ge), False),
    }


_OPERATORS: _Operators = {
    "stringequals": (_equals, False),
    "stringnotequals": (_equals, True),
    "stringequalsignorecase": (_equals_ignoring_case, False),
    "stringnotequalsignorecase": (_equals_ignoring_case, True),
    "stringlike": (_like, False),
    "stringnotlike": (_like, True),
    "bool": (_equals_ignoring_case, False),
    "binaryequals": (_equals, False),
    "ipaddress": (_in_network, False),
    "notipaddress": (_in_network, True),
    "arnequals": (_arn_like, False),
    "arnlike": (_arn_like, False),
    "arnnotequals": (_arn_like, True),
    "arnnotlike": (_arn_like, True),
    **_ordered("numeric", _numeric),
    **_ordered("date", _dated),
}
"""Each operator in lower case: its positive form, and whether it is negated."""
