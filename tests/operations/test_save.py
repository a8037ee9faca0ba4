"""Saving: whoever lost the lease says nothing any more, but for a result of the same key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.database import run_sql
from portal.operations import save
from portal.operations.backoff import key_of
from portal.operations.claim import LEASE
from portal.operations.keep_lease import extend
from portal.operations.step import Claimed
from tests.operations.owing import claim_all, claim_one, make_due, owe, row_of

CHANGES: dict[str, Callable[[Claimed], Awaitable[bool]]] = {
    "finish": lambda op: save.finish(op, "bell_1"),
    "postpone": lambda op: save.postpone(op, clock.now(), "code", "text"),
    "renew": lambda op: save.renew(op, clock.now(), "code", "text"),
    "refuse": lambda op: save.refuse(op, "code", "text"),
    "fail": lambda op: save.fail(op, "code", "text"),
    "hold": save.hold,
    "release": save.release,
    "look": lambda op: save.finish(op, "stays", only_looked=True),
    "extend": extend,
}


@pytest.mark.parametrize("change", sorted(CHANGES.keys() - {"finish"}))
async def test_without_the_lease_nothing_is_changed(database: str, change: str) -> None:
    await owe()
    late = await claim_one()
    with time_machine.travel(clock.now() + LEASE * 1.5, tick=False):
        await claim_one()
    before = await row_of(late)

    assert not await CHANGES[change](late)

    assert await row_of(late) == before


async def test_a_result_is_kept_though_its_lease_was_taken(database: str) -> None:
    await owe()
    late = await claim_one()
    with time_machine.travel(clock.now() + LEASE * 1.5, tick=False):
        other = await claim_one()

    assert await save.finish(late, "bell_1")

    row = await row_of(late)
    assert (row["state"], row["result_id"], row["lease_token"]) == ("done", "bell_1", None)
    assert not await save.finish(other, "bell_1")


async def test_what_was_only_looked_at_is_not_kept_once_the_lease_ran_out(database: str) -> None:
    await owe()
    op = await claim_one()

    with time_machine.travel(clock.now() + LEASE * 1.5, tick=False):
        assert not await extend(op)
        assert not await save.finish(op, "goes", only_looked=True)

    assert await save.finish(op, "goes", only_looked=True)


async def test_a_result_of_an_earlier_key_is_not_kept(database: str) -> None:
    await owe()
    late = await claim_one()
    with time_machine.travel(clock.now() + LEASE * 1.5, tick=False):
        await save.renew(await claim_one(), clock.now(), "indeterminate", "It said 500.")

    assert not await save.finish(late, "bell_1")

    assert (await row_of(late))["state"] == "ready"


@pytest.mark.parametrize("change", CHANGES)
async def test_a_done_operation_stays_done(database: str, change: str) -> None:
    await owe()
    op = await claim_one()
    await save.finish(op, "bell_1")
    before = await row_of(op)

    assert not await CHANGES[change](op)

    assert await row_of(op) == before


async def test_done_forgets_the_parameters(database: str) -> None:
    await owe(params={"email": "ada@lovelace.example"})
    op = await claim_one()

    assert await save.finish(op, "bell_1")

    row = await row_of(op)
    assert (row["state"], row["params"], row["result_id"]) == ("done", "{}", "bell_1")


async def test_done_forgets_what_was_said_of_earlier_tries(database: str) -> None:
    await owe()
    op = await claim_one()
    await save.postpone(op, clock.now(), "refused", "No such address: ada@lovelace.example")
    again = await claim_one()

    assert await save.finish(again, "bell_1")

    row = await row_of(op)
    assert (row["error_code"], row["error_text"]) == ("refused", "")


async def test_a_postponed_one_keeps_its_key(database: str) -> None:
    await owe()
    op = await claim_one()
    await save.postpone(op, clock.now() + timedelta(seconds=9), "unanswered", "No answer.")
    assert await claim_all() == []
    await make_due()

    again = await claim_one()

    assert key_of(again, "acct_1") == key_of(op, "acct_1")
    assert again.first_sent_at == op.first_sent_at
    assert again.attempts == 2


async def test_a_renewed_one_gets_the_next_key_and_a_new_day(database: str) -> None:
    await owe(params={"bell": "door"})
    op = await claim_one()
    later = clock.now() + timedelta(minutes=1)
    await save.renew(op, later, "indeterminate", "It said 500.")

    with time_machine.travel(later + timedelta(seconds=1), tick=False):
        again = await claim_one()

    assert key_of(again, "acct_1") == f"onb:acct_1:{op.op_id}:ring_the_bell:2"
    assert again.first_sent_at > op.first_sent_at
    assert again.params == {"bell": "door"}


async def test_renewing_may_change_the_parameters(database: str) -> None:
    await owe(params={"bell": "door"})
    op = await claim_one()

    await save.renew(op, clock.now(), "refused", "No.", {"bell": "gate"})

    assert (await claim_one()).params == {"bell": "gate"}


async def test_only_a_refused_one_is_opened_again(database: str) -> None:
    await owe()
    op = await claim_one()
    assert not await save.reopen(op.id, {"bell": "gate"})
    await save.refuse(op, "no", "No.")

    assert await save.reopen(op.id, {"bell": "gate"})

    again = await claim_one()
    assert (again.generation, again.params, again.attempts) == (2, {"bell": "gate"}, 1)
    assert not again.has_failed


async def test_only_what_was_never_sent_is_changed(database: str) -> None:
    await owe(params={"bell": "door"})
    (row,) = await run_sql("SELECT id FROM operation")
    assert await save.replace_params(row["id"], {"bell": "gate"})

    op = await claim_one()
    await save.release(op)

    assert not await save.replace_params(op.id, {"bell": "garden"})
    assert (await claim_one()).params == {"bell": "gate"}


async def test_what_an_earlier_result_gave_is_filled_in(database: str) -> None:
    typed = 'Say "customer": null'
    await owe(params={"customer": None, "note": typed, "metadata": {"customer": "cust_1"}})
    await owe("stripe:grace", params={"customer": None})

    await save.fill("stripe:ada", "ring_the_bell", "customer", "cus_1")

    ada, grace = await claim_all()
    assert ada.params == {"customer": "cus_1", "note": typed, "metadata": {"customer": "cust_1"}}
    assert grace.params == {"customer": None}


async def test_what_was_refused_says_why_and_when(database: str) -> None:
    with time_machine.travel(clock.now(), tick=False):
        await owe()
        op = await claim_one()
        await save.refuse(op, "email_invalid", "Stripe knows no such address.")
        (row,) = await run_sql(
            "SELECT *, done_at = {} AS is_now FROM operation WHERE id = {}", clock.now(), op.id
        )

    assert (row["state"], row["error_code"]) == ("refused", "email_invalid")
    assert row["error_text"] == "Stripe knows no such address."
    assert row["is_now"]
    assert (row["lease_token"], row["lease_until"]) == (None, None)


async def test_sent_again_it_is_as_new(database: str) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        await owe()
        op = await claim_one()
        await save.refuse(op, "no", "No.")
        time.shift(timedelta(days=30))

        await save.reopen(op.id, {})

        row = await row_of(op)
        assert (row["state"], row["done_at"], row["first_sent_at"]) == ("ready", None, None)
        again = await claim_one()
        assert again.created_at == again.first_sent_at == clock.now()


async def test_only_a_refused_one_makes_room_for_another(database: str) -> None:
    await owe(once="bell:1")
    await owe()
    op = await claim_one()
    assert not await save.abandon(op.id)
    await save.refuse(op, "no", "No.")

    assert await save.abandon(op.id)

    row = await row_of(op)
    assert (row["state"], row["once"]) == ("failed", None)
    assert row["done_at"] is not None
    assert len(await claim_all()) == 1
    assert not await save.abandon(op.id)


async def test_one_that_has_a_second_key_is_not_changed(database: str) -> None:
    await owe(params={"bell": "door"})
    op = await claim_one()
    await save.renew(op, clock.now(), "indeterminate", "It said 500.")

    assert not await save.replace_params(op.id, {"bell": "gate"})


async def test_what_is_of_another_kind_or_was_done_is_not_filled_in(database: str) -> None:
    await owe(params={"customer": None})
    op = await claim_one()
    await save.refuse(op, "no", "No.")
    await owe(params={"customer": None}, once="other")

    await save.fill("stripe:ada", "another_kind", "customer", "cus_1")
    await save.fill("stripe:ada", "ring_the_bell", "customer", "cus_2")

    rows = await run_sql("SELECT params FROM operation ORDER BY id")
    assert [row["params"] for row in rows] == ['{"customer": null}', '{"customer": "cus_2"}']


async def test_the_first_reason_for_a_pause_stays(database: str) -> None:
    await save.pause_company("comp_1", "key revoked")
    await save.pause_company("comp_1", "another")
    await save.pause_company("comp_2", "key expired")
    await save.resume_company("comp_2")

    (row,) = await run_sql("SELECT * FROM pause")

    assert (row["company"], row["reason"]) == ("comp_1", "key revoked")
    assert row["since"] is not None
