"""The security page: how somebody gets in, and where they are signed in."""

from __future__ import annotations

from portal.pages.security import BrowserShown
from tests.templates.view import States, Values, Words


def security(words: Words) -> States:
    """One browser, and several."""
    here = _browser(words, "1", "Firefox on Linux", is_this=True)
    there = _browser(words, "2", "Safari on iPhone"), _browser(words, "3", "A browser")
    for name, browsers in (("security", [here]), ("security-browsers", [here, *there])):
        yield name, "account/security.html", _page() | {"browsers": browsers}


def _page() -> Values:
    return {"signed_in": True, "current": "account.security"}


def _browser(words: Words, number: str, name: str, *, is_this: bool = False) -> BrowserShown:
    return BrowserShown(
        id=number * 64,
        name=words(name),
        signed_in=words("21 November 2026"),
        seen=words("22 November 2026"),
        is_this=is_this,
    )
