"""A customer who is there buys a plan: once for each page that they were shown it on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from portal.database import run_sql
from portal.onboarding import buy as buying
from portal.onboarding.buy import CannotBuy, as_sold_to, buy
from portal.onboarding.resubmit import newest_onboarding
from portal.onboarding.sale import Sale, lock_sale
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.onboarding.test_asked import made


async def bought(shop: Shop, customer: str, seen: str, plan: str = "house") -> str:
    """Have Ada press the button of a page that she was shown after that sign-up."""
    chosen = await as_sold_to(customer, await shop.plan(plan))
    return await buy(shop.site, customer, chosen, None, seen=seen, agreed=False)


async def test_tabs_that_press_at_once_and_again_later_buy_one_plan(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = (await made(shop)).customer
    await shop.work()
    seen = await newest_onboarding(ada) or ""

    orders = set(await asyncio.gather(*(bought(shop, ada, seen) for _ in range(6))))
    await shop.work_in_the_end()
    (order,) = orders

    assert await shop.counts() == (1, 1)
    with pytest.raises(CannotBuy, match="You have a plan already"):
        await bought(shop, ada, order)
    # Of who left it by now, the page of before sells no other one.
    await run_sql("UPDATE subscription SET status = 'canceled'")
    assert await bought(shop, ada, seen) == order
    (entry,) = await run_sql("SELECT * FROM audit_entry WHERE action = 'subscription.begin_asked'")
    assert (entry["actor"], entry["object_id"]) == ("customer", ada)

    # The control: who does not look what was ordered since that page sells it again.
    async def as_it_was(customer: str) -> Sale:
        return replace(await lock_sale(customer), id=seen)

    async def nothing(*_: Any) -> None:
        return None

    monkeypatch.setattr(buying, "lock_sale", as_it_was)
    monkeypatch.setattr(buying, "hindrance", nothing)
    monkeypatch.setattr(buying, "waiting_for", nothing)
    await asyncio.gather(*(bought(shop, ada, seen) for _ in range(2)))
    await shop.work_in_the_end()
    assert await shop.counts() == (1, 3)


@ON_SQLITE
async def test_what_stripe_refused_to_sell_gives_way_to_another_order(shop: Shop) -> None:
    ada = (await made(shop, plan="house")).customer
    await shop.stripe.fault(
        match="POST /v1/subscriptions", fault="status", status=400, code="resource_missing"
    )
    await shop.work()
    await shop.stripe.mend()

    await bought(shop, ada, await newest_onboarding(ada) or "", "studio")
    await shop.work_in_the_end()

    (held,) = await shop.stripe.objects("subscription")
    assert held["trial_end"]
    assert (await as_sold_to(ada, await shop.plan("studio"))).trial_days == 0
