"""Whoever paid, withdraws, and what then went back: steps of tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal import clock
from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.operations.claim import LEASE
from portal.operations.step import Claimed
from portal.steps import STEPS
from portal.subscriptions.choices import choice_at
from portal.subscriptions.estimate import quote_for
from portal.subscriptions.switch import switch_plan
from tests.onboarding.shop import Shop
from tests.pages.shelves import refreshed
from tests.subscriptions.conftest import Subscriber, subscriber

DAY_S = 24 * 3600


async def paying(shop: Shop, plan: str, refund: str = "full") -> Subscriber:
    """Have Ada pay for a plan, in a shop where what costs less begins at once."""
    await run_sql("UPDATE plan SET trial_days = 0, downgrade = 'now'")
    shop = await refreshed(shop)
    site = replace(shop.site, market="eu", withdrawal_refund=refund)
    person = await subscriber(replace(shop, site=site), plan)
    await person.adds_card()
    await person.sync()
    await shop.work_in_the_end()
    await person.sync()
    return person


async def switch(ada: Subscriber, price: str) -> int:
    """Change her plan at once; return what was charged for it."""
    offer, pricing = await choice_at(ada.shop.site, ada.id, price)
    shown = await quote_for(ada.company, ada.id, offer, pricing)
    await switch_plan(ada.company, ada.id, shown.quote)
    await ada.shop.work()
    return shown.quote.due


async def given_back(ada: Subscriber) -> int:
    return sum(each["amount"] for each in await ada.shop.stripe.objects("refund"))


async def credit(ada: Subscriber) -> int:
    (found,) = await ada.shop.stripe.objects("customer")
    return -int(found["balance"])


async def adjustments(ada: Subscriber) -> list[int]:
    moved = await ada.shop.stripe.objects("customer_balance_transaction")
    return [each["amount"] for each in moved if each["type"] == "adjustment"]


async def give_credit(ada: Subscriber, amount: int) -> None:
    """Credit something to her, as a seller does who is sorry."""
    v1: Any = (await gateway_of(ada.company)).v1
    moved = {"amount": -amount, "currency": "eur"}
    await v1.customers.balance_transactions.create_async(ada.stripe_id, moved)


async def problem() -> str:
    (row,) = await run_sql("SELECT problem FROM plan_change WHERE kind = 'withdraw'")
    return str(row["problem"])


async def repeated(ada: Subscriber, **told: Any) -> Any:
    """Do it all once more, under another key, as after a death before it was written down."""
    (row,) = await run_sql("SELECT * FROM operation WHERE kind = 'withdraw_plan'")
    told = {"subscription": ada.subscription} | told
    return (await STEPS["withdraw_plan"].call(as_claimed(row, row["generation"] + 1, told))).given


def as_claimed(
    row: Mapping[str, Any], generation: int, told: Mapping[str, Any], token: str = ""
) -> Claimed:
    return Claimed(
        row["id"], row["op_id"], row["company"], row["customer"], row["subject"], row["lane"],
        row["kind"], told, generation, clock.now(), 2, clock.now(), token,
    )  # fmt: skip


async def taken_over(generation: int, token: str) -> None:
    """Have another worker take the withdrawal, under this key."""
    await run_sql(
        "UPDATE operation SET generation = {}, lease_token = {}, lease_until = {}"
        " WHERE kind = 'withdraw_plan'",
        *(generation, token, clock.now() + LEASE),
    )


async def generation() -> int:
    (row,) = await run_sql("SELECT generation FROM operation WHERE kind = 'withdraw_plan'")
    return int(row["generation"])
