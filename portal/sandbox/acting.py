"""Do something on a hosted page for one customer, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError, refused
from portal.sandbox.lookup import named
from portal.sandbox.rows import Row


@contextmanager
def acting_for(account: Account, customer: str) -> Iterator[Row]:
    """Do something in a transaction and in the customer's time; what a refusal keeps, stays."""
    kept: StripeError | None = None
    with account.transaction():
        row = account.kind("customer")[customer]
        account.follow(row)
        try:
            yield row
        except StripeError as refusal:
            if not refusal.stays:
                raise
            kept = refusal
    if kept:
        raise kept


def own(account: Account, kind: str, id: str, customer: str) -> Row:
    """Find what is the customer's own, or refuse as if it were not there."""
    row = named(account, kind, id, kind)
    if row["customer"] != customer:
        raise refused(f"No such {kind}: '{id}'", kind, "resource_missing")
    return row
