"""What was told and answered is shown to its seller for a month, and can be told once more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.deliveries.announce import announce_test
from portal.deliveries.endpoint import EndpointIsOff
from portal.deliveries.endpoints import change_endpoint, remove_endpoint
from portal.deliveries.log import (
    KEPT,
    NoSuchDelivery,
    find_delivery,
    forget_deliveries,
    list_deliveries,
    replay,
)
from portal.deliveries.send import Courier
from portal.settings import configure
from portal.sites.storefront import Storefront
from tests.databases import ON_SQLITE
from tests.deliveries.receiver import Receiver, receiving
from tests.deliveries.telling import deliveries, events, listen_at, open_storefronts, tell

DELETED = "customer.deleted"


@pytest.fixture
async def site(database: str) -> Storefront:
    configure(webhook_private_hosts="127.0.0.1")
    return (await open_storefronts())[0]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def work() -> None:
    courier = Courier()
    await courier.run_until_idle()
    await courier.stop(0.0)


async def test_the_log_goes_page_by_page_both_ways_and_knows_its_seller(site: Storefront) -> None:
    endpoint, _ = await listen_at(site)
    for number in range(5):
        await tell(DELETED if number == 2 else "customer.updated")

    every = await list_deliveries("comp_1", {}, limit=9)
    ids, (deleted,) = [told.id for told in every], [told for told in every if told.type == DELETED]

    assert ids == sorted(ids, reverse=True)
    assert [told.id for told in await list_deliveries("comp_1", {}, limit=2)] == ids[:2]
    behind = await list_deliveries("comp_1", {}, limit=2, after=ids[1])
    assert [told.id for told in behind] == ids[2:4]
    ahead = await list_deliveries("comp_1", {}, limit=2, before=ids[4])
    assert [told.id for told in ahead] == ids[2:4]
    assert await list_deliveries("comp_1", {"type": DELETED}, limit=9) == [deleted]
    of_one = {"endpoint": endpoint.id, "state": "waiting"}
    assert len(await list_deliveries("comp_1", of_one, sites=["site_1"], limit=9)) == 5
    assert await list_deliveries("comp_1", of_one, sites=["site_2"], limit=9) == []
    assert await list_deliveries("comp_2", {}, limit=9) == []
    with pytest.raises(NoSuchDelivery):
        await find_delivery("comp_2", ids[0])


async def test_an_event_is_told_once_more_under_its_own_id(
    site: Storefront, receiver: Receiver
) -> None:
    _, secret = await listen_at(site, receiver.url)
    await tell()
    await work()
    (first,) = await list_deliveries("comp_1", {}, limit=9)

    again = await replay("comp_1", first.id)
    assert (await replay("comp_1", first.id)).id == again.id
    await work()
    third = await replay("comp_1", first.id)
    await work()

    assert (again.replay_of, third.replay_of) == (first.id, again.id)
    assert again.event == third.event == first.event
    assert {told.headers["webhook-id"] for told in receiver.taken} == {first.event}
    assert [told.verified(secret)["type"] for told in receiver.taken] == 3 * ["customer.updated"]
    assert [row["state"] for row in await deliveries()] == 3 * ["done"]


@ON_SQLITE
async def test_nothing_is_told_once_more_where_nothing_is_sent_or_by_another(
    site: Storefront,
) -> None:
    endpoint, _ = await listen_at(site)
    await tell()
    (first,) = await list_deliveries("comp_1", {}, limit=9)
    with pytest.raises(NoSuchDelivery):
        await replay("comp_2", first.id)
    await change_endpoint("comp_1", endpoint.id, is_on=False, actor="operator")

    with pytest.raises(EndpointIsOff):
        await replay("comp_1", first.id)
    with pytest.raises(EndpointIsOff):
        await announce_test("comp_1", endpoint.id)
    await remove_endpoint("comp_1", endpoint.id, actor="operator")
    with pytest.raises(EndpointIsOff):
        await replay("comp_1", first.id)

    assert len(await deliveries()) == 1


@ON_SQLITE
async def test_an_endpoint_can_be_tried_whatever_it_asks_for(
    site: Storefront, receiver: Receiver
) -> None:
    endpoint, secret = await listen_at(site, receiver.url, types=["customer.deleted"])

    delivery = await announce_test("comp_1", endpoint.id)
    await work()

    (taken,) = receiver.taken
    assert taken.verified(secret)["data"] == {"endpoint": endpoint.id}
    assert (await find_delivery("comp_1", delivery)).state == "done"


async def test_after_a_month_nothing_of_it_is_left(site: Storefront) -> None:
    await listen_at(site)
    await tell()
    with time_machine.travel(clock.now() + KEPT - timedelta(hours=1)):
        await forget_deliveries()
        assert len(await deliveries()) == 1
        await tell()

    with time_machine.travel(clock.now() + KEPT + timedelta(hours=1)):
        await forget_deliveries()

    assert len(await events()) == len(await deliveries()) == 1
