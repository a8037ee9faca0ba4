"""What is hidden of values that a task or an error carries."""

from __future__ import annotations

import contextvars
import json

import pytest

from portal.redaction import hidden_now, hidden_of, hide, hide_in, redacted


def hidden(*values: object) -> tuple[str, ...]:
    """Hide these in a task of its own; return what it hides."""

    def told() -> tuple[str, ...]:
        hide(values)
        return hidden_now()

    return contextvars.Context().run(told)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (["Ada", None, 7, "Grace"], ("Ada", "Grace")),
        (["A", "Li"], ("Li",)),
        ([{"city": "London", "lines": ["12 Square"]}, "Ada"], ("London", "12 Square", "Ada")),
        ([["Ada", ["Grace"]]], ("Ada", "Grace")),
        ([json.dumps({"name": "Ada"}), "Grace"], ("Ada", "Grace")),
        (["{no JSON"], ("{no JSON",)),
        (["[7]"], ()),
        (["cus_1", "onbo_01k9", "sub_rosa"], ("sub_rosa",)),
        (["x" * 2001], ("x" * 2000,)),
    ],
)
def test_the_texts_in_what_is_hidden_are_found(
    values: list[object], texts: tuple[str, ...]
) -> None:
    assert hidden(*values) == texts


def test_the_last_two_hundred_are_kept() -> None:
    names = [f"name {number}" for number in range(250)]

    assert hidden(*names) == tuple(names[-200:])


def test_what_was_hidden_before_stays_hidden() -> None:
    def told() -> tuple[str, ...]:
        hide(["Ada"])
        hide(["Grace"])
        return hidden_now()

    assert contextvars.Context().run(told) == ("Ada", "Grace")
    assert contextvars.Context().run(hidden_now) == ()


def test_an_error_carries_what_it_is_not_to_show_and_that_of_those_behind_it() -> None:
    first, second, third = ValueError("1"), KeyError("2"), OSError("3")
    hide_in(first, ["Ada"])
    hide_in(first, ["Lovelace"])
    hide_in(second, ["Grace"])
    hide_in(third, ["Hopper"])
    second.__cause__ = first
    second.__context__ = third
    third.__context__ = second  # Errors may turn in a circle.

    assert set(hidden_of(second)) == {"Ada", "Lovelace", "Grace", "Hopper"}
    assert set(hidden_of((KeyError, second, None))) == {"Ada", "Lovelace", "Grace", "Hopper"}
    assert set(hidden_of(ExceptionGroup("all", [ValueError(), first]))) == {"Ada", "Lovelace"}
    assert list(hidden_of(None)) == list(hidden_of(True)) == []


@pytest.mark.parametrize(
    ("also", "text", "left"),
    [
        ("Ada", "Ada, ada and Adam", "…, … and Adam"),
        ("ada", "bada ada", "bada …"),
        ("O'Brien & Söhne", "of O%27Brien+%26+S%C3%B6hne", "of …"),
        ('Say "yes"', r'{"x": "Say \"yes\""}', '{"x": "…"}'),
        ("St. James", "StX James St. James", "StX James …"),
        ("y" * 2000, "before " + "y" * 2100 + "\nafter", "before …"),
        ("y" * 1999, "before " + "y" * 1999 + " after", "before … after"),
    ],
)
def test_a_value_is_hidden_as_a_word_of_its_own(also: str, text: str, left: str) -> None:
    assert redacted(text, [also]) == left


def test_of_two_values_the_longer_goes_first() -> None:
    assert redacted("Ada Lovelace", ["Ada", "Ada Lovelace"]) == "…"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("sk_test_51H and rk_live_9z", "sk_test_… and rk_live_…"),
        ("Bearer abc.def, Basic xyz", "Bearer …, Basic …"),
        ("https://billing.stripe.com/p/session/x y", "https://billing.stripe.com/… y"),
        ("GET /signin/link/T0ken?site=1", "GET /signin/link/…?site=1"),
        ("session=abc; code=1&token=2", "session=…; code=…&token=…"),
        ("seti_1N_secret_S3", "seti_1N_secret_…"),
        ("DETAIL:  Failing row (Ada)\nHINT", "DETAIL:  …\nHINT"),
        ("at +44 20 7946 0958.", "at +…."),
        ("1+44 2079460958", "1+44 2079460958"),
        ("code 4821 0937 here, x4821 0937", "code … here, x4821 0937"),
        ("postgresql://portal:pw@db/x", "postgresql://…@db/x"),
        ("for ada@example.com", "for a…@example.com"),
        ("a" * 43 + " " + "a" * 44, "… " + "a" * 44),
    ],
)
def test_each_shape_of_a_secret_leaves_what_helps_the_reader(text: str, left: str) -> None:
    assert redacted(text) == left
