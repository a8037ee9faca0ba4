"""A customer's invoices, fetched when they look: Stripe has them, and we keep no copy.

Whatever is asked for is asked for as the customer's own: another's invoice is not found.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace

from portal.billing.billed_invoices import InvoiceInFull, InvoicePage, ListedInvoice
from portal.billing.billed_money import PaidBack
from portal.billing.gateway import gateway_of
from portal.billing.stripe_gateway import StripeGateway
from portal.database import run_sql
from portal.errors import EffectError, NotFound, Refused

_SELECT = "SELECT company, stripe_id FROM customer WHERE id = {}"
_ID = re.compile(r"in_[A-Za-z0-9_]{1,250}")


async def invoices_of(customer_id: str, after: str | None = None) -> InvoicePage:
    """List a customer's invoices, the newest first; from the first one if `after` says nothing.

    What was paid back is told as far as Stripe tells it: an invoice is shown without it, too.

    Raises:
        EffectError: Stripe did not tell.
    """
    company, stripe_id = await _at_stripe(customer_id)
    if stripe_id is None:
        return InvoicePage((), None)
    known = after if after and _ID.fullmatch(after) else None
    gateway = await gateway_of(company)
    try:
        page, paid_back = await asyncio.gather(
            gateway.list_invoices(stripe_id, after=known), _paid_back_to(gateway, stripe_id)
        )
    except Refused as refused:
        if refused.reason != "resource_missing":
            raise
        return await invoices_of(customer_id) if known else InvoicePage((), None)
    own = tuple(
        _with(one, paid_back) for one in page.invoices if one.customer_stripe_id == stripe_id
    )
    return InvoicePage(own, page.next_after)


async def invoice_of(customer_id: str, invoice: str) -> InvoiceInFull:
    """Fetch one of a customer's own invoices.

    Raises:
        NotFound: there is none, it is a draft, or it is not theirs.
        EffectError: Stripe did not tell.
    """
    company, stripe_id = await _at_stripe(customer_id)
    if stripe_id is None or not _ID.fullmatch(invoice):
        raise NotFound
    gateway = await gateway_of(company)
    try:
        found = await gateway.fetch_invoice_in_full(invoice)
    except Refused as refused:
        if refused.reason == "resource_missing":
            raise NotFound from None
        raise
    if found.listed.customer_stripe_id != stripe_id or found.listed.status == "draft":
        raise NotFound
    paid_back = {one: await _paid_back_of(gateway, one) for one in found.listed.payments}
    return replace(found, listed=_with(found.listed, paid_back))


async def _paid_back_to(gateway: StripeGateway, stripe_id: str) -> dict[str, tuple[PaidBack, ...]]:
    try:
        return await gateway.paid_back_to(stripe_id)
    except EffectError:
        return {}


async def _paid_back_of(gateway: StripeGateway, payment: str) -> tuple[PaidBack, ...]:
    try:
        return await gateway.paid_back_of(payment)
    except EffectError:
        return ()


def _with(invoice: ListedInvoice, paid_back: Mapping[str, tuple[PaidBack, ...]]) -> ListedInvoice:
    """Add to an invoice what was paid back of it."""
    told = [back for payment in invoice.payments for back in paid_back.get(payment, ())]
    return replace(invoice, paid_back=tuple(told))


async def _at_stripe(customer_id: str) -> tuple[str, str | None]:
    (row,) = await run_sql(_SELECT, customer_id)
    return row["company"], row["stripe_id"]
