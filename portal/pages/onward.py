"""Ask somebody to sign in first, and lead them on to where they were going once they did."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from litestar import Request

from portal.pages.choice import choices_in
from portal.pages.visitor import SignInFirst
from portal.web.answers import Answer, PageRequest, go_to
from portal.web.cookies import drop_cookie, give, read_cookie, set_cookie
from portal.web.scope import scope_of
from portal.web.templates import is_page, url_for

_LASTS_S = 15 * 60
_WITH, _MOST = "~", 170


def lead_to_sign_in(request: Request[Any, Any, Any], error: SignInFirst) -> Answer:
    """Send the browser to the sign-in page, and have it keep which page was wanted."""
    wanted = error.then or (request.route_handler.name if request.method == "GET" else None)
    if wanted and is_page(wanted):
        kept = wanted + _packed(error.chosen)
        give(scope_of(request), set_cookie("next", kept, max_age_s=_LASTS_S))
    return go_to(request, url_for("signin"))


def go_on(request: PageRequest) -> Answer:
    """Send the browser that was just let in to the page it wanted, else to the account."""
    wanted = read_cookie(scope_of(request), "next")
    if wanted is None:
        return go_to(request, url_for("account"))
    give(scope_of(request), drop_cookie("next"))
    name, _, packed = wanted.partition(_WITH)
    is_ours = name.startswith("account.") and is_page(name)
    return go_to(request, url_for(name) + _chosen(packed) if is_ours else url_for("account"))


def _packed(chosen: Mapping[str, str]) -> str:
    """Write what was chosen so that a cookie holds it; nothing where it is too much for one."""
    text = urlsafe_b64encode(urlencode(choices_in(chosen)).encode()).decode().rstrip("=")
    return f"{_WITH}{text}" if text and len(text) <= _MOST else ""


def _chosen(packed: str) -> str:
    """Return what was chosen as the end of an address: choices, and nothing else."""
    try:
        text = urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except ValueError:
        return ""
    chosen = choices_in(dict(parse_qsl(text)))
    return f"?{urlencode(chosen)}" if chosen else ""
