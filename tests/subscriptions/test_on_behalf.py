"""What a seller's program has done to a customer's plan."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from portal.database import run_sql
from portal.plans.catalogue import PlanNotOnOffer
from portal.subscriptions import on_behalf
from portal.subscriptions.cancel import NothingToEnd
from portal.subscriptions.changes import Asker
from portal.subscriptions.finding import Holder, holder_named, holder_of
from portal.subscriptions.hold import Hold
from portal.subscriptions.on_behalf import AddOnNotOnOffer, Wanted
from portal.subscriptions.switching import CannotChange
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.mails import mails
from tests.pages.shelves import refreshed, sell_more, sell_parts
from tests.subscriptions.conftest import Subscriber, subscriber

KEY = Asker(actor="key_1")
SILENT = Asker(actor="key_1", quiet="mails")


@asynccontextmanager
async def at_work(shop: Shop) -> AsyncIterator[None]:
    """Have a worker run beside, as a program waits for it."""
    await shop.worker.start()
    try:
        yield
    finally:
        await shop.worker.stop(5)


async def looked_up(ada: Subscriber) -> tuple[Holder, Hold]:
    holder = await holder_of(ada.company, ada.subscription)
    assert holder is not None
    hold = holder.hold(ada.subscription)
    assert hold is not None
    return holder, hold


async def paying(shop: Shop, plan: str) -> Subscriber:
    await run_sql("UPDATE plan SET trial_days = 0, pausable = {}", True)
    ada = await subscriber(await refreshed(shop), plan)
    await ada.adds_card()
    await ada.sync()
    await shop.work()
    await ada.sync()
    return ada


async def test_a_plan_is_changed_paused_and_ended_for_a_customer(shop: Shop) -> None:
    ada = await paying(await sell_more(shop), "studio")
    async with at_work(ada.shop):
        dearer = await on_behalf.change_plan(
            ada.company, *await looked_up(ada), Wanted(plan="house"), KEY
        )
        paused = await on_behalf.rest(ada.company, *await looked_up(ada), KEY)
        running = await on_behalf.go_on(ada.company, *await looked_up(ada), KEY)
        ending = await on_behalf.end_plan(
            ada.company, *await looked_up(ada), reason="unused", at_once=False, by=KEY
        )
        kept = await on_behalf.take_back_end(ada.company, *await looked_up(ada), KEY)
        over = await on_behalf.end_plan(
            ada.company, *await looked_up(ada), reason="", at_once=True, by=SILENT
        )

    assert (dearer.hold.plan_key, dearer.is_settled) == ("house", True)
    assert paused.hold.collection_paused
    assert not running.hold.collection_paused
    assert ending.hold.is_ending
    assert not kept.hold.is_ending
    assert over.hold.status == "canceled"
    asked = await run_sql("SELECT actor FROM audit_entry WHERE action LIKE 'subscription.%_asked'")
    assert {row["actor"] for row in asked} == {"key_1"}


@ON_SQLITE
async def test_without_mails_the_customer_hears_nothing_of_it(shop: Shop) -> None:
    ada = await paying(shop, "studio")
    before = len(mails())

    async with at_work(shop):
        await on_behalf.rest(ada.company, *await looked_up(ada), SILENT)
    await shop.work()

    assert len(mails()) == before


@ON_SQLITE
async def test_quantity_and_add_ons_are_changed_and_unknown_ones_refused(shop: Shop) -> None:
    ada = await paying(await sell_parts(shop), "house")
    async with at_work(ada.shop):
        more = await on_behalf.change_plan(
            ada.company, *await looked_up(ada), Wanted(quantity=3, add_ons={"copies": 2}), KEY
        )

    with pytest.raises(AddOnNotOnOffer):
        await on_behalf.preview_change(
            ada.company, *await looked_up(ada), Wanted(add_ons={"calls": 1})
        )
    with pytest.raises(PlanNotOnOffer):
        await on_behalf.preview_change(ada.company, *await looked_up(ada), Wanted(plan="castle"))

    assert more.hold.words == "House, 3 seats, Copies (2 copies)"


@ON_SQLITE
async def test_a_refused_card_is_told_by_its_code(shop: Shop) -> None:
    ada = await paying(await sell_more(shop), "studio")
    await ada.adds_card("pm_card_chargeCustomerFail")
    await ada.sync()

    async with at_work(ada.shop):
        with pytest.raises(CannotChange) as refused:
            await on_behalf.change_plan(
                ada.company, *await looked_up(ada), Wanted(plan="house"), KEY
            )

    assert refused.value.problem.code.startswith("card_")


@ON_SQLITE
async def test_what_was_held_before_is_not_changed_any_more(shop: Shop) -> None:
    ada = await paying(shop, "studio")
    async with at_work(shop):
        await on_behalf.end_plan(
            ada.company, *await looked_up(ada), reason="", at_once=True, by=KEY
        )

    with pytest.raises(CannotChange):
        await on_behalf.preview_change(ada.company, *await looked_up(ada), Wanted(plan="house"))
    with pytest.raises(NothingToEnd):
        await on_behalf.end_plan(
            ada.company, *await looked_up(ada), reason="", at_once=True, by=KEY
        )


@ON_SQLITE
async def test_another_company_finds_nothing(shop: Shop) -> None:
    ada = await subscriber(shop, "studio")

    assert await holder_of("comp_2", ada.subscription) is None
    assert await holder_named("comp_2", ada.id) is None
    assert await holder_named(ada.company, ada.id) == await holder_of(ada.company, ada.subscription)
