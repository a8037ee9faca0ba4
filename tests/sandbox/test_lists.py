"""Lists and expanding."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.selling import a_price, ada


async def test_pages_run_from_the_newest_to_the_oldest(api: Any) -> None:
    made = [(await api.customers.create_async({"name": f"Ada {n}"})).id for n in range(7)]

    first = await api.customers.list_async({"limit": 3})
    rest = [
        each.id async for each in (await api.customers.list_async({"limit": 3})).auto_paging_iter()
    ]

    assert [each.id for each in first.data] == made[:-4:-1]
    assert first.has_more is True
    assert rest == made[::-1]


async def test_a_page_can_be_asked_for_backwards(api: Any) -> None:
    made = [(await api.customers.create_async({"name": f"Ada {n}"})).id for n in range(4)]

    before = await api.customers.list_async({"ending_before": made[0], "limit": 2})

    assert [each.id for each in before.data] == [made[2], made[1]]
    assert before.has_more is True


async def test_customers_are_found_by_their_exact_email(api: Any) -> None:
    customer = await ada(api)

    assert [c.id for c in (await api.customers.list_async({"email": "ada@example.com"})).data] == [
        customer.id
    ]
    assert (await api.customers.list_async({"email": "Ada@example.com"})).data == []


async def test_customers_are_found_by_when_they_came(api: Any) -> None:
    customer = await ada(api)

    since = await api.customers.list_async({"created": {"gte": customer.created}})
    before = await api.customers.list_async({"created": {"lt": customer.created}})

    assert ([c.id for c in since.data], before.data) == ([customer.id], [])


async def test_a_limit_out_of_range_is_refused(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.list_async({"limit": 101})

    assert refusal.value.param == "limit"


async def test_subscriptions_are_listed_by_customer_status_and_price(api: Any) -> None:
    price = await a_price(api, unit_amount=0)
    customer = await ada(api)
    given = {"customer": customer.id, "items": [{"price": price.id}]}
    kept = await api.subscriptions.create_async(given)
    ended = await api.subscriptions.create_async(given)
    await api.subscriptions.cancel_async(ended.id)

    async def found(**filters: str) -> set[str]:
        return {each.id for each in (await api.subscriptions.list_async(filters)).data}

    assert await found(customer=customer.id) == {kept.id}
    assert await found(customer=customer.id, status="all") == {kept.id, ended.id}
    assert await found(status="canceled", price=price.id) == {ended.id}


async def test_nested_objects_are_expanded(api: Any) -> None:
    price = await a_price(api, unit_amount=900)
    customer = await ada(api)

    subscription = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "payment_behavior": "default_incomplete",
            "expand": ["customer", "latest_invoice.payments.data.payment.payment_intent",
                       "items.data.price.product"],
        }
    )  # fmt: skip

    assert subscription.customer.email == "ada@example.com"
    assert subscription["items"].data[0].price.product.name == "Tea"
    intent = subscription.latest_invoice.payments.data[0].payment.payment_intent
    assert (intent.amount, intent.status) == (900, "requires_payment_method")


async def test_what_cannot_be_expanded_is_refused(api: Any) -> None:
    customer = await ada(api)

    for path in ("email", "nothing", "test_clock.a.b.c.d"):
        with pytest.raises(stripe.InvalidRequestError):
            await api.customers.retrieve_async(customer.id, {"expand": [path]})


async def test_prices_are_found_by_lookup_key_which_can_move(api: Any) -> None:
    old = await a_price(api, unit_amount=900, lookup_key="tea")
    with pytest.raises(stripe.InvalidRequestError):
        await a_price(api, unit_amount=1000, lookup_key="tea")

    new = await a_price(api, unit_amount=1000, lookup_key="tea", transfer_lookup_key=True)

    found = await api.prices.list_async({"lookup_keys": ["tea"], "active": True})
    assert [each.id for each in found.data] == [new.id]
    assert (await api.prices.retrieve_async(old.id)).lookup_key is None
