"""The browser behind a request: known by a random cookie of which we keep the fingerprint."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from portal.sealing import fingerprint
from portal.web.cookies import read_cookie, set_cookie
from portal.web.scope import Scope


@dataclass(frozen=True, slots=True)
class Browser:
    """The value of its flow cookie, and whether this answer is the first to set it."""

    value: str
    is_new: bool

    @property
    def hash(self) -> str:
        """Return what the database may know of it."""
        return fingerprint(self.value)

    @property
    def cookie(self) -> str | None:
        """Return the Set-Cookie header that it still needs."""
        return set_cookie("flow", self.value) if self.is_new else None


def browser_of(scope: Scope) -> Browser:
    """Return the browser; one that brought no flow cookie gets its value once for this request."""
    if "portal.browser" not in scope:
        known = read_cookie(scope, "flow")
        scope["portal.browser"] = Browser(known or secrets.token_urlsafe(32), known is None)
    browser: Browser = scope["portal.browser"]
    return browser
