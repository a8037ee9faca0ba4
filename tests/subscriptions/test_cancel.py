"""A plan is cancelled for the end of its period, by mail confirmed, and taken back until then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal.clock import now
from portal.database import run_sql
from portal.subscriptions.cancel import NothingToEnd, cancel_plan, keep_plan
from portal.subscriptions.status import standing_of
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.mails import mails, text_of
from tests.subscriptions.conftest import Subscriber, subscriber

DAYS = 24 * 3600


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, who pays by the month."""
    person = await subscriber(shop, "house")
    await person.adds_card()
    await person.sync()
    await shop.work()
    return person


async def changes() -> list[tuple[str, str, str]]:
    rows = await run_sql("SELECT kind, state, problem FROM plan_change ORDER BY asked_at, id")
    return [(row["kind"], row["state"], row["problem"]) for row in rows]


async def theirs(ada: Subscriber) -> dict[str, Any]:
    (found,) = await ada.shop.stripe.objects("subscription")
    return found


async def updates(ada: Subscriber) -> int:
    path = f"/v1/subscriptions/{ada.subscription}"
    return sum(call == ("POST", path) for call in await ada.shop.stripe.calls())


async def mail_about(ada: Subscriber, words: str) -> str:
    await run_sql("UPDATE operation SET next_at = {} WHERE state = 'ready'", now())
    await ada.shop.work()
    return next(text for text in map(text_of, reversed(mails())) if words in text)


async def test_a_cancelled_plan_runs_out_and_nothing_more_is_charged(ada: Subscriber) -> None:
    await cancel_plan(ada.company, ada.id, reason="unused")
    await ada.shop.work()

    hold = await ada.hold()
    assert hold.is_ending
    assert standing_of(hold, now()).word.code == "cancelled"
    assert await changes() == [("cancel", "done", "")]
    assert (await theirs(ada))["cancellation_details"]["feedback"] == "unused"

    await ada.passes(32 * DAYS)
    await ada.sync()

    assert (await ada.copy())["status"] == "canceled"
    paid = await ada.shop.stripe.objects("payment_intent")
    assert [one["amount"] for one in paid] == [4900]


@ON_SQLITE
async def test_the_confirmation_names_plan_time_and_end(ada: Subscriber) -> None:
    await cancel_plan(ada.company, ada.id)
    await ada.shop.work()

    said = await mail_about(ada, "We have received your cancellation.")

    ends = (await ada.hold()).period_ends_at
    assert ends is not None
    assert "Plan: House" in said
    assert f"{now():%Y}, " in said
    assert f"Your plan ends on: {ends.day} {ends:%B %Y}" in said
    assert "/account/cancel" in said


async def test_a_cancellation_is_confirmed_while_stripe_is_down(ada: Subscriber) -> None:
    await ada.shop.stripe.fault(match="* /v1/subscriptions*", fault="status", status=503)
    await cancel_plan(ada.company, ada.id)

    said = await mail_about(ada, "We have received your cancellation.")

    assert "Your plan ends on: " in said
    assert await changes() == [("cancel", "asked", "")]
    await ada.shop.stripe.mend()
    await ada.shop.work_in_the_end()
    assert await changes() == [("cancel", "done", "")]


async def test_a_cancellation_is_taken_back(ada: Subscriber) -> None:
    await cancel_plan(ada.company, ada.id)
    await ada.shop.work()

    await keep_plan(ada.company, ada.id)
    await ada.shop.work()

    assert not (await ada.hold()).is_ending
    assert "Your plan goes on." in await mail_about(ada, "You took your cancellation back.")
    await ada.passes(32 * DAYS)
    await ada.sync()
    assert (await ada.copy())["status"] == "active"


@ON_SQLITE
async def test_an_end_planned_for_a_day_at_stripe_is_taken_back_too(ada: Subscriber) -> None:
    at = int((await theirs(ada))["items"]["data"][0]["current_period_end"]) - DAYS
    path = f"/v1/subscriptions/{ada.subscription}"
    await ada.shop.stripe.in_dashboard("POST", path, {"cancel_at": at})
    await ada.sync()
    assert (await ada.hold()).is_ending

    await keep_plan(ada.company, ada.id)
    await ada.shop.work()

    assert (await theirs(ada))["cancel_at"] is None


