"""The courier: everything arrives, in its time, and who hangs holds up nobody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal import clock
from portal.database import run_sql
from portal.deliveries import wire as wire_module
from portal.deliveries.claim import LEASE, OFF_AFTER, claim, save
from portal.deliveries.endpoint import sealed_secrets
from portal.deliveries.endpoints import find_endpoint, rotate_secret
from portal.deliveries.schedule import STEPS
from portal.deliveries.send import Courier
from portal.deliveries.signature import Secret
from portal.deliveries.wire import Answer
from portal.errors import DatabaseBusy
from portal.operations.wake import wake
from portal.settings import configure
from portal.sites.storefront import Storefront
from portal.worker import Worker
from tests.databases import ON_SQLITE
from tests.deliveries.receiver import Receiver, receiving
from tests.deliveries.telling import deliveries, listen_at, open_storefronts, tell

WITHIN_S = 20.0


@pytest.fixture
async def site(database: str) -> Storefront:
    configure(webhook_private_hosts="127.0.0.1")
    return (await open_storefronts())[0]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def courier(database: str) -> AsyncIterator[Courier]:
    courier = Courier()
    yield courier
    await courier.stop(0.0)


async def until_told(receiver: Receiver, times: int = 1) -> None:
    async with asyncio.timeout(WITHIN_S):
        while len(receiver.taken) < times:  # noqa: ASYNC110 - another process may be told
            await asyncio.sleep(0.01)


@contextmanager
def later(moment: datetime) -> Iterator[None]:
    """Be there just after this moment; the event loop's own clock goes on as ever."""
    with time_machine.travel(moment + timedelta(seconds=1), tick=True):
        yield


async def the_delivery() -> dict[str, Any]:
    (row,) = await deliveries()
    return row


async def test_what_was_announced_arrives_signed(
    site: Storefront, receiver: Receiver, courier: Courier
) -> None:
    endpoint, former = await listen_at(site, receiver.url)
    present = await rotate_secret("comp_1", endpoint.id, actor="operator")
    await tell()

    await courier.run_until_idle()

    (taken,) = receiver.taken
    for secret in (former, present):
        assert taken.verified(secret)["type"] == "customer.updated"
    row = await the_delivery()
    assert taken.headers["webhook-id"] == row["event"]
    assert (row["state"], row["status"], row["attempts"]) == ("done", 204, 1)
    assert row["lease_token"] is None


