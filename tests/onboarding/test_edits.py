"""Somebody who changes their mind, or their answers, while Stripe is in trouble."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal import clock
from portal.database import run_sql
from portal.onboarding import opening, steps
from portal.onboarding.params import customer_params
from portal.operations.carry_out import carry_out
from portal.operations.claim import LEASE, Lanes, claim
from portal.operations.step import Claimed
from portal.plans.offers import forget_offers
from portal.sites.tables import Site
from portal.steps import STEPS
from portal.worker import Worker
from tests.onboarding.shop import Shop, onboarding, operations

# Fewer than fail in a row before Stripe is left alone.
FEW = 4
MORE = {"description": "What only the next release sends."}
REFUSED_ADDRESS = {
    "match": "POST /v1/customers", "fault": "status", "status": 400, "times": 1,
    "code": "customer_tax_location_invalid", "param": "address",
}  # fmt: skip


async def make_due() -> None:
    """Have everything that waits be due now."""
    await run_sql("UPDATE operation SET next_at = created_at WHERE state = 'ready'")


async def asked_of_stripe(shop: Shop) -> list[dict[str, object]]:
    """Return every request that reached the API."""
    seen: list[dict[str, object]] = (await shop.stripe.control("GET", "/requests"))["requests"]
    return seen


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_edit_between_every_try_ends_as_the_last_one(shop: Shop, when: str) -> None:
    await shop.stripe.fault(match="POST /v1/customers*", fault="reset", when=when, times=5)
    await shop.stripe.fault(match="POST /v1/subscriptions", fault="reset", when=when, times=3)
    for number in range(12):
        await shop.sign_up(line1=f"{number} Edit Street")
        await make_due()
        await shop.work()
    await shop.work_in_the_end()

    (customer,) = await shop.stripe.objects("customer")
    (ours,) = await run_sql("SELECT line1 FROM customer")
    assert customer["address"]["line1"] == ours["line1"] == "11 Edit Street"
    assert await shop.counts() == (1, 1)
    assert not [each for each in await asked_of_stripe(shop) if each["status"] == 400]


@pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "made anew (control)"])
async def test_a_release_that_sends_one_field_more_sends_old_rows_as_they_were(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_stored: bool
) -> None:
    def with_more(*given: Any) -> dict[str, Any]:
        return {**customer_params(*given), **MORE}

    def marked_with_more(op: Claimed) -> dict[str, Any]:
        return {**marked(op), **(MORE if op.kind == "create_customer" else {})}

    marked = steps.marked
    await shop.stripe.fault(match="POST /v1/customers", fault="reset", when="after", times=FEW)
    for number in range(FEW):
        await shop.sign_up(email=f"ada{number}@lovelace.example", browser=str(number))
    await shop.work()
    monkeypatch.setattr(opening, "customer_params", with_more)
    if not is_stored:
        monkeypatch.setattr(steps, "marked", marked_with_more)

    await shop.sign_up(email="grace@hopper.example", browser="a later one")
    await shop.work_in_the_end()

    keys = await shop.stripe.control("GET", "/idempotency")
    customers = await shop.stripe.objects("customer")
    assert {each["email"] for each in customers if each["description"]} == {"grace@hopper.example"}
    assert await shop.counts() == (FEW + 1, FEW + 1)
    assert (keys["mismatches"] == 0) is is_stored


async def test_an_edit_made_before_a_refusal_never_undoes_what_mended_it(shop: Shop) -> None:
    await shop.stripe.fault(match="POST /v1/customers", fault="reset", times=1)
    await shop.stripe.fault(**REFUSED_ADDRESS)
    await shop.sign_up(line1="1 First Street")
    await shop.work()
    await shop.sign_up(line1="2 Second Street")
    await make_due()
    await shop.work()
    assert (await operations())[0]["state"] == "refused"

    await shop.sign_up(line1="3 Third Street")
    await shop.work_in_the_end()

    (customer,) = await shop.stripe.objects("customer")
    assert customer["address"]["line1"] == "3 Third Street"
    assert await shop.counts() == (1, 1)


@pytest.mark.parametrize("is_sent", [False, True])
async def test_another_plan_counts_until_the_first_is_sent(shop: Shop, is_sent: bool) -> None:
    stuck = "POST /v1/subscriptions" if is_sent else "POST /v1/customers"
    await shop.stripe.fault(match=stuck, fault="reset", times=1)
    first = await shop.sign_up("studio")
    await shop.work()

    await shop.sign_up("house")
    await shop.work_in_the_end()

    (subscription,) = await shop.stripe.objects("subscription")
    amount = subscription["items"]["data"][0]["price"]["unit_amount"]
    assert amount == (1200 if is_sent else 4900)
    assert (await onboarding(first))["price"] == ("pric_studio" if is_sent else "pric_house")
    assert await shop.counts() == (1, 1)


async def test_a_slow_first_worker_says_nothing_once_a_second_has_saved(shop: Shop) -> None:
    await shop.stripe.fault(
        match="POST /v1/subscriptions", fault="delay", when="after", delay=6.0, times=1
    )
    await shop.sign_up()
    (customer,) = await claim(1, "lease_slow", Lanes.STRIPE)
    subscription = await carry_out(customer, STEPS, goes_on=lambda: True)
    assert subscription
    slow = asyncio.create_task(carry_out(subscription, STEPS, goes_on=lambda: True))
    async with asyncio.timeout(30):
        while not await shop.stripe.objects("subscription"):  # noqa: ASYNC110 - Stripe tells
            await asyncio.sleep(0.01)
    with time_machine.travel(clock.now() + LEASE + timedelta(seconds=1), tick=True):
        await Worker().run_until_idle()
    before = await operations()
    assert not slow.done()

    following = await slow

    assert following is None
    assert await operations() == before
    await make_due()
    await shop.work_in_the_end()
    assert {op["state"] for op in await operations()} == {"done"}
    assert await shop.counts() == (1, 1)
    assert len(await run_sql("SELECT id FROM operation WHERE kind = 'send_welcome'")) == 1


@pytest.mark.parametrize("refused", ["email", "address"])
async def test_another_email_mends_the_sign_up_that_was_refused(shop: Shop, refused: str) -> None:
    await shop.stripe.fault(
        match="POST /v1/customers", fault="status", status=400, times=1, param=refused,
        code="email_invalid" if refused == "email" else "customer_tax_location_invalid",
    )  # fmt: skip
    first = await shop.sign_up(email="ada@lovelacce.example")
    await shop.work()
    assert (await onboarding(first))["state"] == "refused"

    again = await shop.sign_up(again=first.onboarding)
    await shop.work_in_the_end()

    assert (again.onboarding, again.customer) == (first.onboarding, first.customer)
    assert again.is_own_flow
    (customer,) = await shop.stripe.objects("customer")
    (ours,) = await run_sql("SELECT email FROM customer")
    assert customer["email"] == ours["email"] == "ada@lovelace.example"
    assert await shop.counts() == (1, 1)


async def test_a_refused_sign_up_never_takes_over_somebody_who_is_there(shop: Shop) -> None:
    grace = await shop.sign_up(email="grace@hopper.example", browser="Grace's")
    await shop.work()
    await shop.stripe.fault(**REFUSED_ADDRESS)
    refused = await shop.sign_up()
    await shop.work()

    known = await shop.sign_up(again=refused.onboarding, email="grace@hopper.example")
    stranger = await shop.sign_up(
        again=refused.onboarding, email="mallory@trudy.example", browser="Mallory's"
    )

    assert (known.customer, known.is_own_flow) == (grace.customer, False)
    assert stranger.is_new
    assert stranger.customer != refused.customer


async def test_what_was_refused_at_one_site_is_not_mended_at_another(shop: Shop) -> None:
    await shop.stripe.fault(**REFUSED_ADDRESS)
    refused = await shop.sign_up()
    await shop.work()
    await Site.insert(
        Site(
            id="site_2", number=2, company="comp_1", key="america", name="Acme Tea US",
            country="US", currency="usd", created_at=clock.now(),
        )
    )  # fmt: skip
    elsewhere = replace(shop.site, id="site_2")

    other = await shop.sign_up(
        again=refused.onboarding, site=elsewhere, email="grace@hopper.example"
    )

    assert other.is_new
    assert other.customer != refused.customer


async def test_a_sign_up_that_is_done_is_not_mended_into_another_person(shop: Shop) -> None:
    ada = await shop.sign_up()
    await shop.work()

    grace = await shop.sign_up(again=ada.onboarding, email="grace@hopper.example")
    await shop.work()

    assert grace.is_new
    assert await shop.counts() == (2, 2)


async def test_one_email_in_five_spellings_at_once_is_one_customer(shop: Shop) -> None:
    spelt = (
        "ada@lovelace.example", "ADA@lovelace.example", "Ada@LOVELACE.example",
        " ada@lovelace.EXAMPLE ", "\u200bada@lovelace.example",
    )  # fmt: skip
    came = await asyncio.gather(
        *(shop.sign_up(email=spelt[n % 5], browser=f"browser {n}") for n in range(25))
    )
    await shop.work_in_the_end()

    assert sum(each.is_own_flow for each in came) == sum(each.is_new for each in came) == 1
    assert await shop.counts() == (1, 1)


async def test_what_was_stuck_goes_on_once_the_seller_has_mended_it(shop: Shop) -> None:
    (price,) = await run_sql("SELECT stripe_id FROM price WHERE id = 'pric_studio'")
    await run_sql("UPDATE price SET stripe_id = 'price_gone' WHERE id = 'pric_studio'")
    forget_offers()
    first = await shop.sign_up()
    await shop.work()
    await shop.sign_up(city="Marylebone")
    await shop.work()
    assert (await onboarding(first))["state"] == "stuck"

    await run_sql("UPDATE price SET stripe_id = {} WHERE id = 'pric_studio'", price["stripe_id"])
    forget_offers()
    await asyncio.gather(*(shop.sign_up(city="Soho") for _ in range(5)))
    await shop.work_in_the_end()

    assert (await onboarding(first))["state"] == "ready"
    assert await shop.counts() == (1, 1)
    (customer,) = await shop.stripe.objects("customer")
    assert customer["address"]["city"] == "Soho"


async def test_many_corrections_beside_the_worker_sell_one_plan(shop: Shop) -> None:
    await shop.stripe.fault(
        match="POST /v1/subscriptions", fault="status", status=400, times=2,
        code="customer_tax_location_invalid",
    )  # fmt: skip
    await shop.sign_up()
    await shop.work()
    for round_ in "AB":
        corrections = (shop.sign_up(city=f"{round_}{number}") for number in range(6))
        await asyncio.gather(*corrections, shop.work())
        await shop.work()
    await shop.sign_up(city="Soho")
    await shop.work_in_the_end()

    (customer,) = await shop.stripe.objects("customer")
    (ours,) = await run_sql("SELECT city FROM customer")
    assert customer["address"]["city"] == ours["city"]
    assert await shop.counts() == (1, 1)
