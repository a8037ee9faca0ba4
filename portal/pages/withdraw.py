"""Withdraw from a contract: what that means is shown, and a second button confirms it."""

from __future__ import annotations

from typing import Any

from litestar import get, post

from portal.amounts import written_date
from portal.customers.contact import contact_of, home_of
from portal.pages.changing import ChangeShown, change_shown, show_change
from portal.pages.fresh import freshen
from portal.pages.visitor import read_form, signed_in
from portal.sites.storefront import Storefront
from portal.subscriptions.held import held_by
from portal.subscriptions.withdraw import CannotWithdraw, Withdrawable, withdraw, withdrawable_by
from portal.web.answers import Answer, PageRequest, page, site_for
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.words import translations


@get("/account/withdraw", name="account.withdraw")
async def show_withdrawal(request: PageRequest) -> Answer:
    """Show from what they can withdraw, until when, and what follows; or what came of it."""
    site = await site_for(request)
    session = await signed_in(request, site)
    await freshen(session.customer)
    locale = locale_of(scope_of(request), site)
    change = await change_shown(request, session.customer, locale)
    hold = await held_by(session.customer)
    home = await home_of(session.customer)
    found = await withdrawable_by(home, session.customer)
    return page(
        request,
        "account/withdraw.html",
        part="account/_withdraw.html",
        current="account.cancel",
        change=change,
        plan_name=hold.plan_name if hold else "",
        email=(await contact_of(session.customer)).email,
        refund=_refund(home, locale),
        **_context(found, change, locale),
    )


@post("/account/withdraw", name="account.withdraw.confirm")
async def confirm_withdrawal(request: PageRequest) -> Answer:
    """Withdraw, and show what came of it."""
    site, _typed = await read_form(request)
    session = await signed_in(request, site)
    try:
        change = await withdraw(await home_of(session.customer), session.customer)
    except CannotWithdraw:
        change = None
    return await show_change(request, "account.withdraw", site.company_id, session.customer, change)


def _refund(site: Storefront, locale: str) -> str:
    _ = translations(locale).gettext
    if site.withdrawal_refund == "unused":
        return _("What you paid for the time that is left is paid back, the way you paid it.")
    if site.withdrawal_refund == "by_hand":
        return _("What you paid is paid back to you within 14 days.")
    return _("What you paid is paid back, the way you paid it.")


def _context(found: Withdrawable | None, change: ChangeShown | None, locale: str) -> dict[str, Any]:
    if change and change.state == "asked":
        state = "working"
    elif change and change.kind == "withdraw":
        state = "done"
    else:
        state = "open" if found else "closed"
    last_day = written_date(found.last_day, locale) if found else ""
    ordered = found.hold.started_at if found else None
    return {
        "state": state,
        "last_day": last_day,
        "ordered": written_date(ordered, locale) if ordered else "",
    }
