"""How a subscription stands after its invoices were paid or not."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.changes import revising
from portal.sandbox.dunning import after_last_try
from portal.sandbox.ending import end_subscription
from portal.sandbox.events import emit
from portal.sandbox.rows import Row

_UPDATED = "customer.subscription.updated"


def subscription_of(invoice: Row) -> str | None:
    """Tell which subscription an invoice is for."""
    details = (invoice["parent"] or {}).get("subscription_details")
    return details["subscription"] if details else None


def catch_up(account: Account, invoice: Row) -> None:
    """Wake what waited for an invoice that is now paid."""
    _clear_delinquency(account, invoice)
    id = subscription_of(invoice)
    subscription = account.get("subscription", id)
    if subscription is None or id is None:
        return
    _keep_method(account, subscription, invoice)
    if subscription["latest_invoice"] != invoice["id"]:
        return
    if subscription["status"] in ("incomplete", "past_due", "unpaid"):
        with revising(account, "subscription", id, _UPDATED) as row:
            row["status"] = "active"
    elif subscription["status"] == "paused" and invoice["_resumes"]:
        wake_paused(account, id, "active")


def _clear_delinquency(account: Account, invoice: Row) -> None:
    customer = account.kind("customer")[invoice["customer"]]
    if customer.get("delinquent"):
        with revising(account, "customer", customer["id"], "customer.updated") as row:
            row["delinquent"] = False


def _keep_method(account: Account, subscription: Row, invoice: Row) -> None:
    """Keep the card that paid, for a subscription which wants that."""
    wanted = subscription["payment_settings"]["save_default_payment_method"]
    intent = account.get("payment_intent", invoice["_payment_intent"])
    if wanted != "on_subscription" or intent is None or not intent["payment_method"]:
        return
    with revising(account, "subscription", subscription["id"], _UPDATED) as row:
        row["default_payment_method"] = intent["payment_method"]


def fall_behind(account: Account, invoice: Row, *, is_last: bool) -> None:
    """Let a running subscription become past due, or after the last try what the settings say."""
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
    become = after_last_try(account) if is_last else "past_due"
    if become == "cancel":
        end_subscription(account, subscription, reason="payment_failed")
    else:
        set_status(account, subscription, become)


def set_status(account: Account, subscription: Row, status: str) -> None:
    """Let a subscription stand otherwise."""
    with revising(account, "subscription", subscription["id"], _UPDATED) as row:
        row["status"] = status


def pause(account: Account, subscription: Row, reason: str) -> None:
    """Pause a subscription: by request, or because its trial ended without a card."""
    with revising(account, "subscription", subscription["id"], _UPDATED) as row:
        row["status"] = "paused"
        row["status_details"] = {
            "paused": {
                "subscription": {"type": reason},
                "transitioned_at": account.now(),
                "type": "subscription",
            }
        }
    emit(account, "customer.subscription.paused", row)


def wake_paused(account: Account, id: str, status: str) -> None:
    """Let a paused subscription run again: active, or past due when its payment failed."""
    with revising(account, "subscription", id, _UPDATED) as row:
        row["status"] = status
        row["status_details"] = None
    emit(account, "customer.subscription.resumed", row)
