"""A customer's balance, applied to invoices: what is below zero is a credit."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.balance_transactions import move_balance
from portal.sandbox.rows import Row


def apply_balance(account: Account, invoice: Row) -> None:
    """Use the balance up for an invoice that becomes final; what it pays back becomes credit."""
    before = int(account.kind("customer")[invoice["customer"]].get("balance", 0))
    together = invoice["total"] + before
    invoice["starting_balance"] = before
    invoice["ending_balance"] = min(together, 0)
    invoice["amount_due"] = invoice["amount_remaining"] = max(together, 0)
    _move(account, invoice, invoice["ending_balance"] - before, "applied_to_invoice")


def give_balance_back(account: Account, invoice: Row) -> None:
    """Undo that for an invoice which is voided."""
    used = (invoice["ending_balance"] or 0) - invoice["starting_balance"]
    _move(account, invoice, -used, "unapplied_from_invoice")


def _move(account: Account, invoice: Row, amount: int, type: str) -> None:
    customer = account.kind("customer")[invoice["customer"]]
    if amount == 0 or customer.get("deleted"):
        return
    move_balance(account, customer, amount, type, invoice["currency"], invoice=invoice["id"])
