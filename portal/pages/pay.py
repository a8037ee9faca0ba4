"""The way to pay what is due: Stripe's page of the invoice."""

from __future__ import annotations

from litestar import post

from portal.access.sessions import is_recent
from portal.errors import Refused
from portal.pages.visitor import read_form, signed_in
from portal.subscriptions.billing_page import payment_page
from portal.web.answers import Answer, PageRequest, go_to, lead_out
from portal.web.templates import url_for


@post("/account/pay", name="account.pay")
async def leave_to_pay(request: PageRequest) -> Answer:
    """Go to Stripe's page of what is due; a sign-in older than an hour is asked for again."""
    site, _typed = await read_form(request)
    session = await signed_in(request, site)
    if session is None or not is_recent(session):
        return go_to(request, url_for("signin"))
    try:
        there = await payment_page(session.customer)
    except Refused:
        there = None
    return lead_out(request, there) if there else go_to(request, url_for("account"))
