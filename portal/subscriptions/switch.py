"""Change a plan: at once for what was shown, or when its period ends; and take that back."""

from __future__ import annotations

from typing import Any

from portal.access.asking import refuse_too_many
from portal.customers.contact import home_of
from portal.database import transaction
from portal.operations.wake import wake
from portal.subscriptions.changes import (
    THEMSELVES,
    Asker,
    ask_for,
    change_under_way,
    hold_customer,
)
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import Hold
from portal.subscriptions.quote import Quote, moment_of
from portal.subscriptions.switching import CHANGED, NO_PLAN, NOW, UNDER_WAY, CannotChange

SWITCH_PLAN = "switch_plan"
PLAN_SWITCH = "plan_switch"
STAY_ON_PLAN = "stay_on_plan"


async def switch_plan(company: str, customer: str, quote: Quote, *, by: Asker = THEMSELVES) -> str:
    """Have a plan changed as it was shown, and for nothing else; return the change.

    Raises:
        CannotChange: the plan has changed since, or is being changed.
        TooMany: its customer changed it too often.
    """
    hold = await held_by(customer)
    if hold is None or not hold.is_living:
        raise CannotChange(NO_PLAN)
    shown = (quote.subscription, quote.held_price)
    is_same = (hold.stripe_id, hold.price_stripe_id) == shown and _is_held(hold, quote.held)
    if not is_same or hold.is_ending or hold.planned:
        raise CannotChange(CHANGED)
    is_now = quote.when == NOW
    if by == THEMSELVES:
        await refuse_too_many(await home_of(customer), customer, "switch", is_often_meant=True)
    async with transaction():
        await hold_customer(customer)
        if await change_under_way(customer):
            raise CannotChange(UNDER_WAY)
        change = await ask_for(
            SWITCH_PLAN if is_now else PLAN_SWITCH,
            "switch" if is_now else "plan",
            company=company,
            customer=customer,
            subscription=quote.subscription,
            params=_frozen(quote),
            by=by,
            price=quote.price,
            made_of=quote.made_of,
            amount_today=min(quote.total, 0) or quote.due,
            next_amount=quote.next_amount,
            next_at=moment_of(quote.next_at),
            currency=quote.currency,
            takes_effect_at=moment_of(quote.takes_effect_at),
        )
    wake()
    return change


async def stay_on_plan(company: str, customer: str) -> str | None:
    """Take a planned change back; return the change, None when nothing is planned.

    Raises:
        TooMany: it was taken back too often.
    """
    hold = await held_by(customer)
    if hold is None or not hold.is_living or hold.planned is None:
        return None
    if await change_under_way(customer) is None:
        await refuse_too_many(await home_of(customer), customer, "stay")
    async with transaction():
        await hold_customer(customer)
        if under_way := await change_under_way(customer):
            return under_way.id
        change = await ask_for(
            STAY_ON_PLAN,
            "stay",
            company=company,
            customer=customer,
            subscription=hold.stripe_id,
            params={"schedule": hold.schedule},
        )
    wake()
    return change


def _is_held(hold: Hold, composition: dict[str, int | None]) -> bool:
    """Tell whether a plan is made of this, as far as our copy knows and an old quote says."""
    is_known = bool(composition) and hold.is_itemised
    return not is_known or hold.composition == composition


def _frozen(quote: Quote) -> dict[str, Any]:
    return {
        "held_price": quote.held_price,
        "price": quote.price_stripe_id,
        "held": quote.held,
        "wanted": quote.wanted,
        "interval": quote.interval,
        "update": quote.update,
        "total": quote.total,
        "due": quote.due,
        "at": quote.takes_effect_at,
    }
