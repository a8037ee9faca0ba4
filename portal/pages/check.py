"""What was entered with an address before it was confirmed: its owner keeps it, or clears it."""

from __future__ import annotations

from litestar import get, post

from portal.customers.entered import Entered, entered_for, written
from portal.onboarding.forget import forget_entered
from portal.pages.visitor import just_signed_in, read_form, signed_in
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.words import translations


@get("/account/check", name="account.check")
async def show_entered(request: PageRequest) -> Answer:
    """Show what is written down, and ask whether it is theirs."""
    site = await site_for(request)
    session = await signed_in(request, site)
    entered = await entered_for(session.customer)
    if not entered.is_personal:
        return go_to(request, url_for("account"))
    rows = _rows(entered, locale_of(scope_of(request), site))
    return page(request, "account/check.html", entered=rows)


@post("/account/check/keep", name="account.keep")
async def keep(request: PageRequest) -> Answer:
    """Leave everything as it is."""
    site, _typed = await read_form(request)
    await signed_in(request, site)
    return go_to(request, url_for("account"))


@post("/account/check/clear", name="account.clear")
async def clear(request: PageRequest) -> Answer:
    """Clear it, here and at Stripe; only for who has just signed in."""
    site, _typed = await read_form(request)
    session = await just_signed_in(request, site)
    await forget_entered(session.customer, session.company)
    return go_to(request, url_for("account"))


def _rows(entered: Entered, locale: str) -> list[tuple[str, str]]:
    _ = translations(locale).gettext
    rows = (
        (_("Name"), entered.name),
        (_("Organisation"), entered.organisation),
        (_("Tax ID"), entered.tax_id),
        (_("Phone"), entered.phone),
        (_("Address"), written(entered.address, locale)),
    )
    return [(label, text) for label, text in rows if text]
