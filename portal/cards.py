"""Tell a card's number from other digits, so that none is kept, logged or let in.

A number counts if it was issued as such, its check digit is right, and it is written as cards are.
What is digits by trade has to pass: phones, ids and numbers of orders, accounts, dates, decimals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_BETWEEN = r"[\s./\-]{1,3}"
_WHOLE = re.compile(rf"\+?\d(?:(?:{_BETWEEN})?\d){{12,18}}", re.ASCII)
_INSIDE = re.compile(
    # Passed over: an account's number (IBAN), whose digits stand in fours as well.
    r"(?<!\w)[A-Z]{2}\d\d(?: [A-Z\d]{4}){3,7}(?: [A-Z\d]{1,3})?(?!\w)"
    # No part of a word, of decimals, or of a row of such groups. A year may stand before it.
    r"|(?<!\w)(?<!\d[.,])(?<![3-9]\d{3}[\s./\-])(?<!2[1-9]\d\d[\s./\-])(?P<number>"
    r"\+?\d{14,19}"
    rf"|(?=[3-6]|2[2-7])(?P<four>\d{{4}}(?:{_BETWEEN}\d{{4}}){{3}})(?:{_BETWEEN}\d{{1,3}}(?!\w))?"
    rf"(?!{_BETWEEN}\d{{4}}{_BETWEEN}\d{{4}}(?!\w))"
    rf"|3\d{{3}}{_BETWEEN}\d{{6}}{_BETWEEN}\d{{4,5}}"
    r")(?!\w)",
    re.ASCII,
)
_ANYHOW = re.compile(r"(?<![\w+])\d(?:[ \-]?\d){12,18}(?!\w)", re.ASCII)
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
    r"|(?:6011|64[4-9]\d|65\d\d|62\d\d|35[2-8]\d)\d{12}(?:\d{3})?"
    r"|(?:50|5[6-9]|6\d)\d{14}(?:\d{3})?"
)
"""Visa, Mastercard, American Express, Diners; Discover, UnionPay, JCB; Maestro."""
_LONGEST_PHONE = 15
_DOTS, _SLASHES, _MINUS = "·•․‧∙⋅", "⁄∕", "−"


def is_card_number(text: str) -> bool:
    """Tell whether a text is nothing but a card's number, in groups of one size or as cards are."""
    plain = _plain(text).strip()
    return _WHOLE.fullmatch(plain) is not None and _is_grouped(plain) and _is_issued(plain)


def holds_card(text: str, least: int = 14) -> bool:
    """Tell whether a card's number of at least so many digits stands in a text, on its own.

    It may be the first four groups of more: a date or a code of three digits often follows.
    """
    found = (_number(one) for one in _INSIDE.finditer(_plain(text)))
    return any(number and len(number) >= least for number in found)


def without_cards(text: str, instead: str) -> str:
    """Return the text with something else where a card's number stands, or may stand."""
    spans = [one.span() for one in _INSIDE.finditer(_plain(text)) if _number(one)]
    text = _replaced(text, spans, instead)
    return _replaced(text, list(_anyhow(_plain(text))), instead)


def _anyhow(plain: str) -> Iterator[tuple[int, int]]:
    return (one.span() for one in _ANYHOW.finditer(plain) if _is_issued(one[0]))


def _replaced(text: str, spans: list[tuple[int, int]], instead: str) -> str:
    for begin, end in reversed(spans):
        text = text[:begin] + instead + text[end:]
    return text


def _number(found: re.Match[str]) -> str:
    """Return the digits of a card's number that was found; empty if it is none."""
    for written in (found["number"], found["four"]):
        if written and _is_issued(written):
            return _digits(written)
    return ""


def _plain(text: str) -> str:
    """Return the text with plain digits, blanks, dashes, dots and slashes: sign for sign."""
    return text if text.isascii() else "".join(map(_plainly, text))


@lru_cache(4096)
def _plainly(sign: str) -> str:
    digit, kind = unicodedata.digit(sign, None), unicodedata.category(sign)
    if digit is not None:
        return str(digit)
    if kind in ("Zs", "Zl", "Zp", "Cc", "Cf"):
        return " "
    if kind == "Pd" or sign == _MINUS:
        return "-"
    if sign in _DOTS or sign in _SLASHES:
        return "." if sign in _DOTS else "/"
    alike = unicodedata.normalize("NFKC", sign)
    return alike if len(alike) == 1 else sign


def _is_grouped(plain: str) -> bool:
    """Tell whether the groups are of one size, the last of which may be shorter; or as 4-6-5 is."""
    sizes = [len(group) for group in re.findall(r"\d+", plain)]
    is_even = set(sizes[:-1]) <= {sizes[0]} and sizes[-1] <= sizes[0]
    return is_even or (len(sizes) == 3 and sizes[:2] == [4, 6])


def _is_issued(text: str) -> bool:
    """Tell whether these digits are a card's; behind a plus, no phone's either."""
    digits = _digits(text)
    is_phone = text.startswith("+") and len(digits) <= _LONGEST_PHONE
    return not is_phone and _ISSUED.fullmatch(digits) is not None and _adds_up(digits)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _adds_up(digits: str) -> bool:
    """Check by Luhn's formula."""
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(two - 9 * (two > 9) for two in doubled)) % 10 == 0
