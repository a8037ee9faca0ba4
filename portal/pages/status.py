"""The page that waits for Stripe and goes on by itself."""

from __future__ import annotations

from math import ceil

from litestar import get, post
from litestar.params import FromPath

from portal.onboarding.next_stop import StatusPage, Stop, Stuck, next_stop
from portal.pages.leave import leave_with
from portal.pages.visitor import SignInFirst, Visitor, read_form, visitor_of
from portal.web.answers import Answer, PageRequest, page, site_for
from portal.web.htmx import is_htmx
from portal.web.scope import scope_of

_POLL_S, _PRESSED_S = 0.5, 4.0
# Who has long to wait looks less often: thousands may be waiting.
_OFTEN_S, _RARELY_S = 2, 30
_SOON_S = 20


@get("/signup/status/{onboarding:str}", name="signup.status")
async def show_status(request: PageRequest, onboarding: FromPath[str]) -> Answer:
    """Show how far it has come, or lead on as soon as it is done."""
    visitor = await visitor_of(request, await site_for(request), onboarding)
    if visitor is None:
        raise SignInFirst
    return await _show_or_leave(request, visitor, await next_stop(onboarding, wait_s=_POLL_S))


@post("/signup/status/{onboarding:str}/continue", name="signup.continue")
async def go_on(request: PageRequest, onboarding: FromPath[str]) -> Answer:
    """Try to go on now."""
    site, _typed = await read_form(request)
    visitor = await visitor_of(request, site, onboarding)
    if visitor is None:
        raise SignInFirst
    return await leave_with(request, visitor, await next_stop(onboarding, wait_s=_PRESSED_S))


async def _show_or_leave(request: PageRequest, visitor: Visitor, stop: Stop) -> Answer:
    if not isinstance(stop, StatusPage | Stuck):
        return await leave_with(request, visitor, stop)
    expected_s = stop.expected_s if isinstance(stop, StatusPage) else 0
    waiting = "slow" if is_htmx(scope_of(request)) else "working"
    return page(
        request,
        "signup/status.html",
        part="signup/_status.html",
        state="stuck" if isinstance(stop, Stuck) else waiting,
        onboarding=stop.onboarding,
        minutes=ceil(expected_s / 60) if expected_s > _SOON_S else 0,
        again_s=min(_RARELY_S, max(_OFTEN_S, expected_s // 10)),
    )
