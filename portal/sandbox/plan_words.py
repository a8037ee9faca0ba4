"""A subscription in words: what it costs, how it stands and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from portal.sandbox.account import Account
from portal.sandbox.collecting import default_method
from portal.sandbox.hosted import customer_subscriptions, product_name
from portal.sandbox.prices import price_in
from portal.sandbox.rendering import date, money
from portal.sandbox.rows import Row
from portal.sandbox.totals import price_of


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One plan of a customer, as the pages show it."""

    subscription: str
    name: str
    price: str
    status: str
    tone: str
    next: str
    is_canceling: bool
    can_be_kept: bool
    ends_on: str
    invoice_url: str | None
    """Where an unpaid invoice is paid."""


_STATUS = {
    "trialing": ("Trial", "good"),
    "active": ("Active", "good"),
    "incomplete": ("Payment needed", "warn"),
    "past_due": ("Past due", "bad"),
    "unpaid": ("Unpaid", "bad"),
    "paused": ("Paused", "warn"),
}


def plan_lines(account: Account, customer: str) -> list[PlanLine]:
    """Give a customer's plans that have not ended, newest first."""
    return [plan_line(account, row) for row in customer_subscriptions(account, customer)]


def plan_line(account: Account, subscription: Row) -> PlanLine:
    """Put one subscription into words."""
    ends_at = subscription["cancel_at"] or _period_end(subscription)
    is_canceling = bool(subscription["cancel_at_period_end"] or subscription["cancel_at"])
    status, tone = _STATUS.get(subscription["status"], (subscription["status"], "warn"))
    invoice = account.get("invoice", subscription["latest_invoice"])
    is_open = invoice is not None and invoice["status"] == "open"
    return PlanLine(
        subscription=subscription["id"],
        name=_names(account, subscription),
        price=_price(account, subscription),
        status="Cancels soon" if is_canceling else status,
        tone="warn" if is_canceling else tone,
        next=_next(account, subscription, invoice, ends_at if is_canceling else None),
        is_canceling=is_canceling,
        can_be_kept=bool(subscription["cancel_at_period_end"]),
        ends_on=date(ends_at),
        invoice_url=invoice["hosted_invoice_url"] if invoice and is_open else None,
    )


def _period_end(subscription: Row) -> int:
    return int(subscription["items"]["data"][0]["current_period_end"])


def _names(account: Account, subscription: Row) -> str:
    items = subscription["items"]["data"]
    return ", ".join(product_name(account, item["price"]["id"]) for item in items)


def _price(account: Account, subscription: Row) -> str:
    currency, items = subscription["currency"], subscription["items"]["data"]
    amount = sum(
        price_of(price_in(price, currency), item.get("quantity", 0))
        for item in items
        if (price := account.kind("price")[item["price"]["id"]])
    )
    recurring = items[0]["price"]["recurring"]
    count, interval = recurring["interval_count"], recurring["interval"]
    each = f"per {interval}" if count == 1 else f"every {count} {interval}s"
    return f"{money(amount, currency)} {each}"


def _next(account: Account, row: Row, invoice: Row | None, ends_at: int | None) -> str:
    status, end = row["status"], _period_end(row)
    if ends_at:
        return f"Your plan ends on {date(ends_at)}. Until then it stays as it is."
    if status == "trialing":
        return f"Your trial ends on {date(row['trial_end'])}. {_after_trial(account, row, invoice)}"
    if status == "active":
        return f"Your plan renews on {date(end)}."
    if status == "incomplete":
        return "Your plan begins when the first invoice is paid."
    if status == "paused":
        return "Your trial ended without a payment method. Add one to go on."
    again = invoice["next_payment_attempt"] if invoice else None
    return "The last payment failed." + (f" It is tried again on {date(again)}." if again else "")


def _after_trial(account: Account, row: Row, invoice: Row | None) -> str:
    ends = row["trial_settings"]["end_behavior"]["missing_payment_method"]
    if (invoice and default_method(account, invoice)) or ends == "create_invoice":
        return f"Then it is {_price(account, row)}."
    what = "is canceled" if ends == "cancel" else "pauses"
    return f"Without a payment method it {what} then."
