"""Our cookies.

The flow of a browser that is nobody yet, a signed-in session, the site named, the page that was
wanted before signing in, and the mark of a browser in which somebody has signed in.
"""

from __future__ import annotations

import re
from typing import Literal

from portal.settings import settings
from portal.web.scope import Scope, header

Cookie = Literal["flow", "session", "site", "next", "known"]

SESSION_LASTS_S = 30 * 24 * 3600
MARK_LASTS_S = 365 * 24 * 3600
_VALUE = re.compile(r"[A-Za-z0-9_.~-]{1,200}")


def cookie_name(cookie: Cookie) -> str:
    """Return its name: with the __Host- prefix wherever browsers would accept that."""
    return f"__Host-{cookie}" if settings().secure else cookie


def read_cookie(scope: Scope, cookie: Cookie) -> str | None:
    """Return a cookie's value; None if it is not there, or not such as we make them."""
    wanted = cookie_name(cookie)
    for pair in header(scope, b"cookie").replace(",", ";").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted and _VALUE.fullmatch(value):
            return value
    return None


def set_cookie(cookie: Cookie, value: str, *, max_age_s: int | None = None) -> str:
    """Return the Set-Cookie header; without an age it ends with the browser's session."""
    age = "" if max_age_s is None else f"; Max-Age={max_age_s}"
    secure = "; Secure" if settings().secure else ""
    return f"{cookie_name(cookie)}={value}; Path=/{age}; HttpOnly; SameSite=Lax{secure}"


def drop_cookie(cookie: Cookie) -> str:
    """Return the Set-Cookie header that removes it."""
    return set_cookie(cookie, "", max_age_s=0)


def give(scope: Scope, cookie: str | None) -> None:
    """Send this Set-Cookie header with the answer, whatever the answer will be."""
    if cookie is not None:
        scope.setdefault("portal.cookies", []).append(cookie)


def given(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the headers of the cookies that wait for the answer."""
    return [(b"set-cookie", cookie.encode()) for cookie in scope.get("portal.cookies", ())]
