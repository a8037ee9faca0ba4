"""A hosted invoice: opened by its address, and paid.

A declined payment is written down (`invoice.payment_failed`) before the refusal rises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from portal.sandbox.account import Account
from portal.sandbox.acting import acting_for, own
from portal.sandbox.cards import card_message
from portal.sandbox.errors import StripeError, card_error, refused
from portal.sandbox.invoices import pay
from portal.sandbox.rows import Row
from portal.sandbox.views import shown
from portal.sandbox.world import Sandbox


@dataclass(frozen=True, slots=True)
class HostedInvoice:
    """An invoice opened by its address; rows are copies as the API shows them."""

    account: Account
    invoice: Row
    customer: Row


def find_invoice(sandbox: Sandbox, token: str) -> HostedInvoice | None:
    """Open the invoice an address names."""
    found = sandbox.find_token(token)
    if found is None or found[1] != "invoice":
        return None
    account, kind, id = found
    sandbox.agenda.run_due(account)
    row = account.kind(kind)[id]
    customer = account.kind("customer")[row["customer"]]
    return HostedInvoice(account, shown(account, row), shown(account, customer))


def pay_invoice(
    account: Account, invoice: str, payment_method: str, *, agreed: bool | None = None
) -> Literal["paid", "requires_action"]:
    """Pay an open invoice with one of the customer's cards.

    `agreed`: what the person answered the bank; None when the bank has not asked yet. On
    `requires_action` show the bank's question, then call again with the answer.

    Raises:
        StripeError: 402, declined, or the person did not agree; 400, the invoice is not open.
    """
    row = account.kind("invoice")[invoice]
    try:
        with acting_for(account, row["customer"]):
            if row["status"] not in ("open", "uncollectible"):
                raise refused(f"This invoice is {row['status']}.", code="invoice_not_editable")
            method = own(account, "payment_method", payment_method, row["customer"])
            if agreed is False:
                code = "payment_intent_authentication_failure"
                raise card_error(card_message("authentication_required"), code)
            pay(account, row, method, authenticated=agreed is True)
    except StripeError as refusal:
        if refusal.error.get("code") == "invoice_payment_intent_requires_action":
            return "requires_action"
        raise
    return "paid"
