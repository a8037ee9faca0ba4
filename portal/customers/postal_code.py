"""Postal codes as their country writes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from portal.customers.territory import Territory
from portal.customers.text import has_hidden, shape_like, western

LONGEST = 50

_DASHES = re.compile(r"[\u2010-\u2015\u2212\u30fc\ufe58\ufe63]")
_COUNTRY_SIGN = re.compile(r"[A-Z]{1,3}[- ]?(?=\d)")
"""D-26133, FI-00550, CA 94103: what people put before a code that the country writes without."""


def normalize_postal_code(typed: str, place: Territory) -> str | None:
    """Return the code as the country writes it, or None when it can be none of the country's.

    Where no codes exist, whatever was typed comes back as "".
    """
    if place.postal_codes is None:
        return ""
    if len(typed) > LONGEST or has_hidden(typed):
        return None
    upper = western(unicodedata.normalize("NFKC", typed)).upper()
    text = " ".join(_DASHES.sub("-", upper).split())
    matching = (one for one in _spellings(text, place) if place.postal_codes.fullmatch(one))
    return next(matching, None)


def is_of_area(postal_code: str, area: str, place: Territory) -> bool:
    """Tell whether the code can belong to the area; true where the data does not say."""
    if place.country == "XI":
        return postal_code.startswith("BT")
    starts = next((known.postal_codes for known in place.areas if known.code == area), None)
    return starts is None or starts.match(postal_code) is not None


def _spellings(text: str, place: Territory) -> Iterator[str]:
    for whole in (text, _country_letters(place) + text, _COUNTRY_SIGN.sub("", text, count=1)):
        plain = "".join(sign for sign in whole if sign.isalnum())
        shapes = (shape_like(plain, example) for example in place.postal_examples)
        yield from (shape for shape in shapes if shape != plain)
        yield whole
        yield plain


def _country_letters(place: Territory) -> str:
    """Return the letters that every code of the country begins with, such as Latvia's LV."""
    beginnings = {re.split("[^A-Z]", example)[0] for example in place.postal_examples}
    letters = beginnings.pop() if len(beginnings) == 1 else ""
    return letters if len(letters) > 1 else ""
