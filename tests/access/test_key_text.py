"""How a key is written: taken apart again, and no slip or noise looks like one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.access.key_text import new_text, read_text
from portal.redaction import redacted


def test_a_key_is_taken_apart_again() -> None:
    for livemode in (True, False):
        for kind in ("sk", "pk"):
            made = new_text(livemode=livemode, kind=kind)
            assert read_text(str(made)) == made
            assert str(made).startswith(f"portal_{'live' if livemode else 'test'}_{kind}_")


def test_no_two_are_alike() -> None:
    assert len({new_text(livemode=False, kind="sk").secret for _ in range(50)}) == 50


@given(st.text(max_size=80))
def test_noise_is_no_key(text: str) -> None:
    assert read_text(text) is None


def test_one_slip_makes_it_no_key() -> None:
    text = str(new_text(livemode=False, kind="sk"))
    for place, sign in enumerate(text):
        other = "a" if sign != "a" else "b"
        assert read_text(text[:place] + other + text[place + 1 :]) is None


def test_no_line_shows_one() -> None:
    made = new_text(livemode=False, kind="sk")

    assert made.secret not in redacted(f"the key {made} was sent")
