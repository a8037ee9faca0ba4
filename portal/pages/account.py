"""The account page: what a customer has, the way to their billing, and out."""

from __future__ import annotations

from litestar import get, post

from portal.access.sessions import end_session, is_recent
from portal.access.visits import counted
from portal.customers.contact import contact_of
from portal.errors import Refused
from portal.onboarding.params import portal_locale
from portal.pages.fresh import freshen
from portal.pages.overview import overview_context
from portal.pages.visitor import just_signed_in, read_form, signed_in
from portal.settings import settings
from portal.subscriptions.billing_page import billing_page
from portal.web.answers import Answer, PageRequest, go_to, lead_out, page, site_for
from portal.web.client import address_of
from portal.web.cookies import drop_cookie, give, read_cookie
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for


@get("/account", name="account")
async def show_account(request: PageRequest) -> Answer:
    """Show plan, status and the next date to whoever is signed in."""
    site = await site_for(request)
    session = await signed_in(request, site)
    await freshen(session.customer)
    locale = locale_of(scope_of(request), site)
    return page(
        request,
        "account/account.html",
        current="account",
        customer=await contact_of(session.customer),
        signed_in_recently=is_recent(session),
        **await overview_context(session.customer, locale),
    )


@post("/account/billing", name="account.billing")
async def leave_for_billing(request: PageRequest) -> Answer:
    """Go to the billing portal; a sign-in older than an hour is asked for again.

    Where Stripe has the customer no longer, the account page says so.
    """
    site, _typed = await read_form(request)
    session = await just_signed_in(request, site)
    locale = portal_locale((await contact_of(session.customer)).locale)
    back = f"{settings().base_url.rstrip('/')}{url_for('account')}"
    try:
        async with counted(site, session.customer, address_of(scope_of(request))):
            there = await billing_page(session.customer, site, return_url=back, locale=locale)
    except Refused:
        return go_to(request, url_for("account"))
    return lead_out(request, there)


@post("/signout", name="signout")
async def sign_out(request: PageRequest) -> Answer:
    """Sign this browser out and have it forget what it kept of us."""
    await read_form(request)
    scope = scope_of(request)
    if cookie := read_cookie(scope, "session"):
        await end_session(cookie)
    for held in ("session", "flow"):
        give(scope, drop_cookie(held))
    answer = go_to(request, url_for("pricing"))
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer
