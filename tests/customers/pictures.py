"""Pictures as people send them, and as nobody should."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

CANARY = "taken at 51.5074 N, 0.1278 W"
_ORIENTATION, _DESCRIPTION = 0x0112, 0x010E


def picture(
    size: tuple[int, int] = (300, 300), *, kind: str = "PNG", mode: str = "RGB", **more: Any
) -> bytes:
    """Draw one: red, and blue in its upper half."""
    drawn = Image.new("RGB", size, "red")
    drawn.paste("blue", (0, 0, size[0], size[1] // 2))
    return _saved(drawn.convert(mode), kind, **more)


def upside_down() -> bytes:
    """Take one with a camera that is held upside down, and says so, and where it was."""
    said = Image.Exif()
    said[_ORIENTATION], said[_DESCRIPTION] = 3, CANARY
    return picture(kind="JPEG", exif=said, comment=CANARY.encode())


def bomb(side: int) -> bytes:
    """Make a small file that unpacks to a picture of so many pixels a side."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1_000_000))
    parts = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def colours_of(image: bytes) -> tuple[Any, Any]:
    """Return the colours in the middle of the upper and of the lower half."""
    with Image.open(io.BytesIO(image)) as opened:
        half, quarter = opened.width // 2, opened.height // 4
        seen = opened.convert("RGB")
        return seen.getpixel((half, quarter)), seen.getpixel((half, 3 * quarter))


def _saved(drawn: Image.Image, kind: str, **more: Any) -> bytes:
    written = io.BytesIO()
    drawn.save(written, kind, **more)
    return written.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
