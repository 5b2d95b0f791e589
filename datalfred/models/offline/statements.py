"""SQL that stands in a question: alone, after "run this:", or in "what would ... cost?"."""

import re

_VERBS = (
    r"select|with|explain|insert|update|delete|drop|create|alter|truncate|merge|grant|unload|"
    r"msck|vacuum"
)
_START = re.compile(
    (
        r"^\s*(?:please\s+)?(?:run|execute|query|sql|estimate|cost of)?[\s:]*(?:this|"
        r"the)?\s*(?:query|sql|statement)?[\s:]*`*(?:sql)?\s*"
        rf"({_VERBS})\b"
    ),
    re.IGNORECASE,
)
_LIST = r"select\s+(?:distinct\s+)?(?:[*\d'(\"]|[\w.]+\s*(?=,|\(|[-+*/|]|\bas\b|\bfrom\b))"
_INSIDE = re.compile(
    rf"\b(?:{_LIST}[\s\S]*?\bfrom\s+[\w\".(]|"
    r"with\s+\w+\s+as\s*\(\s*select\b)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s+(?:(?:would |will |does |do )?(?:it |this )?(?:cost|scan|read|process)(?:s|ed)?"
    r"(?: (?:me|us))?(?: (?:to run|in total|approximately|roughly))?|"
    r"please|pls|for me|thanks|thank you|without running(?: it)?|before (?:i|we) run it|"
    r"if (?:i|we) (?:run|ran) it)\s*$",
    re.IGNORECASE,
)
_READS = ("select", "with", "explain")
_WRITES = re.compile(
    (
        r"^(?:insert into|update \S+ set|delete from|drop (?:table|view|database|schema)|"
        r"create (?:table|view|database|schema)|alter table|truncate table|merge into|"
        r"grant \w+ on|unload|msck|vacuum)"
    ),
    re.IGNORECASE,
)


_PRICE = re.compile(
    r"\b(?:costs?|price|priced|bytes|scan(?:s|ned)?|expensive|cheap|estimate|dry run|how much|"
    r"without running|before (?:i|we) run|gigabytes|megabytes)\b",
    re.IGNORECASE,
)


def asks_price(question: str, sql: str) -> bool:
    """Whether the words around a statement ask what it would cost, not what it gives."""
    return bool(_PRICE.search(question.replace(sql, " ")))


def statement_of(question: str) -> str:
    """Raw SQL in the question, as it is written; empty when there is none."""
    fenced = re.search(r"```(?:sql)?\s*(.+?)```", question, re.DOTALL | re.IGNORECASE)
    if fenced:
        return fenced[1].strip()
    start = _START.match(question)
    if start:
        sql = question[start.start(1) :].strip().strip("`").strip()
        reads = start[1].lower() in _READS
        shaped = re.search(r"\bfrom\b|^select\s+[\d'(*]|\bas\s*\(", sql, re.IGNORECASE)
        if (reads and shaped and _is_select(sql)) or (not reads and _WRITES.search(sql)):
            return _without_tail(sql)
    inside = _INSIDE.search(question)
    return _without_tail(question[inside.start() :]) if inside else ""


def _is_select(sql: str) -> bool:
    """Whether it is a statement, not "select the orders from France" or "with a coupon ..."."""
    sql = re.sub(r"^explain\s+(?:analyze\s+)?", "", sql, flags=re.IGNORECASE)
    if sql.lower().startswith("with"):
        return bool(re.match(r"with\s+[\w\"]+(?:\s*\([^)]*\))?\s+as\s*\(", sql, re.IGNORECASE))
    return not sql.lower().startswith("select") or bool(re.match(_LIST, sql, re.IGNORECASE))


def _without_tail(sql: str) -> str:
    """Without the rest of the sentence around it: "... cost me?"."""
    text = sql.strip().strip("`").strip()
    for _ in range(3):
        text = _TAIL.sub("", text.rstrip(" ?!.`").rstrip())
    return text
