"""What time does to subscriptions and invoices."""

from __future__ import annotations

from portal.sandbox.account import Account, Row
from portal.sandbox.billing import bill_pending, bill_period
from portal.sandbox.changes import revising
from portal.sandbox.collecting import collect, default_method, finalize, next_period, void
from portal.sandbox.ending import end_subscription
from portal.sandbox.events import emit
from portal.sandbox.periods import DAY_S

HOUR_S = 3600
EXPIRES_AFTER_S = 23 * HOUR_S
"""How long a first payment may take."""
WARNED_BEFORE_S = 3 * DAY_S


def next_moment(row: Row) -> int | None:
    """Tell when something happens to this row by itself; None: never."""
    is_invoice = row["object"] == "invoice"
    moments = _invoice_moments(row) if is_invoice else _subscription_moments(row)
    return min((moment for moment in moments if moment is not None), default=None)


def _subscription_moments(row: Row) -> list[int | None]:
    status = row["status"]
    if status == "incomplete":
        return [row["created"] + EXPIRES_AFTER_S]
    if status == "trialing":
        warning = None if row["_is_warned"] else _warning(row)
        return [warning, row["trial_end"], row["cancel_at"]]
    if status in ("active", "past_due"):
        return [row["_period_end"], row["cancel_at"]]
    return []


def _warning(row: Row) -> int:
    return max(int(row["trial_start"] or row["created"]), int(row["trial_end"]) - WARNED_BEFORE_S)


def _invoice_moments(row: Row) -> list[int | None]:
    if row["status"] == "draft":
        return [row["automatically_finalizes_at"]]
    if row["status"] == "open":
        return [row["next_payment_attempt"], row["_expires_at"]]
    return []


def act(account: Account, kind: str, row: Row) -> None:
    """Do what is due for a row at the account's present moment."""
    if kind == "invoice":
        _act_on_invoice(account, row)
        return
    now, status = account.now(), row["status"]
    if status == "incomplete":
        _expire(account, row)
    elif row["cancel_at"] is not None and row["cancel_at"] <= now:
        _end_as_planned(account, row)
    elif status == "trialing" and now < row["trial_end"]:
        account.edit("subscription", row["id"])["_is_warned"] = True
        emit(account, "customer.subscription.trial_will_end", row)
    elif row["cancel_at_period_end"]:
        _end_as_planned(account, row)
    elif status == "trialing":
        _end_trial(account, row)
    else:
        _renew(account, row)


def _end_as_planned(account: Account, row: Row) -> None:
    """End a subscription, and bill what still waits for an invoice of it."""
    ended = end_subscription(account, row, reason="cancellation_requested", is_planned=True)
    customer = account.kind("customer")[row["customer"]]
    invoice = bill_pending(account, ended, customer, "subscription_cycle")
    if invoice is not None:
        ended["latest_invoice"] = invoice["id"]
        invoice["automatically_finalizes_at"] = account.now() + HOUR_S
        emit(account, "invoice.created", invoice)


def _act_on_invoice(account: Account, row: Row) -> None:
    if row["status"] == "draft":
        finalize(account, row)
        if row["status"] == "open" and row["collection_method"] == "charge_automatically":
            collect(account, row, default_method(account, row))
    elif row["_expires_at"] is not None and row["_expires_at"] <= account.now():
        void(account, row)
    else:
        collect(account, row, default_method(account, row))


def _expire(account: Account, row: Row) -> None:
    invoice = account.get("invoice", row["latest_invoice"])
    end_subscription(account, row, reason="payment_failed", status="incomplete_expired")
    if invoice and invoice["status"] == "open":
        void(account, invoice)


def _end_trial(account: Account, row: Row) -> None:
    """End a trial: on to the first paid period, or what the settings say when there is no card."""
    customer = account.kind("customer")[row["customer"]]
    has_card = (
        row["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    )
    missing = row["trial_settings"]["end_behavior"]["missing_payment_method"]
    if not has_card and missing == "cancel":
        end_subscription(account, row, reason="cancellation_requested")
    elif not has_card and missing == "pause":
        pause(account, row, "trial_end_without_payment_method")
    else:
        _renew(account, row, was_trial=True)


def pause(account: Account, row: Row, reason: str) -> None:
    """Pause a subscription: by request, or because its trial ended without a card."""
    with revising(account, "subscription", row["id"], "customer.subscription.updated") as paused:
        paused["status"] = "paused"
        paused["status_details"] = {
            "paused": {
                "subscription": {"type": reason},
                "transitioned_at": account.now(),
                "type": "subscription",
            }
        }
    emit(account, "customer.subscription.paused", paused)


def _renew(account: Account, row: Row, *, was_trial: bool = False) -> None:
    """Begin the next period: a draft invoice now, final and charged an hour later."""
    id = row["id"]
    with revising(account, "subscription", id, "customer.subscription.updated") as changed:
        start, end = next_period(changed, changed["_period_end"])
        changed["_period_start"], changed["_period_end"] = start, end
        if was_trial:
            changed["status"] = "active"
        customer = account.kind("customer")[changed["customer"]]
        invoice = bill_period(account, changed, customer, "subscription_cycle")
        invoice["automatically_finalizes_at"] = account.now() + HOUR_S
        changed["latest_invoice"] = invoice["id"]
        emit(account, "invoice.created", invoice)