async def test_a_worker_sends_at_once_what_it_is_woken_for(
    site: Storefront, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.deliveries.send._LOOK_EVERY_S", 10 * WITHIN_S)
    await listen_at(site, receiver.url)
    worker = Worker()
    await worker.start()
    await asyncio.sleep(0.05)

    await tell()
    wake()

    await until_told(receiver)
    await worker.stop(2.0)
    assert (await the_delivery())["state"] == "done"


async def test_it_is_tried_on_the_schedule_under_one_id_and_then_given_up(
    site: Storefront, courier: Courier
) -> None:
    async with receiving(status=500, words=b"not now") as receiver:
        await listen_at(site, receiver.url)
        await tell()
        moment, waits = clock.now(), []
        for _ in range(len(STEPS) + 1):
            with later(moment):
                await courier.run_until_idle()
            row = await the_delivery()
            if row["state"] == "waiting":
                assert (row["status"], row["said"]) == (500, "not now")
                waits.append(clock.stored_moment(row["next_at"]) - moment)
                moment = clock.stored_moment(row["next_at"])

    assert (row["state"], row["attempts"]) == ("failed", len(STEPS) + 1)
    for waited, step in zip(waits, STEPS, strict=True):
        assert 0.9 * step <= waited <= 1.1 * step + timedelta(seconds=5)
    assert len({(taken.headers["webhook-id"], taken.body) for taken in receiver.taken}) == 1
    assert len({taken.headers["webhook-timestamp"] for taken in receiver.taken}) > 1


async def test_an_endpoint_that_says_it_is_gone_is_told_nothing_more(
    site: Storefront, courier: Courier
) -> None:
    async with receiving(status=410) as receiver:
        endpoint, _ = await listen_at(site, receiver.url)
        for _ in range(5):
            await tell()
        await courier.run_until_idle()
        await tell()
        await courier.run_until_idle()

    gone = await find_endpoint("comp_1", endpoint.id)
    assert (gone.state, gone.why) == ("gone", "gone")
    states = [row["state"] for row in await deliveries()]
    assert "waiting" not in states
    assert 1 <= states.count("failed") <= 2
    assert len(receiver.taken) <= 2
    (entry,) = await run_sql("SELECT * FROM audit_entry WHERE actor = 'worker'")
    assert (entry["action"], entry["object_id"]) == ("webhook_endpoint.turned_off", endpoint.id)


@ON_SQLITE
@pytest.mark.parametrize(
    ("failing", "is_last_try", "state"),
    [
        (OFF_AFTER + timedelta(hours=1), True, "off"),
        (OFF_AFTER + timedelta(hours=1), False, "on"),
        (OFF_AFTER - timedelta(hours=1), True, "on"),
    ],
)
async def test_an_endpoint_is_turned_off_that_took_nothing_for_five_days(
    site: Storefront, courier: Courier, failing: timedelta, is_last_try: bool, state: str
) -> None:
    async with receiving(status=503) as receiver:
        endpoint, _ = await listen_at(site, receiver.url)
        await tell()
        await run_sql("UPDATE webhook_endpoint SET failing_since = {}", clock.now() - failing)
        await run_sql("UPDATE webhook_delivery SET attempts = {}", len(STEPS) * is_last_try)
        await courier.run_until_idle()

    found = await find_endpoint("comp_1", endpoint.id)
    assert (found.state, found.why) == (state, "failing" if state == "off" else "")


@ON_SQLITE
async def test_one_that_arrives_ends_the_failing(
    site: Storefront, receiver: Receiver, courier: Courier
) -> None:
    endpoint, _ = await listen_at(site, receiver.url)
    receiver.status = 500
    await tell()
    await courier.run_until_idle()
    assert (await find_endpoint("comp_1", endpoint.id)).failing_since is not None
    receiver.status = 200
    await tell()
    await courier.run_until_idle()

    assert (await find_endpoint("comp_1", endpoint.id)).failing_since is None


async def test_who_hangs_holds_up_nobody_else(
    site: Storefront, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred wait for one that never answers; the other is told as if there were no such."""
    async with receiving() as hanging:
        hanging.is_open.clear()
        monkeypatch.setattr(wire_module, "PATIENCE_S", WITHIN_S)
        await listen_at(site, hanging.url, types=["customer.deleted"])
        await listen_at(site, receiver.url, types=["customer.updated"])
        for _ in range(200):
            await tell("customer.deleted")
        courier, took = Courier(), []
        await courier.start()
        await until_told(hanging)
        for number in range(1, 21):
            began = time.monotonic()
            await tell()
            wake()
            await until_told(receiver, number)
            took.append(time.monotonic() - began)
        await courier.stop(0.0)

    # Some hundredths of a second on a quiet machine; whoever had to wait would wait WITHIN_S.
    assert sorted(took)[18] < WITHIN_S / 4
    assert hanging.most_at_once <= 2


@ON_SQLITE
async def test_many_that_are_late_leave_half_of_the_room(
    site: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_module, "PATIENCE_S", 0.3)
    async with receiving() as hanging:
        hanging.is_open.clear()
        for number in range(12):
            await listen_at(site, f"{hanging.url}/{number}")
        for _ in range(4):
            await tell()
        courier = Courier()
        await courier.start()
        # Twice sixteen, and eight more: by then each of them was late.
        await until_told(hanging, 44)
        counted = hanging.at_once
        await courier.stop(0.0)

    assert hanging.most_at_once <= 16
    assert counted <= 8


async def test_who_dies_between_sending_and_saving_has_it_sent_again(
    site: Storefront, receiver: Receiver, courier: Courier
) -> None:
    endpoint, _ = await listen_at(site, receiver.url)
    await tell()
    (dead,) = await claim(endpoint.id, 5)
    await courier._try(dead)
    assert len(receiver.taken) == 1
    await courier.run_until_idle()
    assert len(receiver.taken) == 1

    with later(clock.now() + LEASE):
        await courier.run_until_idle()
        # What comes back from the dead by then holds no lease.
        await save(dead, Answer(500, 1, ""))

    row = await the_delivery()
    assert (row["state"], row["attempts"]) == ("done", 2)
    first, second = receiver.taken
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_everything_arrives_through_a_storm(
    site: Storefront, receiver: Receiver, courier: Courier
) -> None:
    """Couriers are broken off in the middle, one answer of three is a failure, two compete."""
    await listen_at(site, receiver.url)
    for number in range(60):
        await tell(customer=f"cust_{number}")
    receiver.fails_every = 3
    moment, waiting = clock.now(), await deliveries()
    for _ in range(len(STEPS) + 1):
        with later(moment):
            rivals = [Courier(), Courier()]
            for rival in rivals:
                await rival.start()
            await until_told(receiver, len(receiver.taken) + min(4, len(waiting)))
            await asyncio.gather(*(rival.stop(0.0) for rival in rivals))
            await courier.run_until_idle()
        waiting = [row for row in await deliveries() if row["state"] == "waiting"]
        if not waiting:
            break
        moment = max(clock.stored_moment(row["next_at"]) for row in waiting) + LEASE

    told = await deliveries()
    assert {row["state"] for row in told} == {"done"}
    arrived = {taken.headers["webhook-id"] for taken in receiver.taken}
    assert arrived == {row["event"] for row in told}
    assert len(receiver.taken) > len(arrived) == 60


async def test_each_is_claimed_by_one_worker_only(site: Storefront, receiver: Receiver) -> None:
    endpoint, _ = await listen_at(site, receiver.url)
    for _ in range(10):
        await tell()

    claimed = await asyncio.gather(*(claim(endpoint.id, 3) for _ in range(5)))

    ids = [delivery.id for some in claimed for delivery in some]
    assert len(ids) == len(set(ids)) == 10


@ON_SQLITE
async def test_a_worker_that_stops_gives_back_what_it_has_under_way(site: Storefront) -> None:
    async with receiving() as hanging:
        hanging.is_open.clear()
        await listen_at(site, hanging.url)
        await tell()
        courier = Courier()
        await courier.start()
        await until_told(hanging)
        await courier.stop(0.0)

        row = await the_delivery()
        assert (row["state"], row["attempts"], row["lease_token"]) == ("waiting", 0, None)


@ON_SQLITE
async def test_where_nobody_listens_the_courier_asks_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_storefronts()
    asked: list[str] = []

    async def noted(*_: object) -> list[str]:
        asked.append("due")
        return []

    monkeypatch.setattr("portal.deliveries.send.due_endpoints", noted)
    courier = Courier()
    await courier.run_until_idle()

    assert asked == []


@ON_SQLITE
@pytest.mark.parametrize("is_last_try", [False, True])
@pytest.mark.parametrize("is_sealed", [False, True])
async def test_what_cannot_be_sent_fails_by_the_schedule_and_stops_none_of_the_others(
    site: Storefront,
    receiver: Receiver,
    courier: Courier,
    caplog: pytest.LogCaptureFixture,
    is_sealed: bool,
    is_last_try: bool,
) -> None:
    broken, _ = await listen_at(site, receiver.url)
    await listen_at(site, receiver.url)
    secrets = sealed_secrets([Secret("whsec_é")]) if is_sealed else "none"
    await run_sql("UPDATE webhook_endpoint SET secrets = {} WHERE id = {}", secrets, broken.id)
    await tell()
    await run_sql("UPDATE webhook_delivery SET attempts = {}", len(STEPS) * is_last_try)

    await courier.run_until_idle()

    assert len(receiver.taken) == 1
    assert (
        "unsendable delivery" if is_sealed else f"unreadable endpoint={broken.id}"
    ) in caplog.text
    (row,) = [one for one in await deliveries() if one["endpoint"] == broken.id]
    assert (row["status"], row["said"], row["lease_token"]) == (None, "unsendable", None)
    assert row["attempts"] == len(STEPS) * is_last_try + 1
    assert row["state"] == ("failed" if is_last_try else "waiting")


@ON_SQLITE
async def test_an_address_that_may_no_longer_be_called_is_not(
    site: Storefront, receiver: Receiver, courier: Courier
) -> None:
    await listen_at(site, receiver.url)
    await tell()
    configure(webhook_private_hosts="")

    await courier.run_until_idle()

    row = await the_delivery()
    assert (row["state"], row["status"], row["said"]) == ("waiting", None, "url_not_https")
    assert receiver.taken == []


@ON_SQLITE
async def test_what_cannot_be_saved_at_once_is_saved_a_little_later(
    site: Storefront, receiver: Receiver, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await listen_at(site, receiver.url)
    await tell()
    is_busy = iter((True, True, False))

    async def busy_at_first(*given: Any) -> None:
        if next(is_busy):
            raise DatabaseBusy
        await save(*given)

    monkeypatch.setattr("portal.deliveries.send.save", busy_at_first)
    await courier.run_until_idle()

    assert (await the_delivery())["state"] == "done"
    assert len(receiver.taken) == 1
