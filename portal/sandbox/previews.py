"""Invoices that are only looked at: what a sign-up would cost, or what comes next."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account, Row, new_id
from portal.sandbox.billing import period_bill
from portal.sandbox.collecting import next_period
from portal.sandbox.discounts import chosen_coupons
from portal.sandbox.drafts import Bill
from portal.sandbox.drawing import drawn
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.lookup import living_customer, named
from portal.sandbox.operations import Call, operation
from portal.sandbox.periods import period_end
from portal.sandbox.subscription_items import line_for, priced, rates_for
from portal.sandbox.subscription_reading import trial_end_of
from portal.sandbox.tax_location import require_location
from portal.sandbox.tax_rates import rates_named

_KNOWN = frozenset(
    {"automatic_tax", "currency", "customer", "customer_details", "discounts", "expand"}
    | {"preview_mode", "subscription", "subscription_details"}
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
    if unknown := details.keys() - _DETAILS:
        raise invalid(
            f"The sandbox does not know subscription_details[{min(unknown)}] yet.", min(unknown)
        )
    if "subscription" in params and "items" not in details:
        bill = _next_of(account, params["subscription"])
    elif "items" in details:
        bill = _of_a_new_subscription(account, params, details)
    else:
        raise (
            missing("subscription_details[items]") if "customer" in params else missing("customer")
        )
    row = drawn(account, bill, new_id("upcoming_in"))
    row["status"] = "draft"
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _next_of(account: Account, id: str) -> Bill:
    row = named(account, "subscription", id, "subscription")
    if row["status"] in ("canceled", "incomplete_expired") or row["cancel_at_period_end"]:
        raise refused("No upcoming invoices for customer", code="invoice_upcoming_none")
    account.follow(row)
    start, end = next_period(row, row["_period_end"])
    later = row | {"_period_start": start, "_period_end": end}
    return period_bill(account, later, account.kind("customer")[row["customer"]], "upcoming")


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
