"""Entries are sealed once, by one process, in the order in which they are seen."""

from __future__ import annotations

import asyncio

import pytest

from portal.audit import record as recording
from portal.audit import seal
from portal.audit.record import record
from portal.audit.seal import Head, seal_entries
from portal.database import run_sql, transaction
from tests.audit.trail import found, written
from tests.databases import ON_POSTGRES, ON_SQLITE


async def test_a_newest_end_that_was_cut_off_is_seen_by_a_head_noted_elsewhere(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "portal.audit.seal")
    known: dict[str, Head] = {}
    await written(5)
    await seal_entries(known)
    older = (await found()).head
    await written(5)
    await seal_entries(known)
    newer = (await found()).head

    before = caplog.text
    await run_sql("DELETE FROM audit_entry WHERE number > 5")
    await written(4)
    unsealed = await found("comp_1", older, newer)
    await seal_entries(known)
    after = await found("comp_1", older, newer)

    assert (unsealed.count, unsealed.waiting) == (5, 4)
    assert (after.count, after.waiting, after.fault) == (9, 0, None)
    assert after.heads == {older}
    assert f"audit.sealed company=comp_1 number=10 head={newer}" in before
    assert "audit.cut_off" not in before
    assert f"audit.cut_off company=comp_1 number=10 head={newer}" in caplog.text


@ON_SQLITE
async def test_a_trail_that_was_unsealed_changed_and_sealed_anew_is_told_of(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    known: dict[str, Head] = {}
    await written(5)
    await seal_entries(known)
    head = known["comp_1"]

    unsealed = "UPDATE audit_entry SET number = NULL, hash = NULL"
    await run_sql(unsealed)
    await seal_entries(known)
    assert (known["comp_1"], caplog.text) == (head, "")

    await run_sql(f"{unsealed}, actor = 'worker'")
    await seal_entries(known)

    assert (await found()).fault is None
    assert f"audit.cut_off company=comp_1 number=5 head={head.hash}" in caplog.text


async def test_several_who_seal_at_once_make_one_chain(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "BATCH", 20)
    await written(60)

    for _ in range(3):
        await asyncio.gather(*(seal_entries() for _ in range(4)), written(5))
    await seal_entries()

    now = await found()
    assert (now.count, now.waiting, now.fault) == (75, 0, None)


@ON_POSTGRES
async def test_while_one_seals_another_does_nothing_and_whoever_writes_does_not_wait(
    database: str,
) -> None:
    await written(5)
    sealing, may_end = asyncio.Event(), asyncio.Event()

    async def seal_slowly() -> None:
        async with transaction():
            assert await seal._is_alone()
            await seal._seal_batch()
            sealing.set()
            await may_end.wait()

    slow = asyncio.create_task(seal_slowly())
    async with asyncio.timeout(10):
        await sealing.wait()
        await written(1)
        await seal_entries()
        meanwhile = await found()
        may_end.set()
        await slow

    assert (meanwhile.count, meanwhile.waiting) == (0, 6)
    assert ((await found()).count, (await found()).waiting) == (5, 1)
    await seal_entries()
    assert ((await found()).count, (await found()).fault) == (6, None)


@ON_POSTGRES
async def test_an_entry_that_is_committed_after_later_ones_were_sealed_follows_them(
    database: str,
) -> None:
    has_written, may_commit = asyncio.Event(), asyncio.Event()

    async def write_slowly() -> None:
        async with transaction():
            await record("customer.signed_up", company="comp_1", actor="customer", object_id="late")
            has_written.set()
            await may_commit.wait()

    slow = asyncio.create_task(write_slowly())
    await has_written.wait()
    await written(2)
    await seal_entries()
    may_commit.set()
    await slow
    await seal_entries()

    rows = await run_sql("SELECT id, number, object_id FROM audit_entry ORDER BY number")
    assert [row["object_id"] for row in rows] == ["cust_0", "cust_1", "late"]
    assert rows[2]["id"] < rows[0]["id"]
    assert ((await found()).count, (await found()).fault) == (3, None)


@ON_SQLITE
async def test_writing_an_entry_is_one_statement(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = []

    async def counted(sql: str, *args: object) -> object:
        statements.append(sql)
        return await run_sql(sql, *args)

    monkeypatch.setattr(recording, "run_sql", counted)
    await written(1)

    assert len(statements) == 1
