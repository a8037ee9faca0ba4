"""Subscriptions: begun, read and listed."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.billing import bill_period, set_up_later
from portal.sandbox.collecting import collect, default_method, finalize, payment_refusal
from portal.sandbox.discounts import chosen_coupons, redeem
from portal.sandbox.errors import known_within, refused
from portal.sandbox.events import emit
from portal.sandbox.listing import is_within, listed
from portal.sandbox.lookup import customer_named, of_customer
from portal.sandbox.once import add_once
from portal.sandbox.operations import Call, operation
from portal.sandbox.prices import price_in
from portal.sandbox.rows import Row
from portal.sandbox.settling import no_method, payment_behavior
from portal.sandbox.subscription_items import add_item, priced
from portal.sandbox.subscription_rows import new_subscription
from portal.sandbox.tax_location import require_location
from portal.sandbox.totals import price_of
from portal.sandbox.views import include, list_of, shown

KNOWN = frozenset(
    {"add_invoice_items", "automatic_tax", "billing_cycle_anchor", "cancel_at"}
    | {"cancel_at_period_end", "collection_method", "days_until_due"}
    | {"default_payment_method", "default_tax_rates", "description", "discounts", "expand"}
    | {"items", "metadata", "off_session", "payment_behavior", "payment_settings", "trial_end"}
    | {"trial_settings", "proration_behavior"}
)
LIVE = ("trialing", "active", "past_due", "incomplete", "unpaid", "paused")


_ITEM = frozenset({"price", "quantity", "metadata", "tax_rates"})


@operation("POST", "/v1/subscriptions", "SubscriptionCreateParams")
def create_subscription(call: Call) -> Row:
    """Subscribe a customer, and bill or set up what is due at once."""
    call.only(KNOWN | {"customer", "currency", "trial_period_days"})
    account, params = call.account, call.params
    customer = customer_named(account, params)
    return shown(account, subscribe(account, customer, params))


def subscribe(account: Account, customer: Row, params: dict[str, Any]) -> Row:
    """Subscribe a customer as the parameters say; `items` has to be among them."""
    account.follow(customer)
    behavior = payment_behavior(params)
    for position, given in enumerate(params.get("items") or []):
        known_within(given, _ITEM, f"items[{position}]")
    found = priced(account, params.get("items") or [], "items")
    currency = _currency(account, customer, params, found[0][0])
    amount = sum(price_of(price_in(price, currency), quantity) for price, quantity in found)
    coupons = chosen_coupons(account, params.get("discounts") or [], customer, amount, currency)
    if (params.get("automatic_tax") or {}).get("enabled"):
        require_location(customer)
    row = account.add(new_subscription(account, customer, params, currency, found[0][0]))
    for (price, _), given in zip(found, params["items"], strict=True):
        add_item(account, row, price, given)
    row["discounts"] = [redeem(account, each, customer["id"], row["id"])["id"] for each in coupons]
    account.edit("customer", customer["id"])["currency"] = currency
    add_once(account, row, params.get("add_invoice_items") or [])
    _begin(account, row, customer, behavior)
    return row


def _currency(account: Account, customer: Row, params: dict[str, Any], price: Row) -> str:
    currency: str = (params.get("currency") or price["currency"]).lower()
    for other in of_customer(account, "subscription", customer["id"]):
        if other["status"] in LIVE and other["currency"] != currency:
            raise refused(
                "You cannot combine currencies on a single customer. This customer has an active"
                " subscription, subscription schedule, discount, quote, or invoice item with"
                f" currency {other['currency']}."
            )
    return currency


def _begin(account: Account, row: Row, customer: Row, behavior: str) -> None:
    """Make the first invoice, and let it decide how the subscription begins."""
    is_trial = row["trial_end"] is not None
    invoice = bill_period(account, row, customer, "subscription_create", trial=is_trial)
    row["latest_invoice"] = invoice["id"]
    sends = row["collection_method"] == "send_invoice"
    if is_trial or invoice["amount_due"] == 0 or sends:
        row["status"] = "trialing" if is_trial else "active"
        if (
            behavior == "default_incomplete"
            and not sends
            and default_method(account, invoice) is None
        ):
            set_up_later(account, row)
        emit(account, "customer.subscription.created", row)
        emit(account, "invoice.created", invoice)
        finalize(account, invoice)
        return
    emit(account, "customer.subscription.created", row)
    emit(account, "invoice.created", invoice)
    finalize(account, invoice)
    if behavior != "default_incomplete":
        _collect_first(account, row, invoice, behavior)


def _collect_first(account: Account, row: Row, invoice: Row, behavior: str) -> None:
    method = default_method(account, invoice)
    if method is None:
        raise no_method()
    outcome = collect(account, invoice, method)
    if outcome != "succeeded" and behavior == "error_if_incomplete":
        raise payment_refusal(account, invoice, stays=False)


@operation("GET", "/v1/subscriptions/{id}", "SubscriptionRetrieveParams")
def retrieve_subscription(call: Call) -> Row:
    """Give a subscription."""
    return shown(call.account, call.row("subscription", "subscription"))


_FILTERS = frozenset(
    {"collection_method", "current_period_end", "current_period_start", "customer", "price"}
    | {"status", "test_clock"}
)


@operation("GET", "/v1/subscriptions", "SubscriptionListParams")
def list_subscriptions(call: Call) -> Row:
    """List subscriptions: those not canceled, unless `status` says otherwise."""
    account, params = call.account, call.params
    found = list(account.kind("subscription").values())
    if "customer" in params:
        found = of_customer(account, "subscription", params["customer"])
    if "test_clock" in params:
        found = [row for row in found if row["test_clock"] == params["test_clock"]]
    elif "customer" not in params:
        found = [row for row in found if not row["test_clock"]]
    if "price" in params:
        found = [row for row in found if params["price"] in _prices(account, row)]
    if "collection_method" in params:
        found = [row for row in found if row["collection_method"] == params["collection_method"]]
    for name in ("start", "end"):
        when = params.get(f"current_period_{name}")
        found = [row for row in found if is_within(row[f"_period_{name}"], when)]
    found = [row for row in found if _has_status(row, params.get("status"))]
    return listed(call, found, "subscription", _FILTERS)


def _prices(account: Account, row: Row) -> list[str]:
    return [account.kind("subscription_item")[id]["price"] for id in row["_items"]]


def _has_status(row: Row, wanted: str | None) -> bool:
    if wanted == "all":
        return True
    if wanted == "ended":
        return row["status"] in ("canceled", "incomplete_expired")
    if wanted is None:
        return row["status"] not in ("canceled", "incomplete_expired")
    return bool(row["status"] == wanted)


@include("customer", "subscriptions")
def customer_subscriptions(account: Account, customer: Row) -> Row:
    """Give `customer.subscriptions`: those that have not ended."""
    found = [
        shown(account, row)
        for row in reversed(of_customer(account, "subscription", customer["id"]))
        if _has_status(row, None)
    ]
    return list_of(found, f"/v1/customers/{customer['id']}/subscriptions")
