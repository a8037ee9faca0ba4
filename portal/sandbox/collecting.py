"""Finalize an invoice and collect it, and let its subscription know how that went."""

from __future__ import annotations

from portal.sandbox.account import Account, Row, new_id
from portal.sandbox.balance_use import apply_balance, give_balance_back
from portal.sandbox.changes import revising
from portal.sandbox.charging import Outcome, cancel_payment, charge, open_payment
from portal.sandbox.ending import end_subscription
from portal.sandbox.errors import StripeError, card_error
from portal.sandbox.events import emit
from portal.sandbox.periods import DAY_S, period_end

RETRY_DAYS = (3, 5, 7)
"""Days between the tries for a renewal; after the last one the subscription is canceled."""


def finalize(account: Account, invoice: Row) -> None:
    """Make a draft final: numbered, open, and paid at once when nothing is due."""
    row = account.edit("invoice", invoice["id"])
    customer = account.edit("customer", row["customer"])
    token = new_id("live", 40)
    account.add({"id": token, "kind": "invoice", "of": row["id"]}, "_token")
    row["number"] = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}"
    customer["next_invoice_sequence"] += 1
    row["status"] = "open"
    row["automatically_finalizes_at"] = None
    row["effective_at"] = row["status_transitions"]["finalized_at"] = account.now()
    row["hosted_invoice_url"] = f"{account.public_url}/i/{token}"
    row["invoice_pdf"] = f"{account.public_url}/i/{token}/pdf"
    apply_balance(account, row)
    emit(account, "invoice.finalized", row)
    if row["amount_due"] == 0:
        mark_paid(account, row)
    else:
        open_payment(account, row)


def default_method(account: Account, invoice: Row) -> Row | None:
    """Find the card an invoice is charged to: the subscription's, else the customer's default."""
    subscription = account.get("subscription", subscription_of(invoice))
    customer = account.kind("customer")[invoice["customer"]]
    id = (subscription or {}).get("default_payment_method") or customer["invoice_settings"][
        "default_payment_method"
    ]
    return account.get("payment_method", id)


def subscription_of(invoice: Row) -> str | None:
    """Tell which subscription an invoice is for."""
    details = (invoice["parent"] or {}).get("subscription_details")
    return details["subscription"] if details else None


def collect(
    account: Account, invoice: Row, method: Row | None, *, authenticated: bool = False
) -> Outcome:
    """Try once to have an open invoice paid; whatever comes of it is written down and told."""
    row = account.edit("invoice", invoice["id"])
    row["attempted"] = True
    row["attempt_count"] += 1
    if row["_payment_intent"] is None:
        open_payment(account, row)
    outcome = charge(account, row, method, authenticated=authenticated) if method else "declined"
    if outcome == "succeeded":
        mark_paid(account, row)
        return outcome
    if outcome == "requires_action":
        emit(account, "invoice.payment_action_required", row)
    _plan_next_try(account, row)
    emit(account, "invoice.payment_failed", row)
    _fall_behind(account, row)
    return outcome


def payment_refusal(account: Account, invoice: Row, *, stays: bool = True) -> StripeError:
    """Give the 402 that answers a payment which did not succeed."""
    intent = account.kind("payment_intent")[invoice["_payment_intent"]]
    problem = intent["last_payment_error"]
    refusal = card_error(
        problem["message"],
        "invoice_payment_intent_requires_action"
        if intent["status"] == "requires_action"
        else problem["code"],
        problem["decline_code"],
    )
    refusal.stays = stays
    return refusal


def mark_paid(account: Account, invoice: Row, *, out_of_band: bool = False) -> None:
    """Write an invoice down as paid, and wake what waited for it."""
    row = account.edit("invoice", invoice["id"])
    row["status"] = "paid"
    row["amount_paid"] = 0 if out_of_band else row["amount_due"]
    row["amount_remaining"] = 0
    row["attempted"] = True
    row["auto_advance"] = False
    row["next_payment_attempt"] = None
    row["status_transitions"]["paid_at"] = account.now()
    emit(account, "invoice.paid", row)
    emit(account, "invoice.payment_succeeded", row)
    _catch_up(account, row)


def _catch_up(account: Account, invoice: Row) -> None:
    id = subscription_of(invoice)
    subscription = account.get("subscription", id)
    customer = account.kind("customer")[invoice["customer"]]
    if customer.get("delinquent"):
        with revising(account, "customer", customer["id"], "customer.updated") as row:
            row["delinquent"] = False
    if subscription is None or id is None:
        return
    latest = subscription["latest_invoice"] == invoice["id"]
    if subscription["status"] in ("incomplete", "past_due", "unpaid") and latest:
        with revising(account, "subscription", id, "customer.subscription.updated") as row:
            row["status"] = "active"
    elif subscription["status"] == "paused" and latest and invoice["_resumes"]:
        wake_paused(account, id, "active")


def wake_paused(account: Account, id: str, status: str) -> None:
    """Let a paused subscription run again: active, or past due when its payment failed."""
    with revising(account, "subscription", id, "customer.subscription.updated") as row:
        row["status"] = status
        row["status_details"] = None
    emit(account, "customer.subscription.resumed", row)


def _plan_next_try(account: Account, invoice: Row) -> None:
    tries = invoice["attempt_count"]
    first = invoice["billing_reason"] == "subscription_create"
    first = first or invoice["_resumes"] == "resume_on_payment_attempt"
    invoice["_expires_at"] = None
    if first or tries > len(RETRY_DAYS):
        invoice["next_payment_attempt"] = None
    else:
        invoice["next_payment_attempt"] = account.now() + RETRY_DAYS[tries - 1] * DAY_S


def _fall_behind(account: Account, invoice: Row) -> None:
    """Let a running subscription become past due, and end it after the last try."""
    subscription = account.get("subscription", subscription_of(invoice))
    if subscription is None:
        return
    if subscription["status"] == "paused" and invoice["_resumes"] == "resume_on_payment_attempt":
        wake_paused(account, subscription["id"], "past_due")
        return
    if subscription["status"] not in ("active", "past_due"):
        return
    customer = account.kind("customer")[invoice["customer"]]
    if not customer["delinquent"]:
        with revising(account, "customer", customer["id"], "customer.updated") as changed:
            changed["delinquent"] = True
    if invoice["next_payment_attempt"] is None:
        end_subscription(account, subscription, reason="payment_failed")
        return
    with revising(
        account, "subscription", subscription["id"], "customer.subscription.updated"
    ) as row:
        row["status"] = "past_due"


def void(account: Account, invoice: Row) -> None:
    """Void an open invoice."""
    with revising(account, "invoice", invoice["id"], None) as row:
        row["status"] = "void"
        row["auto_advance"] = False
        row["next_payment_attempt"] = None
        row["status_transitions"]["voided_at"] = account.now()
    cancel_payment(account, row)
    give_balance_back(account, row)
    emit(account, "invoice.voided", row)


def next_period(subscription: Row, start: int) -> tuple[int, int]:
    """Give the period of a subscription that begins at a moment."""
    interval, count = subscription["_interval"], subscription["_interval_count"]
    return start, period_end(subscription["billing_cycle_anchor"], start, interval, count)
