"""Coupons and promotion codes: how long they last, what they are for, and who may use them."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.lives import advance
from tests.sandbox.selling import a_price, ada

MONTH = 31 * 86_400


async def _preview(api: Any, price: str, customer: str, discount: dict[str, str]) -> int:
    preview = await api.invoices.create_preview_async(
        {"customer": customer, "discounts": [discount],
         "subscription_details": {"items": [{"price": price}]}}
    )  # fmt: skip
    return int(preview.total)


@pytest.mark.parametrize(
    ("duration", "totals"),
    [
        ({"duration": "once"}, [450, 900, 900]),
        ({"duration": "repeating", "duration_in_months": 2}, [450, 450, 900]),
        ({"duration": "forever"}, [450, 450, 450]),
    ],
)
async def test_a_coupon_lasts_as_long_as_it_says(
    api: Any, duration: dict[str, Any], totals: list[int]
) -> None:
    coupon = await api.coupons.create_async({"percent_off": 50, **duration})
    price = await a_price(api, unit_amount=900)
    clock = await api.test_helpers.test_clocks.create_async({"frozen_time": 1_900_000_000})
    customer = await ada(api, test_clock=clock.id, payment_method="pm_card_visa")
    card = (await api.payment_methods.list_async({"customer": customer.id})).data[0].id
    await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}], "default_payment_method": card,
         "discounts": [{"coupon": coupon.id}]}
    )  # fmt: skip

    for month in (1, 2):
        await advance(api, clock.id, 1_900_000_000 + month * MONTH + 7200)

    invoices = (await api.invoices.list_async({"customer": customer.id})).data
    assert [each.total for each in reversed(invoices)] == totals


async def test_a_coupon_is_for_the_products_it_names(api: Any) -> None:
    tea, milk = await a_price(api, unit_amount=900), await a_price(api, unit_amount=200)
    coupon = await api.coupons.create_async(
        {"percent_off": 50, "applies_to": {"products": [milk.product]}, "expand": ["applies_to"]}
    )

    preview = await api.invoices.create_preview_async(
        {"customer": (await ada(api)).id, "discounts": [{"coupon": coupon.id}],
         "subscription_details": {"items": [{"price": tea.id}, {"price": milk.id}]}}
    )  # fmt: skip

    assert coupon.applies_to.products == [milk.product]
    assert preview.total == 900 + 100


async def test_an_amount_off_is_named_in_each_currency(api: Any) -> None:
    coupon = await api.coupons.create_async(
        {"amount_off": 100, "currency": "USD", "currency_options": {"gbp": {"amount_off": 80}}}
    )
    price, customer = await a_price(api, unit_amount=900), await ada(api)
    with pytest.raises(stripe.InvalidRequestError):
        await _preview(api, price.id, customer.id, {"coupon": coupon.id})

    changed = await api.coupons.update_async(
        coupon.id,
        {"currency_options": {"EUR": {"amount_off": 90}}, "name": "Hello",
         "expand": ["currency_options"]},
    )  # fmt: skip

    assert (coupon.currency, changed.name) == ("usd", "Hello")
    assert changed.currency_options["eur"].amount_off == 90
    assert await _preview(api, price.id, customer.id, {"coupon": coupon.id}) == 810


async def test_a_coupon_is_used_up_or_runs_out(api: Any, control: Control) -> None:
    now = (await control.get("clock"))["now"]
    once = await api.coupons.create_async({"percent_off": 100, "max_redemptions": 1})
    soon = await api.coupons.create_async({"percent_off": 100, "redeem_by": now + 3600})
    price, customer = await a_price(api, unit_amount=900), await ada(api)
    given = {"customer": customer.id, "items": [{"price": price.id}]}
    await api.subscriptions.create_async({**given, "discounts": [{"coupon": once.id}]})
    await control.post("clock", {"advance": 3601})

    for coupon in (once, soon):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await api.subscriptions.create_async({**given, "discounts": [{"coupon": coupon.id}]})
        assert refusal.value.code == "coupon_expired"
        assert (await api.coupons.retrieve_async(coupon.id)).valid is False
    assert (await api.coupons.retrieve_async(once.id)).times_redeemed == 1


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 10, "amount_off": 5, "currency": "eur"}, "percent_off"),
        ({"percent_off": 101}, "percent_off"),
        ({"amount_off": 5}, "currency"),
        ({"amount_off": 0, "currency": "eur"}, "amount_off"),
        ({"amount_off": 5, "currency": "euro"}, "currency"),
        ({"percent_off": 10, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 10, "duration_in_months": 3}, "duration_in_months"),
        (
            {"percent_off": 10, "duration": "repeating", "duration_in_months": 0},
            "duration_in_months",
        ),
        ({"percent_off": 10, "max_redemptions": 0}, "max_redemptions"),
        ({"percent_off": 10, "redeem_by": 5}, "redeem_by"),
        ({"percent_off": 10, "name": "x" * 41}, "name"),
        ({"percent_off": 10, "applies_to": {"products": ["no"]}}, "applies_to[products][0]"),
        ({"percent_off": 10, "duration": "always"}, "duration"),
    ],
)
async def test_a_coupon_that_makes_no_sense_is_refused(
    api: Any, given: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.coupons.create_async(given)

    assert refusal.value.param == param


async def test_a_code_has_its_own_rules(api: Any, control: Control) -> None:
    coupon = await api.coupons.create_async({"percent_off": 50})
    promotion = {"type": "coupon", "coupon": coupon.id}
    now = (await control.get("clock"))["now"]
    price = await a_price(api, unit_amount=900)
    customer = await ada(api)
    grace = await api.customers.create_async({"email": "grace@example.com"})

    async def total(who: str, **rules: Any) -> int | None:
        """Say what somebody pays with a new code; None when it is refused."""
        code = await api.promotion_codes.create_async({"promotion": promotion, **rules})
        if "expires_at" in rules:
            await control.post("clock", {"advance": 3601})
        try:
            return await _preview(api, price.id, who, {"promotion_code": code.id})
        except stripe.InvalidRequestError:
            return None

    assert await total(customer.id) == 450
    assert await total(customer.id, customer=customer.id) == 450
    assert await total(grace.id, customer=customer.id) is None
    euros = {"minimum_amount": 900, "minimum_amount_currency": "eur"}
    assert await total(customer.id, restrictions=euros) == 450
    assert await total(customer.id, restrictions={**euros, "minimum_amount": 901}) is None
    dollars = {"minimum_amount": 900, "minimum_amount_currency": "usd"}
    assert await total(customer.id, restrictions=dollars) is None
    both = {**dollars, "currency_options": {"eur": {"minimum_amount": 800}}}
    assert await total(customer.id, restrictions=both) == 450
    assert await total(customer.id, active=False) is None
    assert await total(customer.id, expires_at=now + 3600) is None


async def test_a_code_is_for_first_payments_and_counts_its_uses(api: Any) -> None:
    coupon = await api.coupons.create_async({"percent_off": 50})
    code = await api.promotion_codes.create_async(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEA-1",
         "max_redemptions": 1, "restrictions": {"first_time_transaction": True}}
    )  # fmt: skip
    price = await a_price(api, unit_amount=900)
    customer = await ada(api, payment_method="pm_card_visa")
    card = (await api.payment_methods.list_async({"customer": customer.id})).data[0].id
    given = {"items": [{"price": price.id}], "discounts": [{"promotion_code": code.id}]}
    found = await api.promotion_codes.list_async({"code": "tea-1", "active": True})

    await api.subscriptions.create_async(
        {**given, "customer": customer.id, "default_payment_method": card}
    )

    used = await api.promotion_codes.retrieve_async(code.id, {"expand": ["promotion.coupon"]})
    assert [each.id for each in found.data] == [code.id]
    assert (used.times_redeemed, used.active) == (1, False)
    assert used.promotion.coupon.percent_off == 50
    for who in (customer, await api.customers.create_async({"email": "grace@example.com"})):
        with pytest.raises(stripe.InvalidRequestError):
            await api.subscriptions.create_async({**given, "customer": who.id})


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"code": "two words"}, "code"),
        ({"expires_at": 5}, "expires_at"),
        ({"restrictions": {"minimum_amount": 5}}, "restrictions[minimum_amount_currency]"),
        ({"promotion": {"type": "coupon", "coupon": "NO"}}, "promotion[coupon]"),
        ({"promotion": {"type": "raffle"}}, "promotion[type]"),
    ],
)
async def test_a_code_that_makes_no_sense_is_refused(
    api: Any, given: dict[str, Any], param: str
) -> None:
    coupon = await api.coupons.create_async({"percent_off": 50})
    promotion = {"type": "coupon", "coupon": coupon.id}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.promotion_codes.create_async({"promotion": promotion, **given})

    assert refusal.value.param == param
