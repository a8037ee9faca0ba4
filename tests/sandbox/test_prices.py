"""Prices: tiers, decimal amounts, several currencies, and products."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.selling import a_price, ada

TIERS = [
    {"up_to": 5, "unit_amount": 700},
    {"up_to": 10, "unit_amount": 650, "flat_amount": 100},
    {"up_to": "inf", "unit_amount_decimal": "600.5"},
]


async def a_tiered_price(api: Any, mode: str = "graduated", **more: Any) -> Any:
    """Put something on sale whose price depends on how many are bought."""
    product = await api.products.create_async({"name": "Tea"})
    given = {
        "product": product.id,
        "currency": "eur",
        "recurring": {"interval": "month"},
        "billing_scheme": "tiered",
        "tiers_mode": mode,
        "tiers": TIERS,
    }
    return await api.prices.create_async({**given, **more})


async def test_tiers_are_shown_when_they_are_asked_for(api: Any) -> None:
    price = await a_tiered_price(api, expand=["tiers"])

    plain = await api.prices.retrieve_async(price.id)

    assert [tier.up_to for tier in price.tiers] == [5, 10, None]
    assert str(price.tiers[2].unit_amount_decimal) == "600.5"
    assert (price.tiers[2].unit_amount, price.tiers[1].flat_amount) == (None, 100)
    assert (plain.billing_scheme, plain.tiers_mode) == ("tiered", "graduated")
    assert (plain.unit_amount, "tiers" in plain) == (None, False)
    listed = await api.prices.list_async({"expand": ["data.tiers"]})
    assert listed.data[0].tiers[0].unit_amount == 700


@pytest.mark.parametrize(
    ("mode", "quantity", "total"),
    [
        ("graduated", 1, 700),
        ("graduated", 5, 3500),
        ("graduated", 6, 3500 + 100 + 650),
        ("graduated", 12, 3500 + 100 + 5 * 650 + 1201),
        ("volume", 5, 3500),
        ("volume", 6, 100 + 6 * 650),
        ("volume", 11, 6606),
    ],
)
async def test_a_quantity_costs_what_its_tiers_say(
    api: Any, mode: str, quantity: int, total: int
) -> None:
    price = await a_tiered_price(api, mode)

    preview = await api.invoices.create_preview_async(
        {"customer": (await ada(api)).id,
         "subscription_details": {"items": [{"price": price.id, "quantity": quantity}]}}
    )  # fmt: skip

    assert preview.total == total


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"tiers_mode": "graduated", "billing_scheme": "tiered", "tiers": []}, "tiers"),
        ({"billing_scheme": "tiered", "tiers": TIERS}, "tiers_mode"),
        ({"tiers": TIERS}, "tiers"),
        ({"tiers": TIERS[:2]}, "tiers[up_to]"),
        ({"tiers": [TIERS[1], TIERS[0], TIERS[2]]}, "tiers"),
        ({"tiers": [{"up_to": "inf"}]}, "tiers[0][unit_amount]"),
        ({"tiers": [{"up_to": 0, "unit_amount": 1}]}, "tiers[0][up_to]"),
        ({"unit_amount": 5, "tiers": TIERS}, "unit_amount"),
        ({"unit_amount": -5}, "unit_amount"),
        ({"unit_amount": 5, "unit_amount_decimal": "5.5"}, "unit_amount"),
        ({}, "unit_amount"),
        ({"unit_amount": 5, "currency": "teas"}, "currency"),
        ({"unit_amount": 5, "custom_unit_amount": {"enabled": True}}, "custom_unit_amount"),
    ],
)
async def test_a_price_that_makes_no_sense_is_refused(
    api: Any, wrong: dict[str, Any], param: str
) -> None:
    product = await api.products.create_async({"name": "Tea"})
    given = {"product": product.id, "currency": "eur", **wrong}
    if "tiers" in wrong and len(wrong) == 1 and param != "tiers":
        given |= {"billing_scheme": "tiered", "tiers_mode": "volume"}
    if wrong.keys() == {"unit_amount", "tiers"}:
        given |= {"billing_scheme": "tiered", "tiers_mode": "volume"}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.prices.create_async(given)

    assert refusal.value.param == param


async def test_a_fraction_of_a_cent_counts_in_quantities(api: Any) -> None:
    product = await api.products.create_async({"name": "Tea leaf"})
    price = await api.prices.create_async(
        {"product": product.id, "currency": "eur", "unit_amount_decimal": "0.05",
         "recurring": {"interval": "month"}}
    )  # fmt: skip

    preview = await api.invoices.create_preview_async(
        {"customer": (await ada(api)).id,
         "subscription_details": {"items": [{"price": price.id, "quantity": 1000}]}}
    )  # fmt: skip

    assert (price.unit_amount, str(price.unit_amount_decimal)) == (None, "0.05")
    assert preview.total == 50


async def test_a_price_has_an_amount_in_each_of_its_currencies(api: Any) -> None:
    options = {
        "usd": {"unit_amount": 1000, "tax_behavior": "exclusive"},
        "GBP": {"unit_amount_decimal": "799.5"},
    }
    price = await a_price(api, unit_amount=900, currency_options=options)

    await api.prices.update_async(price.id, {"currency_options": {"chf": {"unit_amount": 950}}})

    shown = await api.prices.retrieve_async(price.id, {"expand": ["currency_options"]})
    by_code = shown.currency_options.to_dict()
    amounts = {code: option["unit_amount"] for code, option in by_code.items()}
    assert amounts == {"eur": 900, "usd": 1000, "gbp": None, "chf": 950}
    assert shown.currency_options["usd"].tax_behavior == "exclusive"
    customer = await ada(api)
    in_usd = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}], "currency": "usd",
         "payment_behavior": "default_incomplete", "expand": ["latest_invoice"]}
    )  # fmt: skip
    assert (in_usd.currency, in_usd.latest_invoice.total) == ("usd", 1000)


async def test_tiers_too_have_amounts_in_each_currency(api: Any) -> None:
    tiers = [{"up_to": 1, "unit_amount": 1}, {"up_to": "inf", "unit_amount": 2}]
    price = await a_tiered_price(api, currency_options={"usd": {"tiers": tiers}})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await a_tiered_price(api, currency_options={"usd": {"unit_amount": 5}})

    preview = await api.invoices.create_preview_async(
        {"currency": "usd", "customer": (await ada(api)).id,
         "subscription_details": {"items": [{"price": price.id, "quantity": 3}]}}
    )  # fmt: skip

    assert preview.total == 1 + 2 * 2
    assert refusal.value.param == "currency_options[usd][tiers]"
    shown = await api.prices.retrieve_async(price.id, {"expand": ["currency_options"]})
    assert shown.currency_options["usd"].tiers[1].unit_amount == 2


async def test_a_lookup_key_moves_only_when_it_is_told_to(api: Any) -> None:
    old = await a_price(api, unit_amount=900, lookup_key="tea")
    new = await a_price(api, unit_amount=1000)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.prices.update_async(new.id, {"lookup_key": "tea"})

    await api.prices.update_async(new.id, {"lookup_key": "tea", "transfer_lookup_key": True})

    assert refusal.value.param == "lookup_key"
    assert (await api.prices.retrieve_async(old.id)).lookup_key is None
    found = await api.prices.list_async({"lookup_keys": ["tea", "milk"]})
    assert [each.id for each in found.data] == [new.id]
    updated = await api.events.list_async({"type": "price.updated"})
    lost = [each.data.previous_attributes.to_dict() for each in updated.data]
    assert {"lookup_key": "tea"} in lost


async def test_prices_are_listed_by_what_they_are(api: Any) -> None:
    monthly = await a_price(api, unit_amount=900)
    yearly = await a_price(api, unit_amount=9000, interval="year", nickname="Year")
    once = await api.prices.create_async(
        {"product": monthly.product, "currency": "usd", "unit_amount": 5}
    )
    await api.prices.update_async(yearly.id, {"active": False, "metadata": {"old": "yes"}})

    async def found(**filters: Any) -> set[str]:
        return {each.id for each in (await api.prices.list_async(filters)).data}

    assert await found(active=True) == {monthly.id, once.id}
    assert await found(type="one_time") == await found(currency="usd") == {once.id}
    assert await found(product=monthly.product) == {monthly.id, once.id}
    assert await found(recurring={"interval": "year"}) == {yearly.id}


async def test_a_product_is_changed_and_found(api: Any) -> None:
    tea = await api.products.create_async(
        {"id": "tea", "name": "Tea", "metadata": {"kind": "drink"}, "url": "https://tea.example",
         "default_price_data": {"currency": "eur", "unit_amount": 900},
         "expand": ["default_price"]}
    )  # fmt: skip
    await api.products.create_async({"name": "Cup", "shippable": True})
    with pytest.raises(stripe.InvalidRequestError) as twice:
        await api.products.create_async({"id": "tea", "name": "Tea again"})

    changed = await api.products.update_async(
        "tea", {"description": "Green", "active": False, "metadata": {"kind": "", "cup": "1"}}
    )

    assert (tea.id, tea.default_price.unit_amount) == ("tea", 900)
    assert twice.value.code == "resource_already_exists"
    assert (changed.description, changed.metadata.to_dict()) == ("Green", {"cup": "1"})
    for filters in ({"active": False}, {"ids": ["tea"]}, {"url": "https://tea.example"}):
        assert [each.id for each in (await api.products.list_async(filters)).data] == ["tea"]
    (event,) = (await api.events.list_async({"type": "product.updated"})).data
    assert event.data.previous_attributes.active is True
