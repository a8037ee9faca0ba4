"""Find what a parameter or an address names, or refuse as Stripe does."""

from __future__ import annotations

from portal.sandbox.account import Account, Row
from portal.sandbox.errors import no_such


def living_customer(account: Account, id: str, param: str, *, in_path: bool = False) -> Row:
    """Find a customer that is not deleted."""
    row = account.get("customer", id)
    if row is None or row.get("deleted"):
        raise no_such("customer", id, param, in_path=in_path)
    return row


def named(account: Account, kind: str, id: str, param: str, what: str | None = None) -> Row:
    """Find what a parameter names."""
    row = account.get(kind, id)
    if row is None:
        raise no_such(what or kind, id, param)
    return row


def of_customer(account: Account, kind: str, customer: str) -> list[Row]:
    """Give a customer's rows of a kind, oldest first."""
    return account.of_customer(kind, customer)
