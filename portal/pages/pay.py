"""What is due, and the way to pay it: Stripe's page of the invoice."""

from __future__ import annotations

from litestar import get, post

from portal.access.sessions import is_recent
from portal.access.visits import count_visit_to_invoice
from portal.errors import Refused
from portal.pages.fresh import freshen
from portal.pages.overview import overview_context
from portal.pages.visitor import just_signed_in, read_form, signed_in
from portal.subscriptions.billing_page import payment_page
from portal.web.answers import Answer, PageRequest, go_to, lead_out, page, site_for
from portal.web.client import address_of
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for


@get("/account/pay", name="account.payment")
async def show_payment(request: PageRequest) -> Answer:
    """Show what is due and the card on file: mails lead here, and its buttons on to Stripe."""
    site = await site_for(request)
    session = await signed_in(request, site)
    await freshen(session.customer)
    return page(
        request,
        "account/payment.html",
        current="account.payment",
        signed_in_recently=is_recent(session),
        **await overview_context(session.customer, locale_of(scope_of(request), site)),
    )


@post("/account/pay", name="account.pay")
async def leave_to_pay(request: PageRequest) -> Answer:
    """Go to Stripe's page of what is due; a sign-in older than an hour is asked for again."""
    site, _typed = await read_form(request)
    session = await just_signed_in(request, site)
    try:
        there = await payment_page(session.customer)
    except Refused:
        there = None
    if there is None:
        return go_to(request, url_for("account"))
    await count_visit_to_invoice(site, session.customer, address_of(scope_of(request)))
    return lead_out(request, there)
