"""Invoices that are only looked at: what a sign-up would cost, or what comes next."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.discounts import chosen_coupons
from portal.sandbox.drafts import Bill
from portal.sandbox.drawing import drawn
from portal.sandbox.errors import known_within, missing
from portal.sandbox.lookup import living_customer
from portal.sandbox.operations import Call, operation
from portal.sandbox.periods import period_end
from portal.sandbox.rehearsing import preview_change
from portal.sandbox.rows import Row, new_id
from portal.sandbox.subscription_items import line_for, priced, rates_for
from portal.sandbox.subscription_reading import trial_end_of
from portal.sandbox.tax_location import require_location
from portal.sandbox.tax_rates import rates_named

_KNOWN = frozenset(
    {"automatic_tax", "currency", "customer", "customer_details", "discounts", "expand"}
    | {"preview_mode", "schedule", "subscription", "subscription_details"}
)
_DETAILS = frozenset(
    {"items", "default_tax_rates", "trial_end", "proration_behavior", "cancel_at_period_end"}
)


@operation("POST", "/v1/invoices/create_preview", "InvoiceCreatePreviewParams")
def preview_invoice(call: Call) -> Row:
    """Draw an invoice up without keeping it."""
    call.only(_KNOWN)
    account, params = call.account, call.params
    details = params.get("subscription_details") or {}
    if "schedule" in params or "subscription" in params:
        row = preview_change(account, params, details)
    elif "items" in details:
        known_within(details, _DETAILS, "subscription_details")
        bill = _of_a_new_subscription(account, params, details)
        row = drawn(account, bill, new_id("upcoming_in"))
    else:
        raise (
            missing("subscription_details[items]") if "customer" in params else missing("customer")
        )
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _of_a_new_subscription(
    account: Account, params: dict[str, Any], details: dict[str, Any]
) -> Bill:
    customer = _customer(account, params)
    account.follow(customer)
    items = "subscription_details[items]"
    found = priced(account, details["items"], items)
    currency = (params.get("currency") or found[0][0]["currency"]).lower()
    recurring = found[0][0]["recurring"]
    start = trial_end_of(details, account.now()) or account.now()
    end = period_end(start, start, recurring["interval"], recurring["interval_count"])
    lines = [line_for(account, price, quantity, currency, start, end) for price, quantity in found]
    amount = sum(line.amount for line in lines)
    chosen = chosen_coupons(account, params.get("discounts") or [], customer, amount, currency)
    automatic = bool((params.get("automatic_tax") or {}).get("enabled"))
    if automatic:
        require_location(customer)
    rates = rates_named(
        account, details.get("default_tax_rates"), "subscription_details[default_tax_rates]"
    )
    for line in lines:
        line.tax_rates = rates_for(account, customer, line.price) if automatic else rates
    discounts = [(new_id("di"), coupon) for coupon, _ in chosen]
    return Bill(
        customer, currency, lines, "upcoming", start, end,
        discounts=discounts, automatic_tax=automatic, tax_rates=rates,
    )  # fmt: skip


def _customer(account: Account, params: dict[str, Any]) -> Row:
    """Give the customer named, with the details given instead of its own; or only the details."""
    details = params.get("customer_details") or {}
    if "customer" in params:
        known = living_customer(account, params["customer"], "customer")
    else:
        known = {"address": None, "shipping": None, "tax_exempt": "none", "test_clock": None}
    given = {
        name: value
        for name, value in details.items()
        if name in ("address", "shipping", "tax_exempt")
    }
    customer = known | given
    customer["tax_exempt"] = customer["tax_exempt"] or "none"
    if customer["address"] is not None:
        fields = ("city", "country", "line1", "line2", "postal_code", "state")
        customer["address"] = {name: customer["address"].get(name) for name in fields}
    if (details.get("tax") or {}).get("ip_address"):
        customer["_ip_address"] = details["tax"]["ip_address"]
    return customer
