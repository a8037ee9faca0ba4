"""A customer's invoices, as Stripe has them now: we keep none."""

from __future__ import annotations

from typing import Any

from portal.billing import stripe_words as words
from portal.billing.billed_invoices import InvoiceInFull, InvoiceLine, InvoicePage, ListedInvoice
from portal.billing.billed_money import PaidBack
from portal.billing.gateway import REQUEST_S
from portal.billing.stripe_wire import StripeWire
from portal.errors import Refused

_MOST = 100


class StripeInvoices(StripeWire):
    """What we ask of Stripe for people who look at their invoices, and wait."""

    async def list_invoices(
        self, customer_stripe_id: str, *, after: str | None = None, limit: int = 20
    ) -> InvoicePage:
        """List a customer's invoices but drafts, the newest first, after the one named."""
        wanted: dict[str, Any] = {"customer": customer_stripe_id, "limit": limit}
        wanted["expand"] = ["data.payments"]
        if after:
            wanted["starting_after"] = after
        listed = await self._send("get", ["invoices"], wanted, REQUEST_S)
        found = [self.own(one) for one in listed["data"]]
        shown = tuple(_listed(one) for one in found if one["status"] != "draft")
        return InvoicePage(shown, found[-1]["id"] if listed["has_more"] else None)

    async def fetch_invoice_in_full(self, invoice: str) -> InvoiceInFull:
        """Fetch an invoice with its lines (the first hundred) and sums."""
        found = await self.get("invoices", invoice, expand=["payments"], within_s=REQUEST_S)
        lines = found["lines"]
        if lines["has_more"]:
            wanted = {"limit": _MOST}
            lines = await self._send("get", ["invoices", invoice, "lines"], wanted, REQUEST_S)
        page, pdf = (found[name] or "" for name in ("hosted_invoice_url", "invoice_pdf"))
        return _in_full(found, lines, page and self.led_to(page), pdf and self.led_to(pdf))

    async def paid_back_to(self, customer_stripe_id: str) -> dict[str, tuple[PaidBack, ...]]:
        """Tell by payment intent what went back to a customer, of their newest hundred charges."""
        wanted = {"customer": customer_stripe_id, "limit": _MOST, "expand": ["data.refunds"]}
        listed = await self._send("get", ["charges"], wanted, REQUEST_S)
        return {
            words.id_of(charge["payment_intent"]): _paid_back(charge["refunds"]["data"])
            for charge in listed["data"]
            if charge["payment_intent"] and charge["amount_refunded"]
        }

    async def paid_back_of(self, payment: str) -> tuple[PaidBack, ...]:
        """Tell what went back of one payment."""
        wanted = {"payment_intent": payment, "limit": _MOST}
        return _paid_back((await self._send("get", ["refunds"], wanted, REQUEST_S))["data"])

    async def invoice_page(self, invoice: str) -> str:
        """Return the address of the page on which a customer pays or confirms an invoice."""
        found = await self.get("invoices", invoice, within_s=REQUEST_S)
        if not found["hosted_invoice_url"]:
            raise Refused("invoice_without_page")
        return self.led_to(str(found["hosted_invoice_url"]))


def _listed(found: Any) -> ListedInvoice:
    return ListedInvoice(
        stripe_id=found["id"],
        customer_stripe_id=words.id_of(found["customer"]),
        number=found["number"] or "",
        status=found["status"] or "",
        reason=found["billing_reason"] or "",
        made_at=words.moment_of(found["effective_at"] or found["created"]),
        total=found["total"],
        amount_due=found["amount_remaining"],
        currency=found["currency"],
        was_tried=bool(found["attempt_count"]),
        amount_paid=found["amount_paid"],
        payments=tuple(
            words.id_of(intent)
            for paid in found["payments"]["data"]
            if paid["status"] == "paid" and (intent := paid["payment"].get("payment_intent"))
        ),
    )


def _paid_back(refunds: Any) -> tuple[PaidBack, ...]:
    """Read refunds, the oldest first, but for those that do not arrive by themselves."""
    return tuple(
        PaidBack(one["amount"], words.moment_of(one["created"]))
        for one in reversed(refunds)
        if one["status"] not in words.STUCK
    )


def _in_full(found: Any, lines: Any, page: str, pdf: str) -> InvoiceInFull:
    address = found["customer_address"] or {}
    places = ("line1", "line2", "postal_code", "city", "state", "country")
    return InvoiceInFull(
        listed=_listed(found),
        paid_at=words.time_of((found["status_transitions"] or {}).get("paid_at")),
        billed_to=tuple(filter(None, (found["customer_name"], found["customer_email"]))),
        address=tuple(address[name] for name in places if address.get(name)),
        tax_ids=tuple(one["value"] for one in found["customer_tax_ids"] or () if one["value"]),
        lines=tuple(_line(one) for one in lines["data"]),
        has_more_lines=bool(lines["has_more"]),
        subtotal=found["subtotal"],
        discount=sum(one["amount"] for one in found["total_discount_amounts"] or ()),
        taxes=tuple(
            (one["amount"], one["tax_behavior"] == "inclusive")
            for one in found["total_taxes"] or ()
        ),
        page=page,
        pdf=pdf,
    )


def _line(found: Any) -> InvoiceLine:
    period = found["period"]
    return InvoiceLine(
        description=found["description"] or "",
        amount=found["amount"],
        begins_at=words.time_of(period["start"]),
        ends_at=words.time_of(period["end"]),
    )
