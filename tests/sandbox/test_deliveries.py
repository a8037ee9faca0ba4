"""Deliveries go wrong as told: late, lost, forged, out of order, and never made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import stripe

from tests.sandbox.conftest import Control, served
from tests.sandbox.receiving import Receiver, attempted, listen, settled
from tests.sandbox.selling import ada


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A seller's endpoint on loopback."""
    async with receiving() as found:
        yield found


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Serve an endpoint."""
    found = Receiver()
    async with served(lambda _: found) as address:
        found.address = address
        yield found


def _is_believed(receiver: Receiver, secret: str) -> bool:
    try:
        stripe.Webhook.construct_event(receiver.bodies[-1], receiver.signatures[-1], secret)
    except stripe.SignatureVerificationError:
        return False
    return True


async def test_attempts_follow_the_accounts_clock_and_end_after_three_more(
    api: Any, control: Control, receiver: Receiver
) -> None:
    receiver.statuses = [500] * 10
    await listen(api, receiver, "customer.created")
    await ada(api)
    for attempts in (1, 2, 3):
        await attempted(control, attempts)
        await control.post("clock", {"advance": 3600})
    last = await attempted(control, 4)

    await control.post("clock", {"advance": 30 * 86_400})

    assert (last["state"], last["last_status"]) == ("failed", 500)
    assert len(receiver.bodies) == 4


async def test_the_number_of_attempts_can_be_set(
    api: Any, control: Control, receiver: Receiver
) -> None:
    await control.post("webhooks", {"tries": 1})
    receiver.statuses = [500]
    await listen(api, receiver, "customer.created")
    await ada(api)

    (delivery,) = await settled(control)

    assert (delivery["state"], delivery["attempts"]) == ("failed", 1)


async def test_a_delivery_can_be_delayed_until_the_clock_moves(
    api: Any, control: Control, receiver: Receiver
) -> None:
    await control.post("webhooks", {"delay": 600, "spread": 60, "seed": 1})
    await listen(api, receiver, "customer.created")
    await ada(api)
    await asyncio.sleep(0.1)
    at_first = len(receiver.bodies)

    await control.post("clock", {"advance": 661})
    await receiver.wait_for(1)

    assert at_first == 0


async def test_every_endpoint_gets_the_event_and_a_failing_one_holds_up_no_other(
    api: Any, control: Control, receiver: Receiver
) -> None:
    async with receiving() as second:
        second.statuses = [500] * 4
        await control.post("webhooks", {"tries": 1})
        await listen(api, receiver, "customer.created")
        await listen(api, second, "customer.created")
        await ada(api)
        states = {each["state"] for each in await settled(control)}

    assert states == {"delivered", "failed"}
    assert (len(receiver.bodies), len(second.bodies)) == (1, 1)


@pytest.mark.parametrize(
    ("how", "believed"),
    [("right", True), ("another", False), ("stale", False), ("missing", False)],
)
async def test_signatures_can_be_such_that_nobody_should_believe_them(
    api: Any, control: Control, receiver: Receiver, how: str, believed: bool
) -> None:
    endpoint = await listen(api, receiver, "customer.created")
    await control.post("webhooks", {"signature": how})

    await ada(api)
    await receiver.wait_for(1)

    assert _is_believed(receiver, endpoint.secret) is believed


async def test_a_former_secret_counts_until_its_time_is_over(
    api: Any, control: Control, receiver: Receiver
) -> None:
    endpoint = await listen(api, receiver, "customer.created")
    rolled = await control.post(f"webhook_endpoints/{endpoint.id}/roll", {"keep_for": 3600})
    await ada(api)
    await receiver.wait_for(1)
    meanwhile = _is_believed(receiver, endpoint.secret), _is_believed(receiver, rolled["secret"])
    await control.post("clock", {"advance": 3601})

    await ada(api)
    await receiver.wait_for(2)

    assert meanwhile == (True, True)
    assert not _is_believed(receiver, endpoint.secret)
    assert _is_believed(receiver, rolled["secret"])


async def test_one_event_can_be_replayed_as_forged(
    api: Any, control: Control, receiver: Receiver
) -> None:
    endpoint = await listen(api, receiver, "customer.created")
    await ada(api)
    await receiver.wait_for(1)

    event = receiver.events()[0]["id"]
    await control.post(f"events/{event}/replay", {"signature": "another"})
    await receiver.wait_for(2)

    assert receiver.events()[1]["id"] == event
    assert not _is_believed(receiver, endpoint.secret)


async def test_drops_by_seed_hit_the_same_deliveries_and_are_listed_as_undelivered(
    api: Any, control: Control, receiver: Receiver
) -> None:
    await listen(api, receiver, "customer.created")
    await control.post("webhooks", {"drop": 0.5, "seed": 5})
    made = [(await ada(api)).id for _ in range(10)]
    dropped = [each["state"] == "dropped" for each in await settled(control)]

    lost = await api.events.list_async({"delivery_success": False, "limit": 100})
    got = await api.events.list_async({"delivery_success": True, "limit": 100})
    await control.post("webhooks", {"drop": 0})
    again = await control.post("events/replay", {"undelivered": True})
    await settled(control)

    assert {each.data.object.id for each in lost.data} == {
        id for id, was_dropped in zip(made, dropped, strict=True) if was_dropped
    }
    assert {each.pending_webhooks for each in lost.data} == {1}
    assert len(got.data) == dropped.count(False)
    assert again == {"events": dropped.count(True), "deliveries": dropped.count(True)}
    assert (await api.events.list_async({"delivery_success": False})).data == []
    assert dropped == [True, True, False, True, False, False, True, True, True, False]


async def test_all_events_of_a_type_can_be_replayed(
    api: Any, control: Control, receiver: Receiver
) -> None:
    await listen(api, receiver)
    customer = await ada(api)
    await api.customers.update_async(customer.id, {"name": "Ada King"})
    await receiver.wait_for(2)

    await control.post("events/replay", {"type": "customer.updated", "times": 3})
    await receiver.wait_for(5)

    assert [each["type"] for each in receiver.events()][2:] == ["customer.updated"] * 3


async def test_an_event_can_fail_to_come_to_be(api: Any, control: Control) -> None:
    await control.post("webhooks", {"not_generated": 1.0})
    made = await ada(api)
    await control.post("webhooks", {"not_generated": 0.5, "seed": 2})
    for _ in range(20):
        await ada(api)

    assert (await api.customers.retrieve_async(made.id)).name == "Ada Lovelace"
    events = (await control.get("events"))["events"]
    assert made.id not in {each["data"]["object"]["id"] for each in events}
    assert 0 < len(events) < 20


@pytest.mark.parametrize("senders", [1, 4])
async def test_so_many_senders_work_at_once(
    api: Any, control: Control, receiver: Receiver, senders: int
) -> None:
    receiver.takes_s = 0.02
    await listen(api, receiver, "customer.created")
    await control.post("webhooks", {"paused": True, "senders": senders})
    made = [(await ada(api)).id for _ in range(8)]

    await control.post("webhooks", {"paused": False})
    await receiver.wait_for(8)

    assert receiver.most_at_once == senders
    if senders == 1:
        assert [each["data"]["object"]["id"] for each in receiver.events()] == made


@pytest.mark.parametrize(
    "nonsense",
    [{"drop": 2}, {"signature": "forged"}, {"senders": 0}, {"speed": 1}],
)
async def test_settings_that_make_no_sense_are_refused(
    http: aiohttp.ClientSession, control: Control, nonsense: Any
) -> None:
    url = f"{control.address}/_sandbox/webhooks?key={control.key}"
    async with http.post(url, json=nonsense) as reply:
        assert reply.status == 400
