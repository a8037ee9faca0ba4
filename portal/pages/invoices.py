"""A customer's invoices: the list, one to print, its PDF, and where it is paid."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.params import FromPath

from portal.access.visits import count_visit_to_invoice
from portal.errors import EffectError, NotFound
from portal.pages.invoices_shown import invoice_shown, listed_shown
from portal.pages.visitor import signed_in
from portal.subscriptions.cards_held import refuse_held
from portal.subscriptions.invoices import invoice_of, invoices_of
from portal.web.answers import Answer, PageRequest, lead_out, page, site_for
from portal.web.client import address_of
from portal.web.forms import asked
from portal.web.rendering import locale_of
from portal.web.scope import scope_of


@get("/account/invoices", name="account.invoices")
async def show_invoices(request: PageRequest) -> Answer:
    """List the invoices of whoever is signed in; where Stripe does not tell, say so."""
    site = await site_for(request)
    session = await signed_in(request, site)
    after = asked(scope_of(request)).get("after")
    context: dict[str, Any] = {"invoices": (), "next_after": None, "is_known": True}
    try:
        found = await invoices_of(session.customer, after)
        locale = locale_of(scope_of(request), site)
        context["invoices"] = [listed_shown(one, locale) for one in found.invoices]
        context["next_after"] = found.next_after
    except EffectError:
        context["is_known"] = False
    return page(
        request,
        "account/invoices.html",
        status=200 if context["is_known"] else 503,
        current="account.invoices",
        is_first=not after,
        **context,
    )


@get("/account/invoices/{invoice:str}", name="account.invoice")
async def show_invoice(request: PageRequest, invoice: FromPath[str]) -> Answer:
    """Show one invoice, made to be printed."""
    site = await site_for(request)
    session = await signed_in(request, site)
    found = await invoice_of(session.customer, invoice)
    shown = invoice_shown(found, locale_of(scope_of(request), site))
    return page(request, "account/invoice.html", current="account.invoices", invoice=shown)


@get("/account/invoices/{invoice:str}/pdf", name="account.invoice.pdf")
async def lead_to_pdf(request: PageRequest, invoice: FromPath[str]) -> Answer:
    """Lead to one's invoice as a PDF; its address stands in no page of ours."""
    session = await signed_in(request, await site_for(request))
    return _lead(request, (await invoice_of(session.customer, invoice)).pdf)


@get("/account/invoices/{invoice:str}/pay", name="account.invoice.pay")
async def lead_to_payment(request: PageRequest, invoice: FromPath[str]) -> Answer:
    """Lead to Stripe's page on which one's invoice is paid, or was."""
    site = await site_for(request)
    session = await signed_in(request, site)
    found = await invoice_of(session.customer, invoice)
    if found.listed.takes_cards:
        await refuse_held(session.customer)
        await count_visit_to_invoice(site, session.customer, address_of(scope_of(request)))
    return _lead(request, found.page)


def _lead(request: PageRequest, there: str) -> Answer:
    if not there:
        raise NotFound
    return lead_out(request, there)
