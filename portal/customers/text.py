"""Text as people type and paste it."""

from __future__ import annotations

import re
import unicodedata

_EDGES = (
    " \u00a0\u3000\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""What copying from pages, chats and address books leaves around a value."""

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff]"
)
"""Controls, line breaks, turned writing directions, halves of characters and non-characters; and
the sign that stands where a program could not read one."""

_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs, by name, that nobody can see."""


def clean(typed: object) -> str:
    """Return the value in Unicode's NFC without what was only around it; "" when nothing shows."""
    if not isinstance(typed, str):
        return ""
    text = unicodedata.normalize("NFC", typed.strip().strip(_EDGES).strip())
    return text if text.isascii() or _shows(text) else ""


def has_hidden(text: str) -> bool:
    """Tell whether the text holds characters that no one-line field can mean."""
    return _HIDDEN.search(text) is not None


def fold(text: str) -> str:
    """Return the text for comparing: without accents, case, dots and doubled spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[.,'’`\-–—]", " ", kept).split())


def western(text: str) -> str:
    """Return the text with the digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def shape_like(plain: str, example: str) -> str:
    """Return a code with the separators of an example that is as long: 1540023 as 154-0023.

    `plain` holds no separators; one of another length comes back as it is.
    """
    signs = iter(plain)
    if sum(sign.isalnum() for sign in example) != len(plain):
        return plain
    return "".join(next(signs) if sign.isalnum() else sign for sign in example)


def _shows(text: str) -> bool:
    return any(
        unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANKS for sign in text
    ) or has_hidden(text)
