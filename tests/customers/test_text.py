"""Text as people type and paste it."""

from __future__ import annotations

import pytest

from portal.customers.text import clean, fold, has_hidden, shape_like, western


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada \t", "Ada"),
        ("\u200b \u202aAda\u202c\ufeff", "Ada"),
        ("A\u0308da", "\u00c4da"),
        ("a  b", "a  b"),
        ("\u3164", ""),
        ("\u0301", ""),
        ("€", "€"),
        ("。", "。"),
        ("٣", "٣"),
        ("é\ue000", "é\ue000"),
        ("\u0080", "\u0080"),
        (7, ""),
        (None, ""),
    ],
)
def test_what_is_only_around_a_value_goes(typed: object, kept: str) -> None:
    assert clean(typed) == kept


@pytest.mark.parametrize("sign", ["\x00", "\n", "\x7f", "\u2028", "\u202e", "\u2066", "\ufffd"])
def test_what_no_line_can_mean_is_found(sign: str) -> None:
    assert has_hidden(f"a{sign}b")
    assert not has_hidden("a\u200bb é 名")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("São Paulo", "sao  PAULO"),
        ("St. John’s", "st john s"),
        ("Aix-en-Provence", "aix en provence"),
        ("STRASSE", "straße"),
        ("Ｔｏｋｙｏ", "tokyo"),
    ],
)
def test_what_people_take_for_the_same_is_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert fold(one) != fold(one + "x")


def test_digits_of_every_script_are_read() -> None:
    assert western("٠٣۹ ３x") == "039 3x"
    assert western("12 a") == "12 a"


@pytest.mark.parametrize(
    ("plain", "example", "shaped"),
    [
        ("1540023", "100-0001", "154-0023"),
        ("SW1Y4JH", "EC1Y 8SD", "SW1Y 4JH"),
        ("15400", "100-0001", "15400"),
        ("15400234", "100-0001", "15400234"),
    ],
)
def test_a_code_takes_the_shape_of_an_example_that_is_as_long(
    plain: str, example: str, shaped: str
) -> None:
    assert shape_like(plain, example) == shaped
