"""Mistakes are answered in Stripe's words."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
import stripe

from tests.sandbox.conftest import Control, client_of
from tests.sandbox.selling import a_price, ada


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"surname": "Lovelace"}, "parameter_unknown", "surname"),
        ({"address": {"planet": "Earth"}}, "parameter_unknown", "address[planet]"),
        ({"tax_id_data": [{"type": "gb_vat"}]}, "parameter_missing", "tax_id_data[0][value]"),
        ({"balance": "lots"}, "parameter_invalid_integer", "balance"),
        ({"tax_exempt": "perhaps"}, None, "tax_exempt"),
        ({"tax_id_data": [{"type": "xx_vat", "value": "1"}]}, None, "tax_id_data[0][type]"),
        ({"email": "ada"}, "email_invalid", "email"),
        ({"name": "a" * 257}, None, "name"),
        ({"phone": "1" * 21}, None, "phone"),
        ({"address": {"country": "Britain"}}, "country_code_invalid", "address[country]"),
        ({"metadata": {"k" * 41: "v"}}, None, f"metadata[{'k' * 41}]"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        (
            {"tax_id_data": [{"type": "eu_vat", "value": "nonsense"}]},
            "tax_id_invalid",
            "tax_id_data[0][value]",
        ),
        ({"source": "tok_visa"}, "sandbox_unsupported", "source"),
        ({"test_clock": "clock_no"}, "resource_missing", "test_clock"),
        ({"payment_method": "pm_no"}, "resource_missing", "payment_method"),
    ],
)
async def test_a_wrong_parameter_is_named(
    api: Any, control: Control, params: dict[str, Any], code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.create_async(params)

    assert (refusal.value.code, refusal.value.param) == (code, param)
    assert (await control.get("objects"))["counts"] == {}


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"items": []}, "parameter_missing", "customer"),
        ({"customer": "cus_no", "items": [{"price": "x"}]}, "resource_missing", "customer"),
        ({"customer": "ADA"}, "parameter_missing", "items"),
        ({"customer": "ADA", "items": [{}]}, "parameter_missing", "items"),
        ({"customer": "ADA", "items": [{"quantity": 2}]}, "parameter_missing", "items[0][price]"),
        (
            {"customer": "ADA", "items": [{"price": "price_no"}]},
            "resource_missing",
            "items[0][price]",
        ),
        (
            {"customer": "ADA", "items": [{"price": "TEA"}], "trial_end": 1},
            None,
            "trial_end",
        ),
        (
            {"customer": "ADA", "items": [{"price": "TEA"}], "discounts": [{"coupon": "NO"}]},
            "resource_missing",
            "discounts[0][coupon]",
        ),
        (
            {"customer": "ADA", "items": [{"price": "TEA"}], "collection_method": "send_invoice"},
            "parameter_missing",
            "days_until_due",
        ),
        ({"customer": "ADA", "items": [{"price": "TEA"}]}, "resource_missing", None),
    ],
)
async def test_a_subscription_that_cannot_be_is_refused_whole(
    api: Any, control: Control, params: dict[str, Any], code: str | None, param: str | None
) -> None:
    names = {"ADA": (await ada(api)).id, "TEA": (await a_price(api, unit_amount=900)).id}
    given = {name: names.get(value, value) if isinstance(value, str) else value
             for name, value in params.items()}  # fmt: skip
    if "items" in given:
        given["items"] = [{k: names.get(v, v) for k, v in item.items()} for item in given["items"]]

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.subscriptions.create_async(given)

    assert (refusal.value.code, refusal.value.param) == (code, param)
    assert "subscription" not in (await control.get("objects"))["counts"]


async def test_what_does_not_exist_is_404(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.retrieve_async("cus_no")

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")
    assert refusal.value.param == "id"


async def test_an_operation_the_sandbox_lacks_is_404_and_never_a_guess(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.quotes.create_async({"customer": "cus_1"})

    assert refusal.value.http_status == 404
    assert "Unrecognized request URL (POST: /v1/quotes)" in str(refusal.value)


async def test_a_key_nobody_has_is_401_and_not_repeated(address: str) -> None:
    async with client_of(address, "sk_test_mallory_was_here") as client:
        with pytest.raises(stripe.AuthenticationError) as refusal:
            await client.v1.customers.list_async()

    assert "mallory" not in str(refusal.value)


async def test_accounts_do_not_see_each_other(
    address: str, api: Any, http: aiohttp.ClientSession
) -> None:
    customer = await ada(api)
    async with http.post(f"{address}/_sandbox/accounts", json={"key": "sk_test_other"}) as reply:
        other = await reply.json()

    async with client_of(address, other["key"]) as client:
        with pytest.raises(stripe.InvalidRequestError):
            await client.v1.customers.retrieve_async(customer.id)


async def test_an_empty_value_unsets_and_metadata_merges(api: Any) -> None:
    customer = await ada(api)

    changed = await api.customers.update_async(
        customer.id, {"phone": "", "address": "", "metadata": {"site": "", "plan": "tea"}}
    )

    assert (changed.phone, changed.address) == (None, None)
    assert changed.metadata.to_dict() == {"plan": "tea"}
    assert changed.name == "Ada Lovelace"


async def test_a_deleted_customer_leaves_a_tombstone(api: Any) -> None:
    price = await a_price(api, unit_amount=0)
    customer = await ada(api)
    subscription = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}]}
    )

    await api.customers.delete_async(customer.id)

    assert (await api.customers.retrieve_async(customer.id)).deleted is True
    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "canceled"
    assert (await api.customers.list_async({"email": "ada@example.com"})).data == []
    with pytest.raises(stripe.InvalidRequestError):
        await api.customers.update_async(customer.id, {"name": "Ada"})


async def test_every_answer_names_its_request_and_version(api: Any) -> None:
    answer = (await ada(api)).last_response

    assert answer.request_id.startswith("req_")
    assert answer.headers["Stripe-Version"] == "2026-10-28.endive"
