"""Tell a card's number from other digits, so that none is kept, logged or let in."""

from __future__ import annotations

import re

_RUN = re.compile(r"(?<![\w+])\d(?:[ \-\u00a0]?\d){12,18}(?!\w)", re.ASCII)
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
    r"|(?:6011|64[4-9]\d|65\d\d|62\d\d|35[2-8]\d)\d{12,15}"
    r"|(?:50|5[6-9]|6\d)\d{12,17}"
)
"""Visa, Mastercard, American Express, Diners; Discover, UnionPay, JCB; Maestro."""


def is_card_number(text: str) -> bool:
    """Tell whether a text is nothing but a card's number: issued as such, its check digit right."""
    return _RUN.fullmatch(text.strip()) is not None and _is_issued(text)


def without_cards(text: str, instead: str) -> str:
    """Return the text with something else where a card's number stands."""
    return _RUN.sub(lambda found: instead if _is_issued(found[0]) else found[0], text)


def _is_issued(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return _ISSUED.fullmatch(digits) is not None and _adds_up(digits)


def _adds_up(digits: str) -> bool:
    """Check by Luhn's formula."""
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(two - 9 * (two > 9) for two in doubled)) % 10 == 0
