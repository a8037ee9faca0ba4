"""Bill one period of a subscription."""

from __future__ import annotations

from portal.sandbox.account import Account, Row
from portal.sandbox.discounts import running_discounts, use_up
from portal.sandbox.drafts import Bill
from portal.sandbox.drawing import drawn
from portal.sandbox.setup_intents import new_setup_intent
from portal.sandbox.subscription_items import lines_for
from portal.sandbox.usage import mark_billed


def bill_period(
    account: Account, subscription: Row, customer: Row, reason: str, *, trial: bool = False
) -> Row:
    """Keep a draft invoice for the subscription's present period."""
    bill = period_bill(account, subscription, customer, reason, trial=trial)
    invoice = account.add(drawn(account, bill))
    if not trial:
        use_up(account, subscription)
        mark_billed(account, subscription)
    return invoice


def period_bill(
    account: Account, subscription: Row, customer: Row, reason: str, *, trial: bool = False
) -> Bill:
    """Gather what an invoice for the subscription's present period is drawn from."""
    start, end = subscription["_period_start"], subscription["_period_end"]
    rates = account.kind("tax_rate")
    return Bill(
        customer=customer,
        currency=subscription["currency"],
        lines=lines_for(account, subscription, customer, start, end, trial=trial),
        reason=reason,
        start=start,
        end=end,
        subscription=subscription,
        discounts=running_discounts(account, subscription),
        automatic_tax=subscription["automatic_tax"]["enabled"],
        tax_rates=[rates[id] for id in subscription["_default_tax_rates"]],
        collection_method=subscription["collection_method"],
        days_until_due=subscription["days_until_due"],
    )


def set_up_later(account: Account, subscription: Row) -> None:
    """Open a setup intent, for a card that is not needed yet."""
    intent = new_setup_intent(account, subscription["customer"])
    subscription["pending_setup_intent"] = intent["id"]
