"""Prices, coupons, taxes and previews."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.selling import ADA, a_price, ada

AT_HOME = {"country": "DE", "postal_code": "10115", "city": "Berlin", "line1": "Invalidenstr. 1"}
ODD = {"interval": "month", "interval_count": 99}
FREE = {"usd": {"tax_behavior": "exclusive"}}
NOWHERE = {"country": "US", "postal_code": "00000", "line1": "1 Main St"}


async def _invoice(api: Any, customer: Any, price: Any, **more: Any) -> Any:
    subscription = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "payment_behavior": "default_incomplete",
            "expand": ["latest_invoice"],
            **more,
        }
    )
    return subscription.latest_invoice


async def test_a_price_is_charged_in_another_of_its_currencies(api: Any) -> None:
    price = await a_price(api, unit_amount=900, currency_options={"usd": {"unit_amount": 1000}})

    invoice = await _invoice(api, await ada(api), price, currency="usd")

    assert (invoice.currency, invoice.amount_due) == ("usd", 1000)
    shown = await api.prices.retrieve_async(price.id, {"expand": ["currency_options"]})
    assert shown.currency_options["usd"].unit_amount == 1000


async def test_a_currency_the_price_is_not_sold_in_is_refused(api: Any) -> None:
    price = await a_price(api, unit_amount=900)

    with pytest.raises(stripe.InvalidRequestError):
        await _invoice(api, await ada(api), price, currency="jpy")


async def test_one_customer_has_one_currency(api: Any) -> None:
    customer = await ada(api)
    await _invoice(api, customer, await a_price(api, unit_amount=900))

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await _invoice(api, customer, await a_price(api, unit_amount=900, currency="usd"))

    assert "combine currencies" in str(refusal.value)


async def test_an_inactive_or_one_time_price_cannot_be_subscribed_to(api: Any) -> None:
    customer = await ada(api)
    retired = await a_price(api, unit_amount=900)
    await api.prices.update_async(retired.id, {"active": False, "nickname": "Old tea"})
    product = await api.products.create_async({"name": "Cup"})
    once = await api.prices.create_async(
        {"product": product.id, "currency": "eur", "unit_amount": 500}
    )

    for price in (retired, once):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await _invoice(api, customer, price)
        assert refusal.value.param == "items[0][price]"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({}, "product"),
        ({"product": "prod_no"}, "product"),
        ({"product": "TEA", "unit_amount": None}, "unit_amount"),
        ({"product": "TEA", "unit_amount": -1}, "unit_amount"),
        ({"product": "TEA", "currency": "euro"}, "currency"),
        ({"product": "TEA", "recurring": ODD}, "recurring[interval_count]"),
        ({"product": "TEA", "recurring": {"interval": "fortnight"}}, "recurring[interval]"),
        ({"product": "TEA", "billing_scheme": "tiered"}, "tiers_mode"),
        ({"product": "TEA", "currency_options": FREE}, "currency_options[usd][unit_amount]"),
    ],
)  # fmt: skip
async def test_a_wrong_price_is_refused(api: Any, given: dict[str, Any], param: str) -> None:
    product = await api.products.create_async({"name": "Tea"})
    params = {"currency": "eur", "unit_amount": 900, **given}
    if params.get("product") == "TEA":
        params["product"] = product.id
    params = {name: value for name, value in params.items() if value is not None}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.prices.create_async(params)

    assert refusal.value.param == param


async def test_a_product_can_bring_its_price_and_a_price_its_product(api: Any) -> None:
    data = {"currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}
    product = await api.products.create_async(
        {"id": "tea", "name": "Tea", "default_price_data": data}
    )
    price = await api.prices.create_async({**data, "product_data": {"name": "Coffee"}})
    renamed = await api.products.update_async("tea", {"name": "Green tea", "active": False})
    with pytest.raises(stripe.InvalidRequestError):
        await api.products.create_async({"id": "tea", "name": "Tea"})

    assert (await api.prices.retrieve_async(product.default_price)).product == "tea"
    assert (await api.products.retrieve_async(price.product)).name == "Coffee"
    assert (renamed.name, renamed.active) == ("Green tea", False)
    assert [p.id for p in (await api.products.list_async({"active": False})).data] == ["tea"]


async def test_a_code_takes_its_percentage_off_and_is_counted(api: Any) -> None:
    await api.coupons.create_async({"id": "HALF", "percent_off": 50, "duration": "once"})
    code = await api.promotion_codes.create_async(
        {"promotion": {"type": "coupon", "coupon": "HALF"}, "code": "Teatime"}
    )
    found = (await api.promotion_codes.list_async({"code": "TEATIME", "active": True})).data[0]

    invoice = await _invoice(
        api, await ada(api), await a_price(api, unit_amount=901),
        discounts=[{"promotion_code": found.id}],
    )  # fmt: skip

    assert found.id == code.id
    assert (invoice.subtotal, invoice.total) == (901, 450)
    assert (await api.coupons.retrieve_async("HALF")).times_redeemed == 1


async def test_an_amount_off_never_pays_out(api: Any) -> None:
    await api.coupons.create_async(
        {"id": "TENNER", "amount_off": 1000, "currency": "eur", "duration": "once"}
    )

    subscription = await api.subscriptions.create_async(
        {
            "customer": (await ada(api)).id,
            "items": [{"price": (await a_price(api, unit_amount=900)).id}],
            "discounts": [{"coupon": "TENNER"}],
            "expand": ["latest_invoice"],
        }
    )

    assert subscription.status == "active"
    assert subscription.latest_invoice.total == 0


@pytest.mark.parametrize(
    ("coupon", "code"),
    [
        ({"max_redemptions": 1}, {}),
        ({}, {"max_redemptions": 1}),
        ({}, {"active": False}),
        ({"redeem_by": "SOON"}, {}),
        ({}, {"expires_at": "SOON"}),
        ({}, {"customer": "GRACE"}),
        ({}, {"restrictions": {"minimum_amount": 5000, "minimum_amount_currency": "eur"}}),
    ],
)
async def test_a_code_that_cannot_be_redeemed_is_refused(
    api: Any, control: Control, coupon: dict[str, Any], code: dict[str, Any]
) -> None:
    grace = await api.customers.create_async({"email": "grace@example.com"})
    price = await a_price(api, unit_amount=900)
    meant = {"GRACE": grace.id, "SOON": grace.created + 60}
    coupon = {name: meant.get(str(value), value) for name, value in coupon.items()}
    await api.coupons.create_async({"id": "C", "percent_off": 5, "duration": "once", **coupon})
    made = await api.promotion_codes.create_async(
        {
            "promotion": {"type": "coupon", "coupon": "C"},
            **{name: meant.get(str(value), value) for name, value in code.items()},
        }
    )
    await control.post("clock", {"advance": 60})
    discounts = [{"promotion_code": made.id}]
    if "max_redemptions" in coupon | code:
        await _invoice(api, grace, price, discounts=discounts)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await _invoice(api, await ada(api), price, discounts=discounts)

    assert refusal.value.param == "discounts[0][promotion_code]" or "coupon" in str(
        refusal.value.param
    )


async def test_a_discount_for_three_months_ends_after_them(api: Any, control: Control) -> None:
    await api.coupons.create_async(
        {"id": "Q", "percent_off": 10, "duration": "repeating", "duration_in_months": 3}
    )
    customer = await ada(api)
    method = await api.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})
    await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": (await a_price(api, unit_amount=1000)).id}],
            "default_payment_method": method.id,
            "discounts": [{"coupon": "Q"}],
        }
    )

    await control.post("clock", {"advance": 125 * 86_400})

    totals = [each.total for each in (await api.invoices.list_async({})).data]
    assert totals == [1000, 1000, 900, 900, 900]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 101}, "percent_off"),
        ({"amount_off": 100}, "currency"),
        ({"percent_off": 10, "duration": "repeating"}, "duration_in_months"),
    ],
)
async def test_a_wrong_coupon_is_refused(api: Any, given: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.coupons.create_async(given)

    assert refusal.value.param == param


@pytest.mark.parametrize(("inclusive", "total"), [(False, 1080), (True, 900)])
async def test_tax_rates_are_added_or_contained(api: Any, inclusive: bool, total: int) -> None:
    rate = await api.tax_rates.create_async(
        {"display_name": "VAT", "percentage": 20, "inclusive": inclusive}
    )

    invoice = await _invoice(
        api, await ada(api), await a_price(api, unit_amount=900), default_tax_rates=[rate.id]
    )

    assert invoice.total == total
    assert invoice.total_taxes[0].amount == total - invoice.total_excluding_tax


async def test_automatic_tax_follows_the_address(api: Any) -> None:
    price = await a_price(api, unit_amount=1000)
    customer = await api.customers.create_async({"email": "ada@example.com", "address": AT_HOME})
    exempt = await api.customers.create_async({"address": AT_HOME, "tax_exempt": "reverse"})

    taxed = await _invoice(api, customer, price, automatic_tax={"enabled": True})
    untaxed = await _invoice(api, exempt, price, automatic_tax={"enabled": True})

    assert (taxed.total, untaxed.total) == (1190, 1000)
    assert untaxed.total_taxes[0].taxability_reason == "reverse_charge"


async def test_an_address_nobody_can_tax_is_refused_when_that_is_asked(
    api: Any, control: Control
) -> None:
    validated = {"address": NOWHERE, "tax": {"validate_location": "immediately"}}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.create_async(validated)
    customer = await api.customers.create_async({"address": NOWHERE, "expand": ["tax"]})
    with pytest.raises(stripe.InvalidRequestError) as second:
        await _invoice(
            api, customer, await a_price(api, unit_amount=900), automatic_tax={"enabled": True}
        )

    assert refusal.value.code == second.value.code == "customer_tax_location_invalid"
    assert customer.tax.automatic_tax == "unrecognized_location"
    assert "subscription" not in (await control.get("objects"))["counts"]


async def test_a_preview_shows_what_the_button_would_cost_and_keeps_nothing(
    api: Any, control: Control
) -> None:
    price = await a_price(api, unit_amount=1000)
    await api.coupons.create_async({"id": "TEN", "percent_off": 10, "duration": "once"})
    before = (await control.get("objects"))["counts"]

    preview = await api.invoices.create_preview_async(
        {
            "customer_details": {"address": AT_HOME},
            "subscription_details": {"items": [{"price": price.id}]},
            "discounts": [{"coupon": "TEN"}],
            "automatic_tax": {"enabled": True},
        }
    )

    after = (await control.get("objects"))["counts"]
    assert (preview.subtotal, preview.total) == (1000, 1071)
    assert (before | {"tax_rate": 1}) == after


async def test_a_preview_of_a_subscription_shows_its_next_invoice(api: Any) -> None:
    price = await a_price(api, unit_amount=1000)
    subscription = await api.subscriptions.create_async(
        {
            "customer": (await ada(api)).id,
            "items": [{"price": price.id}],
            "trial_period_days": 14,
        }
    )

    preview = await api.invoices.create_preview_async({"subscription": subscription.id})

    assert preview.total == 1000
    assert preview.lines.data[0].period.start == subscription.trial_end


@pytest.mark.parametrize(
    ("type", "value", "status"),
    [
        ("eu_vat", "DE000000000", "verified"),
        ("eu_vat", "DE111111111", "unverified"),
        ("eu_vat", "DE222222222", "pending"),
        ("us_ein", "12-3456789", "unavailable"),
    ],
)
async def test_tax_ids_are_verified_by_their_magic_numbers(
    api: Any, type: str, value: str, status: str
) -> None:
    customer = await ada(api, tax_id_data=[{"type": type, "value": value}])

    (tax_id,) = (await api.customers.tax_ids.list_async(customer.id)).data

    assert tax_id.verification.status == status


async def test_tax_ids_come_and_go(api: Any) -> None:
    customer = await ada(api)
    made = await api.customers.tax_ids.create_async(
        customer.id, {"type": "gb_vat", "value": "GB000000000"}
    )
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.tax_ids.create_async(customer.id, {"type": "gb_vat", "value": "no"})

    await api.customers.tax_ids.delete_async(customer.id, made.id)

    assert (refusal.value.code, refusal.value.param) == ("tax_id_invalid", "value")
    assert (await api.customers.tax_ids.list_async(customer.id)).data == []


async def test_a_plan_is_changed_with_credit_for_the_rest_of_the_month(
    api: Any, control: Control
) -> None:
    small, large = await a_price(api, unit_amount=1000), await a_price(api, unit_amount=3000)
    customer = await ada(api)
    method = await api.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})
    subscription = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": small.id}],
            "default_payment_method": method.id,
        }
    )
    item = subscription["items"].data[0]
    half = (item.current_period_end - item.current_period_start) // 2
    await control.post("clock", {"advance": half})

    changed = await api.subscriptions.update_async(
        subscription.id,
        {
            "items": [{"id": item.id, "price": large.id}],
            "proration_behavior": "always_invoice",
            "expand": ["latest_invoice"],
        },
    )

    assert changed["items"].data[0].price.id == large.id
    assert changed.latest_invoice.total in range(998, 1002)
    assert changed.latest_invoice.status == "paid"


async def test_a_portal_configuration_is_made_found_and_changed(api: Any) -> None:
    made = await api.billing_portal.configurations.create_async(
        {
            "metadata": {"portal": "1"},
            "features": {
                "payment_method_update": {"enabled": True},
                "invoice_history": {"enabled": True},
                "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
                "customer_update": {"enabled": True, "allowed_updates": ["address", "name"]},
            },
        }
    )
    changed = await api.billing_portal.configurations.update_async(
        made.id, {"business_profile": {"headline": "Tea for two"}, "active": False}
    )
    customer = await api.customers.create_async(ADA)

    with pytest.raises(stripe.InvalidRequestError):
        await api.billing_portal.sessions.create_async(
            {"customer": customer.id, "configuration": made.id}
        )

    listed = await api.billing_portal.configurations.list_async({"active": False})
    assert made.features.customer_update.allowed_updates == ["address", "name"]
    assert changed.business_profile.headline == "Tea for two"
    assert [each.id for each in listed.data] == [made.id]


async def test_a_portal_flow_to_cancel_names_a_subscription_of_the_customer(api: Any) -> None:
    grace = await api.customers.create_async({"email": "grace@example.com"})
    subscription = await api.subscriptions.create_async(
        {
            "customer": (await ada(api)).id,
            "items": [{"price": (await a_price(api, unit_amount=0)).id}],
        }
    )
    cancel = {
        "type": "subscription_cancel",
        "subscription_cancel": {"subscription": subscription.id},
    }

    made = await api.billing_portal.sessions.create_async(
        {"customer": subscription.customer, "flow_data": cancel}
    )
    with pytest.raises(stripe.InvalidRequestError):
        await api.billing_portal.sessions.create_async({"customer": grace.id, "flow_data": cancel})

    assert made.flow.subscription_cancel.subscription == subscription.id
