"""A site's own look: an accent that stays legible, a logo and a line of words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from portal.errors import Problem

DEFAULT_ACCENT = "#3b5bdb"
LEAST_CONTRAST = 4.5
_HEX = re.compile(r"#[0-9a-f]{6}")
_WHITE, _BLACK = "#ffffff", "#0b0b0f"


@dataclass(frozen=True, slots=True)
class Branding:
    """accent is #rrggbb; on_accent is the text colour that reads on it."""

    accent: str = DEFAULT_ACCENT
    logo: str = ""
    tagline: str = ""

    @property
    def on_accent(self) -> str:
        """Return the text colour with the greater contrast on the accent."""
        return max((_WHITE, _BLACK), key=lambda ink: contrast(ink, self.accent))


def branding_of(stored: Mapping[str, str]) -> Branding:
    """Read a site's stored branding."""
    return Branding(
        **{name: stored[name] for name in ("accent", "logo", "tagline") if name in stored}
    )


def accent_problem(accent: str) -> Problem | None:
    """Say what is wrong with an accent colour, if anything."""
    if not _HEX.fullmatch(accent):
        return Problem("accent_invalid", "Write the accent as a colour like #3b5bdb.")
    if contrast(accent, _WHITE) < LEAST_CONTRAST:
        return Problem(
            "accent_too_light",
            "The accent {accent} is too light to read on white: its contrast is {contrast}, "
            "at least 4.5 is needed.",
            {"accent": accent, "contrast": f"{contrast(accent, _WHITE):.1f}"},
        )
    return None


def contrast(one: str, other: str) -> float:
    """Return the contrast of two #rrggbb colours, 1 to 21.

    Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
