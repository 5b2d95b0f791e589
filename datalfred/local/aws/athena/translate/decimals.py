"""Exact decimals in DuckDB's text: DuckDB itself divides and averages them as doubles."""


def power_of_ten(digits: int) -> str:
    """``10 ** digits`` as a decimal without a fraction."""
    return f"CAST('{10**digits}' AS DECIMAL({digits + 1},0))"


def whole(sql: str, scale: int) -> str:
    """A decimal of ``scale`` digits as the whole number of its last places."""
    # DuckDB multiplies narrow decimals in 18 digits.
    return f"CAST(CAST({sql} AS DECIMAL(38,{scale})) * {power_of_ten(scale)} AS HUGEINT)"


def from_whole(sql: str, scale: int) -> str:
    """The reverse of :func:`whole`: a DECIMAL(38, scale)."""
    unit = f"CAST('{10**-scale:.{scale}f}' AS DECIMAL({scale + 1},{scale}))"
    return f"CAST({sql} AS DECIMAL(38,0)) * {unit}"


_LONG = 400


def divided(dividend: str, divisor: str) -> str:
    """The quotient of two whole numbers, rounded half away from zero."""
    if len(dividend) + len(divisor) <= _LONG:
        return f"trino_divide_whole({dividend}, {divisor})"
    pair = f"[{{'n': {dividend}, 'd': {divisor}}}]"
    return f"list_transform({pair}, LAMBDA _q : trino_divide_whole(_q.n, _q.d))[1]"
