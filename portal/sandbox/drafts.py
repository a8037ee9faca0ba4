"""A new draft invoice, before its lines are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.sandbox.account import Account
from portal.sandbox.periods import DAY_S
from portal.sandbox.rows import Row, copied
from portal.sandbox.totals import Line
from portal.sandbox.views import shown


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


def new_draft(account: Account, bill: Bill, id: str) -> Row:
    """Write down all of a draft but its lines and sums."""
    return {
        "id": id,
        "object": "invoice",
        **copied(_OF_NO_CONCERN),
        **_collection(account, bill),
        **_of_customer(account, bill.customer),
        **_state(),
        "automatic_tax": _automatic_tax(enabled=bill.automatic_tax),
        "billing_reason": bill.reason,
        "created": account.now(),
        "currency": bill.currency,
        "default_tax_rates": [shown(account, rate) for rate in bill.tax_rates],
        "description": None,
        "discounts": [id for id, _ in bill.discounts],
        "footer": None,
        "metadata": {},
        "parent": _parent(bill),
        **_period(account, bill),
    }


_OF_NO_CONCERN: Row = {
    "account_country": "US",
    "account_name": "Sandbox",
    "account_tax_ids": None,
    "application": None,
    "custom_fields": None,
    "customer_account": None,
    "default_source": None,
    "from_invoice": None,
    "issuer": {"type": "self"},
    "last_finalization_error": None,
    "latest_revision": None,
    "livemode": False,
    "on_behalf_of": None,
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "receipt_number": None,
    "rendering": None,
    "shipping_cost": None,
    "shipping_details": None,
    "statement_descriptor": None,
    "threshold_reason": None,
    "webhooks_delivered_at": None,
}


def _collection(account: Account, bill: Bill) -> Row:
    return {
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatically_finalizes_at": None,
        "collection_method": bill.collection_method,
        "default_payment_method": None,
        "due_date": _due_date(bill, account.now()),
        "next_payment_attempt": None,
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
    }


def _due_date(bill: Bill, now: int) -> int | None:
    if bill.collection_method != "send_invoice":
        return None
    return now + (bill.days_until_due or 0) * DAY_S


def _of_customer(account: Account, customer: Row) -> Row:
    tax_ids = [
        {"type": row["type"], "value": row["value"]}
        for row in account.of_customer("tax_id", customer.get("id", ""))
    ]
    return {
        "customer": customer.get("id"),
        "customer_address": copied(customer["address"]),
        "customer_email": customer.get("email"),
        "customer_name": customer.get("name"),
        "customer_phone": customer.get("phone"),
        "customer_shipping": copied(customer.get("shipping")),
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": tax_ids,
        "test_clock": customer.get("test_clock"),
    }


def _state() -> Row:
    return {
        "effective_at": None,
        "ending_balance": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "number": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "_expires_at": None,
        "_is_overdue": False,
        "_payment_intent": None,
        "_resumes": None,
    }


def _automatic_tax(*, enabled: bool) -> Row:
    return {
        "disabled_reason": None,
        "enabled": enabled,
        "liability": {"type": "self"} if enabled else None,
        "provider": "stripe" if enabled else None,
        "status": "complete" if enabled else None,
    }


def _period(account: Account, bill: Bill) -> Row:
    """Give the time an invoice stands for: only a renewal's is more than a moment."""
    now = account.now()
    is_cycle = bill.reason == "subscription_cycle"
    return {
        "period_end": bill.end if is_cycle else now,
        "period_start": bill.start if is_cycle else now,
    }


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
