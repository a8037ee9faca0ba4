"""A transaction is all or nothing, belongs to its task, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from portal.billing.tables import Ticket
from portal.database import (
    engine,
    is_sqlite,
    is_unique_violation,
    run_sql,
    savepoint,
    transaction,
)
from portal.errors import DatabaseBusy
from portal.operations.tables import Pause


async def pause(company: str) -> None:
    await run_sql(
        "INSERT INTO pause (company, reason, since) VALUES ({}, '', '2030-01-01 00:00:00+00:00')",
        company,
    )


async def paused() -> set[str]:
    return {row["company"] for row in await Pause.select(Pause.company)}


async def count_up() -> None:
    async with transaction():
        (row,) = await run_sql("SELECT value FROM ticket WHERE id = {}", 1)
        assert row["value"] >= 0
        await run_sql("UPDATE ticket SET value = value + 1 WHERE id = {}", 1)


async def ticket() -> int:
    (row,) = await run_sql("SELECT value FROM ticket")
    return int(row["value"])


async def test_fifty_writers_who_read_first_all_succeed(database: str) -> None:
    async def writer() -> None:
        for _ in range(10):
            await count_up()

    await asyncio.gather(*(writer() for _ in range(50)))

    assert await ticket() == 500


async def test_an_error_undoes_the_whole_block(database: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await pause("ada")
            raise ZeroDivisionError

    assert await paused() == set()


async def test_a_block_sees_its_own_rows_and_others_see_them_after_it(database: str) -> None:
    async with transaction():
        await pause("ada")
        assert await paused() == {"ada"}

    assert await paused() == {"ada"}


async def test_transactions_do_not_nest(database: str) -> None:
    async with transaction():
        with pytest.raises(RuntimeError, match="do not nest"):
            transaction()
        await pause("ada")

    assert await paused() == {"ada"}


async def test_a_savepoint_undoes_only_its_own_block(database: str) -> None:
    async with transaction():
        await pause("ada")
        with pytest.raises(Exception, match=r".") as caught:
            async with savepoint():
                await pause("grace")
                await pause("ada")
        async with savepoint():
            await pause("mallory")

    assert is_unique_violation(caught.value)
    assert await paused() == {"ada", "mallory"}


async def test_a_savepoint_needs_a_transaction(database: str) -> None:
    with pytest.raises(RuntimeError, match="needs a transaction"):
        async with savepoint():
            pass


async def test_an_error_caught_without_a_savepoint_is_never_lost_in_silence(database: str) -> None:
    async def catch_it() -> None:
        async with transaction():
            await pause("ada")
            with pytest.raises(Exception, match=r".") as caught:
                await pause("ada")
            assert is_unique_violation(caught.value)

    if is_sqlite():
        await catch_it()
        assert await paused() == {"ada"}
    else:
        with pytest.raises(RuntimeError, match="without a savepoint"):
            await catch_it()
        assert await paused() == set()


async def test_a_child_task_cannot_write_into_its_parents_transaction(database: str) -> None:
    with pytest.raises(RuntimeError, match="inherited"):
        async with transaction():
            await pause("ada")
            await asyncio.create_task(pause("mallory"))

    assert await paused() == set()


async def test_a_child_task_is_refused_when_its_parents_transaction_is_over(database: str) -> None:
    go_on = asyncio.Event()

    async def child() -> None:
        await go_on.wait()
        await pause("mallory")

    async with transaction():
        task = asyncio.create_task(child())
        await pause("ada")
    go_on.set()

    with pytest.raises(RuntimeError, match="inherited"):
        await task
    assert await paused() == {"ada"}


async def test_a_child_task_cannot_open_its_own_inside_its_parents(database: str) -> None:
    async with transaction():
        with pytest.raises(RuntimeError, match="do not nest"):
            await asyncio.create_task(count_up())


@pytest.fixture
async def deferred(database: str) -> AsyncIterator[None]:
    """A table whose foreign key is checked only at COMMIT."""
    await run_sql(
        "CREATE TABLE orphan (company VARCHAR(40) REFERENCES company (id)"
        " DEFERRABLE INITIALLY DEFERRED)"
    )
    yield
    await run_sql("DROP TABLE orphan")


async def test_a_failed_commit_harms_nothing_that_comes_after(deferred: None) -> None:
    for _ in range(25):
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            async with transaction():
                await pause("mallory")
                await run_sql("INSERT INTO orphan (company) VALUES ('nobody')")

        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await pause("grace")
                raise ZeroDivisionError
        await count_up()

    assert await paused() == set()
    assert await ticket() == 25
    assert engine().current_transaction.get() is None


async def test_a_single_statement_that_fails_at_its_commit_harms_nothing(deferred: None) -> None:
    for _ in range(25):
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await run_sql("INSERT INTO orphan (company) VALUES ('nobody')")

    await count_up()
    assert await run_sql("SELECT * FROM orphan") == []


async def test_a_storm_of_cancellations_leaves_nothing_open(database: str) -> None:
    chance = random.Random(7)
    done: list[int] = []

    async def writer(number: int) -> None:
        async with transaction():
            await run_sql("UPDATE ticket SET value = value + 1")
            await asyncio.sleep(chance.random() / 500)
            await pause(str(number))
        done.append(number)

    tasks = [asyncio.create_task(writer(number)) for number in range(300)]
    for task in tasks:
        await asyncio.sleep(chance.random() / 500)
        if chance.random() < 0.7:
            task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} <= {type(None), asyncio.CancelledError}
    assert set(map(str, done)) <= await paused()
    assert await ticket() == len(await paused())
    await asyncio.gather(*(count_up() for _ in range(50)))


async def test_a_cancelled_task_goes_on_in_a_clean_state(database: str) -> None:
    async def stubborn() -> None:
        try:
            async with transaction():
                await pause("mallory")
                await asyncio.sleep(60)
        except asyncio.CancelledError:
            await count_up()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0.05)
    task.cancel()
    await task

    assert await paused() == set()
    assert await ticket() == 1


async def test_a_mistake_of_ours_is_not_called_busy(database: str) -> None:
    with pytest.raises(Exception, match="no_such_table") as caught:
        await run_sql("SELECT * FROM no_such_table")

    assert not isinstance(caught.value, DatabaseBusy)
    assert not is_unique_violation(caught.value)


async def test_placeholders_take_any_value(database: str) -> None:
    nasty = "'; DROP TABLE ticket; -- {} $1 ?"

    await pause(nasty)

    assert await run_sql("SELECT company FROM pause WHERE company = {}", nasty) == [
        {"company": nasty}
    ]


async def test_piccolo_joins_the_transaction_of_the_task(database: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            async with engine().transaction():
                await Ticket.update({Ticket.value: 7}, force=True)
            raise ZeroDivisionError

    assert await ticket() == 0


async def test_piccolo_may_open_one_of_its_own(database: str) -> None:
    async with engine().transaction():
        await Ticket.update({Ticket.value: 7}, force=True)

    assert await ticket() == 7
