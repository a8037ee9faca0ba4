"""The same request twice: one effect, one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from portal import clock
from portal.access import repeats
from portal.access.keys import Caller
from portal.database import run_sql
from portal.onboarding import shown
from portal.privacy.erase import erase_what_is_due
from portal.privacy.wipe import wipe
from tests.api.calling import ADA, Program
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop

NAMED = {"idempotency-key": "a-name"}
NO_MORE: Mapping[str, str] = {}


async def create(
    program: Program, number: int = 0, headers: Mapping[str, str] = NO_MORE
) -> httpx.Response:
    body = ADA | {"email": f"ada{number}@lovelace.example"}
    return await program.post("/v1/customers", body, headers={**NAMED, **headers})


async def test_a_repeat_is_answered_alike(shop: Shop, program: Program) -> None:
    first = await create(program)
    await run_sql("UPDATE customer SET first_name = 'Grace'")
    again = await create(program)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    (row,) = await run_sql("SELECT * FROM answered")
    assert "lovelace" not in str(row).lower()


async def test_another_request_of_that_name_is_refused(shop: Shop, program: Program) -> None:
    await create(program)
    other = await create(program, 1)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_mismatch")
    assert len(await run_sql("SELECT id FROM customer")) == 1


async def test_what_was_refused_may_be_mended_under_the_same_name(
    shop: Shop, program: Program
) -> None:
    wrong = ADA | {"address": {"country": "QQ"}}
    refused = await program.post("/v1/customers", wrong, headers=NAMED)
    made = await create(program)

    assert (refused.status_code, made.status_code) == (422, 201)


@pytest.mark.parametrize("name", ["x" * 256, "", "\t", "a name"])
@ON_SQLITE
async def test_a_name_that_cannot_be_read_is_refused(program: Program, name: str) -> None:
    answer = await create(program, 0, {"idempotency-key": name})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_header")


async def test_of_many_at_once_one_does_it(shop: Shop, program: Program) -> None:
    async def until_answered(number: int) -> bytes:
        named = {"idempotency-key": f"a-name-{number}"}
        while (answer := await create(program, number, named)).status_code in (409, 503):
            assert answer.headers["retry-after"] == ("1" if answer.status_code == 409 else "5")
            await asyncio.sleep(0.01)
        assert answer.status_code == 201
        return answer.content

    told = await asyncio.gather(*(until_answered(number) for number in range(3) for _ in range(8)))

    assert len(set(told)) == 3
    assert len(await run_sql("SELECT id FROM customer")) == 3


@pytest.mark.parametrize("died", ["before", "after"])
async def test_who_dies_between_leaves_one_effect(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch, died: str
) -> None:
    """Before it was written down, or after it: as if the process was gone."""

    async def die(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    where = (repeats, "note_made") if died == "before" else (shown, "told_of_all")
    with monkeypatch.context() as patched:
        patched.setattr(*where, die)
        patched.setattr("portal.web.programs.repeats.note_made", repeats.note_made)
        with pytest.raises(asyncio.CancelledError):
            await create(program)
    busy = await create(program)
    await run_sql("UPDATE answered SET lease_until = {}", clock.now() - timedelta(seconds=1))
    again = await create(program)

    assert (busy.status_code, busy.json()["code"]) == (409, "idempotency_key_in_use")
    assert again.status_code == 201
    (customer,) = await run_sql("SELECT id FROM customer")
    assert again.json()["id"] == customer["id"]


async def test_who_was_taken_over_makes_nothing(shop: Shop, program: Program) -> None:
    begun = await repeats.begin(_caller(program), "POST x", "y")
    assert isinstance(begun, repeats.Begun)
    over = clock.now() - timedelta(seconds=1)
    await run_sql("UPDATE answered SET lease_until = {}", over)
    other = await repeats.begin(_caller(program), "POST x", "y")

    assert isinstance(other, repeats.Begun)
    with pytest.raises(repeats.InUse):
        await repeats.note_made(begun, "cust_1")
    await repeats.note_made(other, "cust_1")
    with pytest.raises(repeats.InUse):
        await repeats.note_made(other, "cust_2")
    with pytest.raises(repeats.InUse):
        await repeats.finish(begun, 201, {}, b"too late", customer=None)
    assert not await repeats.refuse(begun, 402, {}, b"too late")
    await repeats.finish(other, 201, {}, b"this alone", customer=None)
    told = await repeats.begin(_caller(program), "POST x", "y")
    assert isinstance(told, repeats.Answered)
    assert told.body == b"this alone"


async def test_an_answer_goes_with_whom_it_tells_of_and_all_after_two_days(
    shop: Shop, program: Program
) -> None:
    made = (await create(program)).json()["id"]
    await create(program, 1, {"idempotency-key": "other"})
    await wipe(made)
    left = await run_sql("SELECT customer, body FROM answered")
    await run_sql("UPDATE answered SET created_at = {}", clock.now() - repeats.KEPT)
    await repeats.forget_repeats()

    assert {row["customer"] == made: row["body"] is None for row in left} == {
        True: True,
        False: False,
    }
    assert await run_sql("SELECT id FROM answered") == []


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("end", ["deleted", "erased"])
async def test_a_late_repeat_makes_nobody_anew_and_tells_nothing(
    shop: Shop, program: Program, end: str, known: bool
) -> None:
    if known:
        await create(program, 0, {"idempotency-key": "before"})
    first = await create(program)
    made = first.json()["id"]
    await shop.work_in_the_end()
    if end == "deleted":
        await program.delete(f"/v1/customers/{made}")
    else:
        await program.post(f"/v1/customers/{made}/erase", headers=NAMED)
        await erase_what_is_due()

    late, gone = await create(program), await program.get(f"/v1/customers/{made}")

    assert first.status_code == (200 if known else 201)
    assert (late.status_code, late.json()["code"]) == (410, f"customer_{end}")
    assert late.json()["tombstone"] == gone.json()["tombstone"]
    assert len(await run_sql("SELECT id FROM customer")) == 1
    assert await run_sql("SELECT id FROM answered WHERE body IS NOT NULL") == []


async def test_what_is_answered_of_whom_was_just_erased_is_not_kept(
    shop: Shop, program: Program
) -> None:
    made = (await create(program)).json()["id"]
    begun = await repeats.begin(_caller(program), "POST x", "y")
    assert isinstance(begun, repeats.Begun)
    await wipe(made)
    await repeats.finish(begun, 200, {}, b"Ada", customer=made)
    again = await repeats.begin(_caller(program), "POST x", "y")

    assert isinstance(again, repeats.Answered)
    assert (again.status, again.body, again.about) == (410, b"", made)


def _caller(program: Program) -> Caller:
    return Caller(program.key_id, "comp_1", "sk", frozenset(), (), False, 600)
