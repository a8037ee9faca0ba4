"""The hosted billing portal, opened for one customer: the session, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from portal.sandbox.account import Account
from portal.sandbox.lookup import of_customer
from portal.sandbox.rows import Row
from portal.sandbox.views import shown
from portal.sandbox.world import Sandbox

ENDED = ("canceled", "incomplete_expired")


@dataclass(frozen=True, slots=True)
class PortalSession:
    """An open billing portal session; rows are copies as the API shows them."""

    account: Account
    session: Row
    customer: Row
    configuration: Row
    is_expired: bool
    is_flow_done: bool


def find_session(sandbox: Sandbox, token: str) -> PortalSession | None:
    """Open the session an address names; None when there is none, or its customer is deleted."""
    found = sandbox.find_token(token)
    if found is None or found[1] != "billing_portal.session":
        return None
    account, kind, id = found
    sandbox.agenda.run_due(account)
    row = account.kind(kind)[id]
    customer = account.kind("customer")[row["customer"]]
    if customer.get("deleted"):
        return None
    configuration = account.kind("billing_portal.configuration")[row["configuration"]]
    return PortalSession(
        account=account,
        session=shown(account, row),
        customer=shown(account, customer),
        configuration=shown(account, configuration),
        is_expired=row["_expires_at"] <= account.account_time(),
        is_flow_done=row["_is_flow_done"],
    )


def finish_flow(account: Account, session: str) -> str | None:
    """Mark a session's flow as done; give the address to go to, or None: the portal's home."""
    with account.transaction():
        row = account.edit("billing_portal.session", session)
        row["_is_flow_done"] = True
        after = (row["flow"] or {}).get("after_completion") or {}
    return str(after["redirect"]["return_url"]) if after.get("type") == "redirect" else None


def customer_cards(account: Account, customer: str) -> list[Row]:
    """Give a customer's cards, newest first."""
    return _shown_of(account, "payment_method", customer)


def customer_invoices(account: Account, customer: str) -> list[Row]:
    """Give a customer's invoices that are final, newest first."""
    return [row for row in _shown_of(account, "invoice", customer) if row["status"] != "draft"]


def customer_subscriptions(account: Account, customer: str) -> list[Row]:
    """Give a customer's subscriptions that have not ended, newest first."""
    found = _shown_of(account, "subscription", customer)
    return [row for row in found if row["status"] not in ENDED]


def customer_tax_ids(account: Account, customer: str) -> list[Row]:
    """Give a customer's tax ids, newest first."""
    return _shown_of(account, "tax_id", customer)


def product_name(account: Account, price: str) -> str:
    """Give the name of what a price sells."""
    return str(account.kind("product")[account.kind("price")[price]["product"]]["name"])


def _shown_of(account: Account, kind: str, customer: str) -> list[Row]:
    return [shown(account, row) for row in reversed(of_customer(account, kind, customer))]
