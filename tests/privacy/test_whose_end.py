"""Who is deleted at Stripe when our own row names them, and what of theirs is called off."""

from __future__ import annotations

from typing import Any

from portal import clock
from portal.billing.gateway import gateway_of
from portal.customers.erased import DELETE_CUSTOMER, ERASE_CUSTOMER
from portal.database import run_sql, transaction
from portal.onboarding.adopt import ADOPT_CUSTOMER
from portal.onboarding.holds import RELEASE_HOLD
from portal.onboarding.steps import CREATE_CUSTOMER, CREATE_SUBSCRIPTION
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.privacy.abandoned import CHECK_ABANDONED
from portal.privacy.called_off import call_off
from portal.privacy.delete import AGAIN_AFTER, delete_customer, delete_what_stands
from portal.steps import STEPS
from portal.subscriptions.doubles import REMOVE_SURPLUS
from portal.subscriptions.withdraw import WITHDRAW_PLAN
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.privacy.gone import erase_now
from tests.privacy.test_erasure import row_of

ELSEWHERE = (REMOVE_SURPLUS, CHECK_ABANDONED, RELEASE_HOLD)
"""What has a lane of its own; so has all that is sent."""


async def note(there: str, **marks: str) -> None:
    """Have the seller's own code write metadata on a customer at Stripe."""
    told: Any = {"metadata": marks}
    await (await gateway_of("comp_1")).v1.customers.update_async(there, told)


async def living(shop: Shop) -> set[str]:
    there = await shop.stripe.objects("customer")
    return {one["id"] for one in there if not one.get("deleted")}


@ON_SQLITE
async def test_who_is_linked_goes_unless_their_marks_name_another_who_lives_here(
    shop: Shop,
) -> None:
    ours = []
    for name in ("ada", "eve", "kim", "joan", "mary", "grace"):
        ours.append((await shop.sign_up(None, email=f"{name}@x.example", browser=name)).customer)
    await shop.work_in_the_end()
    ada, eve, kim, joan, mary, grace = ours
    ids = {one: str((await row_of(one))["stripe_id"]) for one in ours}

    await note(ids[ada], customer="4711")
    await erase_now(shop, ada)
    await note(ids[eve], customer="4711")
    await delete_customer(eve, actor="key_1")
    # As an adoption of somebody leaves it who was deleted while it ran.
    await note(ids[kim], customer=eve)
    await delete_customer(kim, actor="key_1")
    await note(ids[joan], portal="", customer=grace)
    await delete_customer(joan, actor="key_1")
    await note(ids[mary], customer=grace)
    await delete_customer(mary, actor="key_1")
    await shop.work_in_the_end()

    assert await living(shop) == {ids[mary], ids[grace]}
    (erasure,) = await run_sql("SELECT erased_at FROM erasure")
    assert erasure["erased_at"]
    # Once the seller has put the mark right, it goes by itself.
    await note(ids[mary], customer=mary)
    await run_sql("UPDATE operation SET done_at = {}", clock.now() - AGAIN_AFTER)
    await delete_what_stands()
    await shop.work_in_the_end()
    assert await living(shop) == {ids[grace]}


@ON_SQLITE
async def test_only_what_makes_somebody_or_ends_them_or_owes_money_holds_their_end_up(
    shop: Shop,
) -> None:
    customer = (await shop.sign_up(None)).customer
    await run_sql("DELETE FROM operation")
    lane, waits = lane_of_customer(customer), "SELECT kind FROM operation WHERE state = 'ready'"
    at_stripe = [kind for kind in STEPS if not kind.startswith("send_") and kind not in ELSEWHERE]

    async with transaction():
        for kind in at_stripe:
            await enqueue(kind, company="comp_1", lane=lane, params={}, customer=customer)
        await run_sql("UPDATE operation SET first_sent_at = {}", clock.now())
        await call_off(customer)
        sent = {row["kind"] for row in await run_sql(waits)}
        await run_sql("UPDATE operation SET first_sent_at = NULL")
        await call_off(customer)

    made = {CREATE_CUSTOMER, ADOPT_CUSTOMER, CREATE_SUBSCRIPTION}
    assert sent == made | {WITHDRAW_PLAN, ERASE_CUSTOMER, DELETE_CUSTOMER}
    assert [row["kind"] for row in await run_sql(waits)] == [WITHDRAW_PLAN]
