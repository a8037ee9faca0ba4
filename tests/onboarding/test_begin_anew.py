"""Whom Stripe refused for good begins anew with mended data; who exists in full is left alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from portal import clock
from portal.customers.consents import answers_of
from portal.customers.directory import customer_of
from portal.customers.profile import Profile
from portal.database import run_sql
from portal.onboarding.arrival import SignUpRefused, wait_for_customer
from portal.onboarding.asked import Asked
from portal.onboarding.begin_anew import begin_anew, refused_for_good
from portal.privacy.delete import delete_refused
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop, details, operations
from tests.onboarding.test_asked import BY_KEY, KEY, made
from tests.people import GRACE

BY_ID = Asked(key=KEY, profile=Profile(external_id="42", title="Countess"))


async def refused(shop: Shop, plan: str | None = "studio") -> str:
    """Have a program make Ada, and Stripe refuse her."""
    await shop.stripe.fault(
        match="POST /v1/customers", fault="status", status=400, code="email_invalid", param="email"
    )
    ada = (await made(shop, BY_ID, plan)).customer
    await shop.work()
    await shop.stripe.mend()
    return ada


async def test_the_same_customer_is_made_with_what_is_said_now(shop: Shop) -> None:
    ada = await refused(shop)
    asked = replace(BY_KEY, consents={"telemarketing": True}, profile=Profile(username="ada"))
    chosen = await shop.plan("house")

    begun = await asyncio.gather(
        *(begin_anew(shop.site, ada, details(phone=""), chosen, asked) for _ in range(4))
    )
    await shop.work_in_the_end()

    assert sorted(begun) == [False, False, False, True]
    customer = (await customer_of(ada)).to_dict()
    named = ("username", "title", "external_id", "phone", "phone_e164")
    assert [customer[name] for name in named] == ["ada", "", "42", "", None]
    assert (await answers_of(ada))["telemarketing"].given
    assert await shop.counts() == (1, 1)
    (there,) = await shop.stripe.objects("customer")
    assert there["id"] == customer["stripe_id"]
    (signup,) = await run_sql("SELECT plan, state FROM onboarding")
    assert (signup["plan"], signup["state"]) == ("plan_house", "ready")


@ON_SQLITE
async def test_who_was_given_up_after_a_week_of_tries_begins_anew_too(shop: Shop) -> None:
    ada = (await made(shop, BY_ID)).customer
    since = clock.now() - timedelta(days=8)
    await run_sql("UPDATE operation SET attempts = 21, created_at = {}", since)
    await shop.work()
    assert [op["state"] for op in await operations()] == ["failed"]
    with pytest.raises(SignUpRefused):
        await wait_for_customer(ada)

    assert await refused_for_good(shop.site, details(), BY_ID) == ada
    assert await begin_anew(shop.site, ada, details(), None, BY_ID)
    assert not await begin_anew(shop.site, ada, details(), None, BY_ID)
    await shop.work_in_the_end()

    assert await wait_for_customer(ada)
    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_a_plan_that_is_not_asked_for_again_is_not_sold(shop: Shop) -> None:
    ada = await refused(shop)

    assert await begin_anew(shop.site, ada, details(), None, BY_KEY)
    await shop.work_in_the_end()

    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_they_are_found_by_either_of_what_was_sent(shop: Shop) -> None:
    ada = await refused(shop, None)
    other, nobody = details(**GRACE), replace(BY_ID, profile=Profile(external_id="43"))

    assert await refused_for_good(shop.site, other, BY_ID) == ada
    assert await refused_for_good(shop.site, details(), nobody) == ada
    assert await refused_for_good(shop.site, other, nobody) is None
    assert await refused_for_good(replace(shop.site, id="site_2"), details(), BY_ID) is None
    await made(shop, BY_KEY, **GRACE)
    assert await refused_for_good(shop.site, other, BY_ID) is None


@ON_SQLITE
async def test_who_exists_in_full_or_is_being_made_is_neither_changed_nor_deleted(
    shop: Shop,
) -> None:
    ada = (await made(shop, BY_ID)).customer
    for _ in range(2):
        before = await run_sql("SELECT * FROM customer")
        assert await refused_for_good(shop.site, details(), BY_ID) is None
        assert not await begin_anew(shop.site, ada, details(phone=""), None, BY_KEY)
        assert not await delete_refused(ada, actor=KEY)
        assert await run_sql("SELECT * FROM customer") == before
        await shop.work_in_the_end()

    assert [op["state"] for op in await operations()] == ["done"]
    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_who_was_begun_anew_meanwhile_is_not_deleted_and_who_was_not_is(shop: Shop) -> None:
    ada = await refused(shop, None)
    await begin_anew(shop.site, ada, details(), None, BY_KEY)
    assert not await delete_refused(ada, actor=KEY)
    await shop.work_in_the_end()
    assert (await customer_of(ada)).status == "active"

    grace = (await made(shop, BY_KEY, **GRACE)).customer
    await run_sql("UPDATE operation SET state = 'refused' WHERE customer = {}", grace)
    assert await delete_refused(grace, actor=KEY)
    assert not await delete_refused(grace, actor=KEY)

    gone = (await customer_of(grace)).to_dict()
    assert (gone["status"], gone["email_key"]) == ("deleted", None)
    assert await operations("ready") == await operations("refused") == []
