"""Ask somebody to sign in first, and lead them on to where they were going once they did."""

from __future__ import annotations

from typing import Any

from litestar import Request

from portal.pages.visitor import SignInFirst
from portal.web.answers import Answer, PageRequest, go_to
from portal.web.cookies import drop_cookie, give, read_cookie, set_cookie
from portal.web.scope import scope_of
from portal.web.templates import is_page, url_for

_LASTS_S = 15 * 60


def lead_to_sign_in(request: Request[Any, Any, Any], error: SignInFirst) -> Answer:
    """Send the browser to the sign-in page, and have it keep which page was wanted."""
    wanted = error.then or (request.route_handler.name if request.method == "GET" else None)
    if wanted and is_page(wanted):
        give(scope_of(request), set_cookie("next", wanted, max_age_s=_LASTS_S))
    return go_to(request, url_for("signin"))


def go_on(request: PageRequest) -> Answer:
    """Send the browser that was just let in to the page it wanted, else to the account."""
    wanted = read_cookie(scope_of(request), "next")
    if wanted is None:
        return go_to(request, url_for("account"))
    give(scope_of(request), drop_cookie("next"))
    is_ours = wanted.startswith("account.") and is_page(wanted)
    return go_to(request, url_for(wanted if is_ours else "account"))
