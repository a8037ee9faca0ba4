"""Subscriptions: paused on request, and resumed.

Source: https://docs.stripe.com/changelog/dahlia/2026-05-27/pause-subscriptions
"""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.billing import bill_pending, bill_period
from portal.sandbox.changes import revising
from portal.sandbox.collecting import collect, default_method, finalize, void
from portal.sandbox.errors import known_within, refused, unsupported
from portal.sandbox.operations import Call, operation
from portal.sandbox.periods import period_end, shifted
from portal.sandbox.prorations import charge_rest, credit
from portal.sandbox.renewals import EXPIRES_AFTER_S
from portal.sandbox.rows import Row
from portal.sandbox.settling import announce
from portal.sandbox.standing import pause, wake_paused
from portal.sandbox.swaps import bill_now
from portal.sandbox.views import shown


@operation("POST", "/v1/subscriptions/{id}/pause", "SubscriptionPauseParams")
def pause_subscription(call: Call) -> Row:
    """Pause a running subscription now; what is left of its period is credited."""
    call.only({"bill_for", "invoicing_behavior", "type", "expand"})
    account, params = call.account, call.params
    row = call.row("subscription", "subscription")
    if row["status"] not in ("active", "past_due"):
        raise refused(
            "You can only pause a subscription that is active or past due. This subscription's"
            f" status is {row['status']}."
        )
    account.follow(row)
    _credit_unused(account, row, params.get("bill_for") or {})
    if params.get("invoicing_behavior") == "invoice":
        bill_now(account, account.edit("subscription", row["id"]), "allow_incomplete")
    pause(account, row, "pause_requested")
    return shown(account, row)


def _credit_unused(account: Account, row: Row, bill_for: dict[str, Any]) -> None:
    known_within(bill_for, ("unused_time_from",), "bill_for")
    since = (bill_for.get("unused_time_from") or {}).get("type", "now")
    at = row["_period_start"] if since == "item_current_period_start" else account.now()
    for id in row["_items"] if since != "none" else ():
        credit(account, row, account.edit("subscription_item", id), at)


@operation("POST", "/v1/subscriptions/{id}/resume", "SubscriptionResumeParams")
def resume_subscription(call: Call) -> Row:
    """Resume a paused subscription: at once if nothing is due, else when its invoice is paid."""
    call.only({"billing_cycle_anchor", "proration_behavior", "payment_behavior", "expand"})
    account, params = call.account, call.params
    row = call.row("subscription", "subscription")
    if row["status"] != "paused":
        raise refused(
            "You can only resume a subscription that is paused. This subscription's status is"
            f" {row['status']}."
        )
    account.follow(row)
    _drop_former(account, row)
    payment = params.get("payment_behavior", "resume_on_payment_attempt")
    if (params.get("billing_cycle_anchor") or {}).get("type") == "unchanged":
        _resume_unchanged(
            account, row, params.get("proration_behavior", "create_prorations"), payment
        )
    else:
        _resume_anew(account, row, payment)
    return shown(account, row)


def _drop_former(account: Account, row: Row) -> None:
    former = account.get("invoice", row["latest_invoice"])
    if former and former["status"] == "open" and former["_resumes"]:
        void(account, former)


def _resume_anew(account: Account, row: Row, payment: str) -> None:
    """Begin a new period now; the subscription stays paused until its invoice is paid.

    By default nothing is charged here, and a payment that fails makes the subscription past due.
    `resume_on_payment_success` charges at once, and failures leave it paused. An invoice that
    nobody tries to pay within 23 hours is voided.
    """
    with revising(account, "subscription", row["id"], "customer.subscription.updated") as changed:
        now = account.now()
        changed["billing_cycle_anchor"] = changed["_period_start"] = now
        changed["_period_end"] = period_end(now, now, row["_interval"], row["_interval_count"])
        customer = account.kind("customer")[row["customer"]]
        invoice = bill_period(account, changed, customer, "subscription_update")
        _wait_for(account, changed, invoice, payment)
    _ask(account, invoice, payment)


def _resume_unchanged(account: Account, row: Row, prorations: str, payment: str) -> None:
    """Go on in the period that the old anchor gives: its rest is charged now, later, or never."""
    if prorations not in ("none", "create_prorations", "always_invoice"):
        raise unsupported("proration_behavior")
    invoice = None
    with revising(account, "subscription", row["id"], "customer.subscription.updated") as changed:
        interval, count = row["_interval"], row["_interval_count"]
        end = period_end(row["billing_cycle_anchor"], account.now(), interval, count)
        changed["_period_start"], changed["_period_end"] = shifted(end, interval, -count), end
        if prorations != "none":
            charge_rest(account, changed, row["_items"], account.now())
        if prorations == "always_invoice":
            customer = account.kind("customer")[row["customer"]]
            invoice = bill_pending(account, changed, customer)
        if invoice:
            _wait_for(account, changed, invoice, payment)
    if invoice is None:
        wake_paused(account, row["id"], "active")
    else:
        _ask(account, invoice, payment)


def _wait_for(account: Account, row: Row, invoice: Row, payment: str) -> None:
    """Let the subscription stay paused until this invoice is paid."""
    invoice["_expires_at"] = account.now() + EXPIRES_AFTER_S
    invoice["_resumes"] = payment
    announce(account, row, invoice)


def _ask(account: Account, invoice: Row, payment: str) -> None:
    finalize(account, invoice)
    if payment == "resume_on_payment_success" and invoice["status"] == "open":
        collect(account, invoice, default_method(account, invoice))
