"""A customer who is known is subscribed to what a program names, once, if they never held it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.customers.address import Address
from portal.customers.directory import EmailTaken, customer_of
from portal.database import run_sql
from portal.onboarding import sell as selling
from portal.onboarding.arrival import SignUpRefused, wait_for_plan
from portal.onboarding.sell import Sold, sell
from portal.subscriptions.sync import sync_object
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop, details, onboarding
from tests.onboarding.test_asked import BY_KEY, made


async def sold(
    shop: Shop, customer: str, plan: str = "studio", *, only_first: bool = False, **typed: str
) -> Sold:
    """Have a program ask for a plan of Ada's, with these answers instead of hers."""
    chosen = await shop.plan(plan)
    return await sell(shop.site, customer, details(**typed), chosen, BY_KEY, only_first=only_first)


async def test_who_is_known_is_subscribed_once_however_many_ask(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = (await made(shop)).customer
    await shop.work()

    asked = await asyncio.gather(*(sold(shop, ada) for _ in range(6)))
    again = await sold(shop, ada)
    await shop.work_in_the_end()

    assert sorted(asked) == [*["coming"] * 5, "sold"]
    assert (again, await sold(shop, ada)) == ("coming", "this")
    assert await shop.counts() == (1, 1)
    (entry,) = await run_sql("SELECT * FROM audit_entry WHERE action = 'subscription.begin_asked'")
    assert (entry["actor"], entry["object_id"]) == (BY_KEY.key, ada)

    # The control: who does not look what there is sells a second one.
    async def nothing(*_: Any) -> None:
        return None

    monkeypatch.setattr(selling, "standing_of", nothing)
    assert await sold(shop, ada) == "sold"
    await shop.work_in_the_end()
    assert await shop.counts() == (1, 2)


@ON_SQLITE
async def test_it_waits_behind_a_customer_whom_stripe_is_being_asked_to_make(shop: Shop) -> None:
    signed_up = await made(shop)

    assert await sold(shop, signed_up.customer, "house") == "sold"
    assert await sold(shop, signed_up.customer) == "another"
    await shop.work_in_the_end()

    row = await onboarding(signed_up)
    assert (row["state"], row["plan"]) == ("ready", "plan_house")
    assert await shop.counts() == (1, 1)


@ON_SQLITE
async def test_who_holds_a_plan_keeps_it_and_who_left_has_neither_it_nor_the_default_again(
    shop: Shop,
) -> None:
    ada = (await made(shop, plan="house")).customer
    await shop.work_in_the_end()

    assert (await sold(shop, ada), await sold(shop, ada, "house")) == ("another", "this")
    await run_sql("UPDATE subscription SET status = 'canceled'")
    assert await sold(shop, ada, only_first=True) == "ended"
    assert await sold(shop, ada, "house") == "ended"
    assert await sold(shop, ada) == "sold"
    await shop.work_in_the_end()

    signups = await run_sql("SELECT plan, state FROM onboarding ORDER BY created_at")
    assert [(row["plan"], row["state"]) for row in signups] == [
        ("plan_house", "ready"), ("plan_studio", "ready"),
    ]  # fmt: skip
    named = [one["metadata"]["onboarding"] for one in await shop.stripe.objects("subscription")]
    assert len(set(named)) == 2


@ON_SQLITE
async def test_what_stripe_refused_to_sell_is_sold_with_mended_details(shop: Shop) -> None:
    ada = (await made(shop, plan="studio", phone="+49 30 901820")).customer
    await shop.stripe.fault(
        match="POST /v1/subscriptions", fault="status", status=400,
        code="customer_tax_location_invalid",
    )  # fmt: skip
    await shop.work()
    with pytest.raises(SignUpRefused):
        await wait_for_plan(ada, 1)
    await shop.stripe.mend()

    mended = replace(details(phone=""), address=Address(line1="Ring 1", city="Graz", country="AT"))
    outcome = await sell(shop.site, ada, mended, await shop.plan("house"), BY_KEY)
    await shop.work_in_the_end()

    assert (outcome, await wait_for_plan(ada, 0)) == ("sold", True)
    customer = await customer_of(ada)
    assert (customer.city, customer.phone) == ("Graz", "+49 30 901820")
    calls = [path for method, path in await shop.stripe.calls() if method == "POST"]
    told, tried = f"/v1/customers/{customer.stripe_id}", "/v1/subscriptions"
    assert [path for path in calls if path in (told, tried)] == [tried, told, tried]
    assert await shop.counts() == (1, 1)


@ON_SQLITE
async def test_another_site_and_who_was_deleted_at_stripe_are_sold_nothing(shop: Shop) -> None:
    ada = (await made(shop)).customer
    await shop.work()
    elsewhere = replace(shop.site, id="site_2")
    chosen = await shop.plan("studio")

    with pytest.raises(EmailTaken):
        await sell(elsewhere, ada, details(), chosen, BY_KEY)
    await run_sql("UPDATE customer SET status = 'detached'")
    with pytest.raises(SignUpRefused):
        await sold(shop, ada)

    assert len(await run_sql("SELECT id FROM onboarding")) == 1


@ON_SQLITE
async def test_a_plan_that_was_never_paid_for_is_sold_again_once_in_seven_days(
    shop: Shop,
) -> None:
    ada = (await made(shop, plan="house")).customer
    await shop.work_in_the_end()
    await shop.stripe.control("POST", "/clock", {"advance": 24 * 3600})
    (missed,) = await shop.stripe.objects("subscription")
    await sync_object(shop.site.company_id, missed["id"])

    asked = [await sold(shop, ada, "house", only_first=first) for first in (False, True, False)]
    week_ago = clock.now() - timedelta(days=7)
    await run_sql("UPDATE subscription SET started_at = {}", week_ago - timedelta(minutes=1))
    later = [await sold(shop, ada, "house", only_first=first) for first in (True, False)]
    await shop.work_in_the_end()
    # The controls: another plan was never missed; who paid, and left, held it.
    await run_sql("UPDATE subscription SET status = 'incomplete_expired'")
    other = await sold(shop, ada)
    await shop.work_in_the_end()
    await run_sql("UPDATE subscription SET status = 'canceled'")
    left = [await sold(shop, ada, "house", only_first=first) for first in (False, True)]

    assert missed["status"] == "incomplete_expired"
    assert (asked, later) == (["unpaid"] * 3, ["sold", "coming"])
    assert (other, left) == ("sold", ["ended"] * 2)
    assert await shop.counts() == (1, 3)
