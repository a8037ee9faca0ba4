"""Draw an invoice up: from lines to the object Stripe shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.sandbox.account import Account, Row, copied, new_id
from portal.sandbox.totals import (
    Line,
    Totals,
    apply_discounts,
    apply_taxes,
    gathered_discounts,
    gathered_taxes,
    summed,
)
from portal.sandbox.views import list_of, shown


@dataclass(slots=True)
class Bill:
    """What an invoice is drawn from."""

    customer: Row
    currency: str
    lines: list[Line]
    reason: str
    start: int
    end: int
    subscription: Row | None = None
    discounts: list[tuple[str, Row]] = field(default_factory=list)
    """Discount ids and their coupons."""
    automatic_tax: bool = False
    tax_rates: list[Row] = field(default_factory=list)
    """Default rates, shown on the invoice; the lines carry what applies to them."""
    collection_method: str = "charge_automatically"
    days_until_due: int | None = None


def drawn(account: Account, bill: Bill, id: str | None = None) -> Row:
    """Draw a draft; it is the caller's to keep or to throw away."""
    apply_discounts(bill.lines, bill.discounts, bill.currency)
    apply_taxes(bill.lines, bill.customer["tax_exempt"])
    totals = summed(bill.lines)
    id = id or new_id("in")
    invoice = _draft(account, bill, id) | _sums(totals)
    invoice["total_taxes"] = gathered_taxes(bill.lines)
    invoice["total_discount_amounts"] = gathered_discounts(bill.lines)
    invoice["total_pretax_credit_amounts"] = [
        {**each, "type": "discount"} for each in invoice["total_discount_amounts"]
    ]
    invoice["lines"] = list_of(
        [_line(bill, line, id) for line in bill.lines], f"/v1/invoices/{id}/lines"
    )
    return invoice


def _sums(totals: Totals) -> Row:
    total = totals.total
    tax = totals.tax_exclusive + totals.tax_inclusive
    return {
        "amount_due": max(total, 0),
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": max(total, 0),
        "amount_shipping": 0,
        "subtotal": totals.subtotal,
        "subtotal_excluding_tax": totals.subtotal - totals.tax_inclusive,
        "total": total,
        "total_excluding_tax": total - tax,
    }


def _draft(account: Account, bill: Bill, id: str) -> Row:
    customer, now = bill.customer, account.now()
    return {
        "id": id,
        "object": "invoice",
        "account_country": "US",
        "account_name": "Sandbox",
        "account_tax_ids": None,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": bill.automatic_tax,
            "liability": {"type": "self"} if bill.automatic_tax else None,
            "provider": "stripe" if bill.automatic_tax else None,
            "status": "complete" if bill.automatic_tax else None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": bill.reason,
        "collection_method": bill.collection_method,
        "created": now,
        "currency": bill.currency,
        "custom_fields": None,
        "customer": customer.get("id"),
        "customer_account": None,
        **_of_customer(account, customer),
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [shown(account, rate) for rate in bill.tax_rates],
        "description": None,
        "discounts": [id for id, _ in bill.discounts],
        "due_date": _due_date(bill, now),
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": _parent(bill),
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": bill.end if bill.reason == "subscription_cycle" else now,
        "period_start": bill.start if bill.reason == "subscription_cycle" else now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "test_clock": customer.get("test_clock"),
        "threshold_reason": None,
        "webhooks_delivered_at": None,
        "_expires_at": None,
        "_payment_intent": None,
        "_resumes": None,
    }


def _of_customer(account: Account, customer: Row) -> Row:
    tax_ids = [
        {"type": row["type"], "value": row["value"]}
        for row in account.of_customer("tax_id", customer.get("id", ""))
    ]
    return {
        "customer_address": copied(customer["address"]),
        "customer_email": customer.get("email"),
        "customer_name": customer.get("name"),
        "customer_phone": customer.get("phone"),
        "customer_shipping": copied(customer.get("shipping")),
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": tax_ids,
    }


def _due_date(bill: Bill, now: int) -> int | None:
    if bill.collection_method != "send_invoice":
        return None
    return now + (bill.days_until_due or 0) * 86_400


def _parent(bill: Bill) -> Row | None:
    if bill.subscription is None:
        return None
    details = {
        "metadata": copied(bill.subscription["metadata"]),
        "subscription": bill.subscription["id"],
    }
    return {
        "quote_details": None,
        "subscription_details": details,
        "type": "subscription_details",
    }


def _line(bill: Bill, line: Line, invoice: str) -> Row:
    discounts = [{"amount": amount, "discount": id} for id, amount in line.discounted]
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": line.amount,
        "currency": bill.currency,
        "description": line.description,
        "discount_amounts": discounts,
        "discountable": not line.proration,
        "discounts": [],
        "invoice": invoice,
        "livemode": False,
        "metadata": {},
        "parent": _line_parent(bill, line),
        "period": {"end": line.end, "start": line.start},
        "pretax_credit_amounts": [{**each, "type": "discount"} for each in discounts],
        "pricing": {
            "price_details": {"price": line.price["id"], "product": line.price["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(line.amount // line.quantity if line.quantity else 0),
        },
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "subscription": bill.subscription["id"] if bill.subscription else None,
        "subtotal": line.amount,
        "taxes": line.taxes,
    }


def _line_parent(bill: Bill, line: Line) -> Row | None:
    if line.item is None:
        return None
    details = {
        "invoice_item": None,
        "proration": line.proration,
        "proration_details": {"credited_items": None},
        "subscription": bill.subscription["id"] if bill.subscription else None,
        "subscription_item": line.item,
    }
    return {
        "invoice_item_details": None,
        "subscription_item_details": details,
        "type": "subscription_item_details",
    }
