"""A picture that is sent: what is kept of it, and what is not taken."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from portal.customers.pictures import KEPT, MOST_BYTES, redrawn
from portal.errors import InvalidDetails
from tests.customers.pictures import CANARY, bomb, colours_of, picture, upside_down

RED, BLUE = (255, 0, 0), (0, 0, 255)


def refusal(sent: bytes) -> str:
    with pytest.raises(InvalidDetails) as refused:
        redrawn(sent)
    (problem,) = refused.value.problems.values()
    return str(problem)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [(kind, mode) for kind, modes in {
        "JPEG": ("RGB", "L", "CMYK"), "PNG": ("RGB", "RGBA", "L", "LA", "P", "1"),
    }.items() for mode in modes],
)  # fmt: skip
def test_whatever_is_sent_is_kept_small_and_square(kind: str, mode: str) -> None:
    kept = redrawn(picture((400, 400), kind=kind, mode=mode))

    with Image.open(io.BytesIO(kept)) as opened:
        assert (opened.format, opened.size) == ("WEBP", (KEPT, KEPT))
    assert len(kept) < 40_000


def test_a_small_picture_stays_as_small_as_it_is() -> None:
    with Image.open(io.BytesIO(redrawn(picture((150, 150))))) as opened:
        assert opened.size == (150, 150)


def test_sixteen_bits_of_grey_are_as_grey_as_they_were() -> None:
    grey = io.BytesIO()
    Image.new("I;16", (200, 200), 0x8000).save(grey, "PNG")

    upper, _lower = colours_of(redrawn(grey.getvalue()))

    assert upper == (128, 128, 128)


def test_bytes_that_come_by_chance_in_a_large_png_do_not_keep_it_out() -> None:
    assert redrawn(picture() + b"\xff\xda" * 61)


def test_what_was_upside_down_stands_upright_and_says_nothing_more() -> None:
    sent = upside_down()

    kept = redrawn(sent)

    assert CANARY.encode() in sent
    assert CANARY.encode() not in kept
    assert b"EXIF" not in kept.upper()
    upper, lower = colours_of(kept)
    assert upper[0] > 200 > 50 > upper[2]
    assert lower[2] > 200 > 50 > lower[0]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"", "Choose a picture."),
        (bytes(MOST_BYTES + 1), "at most 4 MB"),
        (b"\xff\xd8\xff" + bytes(500), "JPEG or PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "JPEG or PNG"),
        (picture(kind="GIF"), "JPEG or PNG"),
        (picture(kind="WEBP"), "JPEG or PNG"),
        (picture((400, 400))[:300], "JPEG or PNG"),
        (picture((149, 149)), "at least 150 by 150 pixels. This one has 149 by 149."),
        (picture((300, 200)), "a square picture, or cut this one: it has 300 by 200 pixels."),
        (bomb(3201), "at most 3,200 by 3,200 pixels. This one has 3201 by 3201."),
        (bomb(60_000), "at most 3,200 by 3,200 pixels"),
        (picture(kind="JPEG") + b"\xff\xda" * 61, "JPEG or PNG"),
    ],
    ids=[
        *("nothing", "heavy", "broken", "svg", "gif", "webp", "cut off", "small", "wide", "large"),
        *("bomb", "scans"),
    ],
)
def test_what_cannot_be_taken_is_told_why(sent: bytes, sentence: str) -> None:
    assert sentence in refusal(sent)


@given(st.data())
def test_no_bytes_are_more_than_refused(data: st.DataObject) -> None:
    sent = bytearray(picture((160, 160), kind=data.draw(st.sampled_from(("PNG", "JPEG")))))
    for _ in range(data.draw(st.integers(1, 8))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))

    with contextlib.suppress(InvalidDetails):
        assert redrawn(bytes(sent))
