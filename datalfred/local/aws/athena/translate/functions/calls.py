"""A function call that is being translated, as the builders of special functions see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.context import Context
from datalfred.local.aws.athena.translate.functions.signatures import fill
from datalfred.local.aws.athena.translate.scope import Scope
from datalfred.local.aws.athena.translate.typed import Typed, made_of, mismatch
from datalfred.local.aws.athena.translate.types import Type


@dataclass(frozen=True)
class Lambda:
    """A translated lambda: DuckDB's parameter names and the body."""

    parameters: tuple[str, ...]
    body: Typed


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        context: of the statement.
        scope: where the arguments are read.
        name: in lower case.
        nodes: the arguments' trees.
        at: where the call stands.
    """

    context: Context
    scope: Scope
    name: str
    nodes: Sequence[exp.Expr]
    at: tuple[int, int]

    def argument(self, index: int) -> Typed:
        """The translated argument."""
        return self.context.translated(self.nodes[index], self.scope)

    def arguments(self) -> list[Typed]:
        """All translated arguments."""
        return [self.argument(index) for index in range(len(self.nodes))]

    def takes(self, *counts: int) -> None:
        """Fails unless the call has one of these numbers of arguments."""
        if len(self.nodes) not in counts:
            kinds = [n for n in range(len(self.nodes)) if not isinstance(self.nodes[n], exp.Lambda)]
            raise self.unexpected([self.argument(index) for index in kinds])

    def constant(self, index: int) -> str:
        """The text of an argument that must be a string literal.

        Raises:
            StatementError: it is computed; Trino could take it, the embedded Athena cannot.
        """
        value = self.argument(index)
        if value.constant is None:
            what = f"{self.name} with a computed argument {index + 1}"
            raise not_supported(what, at=self.at)
        return value.constant

    def whole(self, index: int) -> int:
        """The whole number that an argument must be, written as a literal.

        Raises:
            StatementError: it is computed; Trino could take it, the embedded Athena cannot.
        """
        node, sign = self.nodes[index], 1
        while isinstance(node, exp.Neg | exp.Paren):
            sign = -sign if isinstance(node, exp.Neg) else sign
            node = node.this
        if not isinstance(node, exp.Literal) or not node.name.isdigit():
            what = f"{self.name} with a computed argument {index + 1}"
            raise not_supported(what, at=self.at)
        return sign * int(node.name)

    def lambda_of(self, index: int, *kinds: Type) -> Lambda:
        """The lambda at ``index`` with parameters of these types.

        Raises:
            StatementError: no lambda, or one of another number of parameters.
        """
        node = self.nodes[index]
        if not isinstance(node, exp.Lambda) or len(node.expressions) != len(kinds):
            raise mismatch(f"Unexpected parameters for function {self.name}", self.at)
        names = tuple(self.context.fresh("_p") for _ in kinds)
        parameters = {
            parameter.name.lower(): Typed(name, kind)
            for parameter, name, kind in zip(node.expressions, names, kinds, strict=True)
        }
        scope = self.scope.with_parameters(parameters)
        return Lambda(names, self.context.translated(node.this, scope))

    def made(self, template: str, kind: Type, parts: Sequence[Typed]) -> Typed:
        """The call as DuckDB's text."""
        return made_of(fill(template, parts), kind, parts)

    def common(self, values: Sequence[Typed], subject: str) -> list[Typed]:
        """The values coerced to the one type that all of them have.

        Raises:
            StatementError: they have none.
        """
        return unified(values, subject, self.at)

    def unexpected(self, arguments: Sequence[Typed]) -> StatementError:
        """The failure of a call whose arguments no signature takes."""
        if any(argument.type.name == "char" for argument in arguments):
            return not_supported(f"The function {self.name} of a char", at=self.at)
        given = ", ".join(str(argument.type) for argument in arguments)
        return StatementError(
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({given}) for function {self.name}",
            at=self.at,
        )


def unified(values: Sequence[Typed], subject: str, at: tuple[int, int]) -> list[Typed]:
    """The values coerced to the one type that all of them have.

    Raises:
        StatementError: TYPE_MISMATCH, they have none.
    """
    wide = types.UNKNOWN
    for value in values:
        wider = types.common_type(wide, value.type)
        if wider is None:
            kinds = list(dict.fromkeys(str(each.type) for each in values))
            raise mismatch(
                f"{subject} must be the same type or coercible to a common type. Cannot find "
                f"common type between {wide} and {value.type}, all types (without duplicates): "
                f"[{', '.join(kinds)}]",
                at,
            )
        wide = wider
    return [coerce(value, wide) for value in values]
