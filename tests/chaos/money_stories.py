"""What can happen to somebody who pays: more is bought, a payment fails, and all is given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal import clock
from portal.database import run_sql
from portal.plans.offers import forget_offers
from portal.plans.tables import Plan
from portal.subscriptions.choices import choice_at
from portal.subscriptions.estimate import quote_for
from portal.subscriptions.refresh import refresh
from portal.subscriptions.switch import switch_plan
from portal.subscriptions.withdraw import withdraw
from tests.chaos.story import COMPANY, Story, is_told_once, put_card_on_file, row_of
from tests.onboarding.shop import Shop

_DAYS = 24 * 3600
_SEATS = '{"unit": "seat", "units": "seats", "max": 20}'


async def _pay(shop: Shop, email: str) -> None:
    """Have them pay what is due, by a card."""
    await put_card_on_file(email)
    await _look(email)
    await shop.work_in_the_end()
    await _look(email)


async def _look(email: str) -> None:
    await refresh((await row_of(email))["id"])


async def _choose(shop: Shop, email: str, price: str, **asked: str) -> None:
    """Have them change to this price at once."""
    forget_offers()
    customer = (await row_of(email))["id"]
    chosen = await choice_at(shop.site, customer, price)
    shown = await quote_for(COMPANY, customer, *chosen, asked)
    await switch_plan(COMPANY, customer, shown.quote)


async def _succeeded(shop: Shop) -> list[int]:
    paid = await shop.stripe.objects("payment_intent")
    return [one["amount_received"] for one in paid if one["status"] == "succeeded"]


# More seats, and the mail that tells of them


async def _add_seats(shop: Shop, email: str) -> None:
    await Plan.update({Plan.quantity: _SEATS}).where(Plan.key == "house")
    await _pay(shop, email)
    await _choose(shop, email, "pric_house", quantity="3")


async def _has_seats(shop: Shop, email: str) -> bool:
    (sold,) = await shop.stripe.objects("subscription")
    (item,) = sold["items"]["data"]
    is_told = is_told_once(email, about="Your plan")
    return item["quantity"] == 3 and len(await _succeeded(shop)) == 2 and is_told


# A payment that failed is told


async def _fail(shop: Shop, email: str) -> None:
    await _pay(shop, email)
    await put_card_on_file(email, "pm_card_chargeCustomerFail")
    await _look(email)
    await shop.stripe.control("POST", "/clock", {"advance": 32 * _DAYS})
    await _look(email)
    # We try it once more ourselves; the mail waits for that.
    await shop.work()
    await run_sql("UPDATE operation SET next_at = {} WHERE state = 'ready'", clock.now())


async def _is_told(shop: Shop, email: str) -> bool:
    return is_told_once(email, about="Your payment of")


# A withdrawal after a change that left a credit


async def _withdraw(shop: Shop, email: str) -> None:
    await run_sql("UPDATE plan SET downgrade = 'now'")
    await _pay(shop, email)
    await _choose(shop, email, "pric_studio")
    await shop.work_in_the_end()
    await withdraw(replace(shop.site, market="eu"), (await row_of(email))["id"])


async def _is_given_back(shop: Shop, email: str) -> bool:
    """The plan has ended, the payment went back, and the credit was taken: each once."""
    (sold,) = await shop.stripe.objects("subscription")
    (customer,) = await shop.stripe.objects("customer")
    refunds = await shop.stripe.objects("refund")
    moved = await shop.stripe.objects("customer_balance_transaction")
    ours = [one["amount"] for one in moved if one["type"] == "adjustment"]
    changes = await run_sql("SELECT state, amount_today FROM plan_change WHERE kind = 'withdraw'")
    return (
        sold["status"] == "canceled"
        and customer["balance"] == 0
        and [one["amount"] for one in refunds] == await _succeeded(shop)
        and len(ours) == 1
        and [(one["state"], one["amount_today"]) for one in changes] == [("done", -4900)]
        and is_told_once(email, about="Your withdrawal")
    )


HOUSE: Mapping[str, Any] = {"plan": "house"}

MONEY_STORIES = (
    Story("seats are added", _add_seats, _has_seats, points=60, **HOUSE),
    Story("a failed payment is told", _fail, _is_told, points=24, **HOUSE),
    Story("a withdrawal is given back", _withdraw, _is_given_back, points=88, **HOUSE),
)
