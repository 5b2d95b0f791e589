"""What must not reach a model: addresses of people, where cells and log lines show them.

A guardrail does not see the results of tools, so the operations mask them themselves. Three
patterns are masked wherever they stand, because they can be told exactly: e-mail addresses, phone
numbers in international form, and bank accounts (IBAN, checked). Columns that the semantic layer
declares as personal are masked whole.
"""

import re

MASK = "•••"
"""What stands in the place of a declared personal value."""

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(?<![\w.+-])\+[1-9](?:[ ().-]{0,2}\d){7,13}(?![\w.-]?\d)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")


def redact(text: str) -> str:
    """The text with e-mail addresses, phone numbers and IBANs replaced by what they are.

    ``"ana@example.org"`` becomes ``"{EMAIL}"``, as a Bedrock guardrail would write it.
    """
    if "@" in text:
        text = _EMAIL.sub("{EMAIL}", text)
    if "+" in text:
        text = _PHONE.sub("{PHONE}", text)
    return _IBAN.sub(_masked_iban, text)


def redact_cell(value: str | None) -> str | None:
    """The same for a cell of a result, where None is NULL."""
    return None if value is None else redact(value)


def _masked_iban(found: re.Match[str]) -> str:
    """``{IBAN}`` where the check digits agree (ISO 13616: the number modulo 97 is 1)."""
    account = found[0].replace(" ", "")
    digits = "".join(str(int(letter, 36)) for letter in account[4:] + account[:4])
    return "{IBAN}" if int(digits) % 97 == 1 else found[0]
