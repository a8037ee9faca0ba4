"""A hold on a plan as programs read it: the one form that answers and events have in common."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portal.billing.billed_invoices import BilledPreview
from portal.customers.shown import written
from portal.subscriptions.changes import Change
from portal.subscriptions.hold import HeldItem, Hold
from portal.subscriptions.quote import Quote, moment_of

__all__ = ["brief", "subscription_shown", "written"]


def subscription_shown(customer: str, hold: Hold) -> dict[str, Any]:
    """Return all that a program is told of what a customer holds."""
    plan = hold.plan_item
    return {
        "id": hold.stripe_id,
        "object": "subscription",
        "customer": customer,
        "status": hold.status,
        "plan": hold.plan_key or None,
        "plan_name": hold.plan_name or None,
        "price": hold.price or None,
        "interval": hold.interval,
        "currency": hold.currency,
        "amount": hold.amount,
        "next_amount": hold.coming,
        "lasting_amount": hold.lasting,
        "tax_added": hold.tax_added,
        "quantity": plan.quantity if plan else None,
        "items": [item_shown(item) for item in hold.items],
        "trial_ends_at": written(hold.trial_ends_at),
        "period_ends_at": written(hold.period_ends_at),
        "cancel_at_period_end": hold.cancel_at_period_end,
        "cancel_at": written(hold.cancel_at),
        "started_at": written(hold.started_at),
        "ended_at": written(hold.ended_at),
        "paused": hold.collection_paused,
        "planned": _planned(hold),
        "payment_problem": hold.payment or None,
        "latest_invoice": _invoice(hold),
        "payment_method": _method(hold),
    }


def brief(hold: Hold | None) -> dict[str, Any] | None:
    """Return what is told of a subscription beside its customer; None where there is none."""
    if hold is None:
        return None
    return {
        "id": hold.stripe_id,
        "status": hold.status,
        "plan": hold.plan_key or None,
        "interval": hold.interval,
        "currency": hold.currency,
        "amount": hold.amount,
        "trial_ends_at": written(hold.trial_ends_at),
    }


def change_shown(change: Change | None) -> dict[str, Any] | None:
    """Return what a program is told of a change that was asked for; None for none."""
    if change is None:
        return None
    return {
        "id": change.id,
        "object": "change",
        "kind": change.kind,
        "state": change.state,
        "amount_today": change.amount_today,
        "next_amount": change.next_amount,
        "next_at": written(change.next_at),
        "currency": change.currency or None,
        "takes_effect_at": written(change.takes_effect_at),
        "asked_at": written(change.asked_at),
    }


def preview_shown(quote: Quote, today: BilledPreview | None, *, has_card: bool) -> dict[str, Any]:
    """Return what a program is told of what a change would cost; below zero is credited."""
    lines = today.lines if today else ()
    return {
        "object": "preview",
        "subscription": quote.subscription,
        "price": quote.price,
        "made_of": quote.made_of,
        "interval": quote.interval,
        "currency": quote.currency,
        "when": quote.when,
        "takes_effect_at": written(moment_of(quote.takes_effect_at)),
        "total": quote.total,
        "due_today": quote.due,
        "next_amount": quote.next_amount,
        "next_at": written(moment_of(quote.next_at)),
        "has_payment_method": has_card,
        "lines": [
            {
                "description": line.words,
                "amount": line.amount,
                "proration": line.is_proration,
                "starts_at": written(line.starts_at),
                "ends_at": written(line.ends_at),
            }
            for line in lines
        ],
    }


def decimal(number: Decimal) -> str:
    """Write a number without what says nothing, such as 3.50 or 1E+2."""
    return format(number.normalize(), "f")


def item_shown(item: HeldItem) -> dict[str, Any]:
    """Return what is told of one thing that a plan is made of."""
    return {
        "id": item.stripe_id or None,
        "key": item.key or None,
        "name": item.name or None,
        "add_on": item.is_add_on,
        "quantity": item.quantity,
        "amount": item.each,
        "meter": item.usage.event if item.usage else None,
        "used": _quantity(item),
    }


def _quantity(item: HeldItem) -> str | None:
    return decimal(item.used.quantity) if item.used else None


def _planned(hold: Hold) -> dict[str, Any] | None:
    planned = hold.planned
    if planned is None:
        return None
    return {
        "plan_name": planned.plan_name,
        "amount": planned.amount,
        "interval": planned.interval,
        "at": written(planned.at),
    }


def _invoice(hold: Hold) -> dict[str, Any] | None:
    if hold.invoice is None:
        return None
    return {"id": hold.invoice, "status": hold.invoice_status, "amount_due": hold.amount_due}


def _method(hold: Hold) -> dict[str, Any] | None:
    card = hold.card
    if card is None:
        return None
    return {
        "brand": card.brand or None,
        "last4": card.last4 or None,
        "exp_month": card.exp_month or None,
        "exp_year": card.exp_year or None,
    }
