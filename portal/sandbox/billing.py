"""Bill one period of a subscription."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.discounts import running_discounts, use_up
from portal.sandbox.drafts import Bill
from portal.sandbox.drawing import drawn
from portal.sandbox.pending_items import line_of_item, pending_items, take_along
from portal.sandbox.prorations import note_debits, take_share
from portal.sandbox.rows import Row
from portal.sandbox.setup_intents import new_setup_intent
from portal.sandbox.subscription_items import lines_for
from portal.sandbox.totals import Line
from portal.sandbox.usage import mark_billed


def bill_period(
    account: Account, subscription: Row, customer: Row, reason: str, *, trial: bool = False
) -> Row:
    """Keep a draft invoice for the subscription's present period."""
    bill = period_bill(account, subscription, customer, reason, trial=trial)
    invoice = keep_bill(account, bill)
    if not trial:
        note_debits(account, bill.lines)
        use_up(account, subscription)
        mark_billed(account, subscription)
    return invoice


def keep_bill(account: Account, bill: Bill) -> Row:
    """Keep a draft, with the invoice items it was drawn from."""
    invoice = account.add(drawn(account, bill))
    take_along(account, invoice, bill.lines)
    return invoice


def bill_pending(
    account: Account, subscription: Row, customer: Row, reason: str = "subscription_update"
) -> Row | None:
    """Keep a draft for what waits for the subscription's next invoice; None: nothing does."""
    bill = period_bill(account, subscription, customer, reason)
    bill.lines = [line for line in bill.lines if line.invoice_item]
    return keep_bill(account, bill) if bill.lines else None


def period_bill(
    account: Account, subscription: Row, customer: Row, reason: str, *, trial: bool = False
) -> Bill:
    """Gather what an invoice for the subscription's present period is drawn from."""
    start, end = subscription["_period_start"], subscription["_period_end"]
    rates = account.kind("tax_rate")
    lines = lines_for(account, subscription, customer, start, end, trial=trial)
    if subscription.get("_first_share") and reason == "subscription_create":
        take_share(subscription, lines)
    return Bill(
        customer=customer,
        currency=subscription["currency"],
        lines=_pending_lines(account, subscription, customer) + lines,
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


def _pending_lines(account: Account, subscription: Row, customer: Row) -> list[Line]:
    return [
        line_of_item(account, item, automatic_tax=subscription["automatic_tax"]["enabled"])
        for item in pending_items(
            account, customer["id"], subscription["currency"], (subscription["id"], None)
        )
    ]


def set_up_later(account: Account, subscription: Row) -> None:
    """Open a setup intent, for a card that is not needed yet."""
    intent = new_setup_intent(account, subscription["customer"])
    subscription["pending_setup_intent"] = intent["id"]
