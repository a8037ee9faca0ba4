"""What a person changes in the billing portal: plans, details and tax ids.

Plain functions, each one transaction, each emitting the events Stripe emits. A refusal rises as
`StripeError`; its `error["message"]` is the sentence for the page.
"""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.acting import acting_for, own
from portal.sandbox.customers import change_customer
from portal.sandbox.errors import refused
from portal.sandbox.hosted import ENDED
from portal.sandbox.rows import Row
from portal.sandbox.subscription_changes import cancel_now, change_subscription
from portal.sandbox.tax_ids import add_tax_id, drop_tax_id
from portal.sandbox.views import shown


def cancel_subscription(
    account: Account,
    customer: str,
    subscription: str,
    *,
    mode: str = "at_period_end",
    feedback: str | None = None,
    comment: str | None = None,
) -> None:
    """Cancel, at the period's end or `immediately`, as the portal's configuration says."""
    details = {"feedback": feedback, "comment": comment}
    with acting_for(account, customer):
        row = own(account, "subscription", subscription, customer)
        if row["status"] in ENDED:
            raise refused("This subscription has ended already.")
        if mode == "immediately" or row["status"] == "incomplete":
            cancel_now(account, row, details)
        else:
            change_subscription(
                account, row, {"cancel_at_period_end": True, "cancellation_details": details}
            )


def keep_subscription(account: Account, customer: str, subscription: str) -> None:
    """Undo a planned cancellation."""
    with acting_for(account, customer):
        row = own(account, "subscription", subscription, customer)
        if row["status"] in ENDED:
            raise refused("This subscription has ended already.")
        change_subscription(account, row, {"cancel_at_period_end": False})


def update_details(
    account: Account, customer: str, configuration: Row, details: dict[str, Any]
) -> None:
    """Change name, phone, address, shipping or e-mail, of which only what the configuration allows.

    Raises:
        StripeError: something is not allowed, or makes no sense; `error["param"]` names it.
    """
    update = configuration["features"]["customer_update"]
    allowed = update["allowed_updates"] if update["enabled"] else []
    for name in details:
        if name not in allowed:
            raise refused(f"The portal does not let customers change their {name}.", name)
    with acting_for(account, customer) as row:
        change_customer(account, row, details)


def give_tax_id(account: Account, customer: str, type: str, value: str) -> Row:
    """Add a tax id.

    Raises:
        StripeError: `tax_id_invalid`.
    """
    with acting_for(account, customer) as row:
        return shown(account, add_tax_id(account, row, {"type": type, "value": value}))


def take_tax_id(account: Account, customer: str, tax_id: str) -> None:
    """Remove a tax id."""
    with acting_for(account, customer):
        drop_tax_id(account, own(account, "tax_id", tax_id, customer))
