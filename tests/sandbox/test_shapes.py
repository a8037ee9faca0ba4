"""Every answer has the shape the SDK expects: all that is required, null only where it may be."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from portal.sandbox.wire import Answer, write_answer
from tests.sandbox.conftest import Control, client_of, served
from tests.sandbox.lives import advance
from tests.sandbox.selling import ADA, a_price, ada
from tests.sandbox.shapes import misshapen


async def test_every_object_of_a_full_life_has_the_sdks_shape(api: Any, control: Control) -> None:
    await _a_full_life(api)

    problems = []
    for kind in (await control.get("objects"))["counts"]:
        for shown in (await control.get("objects", type=kind))["objects"]:
            problems += misshapen(shown)

    assert sorted(set(problems)) == []


async def test_expanded_answers_have_the_sdks_shape(
    api: Any, control: Control, http: aiohttp.ClientSession
) -> None:
    await _a_full_life(api)
    headers = {"Authorization": f"Bearer {control.key}"}
    wanted = {
        "/v1/account": [],
        "/v1/customers": ["data.tax", "data.tax_ids", "data.subscriptions"],
        "/v1/subscriptions?status=all": [
            "data.customer",
            "data.latest_invoice.payments",
            "data.pending_setup_intent",
            "data.discounts",
            "data.default_payment_method",
        ],
        "/v1/invoices": ["data.discounts", "data.customer", "data.confirmation_secret"],
        "/v1/prices": ["data.product", "data.currency_options"],
        "/v1/promotion_codes": ["data.promotion.coupon", "data.restrictions.currency_options"],
        "/v1/coupons": ["data.applies_to", "data.currency_options"],
        "/v1/events?limit=100": [],
    }

    problems = []
    for path, expanded in wanted.items():
        query = "&".join(f"expand[]={each}" for each in expanded)
        url = f"{control.address}{path}{'&' if '?' in path else '?'}{query}"
        async with http.get(url, headers=headers) as reply:
            answer = json.loads(await reply.read())
        assert reply.status == 200, answer
        problems += misshapen(answer)

    assert sorted(set(problems)) == []


async def _a_full_life(api: Any) -> None:
    price = await a_price(
        api,
        unit_amount=900,
        lookup_key="tea-monthly",
        currency_options={"usd": {"unit_amount": 1000}},
    )
    rate = await api.tax_rates.create_async(
        {"display_name": "VAT", "percentage": 20, "inclusive": False}
    )
    await api.coupons.create_async({"id": "TEN", "percent_off": 10, "duration": "forever"})
    code = await api.promotion_codes.create_async(
        {
            "promotion": {"type": "coupon", "coupon": "TEN"},
            "code": "TEATIME",
            "restrictions": {"currency_options": {"eur": {"minimum_amount": 500}}},
        }
    )
    customer = await ada(
        api, tax_id_data=[{"type": "gb_vat", "value": "GB000000000"}], shipping=_shipping()
    )
    await api.setup_intents.create_async(
        {"customer": customer.id, "payment_method": "pm_card_visa", "confirm": True}
    )
    method = (await api.payment_methods.list_async({"customer": customer.id})).data[0]
    await api.customers.update_async(
        customer.id, {"invoice_settings": {"default_payment_method": method.id}}
    )
    subscription = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "default_tax_rates": [rate.id],
            "discounts": [{"promotion_code": code.id}],
        }
    )
    await api.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})
    await _a_trial_and_a_failure(api, price.id)
    await api.billing_portal.sessions.create_async({"customer": customer.id})
    await api.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/hook", "enabled_events": ["customer.created"]}
    )


async def _a_trial_and_a_failure(api: Any, price: str) -> None:
    clock = await api.test_helpers.test_clocks.create_async({"frozen_time": 1_900_000_000})
    on_clock = await api.customers.create_async({**ADA, "test_clock": clock.id})
    await api.subscriptions.create_async(
        {
            "customer": on_clock.id,
            "items": [{"price": price}],
            "trial_period_days": 7,
            "payment_behavior": "default_incomplete",
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        }
    )
    await advance(api, clock.id, 1_900_000_000 + 8 * 86_400)
    grace = await api.customers.create_async({"email": "grace@example.com"})
    bad = await api.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": grace.id}
    )
    await api.subscriptions.create_async(
        {"customer": grace.id, "items": [{"price": price}], "default_payment_method": bad.id}
    )


def _shipping() -> dict[str, Any]:
    return {"name": "Ada Lovelace", "address": ADA["address"]}


async def test_an_answer_of_the_wrong_shape_fails_the_test_that_asked() -> None:
    async def half_a_customer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            body = b'{"id": "cus_1", "object": "customer", "balance": "none", "colour": "red"}'
            await write_answer(Answer(200, body), send)

    async with served(lambda address: half_a_customer) as address:
        with pytest.raises(AssertionError) as noticed:
            async with client_of(address, "sk_test_ada") as client:
                await client.v1.customers.retrieve_async("cus_1")

    for problem in ("balance: 'none' is no int", "colour: unknown", "created: missing"):
        assert f"customer.{problem}" in str(noticed.value)
