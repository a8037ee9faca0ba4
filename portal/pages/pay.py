"""The way to pay what is due: Stripe's page of the invoice."""

from __future__ import annotations

from litestar import post

from portal.errors import Refused
from portal.pages.visitor import just_signed_in, read_form
from portal.subscriptions.billing_page import payment_page
from portal.web.answers import Answer, PageRequest, go_to, lead_out
from portal.web.templates import url_for


@post("/account/pay", name="account.pay")
async def leave_to_pay(request: PageRequest) -> Answer:
    """Go to Stripe's page of what is due; a sign-in older than an hour is asked for again."""
    site, _typed = await read_form(request)
    session = await just_signed_in(request, site)
    try:
        there = await payment_page(session.customer)
    except Refused:
        there = None
    return lead_out(request, there) if there else go_to(request, url_for("account"))
