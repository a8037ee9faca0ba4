"""What is due stays so where nobody said that it shall be paid: another method is another try."""

from __future__ import annotations

import pytest

from portal.database import transaction
from portal.subscriptions.payment import leave_due, leave_invoices
from tests.onboarding.shop import Shop
from tests.subscriptions.conftest import Subscriber, subscriber
from tests.subscriptions.test_payment import owed, payments, word


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, whose plan is paid from the first day."""
    person = await subscriber(shop, "house")
    await person.sync()
    return person


async def test_what_was_left_due_is_taken_back_from_a_look_that_was_faster(
    ada: Subscriber,
) -> None:
    await ada.adds_card()
    await ada.sync()
    waiting = [row["state"] for row in await owed("pay_invoice")]
    async with transaction():
        await leave_due(ada.company, ada.id)
    await ada.sync()
    await ada.shop.work()
    left = await payments(ada), (await ada.copy())["payment"]
    await ada.adds_card("pm_card_mastercard")
    await ada.sync()
    await ada.shop.work()

    assert (waiting, left) == (["ready"], ([], "not_tried"))
    assert len(await payments(ada)) == 1


async def test_a_card_that_leaves_what_is_due_is_told_so_and_another_pays_it(
    ada: Subscriber,
) -> None:
    attach = ada.gateway.v1.payment_methods.attach_async
    added = await attach("pm_card_visa", {"customer": ada.stripe_id})
    async with transaction():
        await leave_invoices(ada.company, ada.id, added.id)
    for _ in range(2):
        await ada.adds_card(added.id)
        await ada.sync()
        await ada.shop.work()

    assert await payments(ada) == []
    assert await word(ada) == "payment_due"

    await ada.adds_card()
    await ada.sync()
    assert await word(ada) == "paying"
    await ada.shop.work()
    assert (await ada.copy())["status"] == "active"
    assert len(await payments(ada)) == 1
