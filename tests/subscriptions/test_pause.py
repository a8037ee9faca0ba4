"""A plan that may be paused is, and nothing is charged until it is resumed."""

from __future__ import annotations

import pytest

from portal.clock import now
from portal.database import run_sql
from portal.errors import TooMany
from portal.sites.storefront import forget_sites
from portal.subscriptions.cancel import cancel_plan, keep_plan
from portal.subscriptions.changes import Asker
from portal.subscriptions.pause import pause_plan, resume_plan
from portal.subscriptions.status import standing_of
from portal.subscriptions.switching import UNDER_WAY, CannotChange
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.subscriptions.conftest import Subscriber, subscriber

DAYS = 24 * 3600


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, who pays for a plan that may be paused."""
    await run_sql("UPDATE plan SET pausable = {}", True)
    person = await subscriber(shop, "house")
    await person.adds_card()
    await person.sync()
    await shop.work()
    return person


async def paid(ada: Subscriber) -> list[int]:
    made = await ada.shop.stripe.objects("payment_intent")
    return [one["amount"] for one in made if one["status"] == "succeeded"]


async def last_change() -> tuple[str, str, str]:
    rows = await run_sql("SELECT kind, state, problem FROM plan_change ORDER BY asked_at, id")
    return rows[-1]["kind"], rows[-1]["state"], rows[-1]["problem"]


async def test_while_it_is_paused_nothing_is_charged(ada: Subscriber) -> None:
    await pause_plan(ada.company, ada.id)
    await ada.shop.work()

    assert standing_of(await ada.hold(), now()).sentence.code == "paused_by_choice"
    await ada.passes(32 * DAYS)
    assert await paid(ada) == [4900]

    await resume_plan(ada.company, ada.id)
    await ada.shop.work()
    assert standing_of(await ada.hold(), now()).word.code == "active"
    await ada.passes(32 * DAYS)
    assert await paid(ada) == [4900, 4900]


@ON_SQLITE
async def test_asked_twice_it_is_paused_once(ada: Subscriber) -> None:
    first = await pause_plan(ada.company, ada.id)
    assert await pause_plan(ada.company, ada.id) == first
    await ada.shop.work()

    assert await pause_plan(ada.company, ada.id) is None
    assert await last_change() == ("pause", "done", "")


@ON_SQLITE
async def test_only_what_may_be_paused_is(ada: Subscriber) -> None:
    assert await resume_plan(ada.company, ada.id) is None
    await run_sql("UPDATE plan SET pausable = {}", False)
    assert await pause_plan(ada.company, ada.id) is None

    await run_sql("UPDATE plan SET pausable = {}", True)
    await cancel_plan(ada.company, ada.id)
    await ada.shop.work()
    assert await pause_plan(ada.company, ada.id) is None


@ON_SQLITE
async def test_while_something_else_is_done_to_it_it_is_neither_paused_nor_resumed(
    ada: Subscriber,
) -> None:
    ending = await cancel_plan(ada.company, ada.id)
    with pytest.raises(CannotChange) as cannot:
        await pause_plan(ada.company, ada.id)
    assert cannot.value.problem == UNDER_WAY

    await ada.shop.work()
    keeping = await keep_plan(ada.company, ada.id)
    await ada.shop.work()
    pausing = await pause_plan(ada.company, ada.id)
    await ada.shop.work()
    assert len({ending, keeping, pausing}) == 3
    await cancel_plan(ada.company, ada.id)
    with pytest.raises(CannotChange):
        await resume_plan(ada.company, ada.id)
    assert await last_change() == ("cancel", "asked", "")


@ON_SQLITE
async def test_what_was_cancelled_at_stripe_meanwhile_is_not_paused(ada: Subscriber) -> None:
    path = f"/v1/subscriptions/{ada.subscription}"
    ends = {"cancel_at_period_end": True}
    await ada.shop.stripe.in_dashboard("POST", path, ends, event=False)

    await pause_plan(ada.company, ada.id)
    await ada.shop.work()

    assert await last_change() == ("pause", "refused", "changed_meanwhile")
    assert (await ada.hold()).is_ending


@ON_SQLITE
async def test_who_pauses_or_takes_back_in_a_loop_waits_and_who_cancels_does_not(
    ada: Subscriber,
) -> None:
    await run_sql("UPDATE site SET limits = {}", '{"mails_per_hour": 1}')
    forget_sites()
    await pause_plan(ada.company, ada.id)
    await pause_plan(ada.company, ada.id)
    await ada.shop.work()
    await resume_plan(ada.company, ada.id)
    await ada.shop.work()

    with pytest.raises(TooMany) as many:
        await pause_plan(ada.company, ada.id)

    assert many.value.again_in
    assert await pause_plan(ada.company, ada.id, by=Asker("api"))
    await resume_plan(ada.company, ada.id)
    await ada.shop.work()
    await cancel_plan(ada.company, ada.id)
    await keep_plan(ada.company, ada.id)
    await ada.shop.work()
    assert await cancel_plan(ada.company, ada.id)
    with pytest.raises(TooMany):
        await keep_plan(ada.company, ada.id)
