"""Sentences in the reader's language: what pages and mails have in common."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

LOCALES = Path(__file__).parent / "locales"

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@cache
def translations(locale: str) -> NullTranslations:
    """Return the sentences of a language; English is in the code itself."""
    return translation("portal", LOCALES, [locale.replace("-", "_")], fallback=True)


def direction(locale: str) -> str:
    """Return ltr or rtl."""
    return "rtl" if locale.replace("_", "-").partition("-")[0] in _RIGHT_TO_LEFT else "ltr"
