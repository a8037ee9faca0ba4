"""Whom Stripe refuses at doors 003 and 004 is taken back, if nothing else came of the request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.compat.arriving import MethodRefused, arrived_new
from portal.customers.directory import customer_of
from portal.customers.known import details_of
from portal.database import run_sql
from portal.onboarding.arrival import SignUpRefused
from portal.onboarding.asked import Asked
from portal.onboarding.change import change_customer
from portal.onboarding.sell import sell
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.onboarding.test_asked import BY_KEY, KEY, made
from tests.people import GRACE

DECLINED = Asked(key=KEY, payment="tok_chargeDeclined", same_email="another")


async def arrives(shop: Shop, customer: str) -> str:
    """Have the request that made a customer come again, and be answered."""
    return await arrived_new(shop.site.company_id, customer, pays=True, actor=KEY)


async def status_of(customer: str) -> str:
    """Return whether a customer is there."""
    return str((await customer_of(customer)).status)


@ON_SQLITE
async def test_who_was_at_stripe_before_stays_whatever_becomes_of_the_card(shop: Shop) -> None:
    there = await shop.stripe.post(
        "customers", {"payment_method": "pm_card_visa", "name": "Augusta"}
    )
    price = (await run_sql("SELECT stripe_id FROM price WHERE plan = 'plan_house'"))[0]["stripe_id"]
    await shop.stripe.post(
        "subscriptions", {"customer": there["id"], "items[0][price]": price, "trial_period_days": 9}
    )
    asked = Asked(key=KEY, adopts=there["id"], payment="pm_detached")
    ada = (await made(shop, asked)).customer
    await shop.work_in_the_end()

    with pytest.raises(MethodRefused):
        await arrives(shop, ada)
    await shop.work_in_the_end()

    assert await status_of(ada) == "active"
    (left,), (runs,) = [await shop.stripe.objects(kind) for kind in ("customer", "subscription")]
    assert (left.get("deleted"), runs["status"]) == (None, "trialing")


@ON_SQLITE
async def test_who_was_sold_a_plan_or_changed_meanwhile_stays_and_who_was_not_is_deleted(
    shop: Shop,
) -> None:
    ada = (await made(shop, DECLINED)).customer
    grace, nobody = [(await made(shop, DECLINED, **GRACE)).customer for _ in range(2)]
    await shop.work_in_the_end()
    known = await customer_of(ada)
    plan = await shop.plan("studio")
    assert await sell(shop.site, ada, details_of(known), plan, BY_KEY) == "sold"
    title = replace(BY_KEY, profile=replace(BY_KEY.profile, title="Admiral"))
    known = await customer_of(grace)
    await change_customer(known, details_of(known), title)

    for _ in range(2):
        for one in (ada, grace, nobody):
            with pytest.raises(MethodRefused) as refused:
                await arrives(shop, one)
            assert refused.value.is_outcome
        await shop.work_in_the_end()

    assert [await status_of(one) for one in (ada, grace, nobody)] == ["active", "active", "deleted"]
    (sold,) = await shop.stripe.objects("subscription")
    assert sold["status"] == "trialing"
    assert len([one for one in await shop.stripe.objects("customer") if one.get("deleted")]) == 1


@ON_SQLITE
async def test_whom_stripe_refused_is_deleted_unless_they_were_changed_since(shop: Shop) -> None:
    await shop.stripe.fault(
        match="POST /v1/customers", fault="status", status=400, code="email_invalid", param="email",
        times=9,
    )  # fmt: skip
    ada = (await made(shop, DECLINED)).customer
    grace = (await made(shop, DECLINED, **GRACE)).customer
    await shop.work()
    known = await customer_of(grace)
    await change_customer(known, replace(details_of(known), first_name="Amazing"), BY_KEY)
    await shop.work()

    for one in (ada, grace):
        with pytest.raises(SignUpRefused):
            await arrives(shop, one)

    assert [await status_of(one) for one in (ada, grace)] == ["deleted", "active"]


@ON_SQLITE
async def test_a_card_that_is_refused_later_is_no_outcome_of_the_sign_up(shop: Shop) -> None:
    ada = (await made(shop, replace(DECLINED, payment="tok_visa"))).customer
    await shop.work_in_the_end()
    known = await customer_of(ada)
    await change_customer(known, details_of(known), Asked(key=KEY, payment="pm_none"))
    await shop.work_in_the_end()

    assert await arrives(shop, ada) == known.stripe_id
    assert await status_of(ada) == "active"
