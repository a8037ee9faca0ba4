"""Renewals that fail, renewals that are announced, and collection that is paused."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.lives import DAY_S, HOUR_S, Life, a_life, give_card, moment

RENEWAL = moment(2027, 5, 1)
BAD = "pm_card_chargeCustomerFail"


async def _failing(api: Any, **more: Any) -> Life:
    """Begin with a good card, and have one that fails at the renewal."""
    ada = await a_life(api, unit_amount=900, **more)
    await give_card(api, ada.customer, BAD)
    return ada


async def test_a_failed_renewal_is_tried_again_after_3_5_and_7_days(api: Any) -> None:
    ada = await _failing(api)
    planned = []

    for days in (0, 3, 8):
        await ada.until(RENEWAL + days * DAY_S + HOUR_S)
        planned.append((await ada.invoices())[0].next_payment_attempt)
        assert (await ada.now()).status == "past_due"
    await ada.until(RENEWAL + 15 * DAY_S + HOUR_S)

    assert planned == [RENEWAL + days * DAY_S + HOUR_S for days in (3, 8, 15)]
    ended = await ada.now()
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    assert ended.ended_at == RENEWAL + 15 * DAY_S + HOUR_S


@pytest.mark.parametrize("then", ["unpaid", "past_due"])
async def test_what_follows_the_last_try_is_the_sellers_choice(
    api: Any, control: Control, then: str
) -> None:
    await control.post("dunning", {"after_last_try": then})
    ada = await _failing(api)

    await ada.until(RENEWAL + 20 * DAY_S)

    assert (await ada.now()).status == then
    assert (await control.get("dunning"))["after_last_try"] == then
    last = (await ada.invoices())[0]
    assert (last.status, last.attempt_count, last.next_payment_attempt) == ("open", 4, None)


async def test_an_unknown_choice_is_refused(control: Control, http: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"Bearer {control.key}"}
    url = f"{control.address}/_sandbox/dunning"

    async with http.post(url, headers=headers, json={"after_last_try": "forget"}) as reply:
        assert reply.status == 400

    assert (await control.get("dunning"))["after_last_try"] == "cancel"


async def test_an_unpaid_subscription_draws_drafts_that_nobody_collects(
    api: Any, control: Control
) -> None:
    await control.post("dunning", {"after_last_try": "unpaid"})
    ada = await _failing(api)

    await ada.until(moment(2027, 6, 1, 2))

    last = (await ada.invoices())[0]
    assert (last.status, last.auto_advance, last.created) == ("draft", False, moment(2027, 6, 1))
    card = await give_card(api, ada.customer, "pm_card_visa")
    await api.invoices.pay_async(last.id, {"payment_method": card})
    assert (await ada.now()).status == "active"


async def test_a_try_of_the_persons_own_leaves_the_schedule_as_it_is(api: Any) -> None:
    ada = await _failing(api)
    await ada.until(RENEWAL + 2 * HOUR_S)
    (renewal, _) = await ada.invoices()

    for _ in range(5):
        with pytest.raises(stripe.CardError):
            await api.invoices.pay_async(renewal.id)

    after = (await ada.invoices())[0]
    assert (after.attempt_count, after.next_payment_attempt) == (1, renewal.next_payment_attempt)
    assert (await ada.now()).status == "past_due"


async def test_a_failed_renewal_tells_of_itself_in_order(api: Any) -> None:
    ada = await _failing(api)
    await ada.until(RENEWAL + 2 * HOUR_S)

    events = (await api.events.list_async({"limit": 100, "created": {"gte": RENEWAL}})).data
    told = [event.type for event in reversed(events)]
    in_order = [
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.payment_failed",
        "customer.updated",
        "customer.subscription.updated",
    ]
    assert [type for type in told if type in in_order] == in_order
    behind = (await ada.events("customer.subscription.updated"))[0].data
    assert (behind.previous_attributes.status, behind.object.status) == ("active", "past_due")
    assert (await api.customers.retrieve_async(ada.customer)).delinquent is True


async def test_a_renewal_that_is_paid_tells_of_itself_in_order(api: Any) -> None:
    ada = await a_life(api, unit_amount=900)
    await ada.until(RENEWAL + 2 * HOUR_S)

    events = (await api.events.list_async({"limit": 100, "created": {"gte": RENEWAL}})).data
    assert [event.type for event in reversed(events) if "clock" not in event.type] == [
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    before = (await ada.events("customer.subscription.updated"))[0].data.previous_attributes
    assert before["items"].data[0].current_period_end == RENEWAL


async def test_a_renewal_is_announced_a_week_before(api: Any) -> None:
    ada = await a_life(api, unit_amount=900)
    await ada.until(RENEWAL - 7 * DAY_S - 1)
    before = await ada.events("invoice.upcoming")

    await ada.until(RENEWAL - 1)

    (told,) = await ada.events("invoice.upcoming")
    assert (before, told.created, told.data.object.total) == ([], RENEWAL - 7 * DAY_S, 900)


async def test_no_renewal_is_announced_that_will_not_come(api: Any) -> None:
    ada = await a_life(api, unit_amount=900, cancel_at_period_end=True)
    weekly = await a_life(api, unit_amount=900, interval="week")

    await ada.until(RENEWAL + DAY_S)
    await weekly.until(RENEWAL + DAY_S)

    assert await ada.events("invoice.upcoming") == []


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("keep_as_draft", "draft"), ("mark_uncollectible", "uncollectible"), ("void", "void")],
)
async def test_paused_collection_leaves_the_subscription_active(
    api: Any, behavior: str, status: str
) -> None:
    ada = await a_life(api, unit_amount=900)
    paused = await ada.change(pause_collection={"behavior": behavior})

    await ada.until(RENEWAL + 2 * HOUR_S)

    assert (paused.status, paused.pause_collection.behavior) == ("active", behavior)
    assert ((await ada.now()).status, (await ada.invoices())[0].status) == ("active", status)
    going_on = await ada.change(pause_collection="")
    await ada.until(moment(2027, 6, 1, 2))
    assert going_on.pause_collection is None
    assert (await ada.invoices())[0].status == "paid"


async def test_a_pause_of_collection_ends_by_itself(api: Any) -> None:
    ada = await a_life(api, unit_amount=900)
    await ada.change(pause_collection={"behavior": "void", "resumes_at": RENEWAL + DAY_S})

    await ada.until(moment(2027, 6, 1, 2))

    assert (await ada.now()).pause_collection is None
    assert [each.status for each in await ada.invoices()] == ["paid", "void", "paid"]
