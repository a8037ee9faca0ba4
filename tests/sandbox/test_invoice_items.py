"""Invoice items: amounts that wait for the next invoice, or stand on a draft."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.lives import a_life, moment
from tests.sandbox.selling import ada


async def _cup(api: Any) -> Any:
    product = await api.products.create_async({"name": "Cup"})
    return await api.prices.create_async(
        {"product": product.id, "currency": "eur", "unit_amount": 500}
    )


async def test_an_amount_waits_for_the_next_renewal(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    item = await api.invoice_items.create_async(
        {"customer": ada.customer, "amount": 250, "currency": "eur", "description": "Postage"}
    )

    await ada.until(moment(2027, 5, 1, 2))

    renewal = (await ada.invoices())[0]
    first = renewal.lines.data[0]
    assert (first.description, first.amount) == ("Postage", 250)
    assert renewal.amount_paid == 3250
    assert (await api.invoice_items.retrieve_async(item.id)).invoice == renewal.id


async def test_an_item_is_changed_and_dropped_while_it_waits(api: Any) -> None:
    customer = await ada(api)
    given = {"customer": customer.id, "pricing": {"price": (await _cup(api)).id}, "quantity": 2}
    item = await api.invoice_items.create_async(given)

    changed = await api.invoice_items.update_async(item.id, {"quantity": 3, "metadata": {"a": "b"}})
    named = await api.invoice_items.update_async(item.id, {"amount": 7, "description": "Cups"})
    gone = await api.invoice_items.delete_async(item.id)

    assert (item.amount, changed.amount, named.amount) == (1000, 1500, 7)
    assert (changed.metadata["a"], named.description, gone.deleted) == ("b", "Cups", True)
    listed = await api.invoice_items.list_async({"customer": customer.id})
    assert listed.data == []


async def test_an_item_on_a_final_invoice_stays_as_it_is(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    item = await api.invoice_items.create_async(
        {"customer": ada.customer, "amount": 250, "currency": "eur"}
    )
    await ada.until(moment(2027, 5, 1, 2))

    for refused in (
        api.invoice_items.update_async(item.id, {"amount": 1}),
        api.invoice_items.delete_async(item.id),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            await refused


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({}, "amount"),
        ({"amount": 5, "customer": "cus_no"}, "customer"),
        ({"pricing": {"price": "price_no"}}, "pricing[price]"),
        ({"amount": 5, "invoice": "in_no"}, "invoice"),
        ({"amount": 5, "subscription": "sub_no"}, "subscription"),
        ({"amount": 5, "tax_behavior": "inclusive"}, "tax_behavior"),
    ],
)
async def test_a_wrong_item_is_refused(api: Any, given: dict[str, Any], param: str) -> None:
    customer = await ada(api)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.invoice_items.create_async({"customer": customer.id, "currency": "eur", **given})

    assert refusal.value.param == param
    assert (await api.invoice_items.list_async()).data == []


async def test_a_price_that_is_paid_once_comes_with_a_subscription(api: Any) -> None:
    cup = await _cup(api)

    ada = await a_life(api, unit_amount=3000, add_invoice_items=[{"price": cup.id, "quantity": 2}])

    (first,) = await ada.invoices()
    assert (first.amount_paid, [line.amount for line in first.lines.data]) == (4000, [1000, 3000])
    await ada.until(moment(2027, 5, 1, 2))
    assert (await ada.invoices())[0].amount_paid == 3000
