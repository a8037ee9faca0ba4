"""Cancel a plan, see when it ends, and take that back until then."""

from __future__ import annotations

from typing import Any

from litestar import get, post

from portal import clock
from portal.customers.contact import home_of
from portal.pages.changing import ChangeShown, change_shown, show_change
from portal.pages.fresh import freshen
from portal.pages.overview import withdraw_until
from portal.pages.visitor import read_form, signed_in
from portal.subscriptions.cancel import (
    REASONS,
    NothingToEnd,
    cancel_plan,
    ends_later,
    keep_plan,
)
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import Hold
from portal.subscriptions.pause import may_pause
from portal.web.answers import Answer, PageRequest, page, site_for
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.words import translations


@get("/account/cancel", name="account.cancel")
async def show_cancel(request: PageRequest) -> Answer:
    """Show when the plan would end, or ends, and the button that does it or takes it back."""
    site = await site_for(request)
    session = await signed_in(request, site)
    await freshen(session.customer)
    locale = locale_of(scope_of(request), site)
    change = await change_shown(request, session.customer, locale)
    hold = await held_by(session.customer)
    return page(
        request,
        "account/cancel.html",
        part="account/_cancel.html",
        current="account.cancel",
        change=change,
        withdraw_until=withdraw_until(await home_of(session.customer), hold, clock.now(), locale),
        **_context(hold, change, locale),
    )


@post("/account/cancel", name="account.cancel.submit")
async def submit_cancel(request: PageRequest) -> Answer:
    """Cancel, and show what came of it."""
    site, typed = await read_form(request)
    session = await signed_in(request, site)
    try:
        change = await cancel_plan(
            site.company_id, session.customer, reason=typed.get("reason", "")
        )
    except NothingToEnd:
        change = None
    return await show_change(request, "account.cancel", site.company_id, session.customer, change)


@post("/account/keep", name="account.cancel.undo")
async def submit_keep(request: PageRequest) -> Answer:
    """Take a cancellation back, and show what came of it."""
    site, _typed = await read_form(request)
    session = await signed_in(request, site)
    try:
        change = await keep_plan(site.company_id, session.customer)
    except NothingToEnd:
        change = None
    return await show_change(request, "account.cancel", site.company_id, session.customer, change)


def _context(hold: Hold | None, change: ChangeShown | None, locale: str) -> dict[str, Any]:
    if hold is None or not hold.is_living:
        shown = {"state": "over" if hold else "none", "ends_at": hold.ended_at if hold else None}
    elif change and change.state == "asked":
        shown = {"state": "working", "ends_at": hold.ends_at}
    elif hold.is_ending:
        shown = {"state": "ending", "ends_at": hold.ends_at}
    else:
        shown = {"state": "running", "ends_at": hold.ends_at if ends_later(hold) else None}
    return shown | {
        "plan_name": hold.plan_name if hold else "",
        "reasons": _reasons(locale),
        "may_pause": may_pause(hold),
    }


def _reasons(locale: str) -> list[tuple[str, str]]:
    _ = translations(locale).gettext
    words = (
        _("It is too expensive"), _("Something is missing"), _("I use something else"),
        _("I do not use it enough"), _("It is too complicated"), _("I expected better quality"),
        _("I was not helped well"), _("Another reason"),
    )  # fmt: skip
    return list(zip(REASONS, words, strict=True))
