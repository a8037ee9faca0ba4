"""Finalize an invoice and collect it, and let its subscription know how that went."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.balance_use import apply_balance, give_balance_back
from portal.sandbox.changes import revising
from portal.sandbox.charging import Outcome, cancel_payment, charge, open_payment
from portal.sandbox.dunning import count_try, plan_next_try
from portal.sandbox.errors import StripeError, card_error
from portal.sandbox.events import emit
from portal.sandbox.periods import period_end
from portal.sandbox.rows import Row, new_id
from portal.sandbox.standing import catch_up, fall_behind, subscription_of


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
    """Find the card of an invoice: its own, else the subscription's, else the customer's."""
    subscription = account.get("subscription", subscription_of(invoice)) or {}
    settings = account.kind("customer")[invoice["customer"]]["invoice_settings"]
    id = invoice["default_payment_method"] or subscription.get("default_payment_method")
    return account.get("payment_method", id or settings["default_payment_method"])


def collect(
    account: Account,
    invoice: Row,
    method: Row | None,
    *,
    authenticated: bool = False,
    automatic: bool = False,
) -> Outcome:
    """Try once to have an open invoice paid; whatever comes of it is written down and told.

    `automatic` tries are those that nobody asked for.
    """
    row = account.edit("invoice", invoice["id"])
    count_try(row, automatic=automatic)
    if row["_payment_intent"] is None:
        open_payment(account, row)
    outcome = charge(account, row, method, authenticated=authenticated) if method else "declined"
    if outcome == "succeeded":
        mark_paid(account, row)
        return outcome
    if outcome == "requires_action":
        emit(account, "invoice.payment_action_required", row)
    is_last = plan_next_try(account, row, automatic=automatic)
    emit(account, "invoice.payment_failed", row)
    fall_behind(account, row, is_last=is_last)
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
    catch_up(account, row)


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
