"""Refunds: money given back for a charge, whole or in part, never more than was taken."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import named
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import include, list_of, shown

_SHOWN = 10
_UNDONE = ("failed", "canceled")
_KNOWN = {"amount", "charge", "payment_intent", "reason", "metadata", "expand"}


@operation("POST", "/v1/refunds", "RefundCreateParams")
def create_refund(call: Call) -> Row:
    """Give a charge back to its card, or the part of it that is named."""
    call.only(_KNOWN)
    account, params = call.account, call.params
    charge = _charge(account, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left <= 0:
        raise refused(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = params.get("amount", left)
    if amount < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > left:
        raise refused(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            "amount",
        )
    refund = account.add(_row(account, charge, amount, params))
    before = {"amount_refunded": charge["amount_refunded"]}
    charge = _move(account, charge["id"], amount)
    emit(account, "refund.created", refund)
    emit(account, "charge.refunded", charge, before)
    begins = account.settings().get("refunds", "succeeded")
    if begins != refund["status"]:
        change_refund(account, refund["id"], begins)
    return shown(account, refund)


def change_refund(account: Account, id: str, status: str) -> Row:
    """Have a refund stand another way than it did; of one that comes to nothing the money is back.

    Nothing is given back by it then, and the charge can be refunded again.
    """
    refund = account.edit("refund", id)
    before = {"status": refund["status"]}
    if (refund["status"] in _UNDONE) != (status in _UNDONE):
        amount = refund["amount"]
        _move(account, refund["charge"], -amount if status in _UNDONE else amount)
    refund["status"] = status
    if status == "failed":
        before["failure_reason"] = None
        refund["failure_reason"] = "expired_or_canceled_card"
        emit(account, "refund.failed", refund)
    emit(account, "refund.updated", refund, before)
    emit(account, "charge.refund.updated", refund, before)
    return refund


def _move(account: Account, charge_id: str, amount: int) -> Row:
    charge = account.edit("charge", charge_id)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    return charge


def _charge(account: Account, params: Row) -> Row:
    if "charge" in params:
        charge = named(account, "charge", params["charge"], "charge")
    elif "payment_intent" in params:
        intent = named(account, "payment_intent", params["payment_intent"], "payment_intent")
        charge = account.get("charge", intent["latest_charge"]) or {"status": "none"}
    else:
        raise missing("charge")
    if charge["status"] != "succeeded":
        raise refused(
            "This PaymentIntent does not have a successful charge to refund.",
            "payment_intent",
            "payment_intent_unexpected_state",
        )
    account.follow(account.kind("customer").get(charge["customer"] or "", {}))
    return charge


def _row(account: Account, charge: Row, amount: int, params: Row) -> Row:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": account.now(),
        "currency": charge["currency"],
        "metadata": dict(params.get("metadata") or {}),
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


@include("charge", "refunds")
def charge_refunds(account: Account, charge: Row) -> Row:
    """Give `charge.refunds`: the newest ten of them."""
    found = matching(account.kind("refund").values(), {"charge": charge["id"]}, "charge")
    newest = [shown(account, row) for row in reversed(found)]
    url = f"/v1/charges/{charge['id']}/refunds"
    return list_of(newest[:_SHOWN], url, has_more=len(newest) > _SHOWN)


@operation("GET", "/v1/refunds/{id}", "RefundRetrieveParams")
def retrieve_refund(call: Call) -> Row:
    """Give a refund."""
    return shown(call.account, call.row("refund", "refund"))


@operation("GET", "/v1/refunds", "RefundListParams")
def list_refunds(call: Call) -> Row:
    """List refunds."""
    by = ("charge", "payment_intent")
    found = matching(call.account.kind("refund").values(), call.params, *by)
    return listed(call, found, "refund", set(by))
