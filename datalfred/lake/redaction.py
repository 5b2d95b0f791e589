"""What must not reach a model: traces of people, where cells, log lines and failures show them.

A guardrail does not see the results of tools, so the operations mask them themselves. Patterns are
masked wherever they stand, as far as they can be told from an identifier or a figure: e-mail
addresses, phone numbers, bank accounts (IBAN, checked), payment cards (checked) and American social
security numbers as they are written. Columns that the semantic layer declares as personal are
masked whole.
"""

import re
from collections.abc import Iterable, Sequence

MASK = "•••"
"""What stands in the place of a declared personal value."""

_AT = re.compile(r"@|%40|\uff20", re.IGNORECASE)
_EMAIL = re.compile(
    r"(?<![\w.%+-])(?:[\w.+-]|%(?!40))(?:[\w.+'-]|%(?!40))*+(?:@|%40|\uff20)"
    r"[^\W_](?:[\w-]*[^\W_])?(?:\.[\w-]+)*\.(?:xn--[\w-]+|[^\W\d_]{2,})",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.+-])\+[1-9](?:[ \u00a0()./-]{0,2}\d){7,13}(?![\w.-]?\d)")
_WRITTEN_PHONE = re.compile(
    r"(?<![\w.+-])(?:\([2-9]\d\d\) ?[2-9]\d\d[-. ]\d{4}"  # North America: (212) 555-0199
    r"|[2-9]\d\d([-.])[2-9]\d\d\1\d{4}"  # 212-555-0199
    r"|0[1-9](?:[ .]\d\d){4})(?![\w-]?\d)"  # France: 06 12 34 56 78
)
_SOCIAL = re.compile(r"(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w.-]?\d)")
_CARD = re.compile(r"(?<![\w.-])[2-6](?:[ -]?\d){12,18}(?!\w|[.-]\w)")
_TWO_DIGITS = re.compile(r"\d\d")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")

_IBAN_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH CR HR LI LV",
    22: "BG BH DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
"""Countries by the length of their accounts (ISO 13616, registry of SWIFT)."""


def _account(length: int, countries: str) -> str:
    """The accounts of some countries: in one piece, or in groups of four that are held apart."""
    groups, rest = divmod(length - 4, 4)
    last = f"(?:(?P=by{length})[A-Z0-9]{{{rest}}})" if rest else ""
    return (
        f"(?:{countries.replace(' ', '|')})\\d\\d(?P<by{length}>[ -]?)[A-Z0-9]{{4}}"
        f"(?:(?P=by{length})[A-Z0-9]{{4}}){{{groups - 1}}}{last}"
    )


_IBAN = re.compile(
    "(?<![A-Z0-9])(?:"
    + "|".join(_account(length, countries) for length, countries in _IBAN_COUNTRIES.items())
    + ")(?![A-Z0-9])",
    re.IGNORECASE,
)

_CARD_ISSUERS = (
    (re.compile(r"4"), (16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"3(?:0[0-5]|[689])"), (14,)),
    (re.compile(r"6(?:011|4[4-9]|5)|35(?:2[89]|[3-8])|62"), (16,)),
)
"""First digits of Visa, Mastercard, American Express, Diners, Discover with JCB and UnionPay."""

_ENOUGH_NUMBERS = 5
_LARGEST_DIGIT = 9


def redact(text: str, *, cards: bool = True) -> str:
    """The text with what points to a person replaced by what it is.

    ``"ana@example.org"`` becomes ``"{EMAIL}"``, as a Bedrock guardrail would write it.

    Args:
        text: a cell, a line or a message.
        cards: whether numbers of payment cards are looked for, too; see :func:`holds_cards`.
    """
    if _AT.search(text):
        text = _EMAIL.sub("{EMAIL}", text)
    if not _TWO_DIGITS.search(text):
        return text
    text = _IBAN.sub(_masked_iban, text)
    if "+" in text:
        text = _PHONE.sub("{PHONE}", text)
    text = _WRITTEN_PHONE.sub("{PHONE}", _SOCIAL.sub("{SSN}", text))
    return _CARD.sub(_masked_card, text) if cards else text


def redact_cell(value: str | None) -> str | None:
    """The same for a cell of a result, where None is NULL."""
    return None if value is None else redact(value)


def holds_cards(cells: Iterable[str | None]) -> bool:
    """Whether the long numbers of a column may be payment cards.

    One in ten numbers has a valid check digit by chance. So a column of identifiers shows itself:
    of five numbers or more, fewer than half pass. A few numbers are taken for cards when they pass.

    Args:
        cells: of one column, as many as are at hand.
    """
    numbers = {cell for cell in cells if cell is not None and _CARD.fullmatch(cell)}
    valid = sum(_is_card(number) for number in numbers)
    return len(numbers) < _ENOUGH_NUMBERS or valid * 2 >= len(numbers)


def hide_quoted(message: str, known: Sequence[str] = ()) -> str:
    """A failure's message without the values that it quotes: ``Cannot cast '•••' to bigint``.

    Athena quotes the cell at which a query failed. Where the query reads personal columns, that is
    a person's name or address, which no pattern tells.

    Args:
        message: what Athena said.
        known: texts that may stay although they are quoted, such as the query's own names.
    """
    shown = {text.lower() for text in known}

    def hidden(found: re.Match[str]) -> str:
        quote = found[0][0]
        return found[0] if found[0][1:-1].lower() in shown else f"{quote}{MASK}{quote}"

    return redact(_QUOTED.sub(hidden, message))


def _masked_iban(found: re.Match[str]) -> str:
    """``{IBAN}`` where the check digits agree (ISO 13616: the number modulo 97 is 1)."""
    account = "".join(letter for letter in found[0] if letter.isalnum())
    digits = "".join(str(int(letter, 36)) for letter in account[4:] + account[:4])
    return "{IBAN}" if int(digits) % 97 == 1 else found[0]


def _masked_card(found: re.Match[str]) -> str:
    return "{CARD}" if _is_card(found[0]) else found[0]


def _is_card(number: str) -> bool:
    """Whether an issuer gives out such numbers, and the check digit agrees (ISO/IEC 7812-1)."""
    digits = [int(letter) for letter in number if letter.isdecimal()]
    text = "".join(map(str, digits))
    if not any(first.match(text) and len(text) in long for first, long in _CARD_ISSUERS):
        return False
    total = sum(digits[-1::-2])
    for digit in digits[-2::-2]:
        total += 2 * digit - (_LARGEST_DIGIT if 2 * digit > _LARGEST_DIGIT else 0)
    return total % 10 == 0
