"""Events reach the endpoints that asked for them, signed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control, served
from tests.sandbox.receiving import Receiver, listen, settled
from tests.sandbox.selling import a_price, ada


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A seller's endpoint on loopback."""
    found = Receiver()
    async with served(lambda _: found) as address:
        found.address = address
        yield found


async def test_a_delivery_is_signed_so_that_the_sdk_believes_it(
    api: Any, receiver: Receiver
) -> None:
    endpoint = await listen(api, receiver, "customer.created")
    customer = await ada(api)
    await receiver.wait_for(1)

    event = stripe.Webhook.construct_event(
        receiver.bodies[0], receiver.signatures[0], endpoint.secret
    )

    assert (event.type, event.data.object.id) == ("customer.created", customer.id)
    assert (event.api_version, event.livemode) == ("2026-10-28.endive", False)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(receiver.bodies[0], receiver.signatures[0], "whsec_other")


async def test_an_endpoint_gets_only_what_it_asked_for(api: Any, receiver: Receiver) -> None:
    await listen(api, receiver, "customer.updated")
    customer = await ada(api)
    await api.customers.update_async(customer.id, {"name": "Ada King"})

    await receiver.wait_for(1)

    (event,) = receiver.events()
    assert event["data"]["previous_attributes"] == {"name": "Ada Lovelace"}
    assert event["data"]["object"]["name"] == "Ada King"


async def test_a_delivery_that_fails_is_tried_again(
    api: Any, control: Control, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    await listen(api, receiver, "customer.created")
    await ada(api)

    await receiver.wait_for(2)

    assert receiver.bodies[0] == receiver.bodies[1]
    (delivery,) = await settled(control)
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)


async def test_deliveries_wait_while_paused(api: Any, control: Control, receiver: Receiver) -> None:
    await listen(api, receiver)
    await control.post("webhooks", {"paused": True})
    await ada(api)
    await asyncio.sleep(0.1)
    while_paused = len(receiver.bodies)

    await control.post("webhooks", {"paused": False})
    await receiver.wait_for(1)

    assert while_paused == 0


async def test_deliveries_can_be_dropped_and_doubled(
    api: Any, control: Control, receiver: Receiver
) -> None:
    await listen(api, receiver)
    await control.post("webhooks", {"drop": 1.0})
    await ada(api)
    await settled(control)
    dropped = len(receiver.bodies)
    await control.post("webhooks", {"drop": 0.0, "duplicate": 1.0, "seed": 1})

    await ada(api)
    await receiver.wait_for(2)

    assert dropped == 0
    assert receiver.events()[0]["id"] == receiver.events()[1]["id"]


async def test_deliveries_can_be_shuffled(api: Any, control: Control, receiver: Receiver) -> None:
    await listen(api, receiver, "customer.created")
    await control.post("webhooks", {"paused": True, "shuffle": True, "seed": 3})
    made = [(await ada(api)).id for _ in range(12)]

    await control.post("webhooks", {"paused": False})
    await receiver.wait_for(12)

    came = [event["data"]["object"]["id"] for event in receiver.events()]
    assert sorted(came) == sorted(made)
    assert came != made


async def test_an_event_can_be_replayed(api: Any, control: Control, receiver: Receiver) -> None:
    await listen(api, receiver, "customer.created")
    await ada(api)
    await receiver.wait_for(1)
    event = receiver.events()[0]["id"]

    await control.post(f"events/{event}/replay", {"times": 2})
    await receiver.wait_for(3)

    assert {each["id"] for each in receiver.events()} == {event}


async def test_a_secret_is_shown_only_once_and_a_disabled_endpoint_is_left_alone(
    api: Any, receiver: Receiver
) -> None:
    endpoint = await listen(api, receiver)
    listed = (await api.webhook_endpoints.list_async()).data[0]
    await api.webhook_endpoints.update_async(endpoint.id, {"disabled": True})
    await ada(api)
    await asyncio.sleep(0.1)

    assert endpoint.secret.startswith("whsec_")
    assert "secret" not in listed
    assert receiver.bodies == []


async def test_a_deleted_endpoint_is_gone(api: Any, receiver: Receiver) -> None:
    endpoint = await listen(api, receiver)

    await api.webhook_endpoints.delete_async(endpoint.id)

    assert (await api.webhook_endpoints.list_async()).data == []


@pytest.mark.parametrize("url", ["", "hook", "ftp://127.0.0.1/hook"])
async def test_an_address_that_is_none_is_refused(api: Any, url: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.webhook_endpoints.create_async({"url": url, "enabled_events": ["*"]})

    assert refusal.value.param == "url"


async def test_events_can_be_listed_by_type(api: Any) -> None:
    price = await a_price(api, unit_amount=0)
    customer = await ada(api)
    await api.subscriptions.create_async({"customer": customer.id, "items": [{"price": price.id}]})

    listed = await api.events.list_async({"type": "customer.subscription.created"})
    with pytest.raises(stripe.InvalidRequestError, match="at most 20"):
        await api.events.list_async({"types": ["invoice.paid"] * 21})
    group = await api.events.list_async({"types": ["invoice.*"]})

    (event,) = listed.data
    assert (await api.events.retrieve_async(event.id)).type == "customer.subscription.created"
    assert {each.type for each in group.data} >= {"invoice.created", "invoice.paid"}


async def test_a_refused_request_leaves_no_event(api: Any, control: Control) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await ada(api, tax_id_data=[{"type": "eu_vat", "value": "nonsense"}])

    assert (await control.get("events"))["events"] == []
