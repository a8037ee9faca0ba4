"""Subscriptions: changed and canceled."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import revising, take
from portal.sandbox.collecting import void
from portal.sandbox.collection_pauses import read_pause
from portal.sandbox.discounts import chosen_coupons, redeem
from portal.sandbox.ending import end_subscription
from portal.sandbox.errors import invalid, missing, no_such, refused
from portal.sandbox.events import emit
from portal.sandbox.once import add_once
from portal.sandbox.operations import Call, operation
from portal.sandbox.prorations import credit
from portal.sandbox.rows import Row
from portal.sandbox.subscription_reading import (
    automatic_tax,
    cancel_at_of,
    method_of,
    payment_settings,
    trial_settings,
)
from portal.sandbox.subscriptions import KNOWN
from portal.sandbox.swaps import bill_now, swap_items
from portal.sandbox.tax_location import require_location
from portal.sandbox.tax_rates import rates_named
from portal.sandbox.trials import move_trial
from portal.sandbox.views import shown


@operation("POST", "/v1/subscriptions/{id}", "SubscriptionUpdateParams")
def update_subscription(call: Call) -> Row:
    """Change a subscription."""
    call.only(KNOWN | {"cancellation_details", "pause_collection", "proration_date"})
    account, params = call.account, call.params
    row = call.row("subscription", "subscription")
    account.follow(row)
    if row["status"] in ("canceled", "incomplete_expired"):
        _refuse_ended(row, params)
    if row["schedule"] and params.keys() & {"cancel_at", "cancel_at_period_end"}:
        raise refused(
            f"The subscription is managed by the subscription schedule `{row['schedule']}`, and"
            " updating any cancelation behavior directly is not allowed. Please update the"
            " schedule instead."
        )
    change_subscription(account, row, params)
    return shown(account, row)


def _refuse_ended(row: Row, params: dict[str, Any]) -> None:
    if params.keys() - {"metadata", "cancellation_details", "expand"}:
        raise refused(
            "A canceled subscription can only update its cancellation_details and metadata.",
            code="resource_missing",
        )


def change_subscription(account: Account, row: Row, params: dict[str, Any]) -> Row:
    """Write changes to a subscription and tell of them, as the API and the hosted pages do."""
    with revising(account, "subscription", row["id"], "customer.subscription.updated") as changed:
        _write(account, changed, params)
        _write_collection(account, changed, params)
        _plan_end(account, changed, params)
        add_once(account, changed, params.get("add_invoice_items") or [])
        if "items" in params or "billing_cycle_anchor" in params:
            swap_items(account, changed, params)
        if "trial_end" in params:
            move_trial(account, changed, params)
    return changed


def _write(account: Account, row: Row, params: dict[str, Any]) -> None:
    take(row, params, "description")
    if "automatic_tax" in params:
        row["automatic_tax"] = automatic_tax(params["automatic_tax"])
        if row["automatic_tax"]["enabled"]:
            require_location(account.kind("customer")[row["customer"]])
    if "default_tax_rates" in params:
        rates = rates_named(account, params["default_tax_rates"], "default_tax_rates")
        row["_default_tax_rates"] = [rate["id"] for rate in rates]
    if "trial_settings" in params:
        row["trial_settings"] = trial_settings(params["trial_settings"])
    if "cancellation_details" in params:
        row["cancellation_details"] |= {
            name: value or None for name, value in params["cancellation_details"].items()
        }
    if "discounts" in params:
        _change_discounts(account, row, params["discounts"] or [])


def _write_collection(account: Account, row: Row, params: dict[str, Any]) -> None:
    take(row, params, "collection_method", "days_until_due")
    if row["collection_method"] == "send_invoice" and row["days_until_due"] is None:
        raise missing("days_until_due")
    if "default_payment_method" in params:
        row["default_payment_method"] = method_of(
            account, row["customer"], params["default_payment_method"]
        )
    if "payment_settings" in params:
        row["payment_settings"] = payment_settings(params["payment_settings"])
    if "pause_collection" in params:
        row["pause_collection"] = read_pause(account, params["pause_collection"])


def _change_discounts(account: Account, row: Row, given: list[Row]) -> None:
    kept = [each["discount"] for each in given if each.get("discount") in row["discounts"]]
    fresh = [each for each in given if each.get("discount") not in row["discounts"]]
    customer = account.kind("customer")[row["customer"]]
    coupons = chosen_coupons(account, fresh, customer, 0, row["currency"])
    for id in set(row["discounts"]) - set(kept):
        emit(account, "customer.discount.deleted", account.kind("discount")[id])
    made = [redeem(account, each, customer["id"], row["id"])["id"] for each in coupons]
    row["discounts"] = kept + made


def _plan_end(account: Account, row: Row, params: dict[str, Any]) -> None:
    """Plan or unplan the end: at the period's end, or at a moment."""
    now = account.now()
    if "cancel_at" in params and params.get("cancel_at_period_end"):
        raise invalid(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
            "cancel_at",
            "parameters_exclusive",
        )
    if "cancel_at" in params:
        row["cancel_at"] = cancel_at_of(params["cancel_at"], row["_period_end"], now)
        row["cancel_at_period_end"] = False
    if "cancel_at_period_end" in params:
        row["cancel_at_period_end"] = params["cancel_at_period_end"]
        row["cancel_at"] = row["_period_end"] if params["cancel_at_period_end"] else None
    if {"cancel_at", "cancel_at_period_end"} & params.keys():
        planned = row["cancel_at"] is not None
        row["canceled_at"] = now if planned else None
        row["cancellation_details"]["reason"] = "cancellation_requested" if planned else None


@operation("DELETE", "/v1/subscriptions/{id}", "SubscriptionCancelParams")
def cancel_subscription(call: Call) -> Row:
    """Cancel a subscription now."""
    call.only({"cancellation_details", "invoice_now", "prorate", "expand"})
    account = call.account
    row = call.row("subscription", "subscription")
    if row["status"] in ("canceled", "incomplete_expired"):
        raise no_such("subscription", row["id"], "id", in_path=True)
    account.follow(row)
    settle_up(account, row, call.params)
    return shown(account, cancel_now(account, row, call.params.get("cancellation_details") or {}))


def settle_up(account: Account, row: Row, params: dict[str, Any]) -> None:
    """Credit what is left of the period if asked to, and bill what waits if asked to."""
    if row["status"] not in ("active", "past_due", "unpaid"):
        return
    changed = account.edit("subscription", row["id"])
    if params.get("prorate"):
        for id in row["_items"]:
            credit(account, row, account.edit("subscription_item", id), account.now())
    if params.get("invoice_now"):
        bill_now(account, changed, "allow_incomplete")


def cancel_now(account: Account, row: Row, details: dict[str, Any]) -> Row:
    """Cancel a subscription now; one that was never paid expires, and its invoice is voided."""
    changed = account.edit("subscription", row["id"])
    changed["cancellation_details"] |= {name: value or None for name, value in details.items()}
    was_incomplete = row["status"] == "incomplete"
    end_subscription(
        account,
        row,
        reason="cancellation_requested",
        status="incomplete_expired" if was_incomplete else "canceled",
    )
    invoice = account.get("invoice", row["latest_invoice"])
    if was_incomplete and invoice and invoice["status"] == "open":
        void(account, invoice)
    return row
