"""What a seller sees of itself: account, balance, events, tax rates, portal configurations."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.selling import a_price, ada


async def test_the_balance_is_what_was_charged(api: Any) -> None:
    empty = await api.balance.retrieve_async()
    price = await a_price(api, unit_amount=900)
    customer = await ada(api, payment_method="pm_card_visa")
    card = (await api.payment_methods.list_async({"customer": customer.id})).data[0].id
    await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id, "quantity": 2}],
         "default_payment_method": card}
    )  # fmt: skip

    balance = await api.balance.retrieve_async()

    assert [(each.currency, each.amount) for each in empty.pending] == [("usd", 0)]
    assert [(each.currency, each.amount) for each in balance.pending] == [("eur", 1800)]
    assert balance.available[0].amount == 0


async def test_events_are_found_by_type_and_time(api: Any, control: Control) -> None:
    customer = await ada(api)
    await control.post("clock", {"advance": 100})
    await api.customers.update_async(customer.id, {"name": "Ada King"})
    await a_price(api, unit_amount=900)

    async def found(**filters: Any) -> list[str]:
        return [each.type for each in (await api.events.list_async(filters)).data]

    assert await found(type="customer.updated") == ["customer.updated"]
    assert await found(type="customer.*") == ["customer.updated", "customer.created"]
    assert await found(types=["price.created", "customer.created"]) == [
        "price.created",
        "customer.created",
    ]
    assert await found(created={"lt": customer.created + 50}) == ["customer.created"]
    assert len(await found(created={"gte": customer.created + 50})) == 3
    with pytest.raises(stripe.InvalidRequestError):
        await found(type="customer.created", types=["customer.updated"])
    (event,) = (await api.events.list_async({"type": "customer.updated"})).data
    again = await api.events.retrieve_async(event.id)
    assert again.to_dict() == event.to_dict()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.events.retrieve_async("evt_no")
    assert (refusal.value.http_status, refusal.value.param) == (404, "id")


async def test_an_update_tells_what_was_before(api: Any) -> None:
    customer = await ada(api, tax_exempt="exempt")

    await api.customers.update_async(
        customer.id,
        {"name": "Ada King", "address": {"line1": "1 Tea Row", "country": "GB"},
         "tax_exempt": "none", "preferred_locales": ["fr"]},
    )  # fmt: skip

    (event,) = (await api.events.list_async({"type": "customer.updated"})).data
    assert event.data.object["name"] == "Ada King"
    assert event.data.previous_attributes.to_dict() == {
        "name": "Ada Lovelace",
        "address": {"line1": "12 St James's Square", "city": "London", "postal_code": "SW1Y 4LB"},
        "tax_exempt": "exempt",
        "preferred_locales": [],
    }


async def test_a_tax_rate_is_changed_but_for_its_percentage(api: Any) -> None:
    rate = await api.tax_rates.create_async(
        {"display_name": "VAT", "percentage": 20.5, "inclusive": True, "country": "GB",
         "jurisdiction": "UK", "tax_type": "vat", "metadata": {"a": "b"}}
    )  # fmt: skip

    off = await api.tax_rates.update_async(rate.id, {"active": False, "description": "Old"})

    assert (rate.percentage, rate.inclusive, rate.tax_type) == (20.5, True, "vat")
    assert (off.active, off.description) == (False, "Old")
    for filters, count in (({"active": True}, 0), ({"active": False, "inclusive": True}, 1)):
        assert len((await api.tax_rates.list_async(filters)).data) == count
    assert (await api.tax_rates.retrieve_async(rate.id)).country == "GB"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.tax_rates.update_async(rate.id, {"percentage": 10})
    assert refusal.value.code == "parameter_unknown"


async def test_a_portal_configuration_is_made_and_changed(api: Any) -> None:
    configuration = await api.billing_portal.configurations.create_async(
        {"features": {"customer_update": {"enabled": True, "allowed_updates": ["email", "address"]},
                      "subscription_cancel": {"enabled": True, "mode": "immediately"}},
         "business_profile": {"headline": "Tea for two"},
         "default_return_url": "https://shop.example/account", "metadata": {"site": "uk"}}
    )  # fmt: skip

    changed = await api.billing_portal.configurations.update_async(
        configuration.id,
        {"active": False, "features": {"customer_update": {"allowed_updates": ["name"]}}},
    )

    features = configuration.features
    assert features.customer_update.allowed_updates == ["email", "address"]
    assert (features.subscription_cancel.mode, features.invoice_history.enabled) == (
        "immediately",
        False,
    )
    assert changed.features.customer_update.allowed_updates == ["name"]
    assert (changed.active, changed.business_profile.headline) == (False, "Tea for two")
    found = await api.billing_portal.configurations.list_async({"active": False})
    assert [each.id for each in found.data] == [configuration.id]
    read = await api.billing_portal.configurations.retrieve_async(configuration.id)
    assert read.metadata["site"] == "uk"
    types = [each.type for each in (await api.events.list_async({"type": "billing_portal.*"})).data]
    assert types == [
        "billing_portal.configuration.updated",
        "billing_portal.configuration.created",
    ]


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda api: api.customers.retrieve_async("no"), "customer"),
        (lambda api: api.products.retrieve_async("no"), "product"),
        (lambda api: api.prices.retrieve_async("no"), "price"),
        (lambda api: api.prices.update_async("no", {"active": False}), "price"),
        (lambda api: api.subscriptions.retrieve_async("no"), "subscription"),
        (lambda api: api.invoices.retrieve_async("no"), "invoice"),
        (lambda api: api.coupons.retrieve_async("no"), "coupon"),
        (lambda api: api.promotion_codes.retrieve_async("no"), "promotion code"),
        (lambda api: api.tax_rates.retrieve_async("no"), "tax rate"),
        (lambda api: api.setup_intents.confirm_async("no"), "setupintent"),
        (lambda api: api.checkout.sessions.retrieve_async("no"), "checkout.session"),
        (lambda api: api.checkout.sessions.expire_async("no"), "checkout.session"),
        (lambda api: api.billing.meters.retrieve_async("no"), "meter"),
        (lambda api: api.billing.meters.deactivate_async("no"), "meter"),
        (lambda api: api.billing_portal.configurations.retrieve_async("no"), "configuration"),
        (lambda api: api.webhook_endpoints.retrieve_async("no"), "webhook endpoint"),
    ],
)
async def test_what_does_not_exist_is_missing(api: Any, ask: Any, what: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await ask(api)

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")
    assert refusal.value.param == "id"
    assert f"No such {what}: 'no'" in str(refusal.value)
