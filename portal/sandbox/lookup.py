"""Find what a parameter or an address names, or refuse as Stripe does."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import missing, no_such
from portal.sandbox.rows import Row
from portal.sandbox.views import find_by_id


def living_customer(account: Account, id: str, param: str, *, in_path: bool = False) -> Row:
    """Find a customer that is not deleted."""
    row = account.get("customer", id)
    if row is None or row.get("deleted"):
        raise no_such("customer", id, param, in_path=in_path)
    return row


def customer_named(account: Account, params: dict[str, Any]) -> Row:
    """Find the living customer whom a request has to name, and go by that customer's clock."""
    if "customer" not in params:
        raise missing("customer")
    customer = living_customer(account, params["customer"], "customer")
    account.follow(customer)
    return customer


def named(account: Account, kind: str, id: str, param: str, what: str | None = None) -> Row:
    """Find what a parameter names."""
    row = account.get(kind, id)
    if row is None:
        raise no_such(what or kind, id, param)
    return row


def of_customer(account: Account, kind: str, customer: str) -> list[Row]:
    """Give a customer's rows of a kind, oldest first."""
    return account.of_customer(kind, customer)


def email_concerned(account: Account, params: dict[str, Any], ids: dict[str, str]) -> str:
    """Give the e-mail address of the customer whom a request is about; empty: about none."""
    if params.get("email"):
        return str(params["email"])
    for id in (params.get("customer"), *ids.values()):
        row = find_by_id(account, str(id)) if id else None
        if row and row.get("object") != "customer":
            row = account.get("customer", row.get("customer"))
        if row:
            return str(row.get("email") or "")
    return ""
