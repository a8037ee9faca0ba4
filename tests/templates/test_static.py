"""What the pages fetch: small, known byte for byte, and nobody else's but htmx."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import tomllib

from portal.settings import STATIC
from portal.web.static import static_files
from tests.templates.samples import every_view
from tests.templates.stage import render


def packed(body: bytes) -> int:
    """Return how many bytes travel."""
    return len(gzip.compress(body, 9, mtime=0))


def size_of(*names: str) -> int:
    """Return how many bytes of these files travel."""
    return sum(packed((STATIC / name).read_bytes()) for name in names)


def test_the_vendored_files_are_the_published_ones() -> None:
    vendored = tomllib.loads((STATIC / "vendored.toml").read_text())

    assert vendored["htmx.min.js"]["version"] == "4.0.1"
    for name, known in vendored.items():
        digest = hashlib.sha384((STATIC / name).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == known["sha384"]


def test_the_sheets_and_the_script_are_small() -> None:
    assert size_of("tokens.css", "portal.css") <= 5_000
    assert size_of("account.css") <= 2_000
    assert size_of("portal.js") <= 500
    assert size_of("htmx.min.js") <= 13_400


def test_the_sign_up_page_with_everything_is_within_25_kb() -> None:
    views = {view.name: view for view in every_view()}
    served = [static_files()[name] for name in ("look.css", "swaps.js", "favicon.svg")]
    files = sum(len(file.packed or file.body) for file in served)

    steps = [name for name, view in views.items() if view.template == "signup/step.html"]
    for name in ("signup", "signup-errors", "signup-us", *steps):
        html = packed(render(views[name]).encode())
        assert html <= 6 * 1024
        assert html + files <= 25_000


def test_the_pricing_page_needs_no_script_and_little_else() -> None:
    html = render(next(view for view in every_view() if view.name == "pricing"))

    assert "<script" not in html
    assert packed(html.encode()) + size_of("tokens.css", "portal.css", "favicon.svg") <= 20_000


def test_the_sheets_know_no_left_or_right() -> None:
    sheets = "".join(path.read_text() for path in sorted(STATIC.glob("*.css")))
    sides = "left|right|top|bottom"
    physical = rf"(?:margin|padding|border|inset)-(?:{sides})|[\s;](?:{sides}|width|height)\s*:"

    assert re.findall(physical, sheets) == []


def test_the_sheets_fetch_nothing() -> None:
    sheets = "".join(path.read_text() for path in sorted(STATIC.glob("*.css")))

    assert "@import" not in sheets
    assert re.findall(r"url\((?!\"data:)", sheets) == []
