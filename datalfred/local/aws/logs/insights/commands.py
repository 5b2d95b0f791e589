"""Compiles a query: each command becomes a stage of SQL, the last ones an order and a limit."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from datalfred.local.aws.logs.insights.expressions import Clock, Expressions
from datalfred.local.aws.logs.insights.extraction import glob, named_groups
from datalfred.local.aws.logs.insights.fields import EVENT_FIELDS, Scope
from datalfred.local.aws.logs.insights.lexer import Lexer, Token
from datalfred.local.aws.logs.insights.values import Kind, Value, quoted

MOST_ROWS = 10_000
_MOST_STATS = 2
_UNSUPPORTED = {
    "anomaly", "diff", "expand", "filterindex", "head", "join", "lookup", "order", "pattern",
    "search", "source", "tail", "unmask",
}  # fmt: skip
"""Commands of CloudWatch that nothing here can answer."""

_DEFAULT = ("@timestamp", "@message")

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Order:
    """One key of the order of the results."""

    value: Value
    descending: bool


@dataclass
class Plan:
    """What a query compiles to.

    Attributes:
        stages: give the SQL of each stage when told the name of the one before.
        shown: the columns of the result, in order: name and value.
        orders: keys of the order; none means CloudWatch's own.
        keys: fields of ``dedup``.
        limit: rows at most.
        grouped: whether the rows are groups of events.
        matching: how many of the stages come before the events are grouped.
    """

    stages: list[Callable[[str], str]] = field(default_factory=list)
    shown: dict[str, Value] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    keys: list[Value] = field(default_factory=list)
    limit: int = MOST_ROWS
    grouped: bool = False
    matching: int = 0


@dataclass(frozen=True)
class _Item:
    """One expression of a list, with the name that its column gets."""

    name: str
    value: Value
    plain: bool
    """Whether it is a field as it is, which needs no new column."""


class Compiler:
    """Reads the commands of one query."""

    def __init__(self, query: str, clock: Clock) -> None:
        self._lexer = Lexer(query)
        self._clock = clock
        self._scope = Scope()
        self._plan = Plan()
        self._columns = 0
        self._seen: list[str] = []
        self._listed: set[str] = set()
        self._made: set[str] = set()
        self._aggregates: dict[str, Value] = {}
        self._commands: dict[str, Callable[[Token], None]] = {
            "fields": self._fields,
            "display": self._display,
            "filter": self._filter,
            "parse": self._parse,
            "stats": self._stats,
            "sort": self._sort,
            "dedup": self._dedup,
            "limit": self._limit,
            "unnest": self._unnest,
        }

    def compile(self) -> Plan:
        """The plan of the query.

        Raises:
            MalformedQueryError: a command is unknown, or stands where it may not stand.
        """
        while True:
            token = self._lexer.next()
            command = self._commands.get(token.text.lower()) if token.kind == "name" else None
            if command is None and token.is_word(*_UNSUPPORTED):
                raise self._lexer.unsupported(token, token.text)
            if command is None:
                raise self._lexer.error(token)
            self._check_order(token)
            command(token)
            self._seen.append(token.text.lower())
            if not self._lexer.at_end_of_command():
                raise self._lexer.error(self._lexer.peek())
            if self._lexer.next().kind == "end":
                return self._finished()

    def _finished(self) -> Plan:
        if not {"fields", "display", "stats"} & set(self._seen):
            default = {name: EVENT_FIELDS[name] for name in _DEFAULT}
            self._plan.shown = default | self._plan.shown
        if not self._plan.grouped:
            self._plan.matching = len(self._plan.stages)
        return self._plan

    def _check_order(self, token: Token) -> None:
        """Refuses orders of commands that CloudWatch refuses or leaves undefined."""
        name = token.text.lower()
        late = {"stats": ("sort", "limit", "dedup")}
        for earlier in late.get(name, () if name in {"display", "limit"} else ("limit", "dedup")):
            if earlier in self._seen:
                raise self._lexer.error(token, f"{name} must stand before {earlier}")
        if name in {"limit", "dedup"} and name in self._seen:
            raise self._lexer.error(token, f"{name} stands there twice")
        if name == "stats" and self._seen.count("stats") == _MOST_STATS:
            raise self._lexer.error(token, f"a query has at most {_MOST_STATS} stats commands")

    def _list(self, part: Callable[[], _Part]) -> list[_Part]:
        parts = [part()]
        while self._lexer.sign(","):
            parts.append(part())
        return parts

    def _value(self) -> Value:
        return Expressions(self._lexer, self._scope, self._clock).condition()

    def _event_value(self) -> Value:
        start = self._lexer.peek()
        value = self._value()
        if value.aggregates:
            raise self._lexer.error(start, "an aggregate belongs into stats")
        return value

    def _item(self) -> _Item:
        start = self._lexer.peek()
        value = self._value()
        written = self._lexer.text_since(start.start)
        plain = start.kind == "name" and written == start.text
        name = ".".join(start.path) if plain else written
        alias = self._alias()
        return _Item(alias or name, value, plain and not alias)

    def _alias(self) -> str:
        return self._name() if self._lexer.word("as") else ""

    def _name(self) -> str:
        token = self._lexer.next()
        if token.kind != "name":
            raise self._lexer.error(token)
        name = ".".join(token.path)
        self._make(token, name)
        return name

    def _make(self, token: Token, name: str) -> None:
        """Notes a field that the query makes; CloudWatch lets it make each but once."""
        if name in self._made or name in self._listed:
            raise self._lexer.error(token, f"Ephemeral field is already defined: {name}")
        self._made.add(name)

    def _fields(self, token: Token) -> None:
        self._plan.shown |= self._selected(token, self._list(self._listed_item))

    def _listed_item(self) -> _Item:
        """An item of ``fields``, which makes a field even where it only names it."""
        token = self._lexer.peek()
        item = self._item()
        if item.plain and item.name in self._made:
            raise self._lexer.error(token, f"Ephemeral field is already defined: {item.name}")
        if item.plain:
            self._listed.add(item.name)
        return item

    def _display(self, token: Token) -> None:
        self._plan.shown = self._selected(token, self._list(self._item))

    def _selected(self, token: Token, items: list[_Item]) -> dict[str, Value]:
        """The fields of a command; those that it computes become columns of a new stage."""
        if any(item.value.aggregates for item in items):
            raise self._lexer.error(token, "an aggregate belongs into stats")
        made = self._define({item.name: item.value for item in items if not item.plain})
        return {item.name: made.get(item.name, item.value) for item in items}

    def _define(self, computed: dict[str, Value]) -> dict[str, Value]:
        """Adds columns and lets later commands name them."""
        if not computed:
            return {}
        made = {
            name: Value(self._column(), value.kind, whole=value.whole)
            for name, value in computed.items()
        }
        columns = ", ".join(f"{computed[name].sql} AS {made[name].sql}" for name in computed)
        self._stage(f"*, {columns}")
        self._scope.defined |= made
        return made

    def _stage(self, columns: str, rest: str = "") -> None:
        """Adds a stage; ``rest`` is its WHERE or GROUP BY."""
        sql = "SELECT {} FROM {}{}".format
        self._plan.stages.append(lambda source: sql(columns, source, rest))

    def _column(self) -> str:
        self._columns += 1
        return f"field_{self._columns}"

    def _filter(self, _token: Token) -> None:
        condition = self._event_value().condition
        self._stage("*", f" WHERE {condition}")

    def _parse(self, token: Token) -> None:
        regex = self._lexer.regex()
        if regex is None and self._lexer.peek().kind == "name":
            source: Value | None = self._field()
            regex = self._lexer.regex()
        else:
            source = self._scope.find(("@message",))
        if source is None:
            problem = "@message is not a field of the stats command before"
            raise self._lexer.error(token, problem)
        if regex is not None:
            pattern, groups = named_groups(regex)
            if not groups:
                raise self._lexer.error(token, "parse needs a named group, such as (?<name>...)")
        else:
            pattern, groups = self._glob()
        matched = f"regexp_matches({source.text}, {quoted(pattern)})"
        made = self._define(
            {
                name: Value(
                    f"CASE WHEN {matched} THEN"
                    f" regexp_extract({source.text}, {quoted(pattern)}, {group}) END",
                    Kind.TEXT,
                )
                for name, group in groups.items()
            }
        )
        self._plan.shown |= made

    def _glob(self) -> tuple[str, dict[str, int]]:
        token = self._lexer.next()
        if token.kind != "string":
            raise self._lexer.error(token)
        pattern, stars = glob(token.string)
        if not self._lexer.word("as"):
            raise self._lexer.error(self._lexer.peek())
        names = self._list(self._name)
        if len(names) != stars:
            raise self._lexer.error(token, f"{stars} wildcards, but {len(names)} names for them")
        return pattern, {name: number for number, name in enumerate(names, 1)}

    def _field(self) -> Value:
        """A field by its name alone, or by the header of its column."""
        header = self._lexer.verbatim(*self._scope.headers())
        if header:
            return self._scope.defined[header]
        token = self._lexer.next()
        value = self._scope.find(token.path) if token.kind == "name" else None
        if value is None:
            raise self._lexer.error(token)
        return value

    def _leaf(self) -> Value:
        """A field that is no map or list."""
        token = self._lexer.peek()
        value = self._field()
        if value.whole:
            raise self._lexer.error(token, f"{token.text} is a map or list")
        return value.plain

    def _unnest(self, _token: Token) -> None:
        value = self._field()
        if not self._lexer.word("into"):
            raise self._lexer.error(self._lexer.peek())
        name = self._name()
        items = value.sql if value.kind is Kind.STRUCTURE else f"to_json({value.text})"
        made = Value(self._column(), Kind.STRUCTURE)
        self._stage(f"*, unnest(json_items({items})) AS {made.sql}")
        self._scope.defined[name] = made
        if self._plan.shown:
            self._plan.shown[name] = made

    def _stats(self, token: Token) -> None:
        self._aggregates = {}
        aggregates = self._list(self._aggregate)
        if not all(item.value.aggregates for item in aggregates):
            raise self._lexer.error(token, "stats takes aggregates, such as count(*)")
        groups = self._list(self._group) if self._lexer.word("by") else []
        if any(item.value.aggregates for item in groups):
            raise self._lexer.error(token, "an aggregate cannot group")
        items = {item.name: item.value for item in [*groups, *aggregates]}
        made = {name: Value(self._column(), value.kind) for name, value in items.items()}
        columns = ", ".join(f"{items[name].sql} AS {made[name].sql}" for name in items)
        if not self._plan.grouped:
            self._plan.matching = len(self._plan.stages)
        by = f" GROUP BY {', '.join(item.value.sql for item in groups)}" if groups else ""
        self._stage(columns, by)
        self._scope = Scope(made, closed=True)
        self._plan.shown = dict(made)
        self._plan.grouped = True
        self._plan.orders = [
            Order(made[item.name], descending=False)
            for item in sorted(groups, key=lambda item: item.value.kind is not Kind.TIME)
        ]

    def _aggregate(self) -> _Item:
        """One column of ``stats``; those after it may name it."""
        earlier = self._scope
        known = earlier.defined | self._aggregates
        self._scope = Scope(known, closed=earlier.closed, computing=True)
        item = self._item()
        self._scope = earlier
        self._aggregates[item.name] = item.value
        return item

    def _group(self) -> _Item:
        token = self._lexer.peek()
        self._scope.computing = True
        item = self._item()
        if item.value.whole:
            raise self._lexer.error(token, f"{item.name} is a map or list")
        return replace(item, value=item.value.plain)

    def _sort(self, _token: Token) -> None:
        self._lexer.word("by")  # the guide never writes it; examples of AWS do
        self._plan.orders = self._list(self._order)

    def _order(self) -> Order:
        value = self._leaf()
        descending = self._lexer.word("desc")
        if not descending:
            self._lexer.word("asc")
        return Order(value, descending)

    def _dedup(self, _token: Token) -> None:
        self._plan.keys = self._list(self._leaf)

    def _limit(self, _token: Token) -> None:
        token = self._lexer.next()
        if token.kind != "number" or not token.text.isdigit() or not int(token.text):
            raise self._lexer.error(token)
        if int(token.text) > MOST_ROWS:
            raise self._lexer.error(token, f"a limit is at most {MOST_ROWS}")
        self._plan.limit = int(token.text)
