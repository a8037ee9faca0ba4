"""Names of countries, for addresses on the hosted pages."""

from __future__ import annotations

from functools import cache

from babel import Locale

_NOT_POSTAL = frozenset(("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"))


@cache
def countries() -> dict[str, str]:
    """Give every country's name by its code, in the order of names."""
    names = Locale("en").territories
    found = {code: name for code, name in names.items() if len(code) == 2 and code.isalpha()}
    kept = {code: name for code, name in found.items() if code not in _NOT_POSTAL}
    return dict(sorted(kept.items(), key=lambda each: each[1]))


def country_name(code: str | None) -> str:
    """Give a country's name; a code nobody knows as it is."""
    return countries().get(code or "", code or "")
