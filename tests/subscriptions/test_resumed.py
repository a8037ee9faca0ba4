"""A plan that paused for want of a card, or fell behind, goes on once there is one."""

from __future__ import annotations

import pytest

from portal.clock import now
from portal.database import run_sql
from portal.subscriptions.status import standing_of
from tests.onboarding.shop import Shop
from tests.subscriptions.conftest import Subscriber, subscriber
from tests.subscriptions.test_payment import owed, word

DAYS = 24 * 3600


@pytest.fixture
async def paused(shop: Shop) -> Subscriber:
    """Ada, whose trial ended without a card."""
    await run_sql("UPDATE plan SET trial_without_card = 'pause'")
    person = await subscriber(shop, "studio")
    await person.passes(15 * DAYS)
    await person.sync()
    return person


async def test_a_paused_plan_goes_on_once_a_card_is_there(paused: Subscriber) -> None:
    assert await word(paused) == "paused"

    await paused.adds_card()
    await paused.sync()
    assert await word(paused) == "resuming"
    await paused.shop.work()
    await paused.shop.work()

    assert (await paused.copy())["status"] == "active"
    assert len(await owed("resume_subscription")) == 1


async def test_a_paused_plan_whose_card_is_declined_says_so(paused: Subscriber) -> None:
    await paused.adds_card("pm_card_chargeCustomerFail")
    await paused.sync()
    await paused.shop.work()

    assert standing_of(await paused.hold(), now()).tone == "bad"
    assert (await paused.copy())["payment"] == "declined"


async def test_a_resume_with_an_unknown_outcome_is_done_once(paused: Subscriber) -> None:
    fault = {"match": "POST /v1/subscriptions/*/resume", "fault": "status", "status": 500}
    await paused.shop.stripe.fault(**fault, when="after", times=1, saved=True)
    await paused.adds_card()
    await paused.sync()

    await paused.shop.work_in_the_end()
    await paused.shop.work()

    assert (await paused.copy())["status"] == "active"


async def test_a_renewal_that_failed_is_paid_by_the_next_card(shop: Shop) -> None:
    ada = await subscriber(shop, "house")
    await ada.adds_card()
    await ada.sync()
    await shop.work()
    await ada.adds_card("pm_card_chargeCustomerFail")
    await ada.passes(32 * DAYS)
    await ada.sync()
    await shop.work()
    assert (await ada.copy())["status"] == "past_due"
    assert await word(ada) == "declined"

    await ada.adds_card()
    await ada.sync()
    await shop.work()

    assert (await ada.copy())["status"] == "active"
