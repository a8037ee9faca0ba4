"""A picture of each mail on a phone and on a desk, light and dark, and what is wrong with it.

`make screenshots` keeps all of them in build/mails/, a test those that are at fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser

Scheme = Literal["light", "dark"]
FOLDER = Path(__file__).parent.parent.parent / "build" / "mails"
WIDTHS = (375, 700)
FLOORS: dict[Scheme, tuple[int, int, int]] = {"light": (245, 246, 248), "dark": (20, 21, 26)}

_MARGIN = 8
# Words are dark in the light and bright in the dark, and cover a little of the picture: were it
# much, there would be a ground of the other scheme.
_DARK, _BRIGHT = 80, 160
_SOME, _MUCH = 0.002, 0.12


@dataclass(frozen=True, slots=True)
class Picture:
    """How one mail looks."""

    mail: str
    width: int
    scheme: Scheme
    png: bytes

    @property
    def name(self) -> str:
        """Return what its file is called."""
        return f"{self.mail}-{self.width}-{self.scheme}.png"

    def keep(self) -> Path:
        """Write the file, for somebody to look at."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        file = FOLDER / self.name
        file.write_bytes(self.png)
        return file


async def taken(browser: Browser, mails: dict[str, str]) -> list[Picture]:
    """Take every picture of these mails, given as HTML by their names."""
    page = await browser.new_page()
    found = []
    for mail, html in mails.items():
        await page.set_content(html)
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 400})
            for scheme in FLOORS:
                await page.emulate_media(color_scheme=scheme)
                png = await page.screenshot(full_page=True)
                found.append(Picture(mail, width, scheme, png))
    await page.close()
    return found


def faults_of(picture: Picture) -> list[str]:
    """Say what a person would complain of."""
    return list(_faults(picture))


def _faults(picture: Picture) -> Iterator[str]:
    image = Image.open(BytesIO(picture.png)).convert("RGB")
    width, height = image.size
    if width != picture.width:
        yield "wider than the window"
    for edge, box in {
        "left": (0, 0, _MARGIN, height),
        "right": (width - _MARGIN, 0, width, height),
        "end": (0, height - _MARGIN, width, height),
    }.items():
        if image.crop(box).getcolors(1) != [(_area(box), FLOORS[picture.scheme])]:
            yield f"cut off at the {edge}"
    shades = image.convert("L").histogram()
    inked = shades[:_DARK] if picture.scheme == "light" else shades[_BRIGHT:]
    share = sum(inked) / (width * height)
    if share < _SOME:
        yield "nothing to read"
    if share > _MUCH:
        yield f"not {picture.scheme}"


def _area(box: tuple[int, int, int, int]) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
