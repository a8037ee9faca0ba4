"""Keeping events once, and claiming them by object, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import time_machine

from portal.billing.inbox import (
    LEASE,
    PATIENCE,
    ClaimedObject,
    bring_back_events,
    claim_events,
    ignore,
    is_any_event_due,
    is_hopeless,
    keep,
    mark_done,
    note,
    postpone,
)
from portal.billing.stripe_events import BillingEvent
from portal.billing.tables import InboxEvent
from portal.billing.ticket import next_ticket
from portal.clock import now
from portal.database import transaction
from portal.operations.save import pause_company, resume_company


def event(number: int, object_id: str = "sub_1") -> BillingEvent:
    return BillingEvent(
        f"evt_{number}", "customer.updated", object_id, now(), False, None, "0" * 64
    )


async def rows() -> list[dict[str, Any]]:
    return await InboxEvent.select().order_by(InboxEvent.id)


async def done(claimed: ClaimedObject) -> None:
    async with transaction():
        await mark_done(claimed)


async def test_an_event_is_kept_once_for_each_company(database: str) -> None:
    assert await keep("comp_1", event(1), accepted=True)
    assert not await keep("comp_1", event(1), accepted=True)
    assert await keep("comp_2", event(1), accepted=True)

    assert [(row["company"], row["state"]) for row in await rows()] == [
        ("comp_1", "new"),
        ("comp_2", "new"),
    ]


async def test_what_is_not_ours_or_asks_for_nothing_is_kept_and_left(database: str) -> None:
    await keep("comp_1", event(1), accepted=False)
    await keep("comp_1", event(2, object_id=""), accepted=True)

    assert [row["state"] for row in await rows()] == ["rejected", "ignored"]
    assert not await is_any_event_due()
    assert await claim_events(10, "lease_1") == []


async def test_all_events_of_one_object_are_claimed_as_one(database: str) -> None:
    for number in range(5):
        await keep("comp_1", event(number), accepted=True)
    await keep("comp_1", event(9, "cus_1"), accepted=True)
    assert await is_any_event_due()

    claimed = await claim_events(10, "lease_1")

    assert [(one.object_id, one.attempts) for one in claimed] == [("sub_1", 0), ("cus_1", 0)]
    assert await claim_events(10, "lease_2") == []
    assert not await is_any_event_due()
    for one in claimed:
        await done(one)
    assert {row["state"] for row in await rows()} == {"done"}


async def test_an_event_that_comes_after_the_claim_is_not_done_with_it(database: str) -> None:
    await keep("comp_1", event(1), accepted=True)
    (claimed,) = await claim_events(10, "lease_1")
    await keep("comp_1", event(2), accepted=True)

    await done(claimed)

    assert [row["state"] for row in await rows()] == ["done", "new"]
    (again,) = await claim_events(10, "lease_2")
    assert again.last_id > claimed.last_id


async def test_no_more_objects_are_claimed_than_asked_for(database: str) -> None:
    for number in range(4):
        await keep("comp_1", event(number, f"sub_{number}"), accepted=True)

    assert [one.object_id for one in await claim_events(2, "lease_1")] == ["sub_0", "sub_1"]
    assert [one.object_id for one in await claim_events(9, "lease_2")] == ["sub_2", "sub_3"]


async def test_a_company_whose_key_was_refused_is_left_alone_until_it_has_a_good_one(
    database: str,
) -> None:
    for company in ("comp_1", "comp_2"):
        await keep(company, event(1), accepted=True)
    async with transaction():
        await pause_company("comp_1", "key revoked")

    assert [one.company for one in await claim_events(9, "lease_1")] == ["comp_2"]
    assert not await is_any_event_due()

    async with transaction():
        await resume_company("comp_1")
    assert [one.company for one in await claim_events(9, "lease_2")] == ["comp_1"]


async def test_several_claim_at_once_and_each_object_goes_to_one(database: str) -> None:
    for number in range(30):
        await keep("comp_1", event(number, f"sub_{number}"), accepted=True)

    claims = await asyncio.gather(*(claim_events(5, f"lease_{n}") for n in range(10)))

    claimed = [one.object_id for claim in claims for one in claim]
    assert len(claimed) == len(set(claimed))
    assert len(claimed) + len(await claim_events(99, "lease_rest")) == 30


async def test_a_lease_runs_out_even_one_that_a_jumping_clock_wrote(database: str) -> None:
    await keep("comp_1", event(1), accepted=True)
    await claim_events(1, "lease_1")
    for moved in (-timedelta(seconds=1), timedelta(hours=1)):
        assert await claim_events(1, "lease_2") == []
        await InboxEvent.update({InboxEvent.lease_until: now() + moved}, force=True)

        assert len(await claim_events(1, "lease_3")) == 1


async def test_an_event_that_came_before_the_clock_was_set_back_is_not_kept_waiting(
    database: str,
) -> None:
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        await keep("comp_1", event(1), accepted=True)
    assert await claim_events(1, "lease_1") == []

    await bring_back_events()

    assert len(await claim_events(1, "lease_1")) == 1


async def test_what_is_postponed_comes_back_later_and_counts(database: str) -> None:
    await keep("comp_1", event(1), accepted=True)
    (claimed,) = await claim_events(1, "lease_1")

    await postpone(claimed, 3600)

    assert await claim_events(1, "lease_2") == []
    await InboxEvent.update({InboxEvent.next_at: now()}, force=True)
    (again,) = await claim_events(1, "lease_2")
    assert again.attempts == 1
    await ignore(again)
    assert [row["state"] for row in await rows()] == ["ignored"]


async def test_only_what_has_waited_an_hour_is_hopeless(database: str) -> None:
    await keep("comp_1", event(1), accepted=True)
    (claimed,) = await claim_events(1, "lease_1")
    assert not is_hopeless(claimed)

    await InboxEvent.update(
        {InboxEvent.received_at: now() - timedelta(minutes=61), InboxEvent.lease_until: None},
        force=True,
    )
    (claimed,) = await claim_events(1, "lease_2")

    assert is_hopeless(claimed)


async def test_an_hour_to_the_second_is_not_hopeless_yet(database: str) -> None:
    with time_machine.travel(now(), tick=False) as time:
        await keep("comp_1", event(1), accepted=True)
        (claimed,) = await claim_events(1, "lease_1")

        time.shift(PATIENCE)
        assert not is_hopeless(claimed)
        time.shift(timedelta(milliseconds=1))
        assert is_hopeless(claimed)


async def test_a_lease_lasts_a_minute_to_the_end(database: str) -> None:
    with time_machine.travel(now(), tick=False) as time:
        await keep("comp_1", event(1), accepted=True)
        await claim_events(1, "lease_1")

        time.shift(LEASE)
        assert not await is_any_event_due()
        assert await claim_events(1, "lease_2") == []
        time.shift(timedelta(milliseconds=1))
        assert await is_any_event_due()
        assert len(await claim_events(1, "lease_3")) == 1


async def test_the_longest_waiting_object_is_claimed_first_and_knows_since_when_it_waits(
    database: str,
) -> None:
    with time_machine.travel(now(), tick=False) as time:
        began = now()
        for number, name in enumerate(("sub_2", "sub_1", "sub_2", "sub_3")):
            await keep("comp_1", event(number, name), accepted=True)
            time.shift(timedelta(minutes=1))

        first, second = await claim_events(2, "lease_1")
        (third,) = await claim_events(2, "lease_2")

    ids = [row["id"] for row in await rows()]
    assert (first.object_id, first.last_id, first.waiting_since) == ("sub_2", ids[2], began)
    assert (second.object_id, second.last_id) == ("sub_1", ids[1])
    assert second.waiting_since == began + timedelta(minutes=1)
    assert third.object_id == "sub_3"
    assert {first.lease_token, third.lease_token} == {"lease_1", "lease_2"}


async def test_an_object_was_tried_as_often_as_the_most_tried_of_its_events(database: str) -> None:
    await keep("comp_1", event(1), accepted=True)
    (claimed,) = await claim_events(1, "lease_1")
    await postpone(claimed, 0)
    await keep("comp_1", event(2), accepted=True)

    (claimed,) = await claim_events(1, "lease_2")
    await postpone(claimed, 0)
    (again,) = await claim_events(1, "lease_3")

    assert (claimed.attempts, again.attempts) == (1, 2)
    assert [row["attempts"] for row in await rows()] == [2, 1]


async def test_the_last_event_of_an_object_is_the_newest_whichever_is_due_first(
    database: str,
) -> None:
    await keep("comp_1", event(1), accepted=True)
    (claimed,) = await claim_events(1, "lease_1")
    await keep("comp_1", event(2), accepted=True)
    await postpone(claimed, 0)

    (again,) = await claim_events(1, "lease_2")
    await done(again)

    assert again.last_id == (await rows())[1]["id"]
    assert [row["state"] for row in await rows()] == ["done", "done"]


async def test_of_a_flood_about_one_object_eight_events_are_taken_at_once(
    database: str,
) -> None:
    for number in range(9):
        await keep("comp_1", event(number), accepted=True)
    await keep("comp_1", event(10, "cus_1"), accepted=True)

    assert [one.object_id for one in await claim_events(1, "lease_1")] == ["sub_1"]
    leased = [row["lease_token"] for row in await rows()]
    assert leased == ["lease_1"] * 8 + [None] * 2


async def test_of_one_name_two_companies_have_two_objects(database: str) -> None:
    for company in ("comp_1", "comp_2"):
        await keep(company, event(1), accepted=True)
    one, other = await claim_events(9, "lease_1")

    await postpone(one, 3600)
    await done(other)

    assert [(row["company"], row["state"], row["attempts"]) for row in await rows()] == [
        ("comp_1", "new", 1),
        ("comp_2", "done", 0),
    ]


async def test_whoever_lost_the_lease_puts_nothing_off(database: str) -> None:
    with time_machine.travel(now(), tick=False) as time:
        await keep("comp_1", event(1), accepted=True)
        (late,) = await claim_events(1, "lease_1")
        time.shift(LEASE * 1.5)
        (claimed,) = await claim_events(1, "lease_2")

        await postpone(late, 3600)

        (row,) = await rows()
        assert (row["lease_token"], row["attempts"]) == ("lease_2", 0)
        await postpone(claimed, 30)
        (row,) = await rows()
        assert (row["lease_token"], row["lease_until"]) == (None, None)
        assert row["next_at"] == now() + timedelta(seconds=30)


async def test_what_is_done_or_ignored_is_let_go(database: str) -> None:
    await keep("comp_1", event(1), accepted=True)
    await keep("comp_1", event(2, "cus_1"), accepted=True)
    one, other = await claim_events(9, "lease_1")

    await done(one)
    await ignore(other)

    assert {(row["lease_token"], row["lease_until"]) for row in await rows()} == {(None, None)}


async def test_what_is_done_stays_done(database: str) -> None:
    await keep("comp_1", event(1), accepted=True)
    (claimed,) = await claim_events(1, "lease_1")
    await done(claimed)

    await ignore(claimed)
    await postpone(claimed, 3600)

    assert [(row["state"], row["attempts"]) for row in await rows()] == [("done", 0)]


async def test_what_this_clock_put_off_stays_put_off(database: str) -> None:
    with time_machine.travel(now(), tick=False) as time:
        await keep("comp_1", event(1), accepted=True)
        (claimed,) = await claim_events(1, "lease_1")
        await postpone(claimed, 600)

        await bring_back_events()

        time.shift(timedelta(minutes=10, seconds=-1))
        assert await claim_events(1, "lease_2") == []


async def test_what_is_put_off_for_longer_than_any_pause_is_brought_back(database: str) -> None:
    await keep("comp_1", event(1), accepted=True)
    (claimed,) = await claim_events(1, "lease_1")
    await postpone(claimed, 660)

    await bring_back_events()

    assert len(await claim_events(1, "lease_2")) == 1


async def test_an_event_of_a_clock_that_ran_ahead_does_not_wait_forever_for_an_answer(
    database: str,
) -> None:
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        await keep("comp_1", event(1), accepted=True)
        await keep("comp_1", event(2, "cus_1"), accepted=False)
    ahead = (await rows())[1]["received_at"]

    await bring_back_events()

    assert (await rows())[0]["received_at"] <= now()
    assert (await rows())[1]["received_at"] == ahead


async def test_an_event_is_kept_as_it_was_told(database: str) -> None:
    told = event(1)

    await keep("comp_1", told, accepted=True)

    (row,) = await rows()
    assert (row["event_id"], row["type"], row["object_id"]) == ("evt_1", told.type, "sub_1")
    assert (row["livemode"], row["sha256"], row["created_at"]) == (False, "0" * 64, told.created_at)


async def test_a_hint_of_our_own_says_that_it_is(database: str) -> None:
    async with transaction():
        await note("comp_1", "sub_1", "op_1:1")
        await note("comp_1", "sub_1", "op_1:2")
        await note("comp_2", "sub_1", "op_1:1")

    kept = await rows()
    assert [row["company"] for row in kept] == ["comp_1", "comp_1", "comp_2"]
    assert {row["type"] for row in kept} == {"portal.hint"}
    assert all(row["event_id"].startswith("own_") and not row["livemode"] for row in kept)


async def test_a_hint_of_our_own_is_an_event_like_others(database: str) -> None:
    async with transaction():
        await note("comp_1", "sub_1", "op_1:1")
        await note("comp_1", "sub_1", "op_1:1")

    (claimed,) = await claim_events(5, "lease_1")

    assert claimed.object_id == "sub_1"
    assert len(await rows()) == 1


async def test_tickets_only_rise_however_many_take_one(database: str) -> None:
    taken = await asyncio.gather(*(next_ticket() for _ in range(40)))

    assert len(set(taken)) == 40
    assert await next_ticket() > max(taken)