async def test_asked_twice_it_is_done_once(ada: Subscriber) -> None:
    first = await cancel_plan(ada.company, ada.id)
    second = await cancel_plan(ada.company, ada.id)
    await ada.shop.work()

    assert first == second
    assert await cancel_plan(ada.company, ada.id) is None
    assert await updates(ada) == 1
    assert await changes() == [("cancel", "done", "")]


@ON_SQLITE
async def test_what_was_cancelled_at_stripe_meanwhile_stays_as_it_is(ada: Subscriber) -> None:
    path = f"/v1/subscriptions/{ada.subscription}"
    await ada.shop.stripe.in_dashboard("POST", path, {"cancel_at_period_end": True}, event=False)

    await cancel_plan(ada.company, ada.id)
    await ada.shop.work()

    assert await updates(ada) == 0
    assert (await ada.hold()).is_ending


async def test_what_ended_at_stripe_meanwhile_is_refused_in_words(ada: Subscriber) -> None:
    path = f"/v1/subscriptions/{ada.subscription}"
    await ada.shop.stripe.in_dashboard("DELETE", path, event=False)

    await cancel_plan(ada.company, ada.id)
    await ada.shop.work()

    assert await changes() == [("cancel", "refused", "already_over")]
    assert (await ada.copy())["status"] == "canceled"
    with pytest.raises(NothingToEnd):
        await cancel_plan(ada.company, ada.id)
    with pytest.raises(NothingToEnd):
        await keep_plan(ada.company, ada.id)


@ON_SQLITE
@pytest.mark.parametrize("lost", [1, 2], ids=["asked again on the wire", "by us"])
async def test_one_at_once_whose_answer_was_lost_is_done(ada: Subscriber, lost: int) -> None:
    match = f"DELETE /v1/subscriptions/{ada.subscription}"
    await ada.shop.stripe.fault(match=match, fault="reset", when="after", times=lost)

    await cancel_plan(ada.company, ada.id, at_once=True)
    await ada.shop.work_in_the_end()

    assert await changes() == [("cancel", "done", "")]
    assert (await ada.copy())["status"] == "canceled"
    assert "Your plan has ended" in await mail_about(ada, "We have received your cancellation.")


@ON_SQLITE
async def test_one_at_once_of_what_had_ended_before_is_refused(ada: Subscriber) -> None:
    path = f"/v1/subscriptions/{ada.subscription}"
    await ada.shop.stripe.in_dashboard("DELETE", path, event=False)
    with time_machine.travel(now() + timedelta(hours=1), tick=True):
        await cancel_plan(ada.company, ada.id, at_once=True)
        await ada.shop.work()

    assert await changes() == [("cancel", "refused", "already_over")]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_cancellation_with_an_unknown_outcome_is_made(moment: str, ada: Subscriber) -> None:
    for fault in ({"fault": "reset"}, {"fault": "status", "status": 500, "saved": True}):
        await ada.shop.stripe.fault(match="POST /v1/subscriptions/*", when=moment, times=1, **fault)

    await cancel_plan(ada.company, ada.id)
    await ada.shop.work_in_the_end()

    assert (await ada.hold()).is_ending
    assert await changes() == [("cancel", "done", "")]


async def test_a_plan_that_was_never_paid_ends_at_once(shop: Shop) -> None:
    ada = await subscriber(shop, "house")

    await cancel_plan(ada.company, ada.id)
    await shop.work()

    assert (await ada.copy())["status"] == "incomplete_expired"
    assert "Your plan has ended" in await mail_about(ada, "We have received your cancellation.")


@ON_SQLITE
async def test_a_trial_ends_with_its_last_day(shop: Shop) -> None:
    ada = await subscriber(shop, "studio")
    await ada.sync()

    await cancel_plan(ada.company, ada.id)
    await shop.work()

    hold = await ada.hold()
    assert (hold.status, hold.ends_at) == ("trialing", hold.trial_ends_at)
    await ada.passes(15 * DAYS)
    await ada.sync()
    assert (await ada.copy())["status"] == "canceled"
