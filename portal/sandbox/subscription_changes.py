"""Subscriptions: changed, canceled and resumed."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account, Row
from portal.sandbox.billing import bill_period
from portal.sandbox.changes import revising, take
from portal.sandbox.collecting import collect, default_method, finalize, void
from portal.sandbox.discounts import chosen_coupons, redeem
from portal.sandbox.ending import end_subscription
from portal.sandbox.errors import invalid, no_such, refused, unsupported
from portal.sandbox.events import emit
from portal.sandbox.lookup import named
from portal.sandbox.operations import Call, operation
from portal.sandbox.periods import period_end
from portal.sandbox.renewals import EXPIRES_AFTER_S
from portal.sandbox.subscription_rows import (
    automatic_tax,
    cancel_at_of,
    payment_settings,
    trial_settings,
)
from portal.sandbox.subscriptions import KNOWN
from portal.sandbox.swaps import swap_items
from portal.sandbox.tax_location import require_location
from portal.sandbox.tax_rates import rates_named
from portal.sandbox.views import shown


@operation("POST", "/v1/subscriptions/{id}", "SubscriptionUpdateParams")
def update_subscription(call: Call) -> Row:
    """Change a subscription."""
    call.only(KNOWN | {"cancellation_details", "proration_date"})
    account, params = call.account, call.params
    row = call.row("subscription", "subscription")
    account.follow(row)
    if row["status"] in ("canceled", "incomplete_expired"):
        _refuse_ended(row, params)
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
        _plan_end(account, changed, params)
        if "items" in params:
            swap_items(account, changed, params)
        if "trial_end" in params:
            _move_trial(account, changed, params["trial_end"])
    return changed


def _write(account: Account, row: Row, params: dict[str, Any]) -> None:
    take(row, params, "description", "collection_method", "days_until_due")
    if "default_payment_method" in params:
        method = params["default_payment_method"] or None
        if (
            method
            and named(account, "payment_method", method, "default_payment_method")["customer"]
            != row["customer"]
        ):
            raise refused(
                "The payment method is not attached to this customer.", "default_payment_method"
            )
        row["default_payment_method"] = method
    if "automatic_tax" in params:
        row["automatic_tax"] = automatic_tax(params["automatic_tax"])
        if row["automatic_tax"]["enabled"]:
            require_location(account.kind("customer")[row["customer"]])
    if "default_tax_rates" in params:
        rates = rates_named(account, params["default_tax_rates"], "default_tax_rates")
        row["_default_tax_rates"] = [rate["id"] for rate in rates]
    if "payment_settings" in params:
        row["payment_settings"] = payment_settings(params["payment_settings"])
    if "trial_settings" in params:
        row["trial_settings"] = trial_settings(params["trial_settings"])
    if "cancellation_details" in params:
        row["cancellation_details"] |= {
            name: value or None for name, value in params["cancellation_details"].items()
        }
    if "discounts" in params:
        _change_discounts(account, row, params["discounts"] or [])


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


def _move_trial(account: Account, row: Row, trial_end: Any) -> None:
    """Move the end of a trial, or end it now and begin the first paid period."""
    now = account.now()
    if trial_end != "now" and trial_end <= now:
        raise invalid(
            "Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end"
        )
    ends = now if trial_end == "now" else trial_end
    if trial_end == "now" and row["status"] != "trialing":
        return
    row["trial_start"] = row["trial_start"] or now
    row["trial_end"] = row["billing_cycle_anchor"] = row["_period_end"] = ends
    row["_is_warned"] = False
    if trial_end != "now":
        row["status"] = "trialing"
        return
    row["status"] = "active"
    row["_period_start"] = now
    row["_period_end"] = period_end(now, now, row["_interval"], row["_interval_count"])
    customer = account.kind("customer")[row["customer"]]
    invoice = bill_period(account, row, customer, "subscription_update")
    row["latest_invoice"] = invoice["id"]
    emit(account, "invoice.created", invoice)
    finalize(account, invoice)
    if invoice["status"] == "open" and row["collection_method"] == "charge_automatically":
        collect(account, invoice, default_method(account, invoice))


@operation("DELETE", "/v1/subscriptions/{id}", "SubscriptionCancelParams")
def cancel_subscription(call: Call) -> Row:
    """Cancel a subscription now."""
    call.only({"cancellation_details", "invoice_now", "prorate", "expand"})
    for name in ("invoice_now", "prorate"):
        if call.params.get(name):
            raise unsupported(name)
    account = call.account
    row = call.row("subscription", "subscription")
    if row["status"] in ("canceled", "incomplete_expired"):
        raise no_such("subscription", row["id"], "id", in_path=True)
    account.follow(row)
    return shown(account, cancel_now(account, row, call.params.get("cancellation_details") or {}))


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


@operation("POST", "/v1/subscriptions/{id}/resume", "SubscriptionResumeParams")
def resume_subscription(call: Call) -> Row:
    """Resume a paused subscription: at once if nothing is due, else when its invoice is paid."""
    call.only({"billing_cycle_anchor", "proration_behavior", "payment_behavior", "expand"})
    account = call.account
    row = call.row("subscription", "subscription")
    if row["status"] != "paused":
        raise refused(
            "You can only resume a subscription that is paused. This subscription's status is"
            f" {row['status']}."
        )
    if (call.params.get("billing_cycle_anchor") or {}).get("type") == "unchanged":
        raise unsupported("billing_cycle_anchor")
    account.follow(row)
    resume(account, row, call.params.get("payment_behavior", "resume_on_payment_attempt"))
    return shown(account, row)


def resume(account: Account, row: Row, behavior: str) -> None:
    """Begin a new period now; the subscription stays paused until its invoice is paid.

    By default nothing is charged here, and a payment that fails makes the subscription past due.
    `resume_on_payment_success` charges at once, and failures leave it paused. An invoice that
    nobody tries to pay within 23 hours is voided.

    Source: https://docs.stripe.com/changelog/dahlia/2026-05-27/pause-subscriptions
    """
    former = account.get("invoice", row["latest_invoice"])
    if former and former["status"] == "open" and former["_resumes"]:
        void(account, former)
    with revising(account, "subscription", row["id"], "customer.subscription.updated") as changed:
        now = account.now()
        changed["billing_cycle_anchor"] = changed["_period_start"] = now
        changed["_period_end"] = period_end(now, now, row["_interval"], row["_interval_count"])
        customer = account.kind("customer")[row["customer"]]
        invoice = bill_period(account, changed, customer, "subscription_update")
        invoice["_expires_at"] = now + EXPIRES_AFTER_S
        invoice["_resumes"] = behavior
        changed["latest_invoice"] = invoice["id"]
        emit(account, "invoice.created", invoice)
    finalize(account, invoice)
    if behavior == "resume_on_payment_success" and invoice["status"] == "open":
        collect(account, invoice, default_method(account, invoice))
