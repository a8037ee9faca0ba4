"""Make an invoice final within a request, and collect it as the request wants."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.collecting import collect, default_method, finalize, payment_refusal
from portal.sandbox.collection_pauses import hold_back
from portal.sandbox.errors import StripeError, refused, unsupported
from portal.sandbox.events import emit
from portal.sandbox.rows import Row


def announce(account: Account, subscription: Row, invoice: Row) -> None:
    """Let a new draft be its subscription's latest invoice, and tell of it."""
    subscription["latest_invoice"] = invoice["id"]
    emit(account, "invoice.created", invoice)


def settle(account: Account, subscription: Row, invoice: Row, behavior: str) -> None:
    """Finalize a change's invoice, and collect it unless `behavior` leaves that to the person.

    Raises:
        StripeError: 402, it could not be paid, and `error_if_incomplete` refuses that whole.
    """
    if hold_back(account, subscription, invoice):
        return
    finalize(account, invoice)
    if invoice["status"] != "open" or subscription["collection_method"] != "charge_automatically":
        return
    if behavior == "default_incomplete":
        subscription["status"] = "past_due"
        return
    method = default_method(account, invoice)
    if method is None and behavior == "error_if_incomplete":
        raise no_method()
    if collect(account, invoice, method) != "succeeded" and behavior == "error_if_incomplete":
        raise payment_refusal(account, invoice, stays=False)


def no_method() -> StripeError:
    """Refuse to charge a customer who has no card."""
    return refused(
        "This customer has no attached payment source or default payment method. Please"
        " consider adding a default payment method.",
        code="resource_missing",
    )


def payment_behavior(params: Row) -> str:
    """Read how a change's payment goes; changes that wait for it are not known here."""
    behavior: str = params.get("payment_behavior", "allow_incomplete")
    if behavior == "pending_if_incomplete":
        raise unsupported("payment_behavior")
    return behavior
