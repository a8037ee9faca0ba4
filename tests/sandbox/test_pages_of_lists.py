"""Every list: newest first, in pages both ways, by the SDK's own paging; and what expands in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import stripe

from tests.sandbox.selling import a_price, ada

Make = Callable[[int], Awaitable[Any]]

LISTS = (
    "customers", "products", "prices", "coupons", "promotion_codes", "tax_rates", "webhooks",
    "subscriptions", "invoices", "payment_methods", "setup_intents", "tax_ids", "balance",
    "meters", "configurations", "checkouts", "clocks", "events",
)  # fmt: skip


async def _list_of(api: Any, name: str) -> tuple[Callable[..., Awaitable[Any]], Make]:
    """Give how a kind of things is listed, and how one more of them is made."""
    customer = await ada(api)
    price = await a_price(api, unit_amount=0)
    coupon = await api.coupons.create_async({"percent_off": 10})
    kept = name in ("customers", "prices", "products", "coupons")

    async def of(service: Any, params: Any) -> Any:
        return await service.create_async(params)

    async def under(service: Any, params: Any) -> Any:
        return await service.create_async(customer.id, params)

    def every(service: Any, **filters: Any) -> Callable[..., Awaitable[Any]]:
        since = {"created": {"gt": 0}} if kept else {}
        return lambda **more: service.list_async({**filters, **since, **more})

    def own(service: Any) -> Callable[..., Awaitable[Any]]:
        return lambda **more: service.list_async(customer.id, more)

    portal, wallets = api.billing_portal, api.payment_methods
    subscribe = {"customer": customer.id, "items": [{"price": price.id}]}
    promotion = {"type": "coupon", "coupon": coupon.id}
    rate = {"display_name": "VAT", "percentage": 20, "inclusive": False}
    hook = {"url": "http://127.0.0.1:9/hook", "enabled_events": ["customer.created"]}
    sum_of = {"formula": "sum"}
    features = {"features": {"invoice_history": {"enabled": True}}}
    checkout = {"mode": "setup", "currency": "eur", "success_url": "https://shop.example"}
    clocks = api.test_helpers.test_clocks
    found: dict[str, tuple[Callable[..., Awaitable[Any]], Make]] = {
        "customers": (every(api.customers), lambda n: of(api.customers, {"name": f"Ada {n}"})),
        "products": (every(api.products), lambda n: of(api.products, {"name": f"Tea {n}"})),
        "prices": (every(api.prices), lambda n: a_price(api, unit_amount=n)),
        "coupons": (every(api.coupons), lambda n: of(api.coupons, {"percent_off": n + 1})),
        "promotion_codes": (
            every(api.promotion_codes), lambda n: of(api.promotion_codes, {"promotion": promotion})
        ),
        "tax_rates": (every(api.tax_rates), lambda n: of(api.tax_rates, rate)),
        "webhooks": (every(api.webhook_endpoints), lambda n: of(api.webhook_endpoints, hook)),
        "subscriptions": (every(api.subscriptions), lambda n: of(api.subscriptions, subscribe)),
        "invoices": (
            every(api.invoices, customer=customer.id), lambda n: _invoice(api, subscribe)
        ),
        "payment_methods": (
            every(wallets, customer=customer.id),
            lambda n: wallets.attach_async("pm_card_visa", {"customer": customer.id}),
        ),
        "setup_intents": (every(api.setup_intents), lambda n: of(api.setup_intents, {})),
        "tax_ids": (
            own(api.customers.tax_ids),
            lambda n: under(
                api.customers.tax_ids, {"type": "gb_vat", "value": f"GB12345678{n}"}
            ),
        ),
        "balance": (
            own(api.customers.balance_transactions),
            lambda n: under(
                api.customers.balance_transactions, {"amount": n + 1, "currency": "eur"}
            ),
        ),
        "meters": (
            every(api.billing.meters),
            lambda n: of(
                api.billing.meters,
                {"display_name": "Cups", "event_name": f"cups-{n}", "default_aggregation": sum_of},
            ),
        ),
        "configurations": (
            every(portal.configurations), lambda n: of(portal.configurations, features)
        ),
        "checkouts": (
            every(api.checkout.sessions), lambda n: of(api.checkout.sessions, checkout)
        ),
        "clocks": (every(clocks), lambda n: of(clocks, {"frozen_time": 1_900_000_000 + n})),
        "events": (
            every(api.events, type="customer.updated"), lambda n: _event(api, customer.id, n)
        ),
    }  # fmt: skip
    return found[name]


async def _invoice(api: Any, subscribe: dict[str, Any]) -> Any:
    made = await api.subscriptions.create_async({**subscribe, "expand": ["latest_invoice"]})
    return made.latest_invoice


async def _event(api: Any, customer: str, n: int) -> Any:
    await api.customers.update_async(customer, {"description": f"Tea {n}"})
    return (await api.events.list_async({"type": "customer.updated", "limit": 1})).data[0]


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_runs_newest_first_in_pages(api: Any, name: str) -> None:
    listed, make = await _list_of(api, name)
    before = [each.id async for each in (await listed(limit=100)).auto_paging_iter()]
    made = [(await make(n)).id for n in range(4)]
    newest_first = [*made[::-1], *before]

    first = await listed(limit=3)
    after = await listed(limit=2, starting_after=made[3])
    back = await listed(limit=2, ending_before=made[0])

    assert [each.id for each in first.data] == newest_first[:3]
    assert first.has_more is True
    assert [each.id async for each in first.auto_paging_iter()] == newest_first
    assert [each.id for each in after.data] == [made[2], made[1]]
    assert [each.id for each in back.data] == [made[2], made[1]]
    assert [each.id async for each in back.auto_paging_iter()] == made[1:]
    assert back.has_more is True
    for wrong, param in (
        ({"starting_after": "cus_no"}, "starting_after"),
        ({"ending_before": "cus_no"}, "ending_before"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"colour": "red"}, "colour"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await listed(**wrong)
        assert refusal.value.param == param


async def test_lists_expand_what_they_hold(api: Any) -> None:
    price = await a_price(api, unit_amount=900)
    customer = await ada(api)
    await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}],
         "payment_behavior": "default_incomplete"}
    )  # fmt: skip

    subscriptions = await api.subscriptions.list_async(
        {"expand": ["data.customer.tax", "data.latest_invoice.customer",
                    "data.items.data.price.product"]}
    )  # fmt: skip
    invoices = await api.invoices.list_async({"expand": ["data.customer.subscriptions"]})
    prices = await api.prices.list_async({"expand": ["data.product.default_price"]})

    (subscription,), (invoice,) = subscriptions.data, invoices.data
    assert subscription.customer.tax.automatic_tax == "supported"
    assert subscription.latest_invoice.customer.email == "ada@example.com"
    assert subscription["items"].data[0].price.product.name == "Tea"
    assert invoice.customer.subscriptions.data[0].id == subscription.id
    assert prices.data[0].product.default_price is None
    for path in ("customer", "data.email.name", "data.nothing", "data.customer.a.b.c.d"):
        with pytest.raises(stripe.InvalidRequestError):
            await api.subscriptions.list_async({"expand": [path]})
