"""A customer's invoices, fetched when they look: Stripe has them, and we keep no copy.

Whatever is asked for is asked for as the customer's own: another's invoice is not found.
"""

from __future__ import annotations

import re

from portal.billing.billed import InvoiceInFull, InvoicePage
from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.errors import NotFound, Refused

_SELECT = "SELECT company, stripe_id FROM customer WHERE id = {}"
_ID = re.compile(r"in_[A-Za-z0-9_]{1,250}")


async def invoices_of(customer_id: str, after: str | None = None) -> InvoicePage:
    """List a customer's invoices, the newest first; from the first one if `after` says nothing.

    Raises:
        EffectError: Stripe did not tell.
    """
    company, stripe_id = await _at_stripe(customer_id)
    if stripe_id is None:
        return InvoicePage((), None)
    known = after if after and _ID.fullmatch(after) else None
    gateway = await gateway_of(company)
    try:
        page = await gateway.list_invoices(stripe_id, after=known)
    except Refused as refused:
        if refused.reason != "resource_missing":
            raise
        return await invoices_of(customer_id) if known else InvoicePage((), None)
    own = tuple(one for one in page.invoices if one.customer_stripe_id == stripe_id)
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
    return found


async def _at_stripe(customer_id: str) -> tuple[str, str | None]:
    (row,) = await run_sql(_SELECT, customer_id)
    return row["company"], row["stripe_id"]
