"""Portal sessions and configurations, tax ids, and what little is left."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from portal.sandbox.signing import signature
from tests.sandbox.conftest import Control
from tests.sandbox.receiving import attempted
from tests.sandbox.selling import a_price, ada


async def test_the_default_configuration_serves_when_none_is_named(api: Any) -> None:
    customer = await ada(api)

    first = await api.billing_portal.sessions.create_async({"customer": customer.id})
    second = await api.billing_portal.sessions.create_async({"customer": customer.id})

    (default,) = (await api.billing_portal.configurations.list_async({"is_default": True})).data
    assert first.configuration == second.configuration == default.id
    assert first.url != second.url


async def test_a_configuration_brings_its_return_address_and_can_be_cleared(api: Any) -> None:
    made = await api.billing_portal.configurations.create_async(
        {
            "default_return_url": "http://127.0.0.1/account",
            "login_page": {"enabled": True},
            "features": {
                "customer_update": {"enabled": True, "allowed_updates": ["address"]},
                "subscription_cancel": {
                    "enabled": True,
                    "cancellation_reason": {"enabled": True, "options": ["unused"]},
                },
            },
        }
    )
    session = await api.billing_portal.sessions.create_async(
        {"customer": (await ada(api)).id, "configuration": made.id}
    )

    cleared = await api.billing_portal.configurations.update_async(
        made.id, {"features": {"customer_update": {"allowed_updates": ""}}}
    )

    assert session.return_url == "http://127.0.0.1/account"
    assert made.login_page.enabled
    assert made.features.subscription_cancel.cancellation_reason.options == ["unused"]
    assert cleared.features.customer_update.allowed_updates == []
    read = await api.billing_portal.configurations.retrieve_async(made.id)
    assert read.features.customer_update.enabled


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "customer"),
        ({"customer": "cus_no"}, "customer"),
        ({"customer": "ADA", "configuration": "bpc_no"}, "configuration"),
        ({"customer": "ADA", "flow_data": {"type": "subscription_pause"}}, "flow_data[type]"),
        (
            {"customer": "ADA", "flow_data": {"type": "subscription_cancel"}},
            "flow_data[subscription_cancel][subscription]",
        ),
        (
            {
                "customer": "ADA",
                "flow_data": {
                    "type": "payment_method_update",
                    "after_completion": {"type": "redirect"},
                },
            },
            "flow_data[after_completion][redirect]",
        ),
    ],
)
async def test_a_session_that_cannot_be_is_refused(api: Any, params: Any, param: str) -> None:
    customer = await ada(api)
    given = {name: customer.id if value == "ADA" else value for name, value in params.items()}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.billing_portal.sessions.create_async(given)

    assert refusal.value.param == param


async def test_a_flow_can_end_with_a_confirmation(api: Any) -> None:
    after = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Thanks"}}

    session = await api.billing_portal.sessions.create_async(
        {
            "customer": (await ada(api)).id,
            "flow_data": {"type": "payment_method_update", "after_completion": after},
        }
    )

    assert session.flow.after_completion.hosted_confirmation.custom_message == "Thanks"


async def test_a_tax_id_belongs_to_one_customer_who_has_at_most_five(api: Any) -> None:
    customer, grace = await ada(api), await api.customers.create_async({"name": "Grace"})
    given = {"type": "us_ein", "value": "12-3456789"}
    made = await api.customers.tax_ids.create_async(customer.id, given)
    for _ in range(4):
        await api.customers.tax_ids.create_async(customer.id, given)

    for refused in (
        api.customers.tax_ids.create_async(customer.id, given),
        api.customers.tax_ids.create_async(grace.id, {"type": "us_ein", "value": " "}),
        api.customers.tax_ids.retrieve_async(grace.id, made.id),
        api.customers.tax_ids.delete_async(grace.id, made.id),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            await refused

    assert (await api.customers.tax_ids.retrieve_async(customer.id, made.id)).country == "US"


async def test_a_code_for_first_timers_is_not_for_those_who_have_paid(api: Any) -> None:
    customer, price = await ada(api), await a_price(api, unit_amount=900)
    method = await api.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})
    coupon = await api.coupons.create_async({"percent_off": 10})
    code = await api.promotion_codes.create_async(
        {
            "promotion": {"type": "coupon", "coupon": coupon.id},
            "restrictions": {"first_time_transaction": True},
        }
    )
    given = {
        "customer": customer.id,
        "items": [{"price": price.id}],
        "default_payment_method": method.id,
        "discounts": [{"promotion_code": code.id}],
    }
    await api.subscriptions.create_async(given)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.subscriptions.create_async(given)

    assert "prior transactions" in str(refusal.value)


async def test_an_endpoint_that_does_not_answer_is_noted(api: Any, control: Control) -> None:
    await api.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/nobody", "enabled_events": ["*"]}
    )
    await ada(api)

    delivery = await attempted(control)

    assert (delivery["state"], delivery["last_status"]) == ("pending", None)
    assert "Connect" in delivery["last_error"]


def test_a_signature_is_the_sdks_own() -> None:
    payload, secret = b'{"id": "evt_1"}', "whsec_tea"

    mine = signature(payload, [secret], 1_900_000_000)

    theirs = stripe.WebhookSignature.generate_signature_header(
        payload.decode(), secret, timestamp=1_900_000_000
    )
    assert mine == theirs


async def test_prices_are_found_by_how_often_they_recur(api: Any) -> None:
    monthly = await a_price(api, unit_amount=900)
    await a_price(api, unit_amount=9000, interval="year")

    found = await api.prices.list_async({"recurring": {"interval": "month"}})
    renamed = await api.prices.update_async(
        monthly.id, {"currency_options": {"usd": {"unit_amount_decimal": "1000.5"}}}
    )

    assert [each.id for each in found.data] == [monthly.id]
    options = await api.prices.retrieve_async(renamed.id, {"expand": ["currency_options", "tiers"]})
    assert options.currency_options["usd"].unit_amount is None
    with pytest.raises(stripe.InvalidRequestError):
        await api.prices.list_async({"lookup_keys": [str(n) for n in range(11)]})


async def test_a_customers_details_are_kept_as_given(api: Any) -> None:
    customer = await ada(
        api,
        preferred_locales=["de", "en"],
        shipping={"name": "Ada", "address": {"line1": "1 High St", "country": "GB"}},
        invoice_settings={"footer": "Thanks"},
        tax={"ip_address": "127.0.0.1"},
        expand=["tax"],
    )

    cleared = await api.customers.update_async(
        customer.id,
        {"shipping": "", "address": "", "tax_exempt": "", "expand": ["tax", "tax_ids"]},
    )

    assert customer.preferred_locales == ["de", "en"]
    assert customer.shipping.address.country == "GB"
    assert (customer.tax.location.source, cleared.tax.location.source) == (
        "shipping_destination",
        "ip_address",
    )
    assert (cleared.shipping, cleared.tax_exempt) == (None, "none")
    with pytest.raises(stripe.InvalidRequestError):
        await api.customers.update_async(customer.id, {"invoice_prefix": "a"})
