"""Whoever withdraws after changing has each payment and each credit back once, and none as both."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.subscriptions.withdraw import withdraw
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.shelves import refreshed
from tests.subscriptions.conftest import subscriber
from tests.subscriptions.giving import (
    adjustments,
    credit,
    give_credit,
    given_back,
    paying,
    problem,
    repeated,
    switch,
)

DAY = timedelta(days=1)


async def test_a_credit_of_a_cheaper_plan_goes_back_as_money_and_not_as_both(
    shop: Shop,
) -> None:
    ada = await paying(shop, "house")
    await switch(ada, "pric_studio")
    assert await credit(ada) == 3700
    await give_credit(ada, 500)

    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work_in_the_end()

    assert await given_back(ada) == 4900
    assert await credit(ada) == 500
    assert await adjustments(ada) == [-500, 3700]
    again = await repeated(ada, refund="full")
    assert (again.amount, again.problem) == (4900, "")
    assert (await given_back(ada), await credit(ada)) == (4900, 500)


@pytest.mark.parametrize(
    ("first", "then"), [("house", "pric_studio"), ("studio", "pric_house")], ids=["less", "more"]
)
async def test_of_a_plan_that_was_changed_what_is_unused_goes_back(
    shop: Shop, first: str, then: str
) -> None:
    """Ten days of one plan were used, two of another, of a month of thirty days or thirty-one."""
    ada = await paying(shop, first, refund="unused")
    hold = await ada.hold()
    assert hold.started_at is not None
    assert hold.period_ends_at is not None
    month = (hold.period_ends_at - hold.started_at) / DAY
    await ada.passes(10 * 24 * 3600)
    await ada.sync()
    charged = await switch(ada, then)
    paid = charged + (4900 if first == "house" else 1200)

    await withdraw(ada.shop.site, ada.id, declared_at=hold.started_at + 12 * DAY)
    await ada.shop.work_in_the_end()

    before, after = (4900, 1200) if first == "house" else (1200, 4900)
    used = (before * 10 + after * 2) / month
    assert -1 < await given_back(ada) - (paid - used) < 4
    assert await credit(ada) == 0
    assert await problem() == ""


@ON_SQLITE
async def test_a_credit_that_stripe_does_not_take_back_is_not_paid_out(shop: Shop) -> None:
    ada = await paying(shop, "house")
    await switch(ada, "pric_studio")
    await ada.shop.stripe.fault(
        match="POST /v1/customers/*/balance_transactions", fault="status", status=400
    )

    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work_in_the_end()

    assert (await given_back(ada), await credit(ada)) == (1200, 3700)
    assert await problem() == "refund_refused"
    again = await repeated(ada, refund="full")
    assert (again.amount, again.problem) == (1200, "refund_refused")


@ON_SQLITE
async def test_a_key_that_failed_for_another_sum_does_not_keep_the_rest_back(shop: Shop) -> None:
    ada = await paying(shop, "house")
    await ada.shop.stripe.fault(
        match="POST /v1/refunds", fault="status", status=500, saved=True, times=1
    )
    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work()
    assert await given_back(ada) == 0

    v1: Any = (await gateway_of(ada.company)).v1
    (intent,) = await ada.shop.stripe.objects("payment_intent")
    await v1.refunds.create_async({"payment_intent": intent["id"], "amount": 100})
    await ada.shop.work_in_the_end()

    assert await given_back(ada) == 4900
    assert await problem() == ""


@ON_SQLITE
async def test_what_was_billed_and_not_paid_is_not_to_be_paid_any_more(shop: Shop) -> None:
    await run_sql("UPDATE plan SET trial_days = 0")
    shop = await refreshed(shop)
    ada = await subscriber(replace(shop, site=replace(shop.site, market="eu")), "house")
    (before,) = await shop.stripe.objects("invoice")
    assert before["status"] == "open"

    await withdraw(ada.shop.site, ada.id)
    await shop.work_in_the_end()

    (after,) = await shop.stripe.objects("invoice")
    assert after["status"] == "void"
    assert await given_back(ada) == 0
    assert await problem() == ""


@ON_SQLITE
async def test_what_a_credit_note_gave_back_goes_back_no_second_time(shop: Shop) -> None:
    ada = await paying(shop, "house")
    v1: Any = (await gateway_of(ada.company)).v1
    (invoice,) = await ada.shop.stripe.objects("invoice")
    (intent,) = await ada.shop.stripe.objects("payment_intent")
    refund = await v1.refunds.create_async({"payment_intent": intent["id"], "amount": 100})
    linked = {"refund": refund.id, "amount_refunded": 100}
    await v1.credit_notes.create_async(
        {"invoice": invoice["id"], "amount": 1000, "credit_amount": 900, "refunds": [linked]}
    )

    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work_in_the_end()

    assert await given_back(ada) == 4900 - 900
    assert await credit(ada) == 900
    assert await problem() == ""


@ON_SQLITE
async def test_what_another_invoice_takes_of_a_credit_meanwhile_is_not_taken_off_a_second_time(
    shop: Shop,
) -> None:
    """It died after it took the credit, of which another invoice had some by then."""
    ada = await paying(shop, "house")
    await switch(ada, "pric_studio")
    await ada.shop.stripe.fault(match="POST /v1/refunds", fault="status", status=500, times=1)
    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work()
    assert (await given_back(ada), await adjustments(ada)) == (0, [3700])

    await give_credit(ada, -1000)
    await ada.shop.work_in_the_end()

    assert await given_back(ada) == 4900
    assert await adjustments(ada) == [3700, 1000]
    assert await problem() == ""


@ON_SQLITE
async def test_what_is_credited_after_the_credit_was_moved_is_not_paid_out(shop: Shop) -> None:
    ada = await paying(shop, "house")
    await switch(ada, "pric_studio")
    await give_credit(ada, -2000)
    await ada.shop.stripe.fault(match="POST /v1/refunds", fault="status", status=500, times=1)
    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work()

    await give_credit(ada, 500)
    await ada.shop.work_in_the_end()

    assert (await given_back(ada), await credit(ada)) == (2900, 500)
    assert await problem() == ""


@ON_SQLITE
async def test_what_an_earlier_release_wrote_down_is_carried_out(shop: Shop) -> None:
    ada = await paying(shop, "house")
    await withdraw(ada.shop.site, ada.id)
    await run_sql(
        "UPDATE operation SET params = {} WHERE kind = 'withdraw_plan'",
        f'{{"refund": "unused", "unused": [1, 2], "subscription": "{ada.subscription}"}}',
    )

    await ada.shop.work_in_the_end()

    assert 4895 < await given_back(ada) <= 4900
