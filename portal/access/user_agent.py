"""Which browser on which system: two plain words out of what a browser says of itself."""

from __future__ import annotations

from dataclasses import dataclass

# In this order: most browsers also name those that they want to be taken for.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("YaBrowser", "Yandex Browser"),
    ("Vivaldi", "Vivaldi"),
    ("DuckDuckGo", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Chromium", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_READ = 500


@dataclass(frozen=True, slots=True)
class Device:
    """The names of a browser and of its system; empty where it did not say, or not to us."""

    browser: str = ""
    system: str = ""


def device_of(user_agent: str) -> Device:
    """Return what a person would call this browser and its system.

    Only these two names are kept: the whole text would tell one person's browser from others'.
    """
    said = user_agent[:_READ]
    return Device(_first(said, _BROWSERS), _first(said, _SYSTEMS))


def _first(said: str, known: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in known if mark in said), "")
