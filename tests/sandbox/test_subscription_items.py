"""Items of a subscription, for add-ons, by addresses of their own."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.lives import DAY_S, START, Life, a_life
from tests.sandbox.selling import a_price

MIDDLE = START + 15 * DAY_S


async def _add_on(api: Any, ada: Life, **more: Any) -> Any:
    price = await a_price(api, unit_amount=500)
    return await api.subscription_items.create_async(
        {"subscription": ada.subscription, "price": price.id, **more}
    )


async def test_an_add_on_is_charged_for_the_rest_of_the_period(api: Any) -> None:
    ada = await a_life(api)
    await ada.until(MIDDLE)

    added = await _add_on(api, ada, quantity=2, metadata={"kind": "add-on"})

    assert (added.quantity, added.metadata["kind"]) == (2, "add-on")
    assert [each.amount for each in await ada.pending()] == [500]
    assert [each.id for each in (await ada.now())["items"].data] == [ada.item, added.id]


async def test_an_add_on_is_changed_and_read(api: Any) -> None:
    ada = await a_life(api)
    added = await _add_on(api, ada)

    changed = await api.subscription_items.update_async(
        added.id, {"quantity": 4, "metadata": {"a": "b"}, "proration_behavior": "none"}
    )

    assert (changed.quantity, changed.metadata["a"]) == (4, "b")
    assert (await api.subscription_items.retrieve_async(added.id)).quantity == 4
    listed = await api.subscription_items.list_async({"subscription": ada.subscription})
    assert [each.id for each in listed.data] == [added.id, ada.item]


async def test_an_add_on_that_goes_is_credited(api: Any) -> None:
    ada = await a_life(api)
    added = await _add_on(api, ada, proration_behavior="always_invoice")
    await ada.until(MIDDLE)

    gone = await api.subscription_items.delete_async(added.id)

    assert gone.deleted is True
    assert [each.amount for each in await ada.pending()] == [-250]
    with pytest.raises(stripe.InvalidRequestError):
        await api.subscription_items.retrieve_async(added.id)


async def test_the_last_item_stays(api: Any) -> None:
    ada = await a_life(api)

    with pytest.raises(stripe.InvalidRequestError, match="at least one"):
        await api.subscription_items.delete_async(ada.item)

    assert len((await ada.now())["items"].data) == 1


async def test_one_price_is_held_once(api: Any) -> None:
    ada = await a_life(api)
    price = (await ada.now())["items"].data[0].price.id

    with pytest.raises(stripe.InvalidRequestError, match="multiple subscription items"):
        await api.subscription_items.create_async(
            {"subscription": ada.subscription, "price": price}
        )


async def test_an_added_item_tells_what_the_items_were(api: Any) -> None:
    ada = await a_life(api)

    added = await _add_on(api, ada, proration_behavior="none")

    event = (await ada.events("customer.subscription.updated"))[0]
    before = [each.id for each in event.data.previous_attributes["items"].data]
    assert before == [ada.item]
    assert [each.id for each in event.data.object["items"].data] == [ada.item, added.id]


async def test_an_ended_subscription_takes_no_add_ons(api: Any) -> None:
    ada = await a_life(api)
    await api.subscriptions.cancel_async(ada.subscription)

    with pytest.raises(stripe.InvalidRequestError):
        await _add_on(api, ada)
