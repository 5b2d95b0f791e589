"""Parses expressions and conditions to SQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from datalfred.local.aws.logs.insights.aggregates import AGGREGATES, result_kind
from datalfred.local.aws.logs.insights.extraction import named_groups
from datalfred.local.aws.logs.insights.fields import Scope, part_of
from datalfred.local.aws.logs.insights.functions import FUNCTIONS, Function
from datalfred.local.aws.logs.insights.lexer import Lexer, Token
from datalfred.local.aws.logs.insights.periods import floor, period
from datalfred.local.aws.logs.insights.values import Kind, Value, compare, quoted, text

_COMPARISONS = ("=", "==", "!=", "<", "<=", ">", ">=")
_MOST_NESTED = 40
_UNSUPPORTED = {"haversine", "ispublicip", "isreservedip", "unmask"}
"""Functions of CloudWatch whose values its documentation does not settle."""

_PERIODS = {"datefloor": (Kind.TIME, Kind.PERIOD), "dateceil": (Kind.TIME, Kind.PERIOD)}


@dataclass(frozen=True)
class Clock:
    """What the time functions know, in milliseconds since the epoch."""

    now: int
    start: int
    end: int


class Expressions:
    """Reads expressions at the place of a lexer, in the scope of a command."""

    def __init__(self, lexer: Lexer, scope: Scope, clock: Clock) -> None:
        self._lexer = lexer
        self._scope = scope
        self._clock = clock
        self._depth = 0
        self._nested = 0

    def condition(self) -> Value:
        """``or`` binds least, then ``and``, ``not``, comparisons.

        Raises:
            MalformedQueryError: no condition stands there.
        """
        return self._joined("or", lambda: self._joined("and", self._negation))

    def _joined(self, word: str, part: Callable[[], Value]) -> Value:
        parts = [part()]
        while self._lexer.word(word):
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        sql = f" {word.upper()} ".join(value.condition for value in parts)
        return Value(f"({sql})", Kind.BOOLEAN, any(value.aggregates for value in parts))

    def _negation(self) -> Value:
        if self._lexer.word("not"):
            with self._deeper():
                inner = self._negation()
            return Value(f"(NOT {inner.condition})", Kind.BOOLEAN, inner.aggregates)
        return self._comparison()

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """Refuses what is nested so deep that nobody wrote it."""
        self._nested += 1
        if self._nested > _MOST_NESTED:
            problem = f"it is nested more than {_MOST_NESTED} deep"
            raise self._lexer.error(self._lexer.peek(), problem)
        yield
        self._nested -= 1

    def _comparison(self) -> Value:
        left = self.expression()
        negated = self._lexer.word("not")
        if self._lexer.word("like"):
            found = self._like(left)
        elif self._lexer.word("in"):
            found = self._in(left)
        elif negated:
            raise self._lexer.error(self._lexer.peek())
        elif self._lexer.sign("=~"):
            found = self._like(left)
        elif sign := self._lexer.sign(*_COMPARISONS):
            return self._compared(sign, left)
        else:
            return left
        return replace(found, sql=f"(NOT {found.sql})") if negated else found

    def _compared(self, sign: str, left: Value) -> Value:
        token = self._lexer.peek()
        right = self.expression()
        kinds = {left.kind, right.kind}
        if Kind.TIME in kinds and Kind.TEXT in kinds:
            problem = "a time is compared with milliseconds or another time, not with text"
            raise self._lexer.error(token, problem)
        return compare(sign, left, right)

    def _like(self, left: Value) -> Value:
        regex = self._lexer.regex()
        if regex is not None:
            sql = f"regexp_matches({left.text}, {quoted(named_groups(regex)[0])})"
        else:
            token = self._lexer.next()
            if token.kind != "string":
                raise self._lexer.error(token)
            sql = f"contains({left.text}, {quoted(token.string)})"
        return Value(f"coalesce({sql}, false)", Kind.BOOLEAN, left.aggregates)

    def _in(self, left: Value) -> Value:
        closing = {"[": "]", "(": ")"}.get(self._lexer.sign("[", "("))
        if closing is None:
            raise self._lexer.error(self._lexer.peek())
        choices = [self.expression()]
        while self._lexer.sign(","):
            choices.append(self.expression())
        self._lexer.expect(closing)
        sql = " OR ".join(compare("=", left, choice).sql for choice in choices)
        return Value(f"({sql})", Kind.BOOLEAN, left.aggregates)

    def expression(self) -> Value:
        """An expression without comparisons: ``a + b * f(c)``.

        Raises:
            MalformedQueryError: no expression stands there.
        """
        value = self._product()
        while sign := self._lexer.sign("+", "-"):
            value = _arithmetic(sign, value, self._product())
        return value

    def _product(self) -> Value:
        value = self._power()
        while sign := self._lexer.sign("*", "/", "%"):
            value = _arithmetic(sign, value, self._power())
        return value

    def _power(self) -> Value:
        value = self._operand()
        if not self._lexer.sign("^"):
            return value
        with self._deeper():
            return _arithmetic("^", value, self._power())

    def _operand(self) -> Value:
        header = self._lexer.verbatim(*self._scope.headers())
        if header:
            return self._scope.defined[header]
        token = self._lexer.next()
        if token.is_sign("-", "("):
            with self._deeper():
                return self._within(token)
        match token.kind:
            case "string":
                return text(token.string)
            case "number":
                return Value(
                    f"CAST({token.text} AS DOUBLE)", Kind.NUMBER, literal=float(token.text)
                )
            case "period":
                return self._period(token)
            case "name":
                return self._named(token)
        raise self._lexer.error(token)

    def _within(self, token: Token) -> Value:
        """What follows a minus or stands in parentheses."""
        if token.text == "-":
            value = self._operand()
            return Value(f"(-({value.number}))", Kind.NUMBER, value.aggregates)
        inner = self.condition()
        self._lexer.expect(")")
        return replace(inner, sql=f"({inner.sql})")

    def _period(self, token: Token) -> Value:
        value = period(token.text.lower())
        if not self._depth:
            raise self._lexer.error(token)
        if value is None:
            raise self._lexer.error(token, f"the period {token.text} is not supported")
        return value

    def _named(self, token: Token) -> Value:
        if self._lexer.peek().is_sign("(") and not token.text.startswith("`"):
            self._lexer.next()
            return self._call(token)
        if token.text.lower() in {"true", "false"}:
            return Value(token.text.lower(), Kind.BOOLEAN)
        found = self._scope.find(token.path)
        if found is None:
            problem = f"{token.text} is not a field of the stats command before"
            raise self._lexer.error(token, problem)
        return found

    def _call(self, token: Token) -> Value:
        name = token.text.lower()
        if self._lexer.peek().is_sign("*") and name == "count":
            self._lexer.next()
        self._depth += 1
        with self._deeper():
            arguments = self._arguments()
        self._depth -= 1
        if name == "bin":
            return self._bin(token, arguments)
        if (moment := self._moment(name)) is not None and not arguments:
            return Value(f"CAST({moment} AS DOUBLE)", Kind.NUMBER)
        function = FUNCTIONS.get(name) or AGGREGATES.get(name)
        if function is None and name in _UNSUPPORTED:
            raise self._lexer.unsupported(token, f"the function {token.text}")
        if function is None:
            raise self._lexer.error(token, f"the function {token.text} is not supported")
        self._check(token, function, arguments)
        if problem := function.problem(arguments):
            raise self._lexer.error(token, f"{token.text} {problem}")
        if name in AGGREGATES:
            arguments = [argument.plain for argument in arguments]
            return Value(function.sql(arguments), result_kind(function, arguments), aggregates=True)
        aggregates = any(argument.aggregates for argument in arguments)
        whole = function.kind is Kind.STRUCTURE
        value = Value(function.sql(arguments), function.kind, aggregates, whole=whole)
        path = self._lexer.steps() if whole else ()
        return part_of(value, path) if path else value

    def _arguments(self) -> list[Value]:
        if self._lexer.sign(")"):
            return []
        arguments = [self.condition()]
        while self._lexer.sign(","):
            arguments.append(self.condition())
        self._lexer.expect(")")
        return arguments

    def _check(self, token: Token, function: Function, arguments: list[Value]) -> None:
        if not function.least <= len(arguments) <= function.most:
            problem = f"{token.text} does not take {len(arguments)} arguments"
            raise self._lexer.error(token, problem)
        name = token.text.lower()
        kinds = tuple(argument.kind for argument in arguments)
        if name in _PERIODS and kinds != _PERIODS[name]:
            raise self._lexer.error(token, f"{token.text} takes a time and a period")
        if name not in _PERIODS and Kind.PERIOD in kinds:
            raise self._lexer.error(token, f"{token.text} takes no period")
        if name == "tomillis" and kinds != (Kind.TIME,):
            raise self._lexer.error(token, f"{token.text} takes a time")
        if name in AGGREGATES and any(argument.whole for argument in arguments):
            raise self._lexer.error(token, f"{token.text} takes no map or list")
        if name in AGGREGATES and any(argument.aggregates for argument in arguments):
            raise self._lexer.error(token, "an aggregate cannot hold another")
        if name in {"pct", "percentile"} and not _is_percentage(arguments[1]):
            raise self._lexer.error(token, f"{token.text} takes a number from 0 to 100")

    def _bin(self, token: Token, arguments: list[Value]) -> Value:
        if [argument.kind for argument in arguments] != [Kind.PERIOD]:
            raise self._lexer.error(token, "bin takes a period, such as bin(5m)")
        time = self._scope.find(("@timestamp",))
        if time is None:
            raise self._lexer.error(token, "bin needs @timestamp, which the stats before dropped")
        return Value(floor(time, arguments[0]), Kind.TIME)

    def _moment(self, name: str) -> float | None:
        clock = self._clock
        return {
            "now": clock.now // 1000,
            "querystarttime": clock.start,
            "queryendtime": clock.end,
            "querytimerange": clock.end - clock.start,
        }.get(name)


def _is_percentage(value: Value) -> bool:
    return isinstance(value.literal, float) and 0 <= value.literal <= 100  # noqa: PLR2004 -- per cent


def _arithmetic(sign: str, left: Value, right: Value) -> Value:
    a, b = left.number, right.number
    sql = {
        "^": f"pow({a}, {b})",
        "/": f"({a} / nullif({b}, 0))",
        "%": f"({a} % nullif({b}, 0))",
    }.get(sign, f"({a} {sign} {b})")
    return Value(sql, Kind.NUMBER, left.aggregates or right.aggregates)
