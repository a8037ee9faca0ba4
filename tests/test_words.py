"""Which way a language is written."""

from __future__ import annotations

import pytest

from portal.words import direction, translations


@pytest.mark.parametrize("locale", ["ar", "ar-EG", "fa_IR", "he", "ur-PK"])
def test_some_languages_are_written_from_the_right(locale: str) -> None:
    assert direction(locale) == "rtl"


@pytest.mark.parametrize("locale", ["en", "de-AT", "ja", "en_GB", ""])
def test_all_others_from_the_left(locale: str) -> None:
    assert direction(locale) == "ltr"


def test_a_language_without_sentences_has_the_english_ones() -> None:
    assert translations("xx-YY").gettext("Active") == "Active"
