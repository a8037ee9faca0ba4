"""A picture that somebody sent: checked, made small, and drawn anew with nothing else in it.

Slow: call it in a thread. What it needs is imported when it is called.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from portal.errors import InvalidDetails, Problem

if TYPE_CHECKING:
    from PIL.Image import Image

FIELD = "picture"
MOST_BYTES = 4 * 1024 * 1024
LEAST, MOST, KEPT = 150, 3200, 256
"""Pixels of a side: of what may be sent, at least and at most, and of what is kept, at most."""
KIND = "image/webp"

_QUALITY = 82
# The others have to be brought to colours first, which takes four times their room.
_SHRINK_WELL = ("L", "RGB", "RGBA", "CMYK")
# A JPEG that comes in steps has a dozen; one with thousands is made to take hours.
_MOST_SCANS, _SCAN, _JPEG = 60, b"\xff\xda", b"\xff\xd8"

_MISSING = Problem("picture_missing", "Choose a picture.")
_TOO_HEAVY = Problem("picture_heavy", "Choose a picture of at most 4 MB.")
_UNREADABLE = Problem("picture_unreadable", "Choose a JPEG or PNG picture that can be opened.")
_TOO_SMALL = "Choose a picture of at least 150 by 150 pixels. This one has {width} by {height}."
_TOO_LARGE = "Choose a picture of at most 3,200 by 3,200 pixels. This one has {width} by {height}."
_NOT_SQUARE = "Choose a square picture, or cut this one: it has {width} by {height} pixels."


def redrawn(sent: bytes) -> bytes:
    """Return a picture as we keep it: upright, small, and without anything but what is seen.

    Raises:
        InvalidDetails: why it cannot be taken.
    """
    if not sent:
        raise InvalidDetails({FIELD: _MISSING})
    if len(sent) > MOST_BYTES:
        raise InvalidDetails({FIELD: _TOO_HEAVY})
    try:
        return _drawn(sent)
    except InvalidDetails:
        raise
    except Exception as error:
        # Whatever a decoder says of a stranger's bytes: they are no picture that we can open.
        raise InvalidDetails({FIELD: _UNREADABLE}) from error


def _drawn(sent: bytes) -> bytes:
    from PIL import Image, ImageOps

    # Its own check only warns; ours looks at the size before anything is unpacked.
    Image.MAX_IMAGE_PIXELS = None
    # In a PNG these two bytes come by chance, once in every 64 kB.
    if sent.startswith(_JPEG) and sent.count(_SCAN) > _MOST_SCANS:
        raise ValueError("more scans than a picture has")
    with Image.open(io.BytesIO(sent), formats=("JPEG", "PNG")) as opened:
        _check_size(*opened.size)
        # A JPEG is read as small as it may be: the rest is never unpacked.
        opened.draft("RGB", (2 * KEPT, 2 * KEPT))
        small = opened if opened.mode in _SHRINK_WELL else _in_colour(opened)
        small.thumbnail((KEPT, KEPT), Image.Resampling.LANCZOS)
        upright = ImageOps.exif_transpose(_in_colour(small))
    # Onto a new sheet: what the file said beside the picture stays behind.
    sheet = Image.new(upright.mode, upright.size)
    sheet.paste(upright)
    written = io.BytesIO()
    sheet.save(written, "WEBP", quality=_QUALITY)
    return written.getvalue()


def _check_size(width: int, height: int) -> None:
    values = {"width": str(width), "height": str(height)}
    if min(width, height) < LEAST:
        raise InvalidDetails({FIELD: Problem("picture_small", _TOO_SMALL, values)})
    if max(width, height) > MOST:
        raise InvalidDetails({FIELD: Problem("picture_large", _TOO_LARGE, values)})
    if width != height:
        raise InvalidDetails({FIELD: Problem("picture_not_square", _NOT_SQUARE, values)})


def _in_colour(opened: Image) -> Image:
    """Bring it to red, green and blue, and see-through where it was."""
    if opened.mode.startswith("I"):
        # Sixteen bits of grey, of which eight are kept.
        return opened.convert("I").point(lambda grey: grey / 256).convert("RGB")
    return opened.convert("RGBA" if opened.has_transparency_data else "RGB")
