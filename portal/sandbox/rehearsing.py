"""What a change of a subscription would cost: it is made, looked at, and taken back."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.billing import bill_pending
from portal.sandbox.errors import StripeError, known_within, refused, unsupported
from portal.sandbox.lookup import named
from portal.sandbox.prorations import credit
from portal.sandbox.rows import Row, copied, new_id
from portal.sandbox.schedule_phases import change_to
from portal.sandbox.subscription_changes import change_subscription
from portal.sandbox.upcoming import draw_upcoming

_DETAILS = frozenset(
    {"billing_cycle_anchor", "cancel_at", "cancel_at_period_end", "cancel_now"}
    | {"default_tax_rates", "items", "proration_behavior", "proration_date", "trial_end"}
)
_ENDED = ("canceled", "incomplete_expired")


def preview_change(account: Account, params: dict[str, Any], details: dict[str, Any]) -> Row:
    """Draw up the invoice that would come next if a subscription were changed like this.

    Raises:
        StripeError: there would be none, or the change is refused.
    """
    known_within(details, _DETAILS, "subscription_details")
    if "discounts" in params:
        raise unsupported("discounts")
    id = _subscription(account, params)
    account.follow(named(account, "subscription", id, "subscription"))
    with account.rehearsal():
        row = account.edit("subscription", id)
        if row["status"] in _ENDED:
            raise _nothing()
        if params.get("customer", row["customer"]) != row["customer"]:
            raise refused("The subscription belongs to another customer.", "subscription")
        invoice = _rehearse(account, row, params, details)
        return _as_preview(invoice)


def _subscription(account: Account, params: dict[str, Any]) -> str:
    if "subscription" in params:
        return str(params["subscription"])
    schedule = named(account, "subscription_schedule", params["schedule"], "schedule")
    if schedule["subscription"] is None:
        raise _nothing()
    return str(schedule["subscription"])


def _rehearse(account: Account, row: Row, params: dict[str, Any], details: dict[str, Any]) -> Row:
    if details.get("cancel_now"):
        return _canceled_now(account, row, details)
    # A draft that nobody collects is just what a preview shows.
    row["pause_collection"] = {"behavior": "keep_as_draft", "resumes_at": None}
    latest = row["latest_invoice"]
    change = {name: value for name, value in details.items() if name != "cancel_now"}
    if "automatic_tax" in params:
        change["automatic_tax"] = params["automatic_tax"]
    if change:
        change_subscription(account, row, change)
    if row["latest_invoice"] != latest:
        return account.kind("invoice")[row["latest_invoice"]]
    return _next(account, row, with_pending=params.get("preview_mode") != "recurring")


def _canceled_now(account: Account, row: Row, details: dict[str, Any]) -> Row:
    if details.get("proration_behavior", "create_prorations") != "none":
        at = details.get("proration_date", account.now())
        for id in row["_items"]:
            credit(account, row, account.edit("subscription_item", id), at)
    return _last(account, row)


def _last(account: Account, row: Row) -> Row:
    """Give the invoice for what waits, when no period follows."""
    customer = account.kind("customer")[row["customer"]]
    invoice = bill_pending(account, row, customer, "upcoming")
    if invoice is None:
        raise _nothing()
    return invoice


def _next(account: Account, row: Row, *, with_pending: bool) -> Row:
    """Give the next renewal's invoice, in the phase that a schedule will have brought by then."""
    ends = row["cancel_at"]
    if ends is not None and ends <= row["_period_end"]:
        return _last(account, row)
    schedule = account.get("subscription_schedule", row["schedule"])
    phase = schedule and _phase_at(schedule, row["_period_end"])
    if phase:
        with account.at(row["_period_end"]):
            change = change_to(account, row, phase)
            change.pop("trial_end", None)
            change_subscription(account, row, change)
    return draw_upcoming(account, row, with_pending=with_pending)


def _phase_at(schedule: Row, moment: int) -> Row | None:
    for phase in schedule["phases"]:
        if phase["start_date"] <= moment < phase["end_date"]:
            found: Row = phase
            return found
    return None


def _as_preview(invoice: Row) -> Row:
    row: Row = copied(invoice) | {"id": new_id("upcoming_in"), "status": "draft"}
    for line in row["lines"]["data"]:
        line["invoice"] = row["id"]
    return row


def _nothing() -> StripeError:
    return refused("No upcoming invoices for customer", code="invoice_upcoming_none")
