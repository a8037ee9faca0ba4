"""How requests are read: keys, parameters of each type, and what the account may see."""

from __future__ import annotations

import base64
from typing import Any

import aiohttp
import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.selling import a_price, ada


async def _refusal(http: aiohttp.ClientSession, control: Control, form: str) -> Any:
    headers = {
        "Authorization": f"Bearer {control.key}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    url = f"{control.address}/v1/tax_rates"
    async with http.post(url, data=form, headers=headers) as reply:
        assert reply.status == 400, await reply.text()
        return (await reply.json())["error"]


@pytest.mark.parametrize(
    ("form", "param", "message"),
    [
        ("percentage=20&inclusive=false", "display_name", "Missing required param"),
        ("display_name=&percentage=20&inclusive=false", "display_name", "empty string"),
        ("display_name=V&percentage=much&inclusive=false", "percentage", "Invalid decimal"),
        ("display_name=V&percentage=NaN&inclusive=false", "percentage", "Invalid decimal"),
        ("display_name=V&percentage=20&inclusive=maybe", "inclusive", "Invalid boolean"),
        ("display_name=V&percentage=200&inclusive=true", "percentage", "between 0 and 100"),
        ("display_name[a]=V&percentage=20&inclusive=true", "display_name", "Invalid string"),
        ("display_name=V&percentage=2&inclusive=true&metadata=x", "metadata", "Invalid object"),
        ("display_name=V&percentage=2&inclusive=true&expand=x", "expand", "Invalid array"),
        ("a=1&b=2&display_name=V", "a", "unknown parameters: a, b"),
        ("display_name=V&percentage=2&inclusive=true&tax_type=toll", "tax_type", "one of"),
    ],
)
async def test_each_kind_of_parameter_is_read_strictly(
    http: aiohttp.ClientSession, control: Control, form: str, param: str, message: str
) -> None:
    error = await _refusal(http, control, form)

    assert error["param"] == param
    assert message in error["message"]


async def test_a_body_that_is_no_text_is_refused(
    http: aiohttp.ClientSession, control: Control
) -> None:
    headers = {"Authorization": f"Bearer {control.key}"}

    async with http.post(
        f"{control.address}/v1/customers", data=b"\xff\xfe", headers=headers
    ) as reply:
        assert reply.status == 400


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer KEY", 200),
        ("Basic BASE64", 200),
        ("Basic " + base64.b64encode(b"mallory:").decode(), 401),
        ("Basic nonsense!", 401),
        ("", 401),
        ("Digest KEY", 401),
    ],
)
async def test_only_a_known_key_opens_the_account(
    http: aiohttp.ClientSession, control: Control, authorization: str, status: int
) -> None:
    encoded = base64.b64encode(f"{control.key}:".encode()).decode()
    given = authorization.replace("BASE64", encoded).replace("KEY", control.key)
    headers = {"Authorization": given}

    async with http.get(f"{control.address}/v1/account", headers=headers) as reply:
        assert reply.status == status


async def test_an_account_sees_itself_and_no_other(api: Any) -> None:
    own = await api.accounts.retrieve_current_async()

    assert (await api.accounts.retrieve_async(own.id)).id == own.id
    with pytest.raises(stripe.PermissionError):
        await api.accounts.retrieve_async("acct_mallory")


async def test_an_operation_the_sandbox_lacks_is_not_there(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.charges.search_async({"query": "amount>5"})

    assert "Unrecognized request URL" in str(refusal.value)


async def test_an_idempotency_key_has_at_most_255_characters(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await api.customers.create_async({"name": "Ada"}, {"idempotency_key": "k" * 256})


async def test_a_page_after_nobody_is_refused(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.list_async({"starting_after": "cus_no"})

    assert refusal.value.param == "starting_after"
    customer = await ada(api)
    exactly = await api.customers.list_async({"created": customer.created})
    assert [each.id for each in exactly.data] == [customer.id]


async def test_the_first_account_is_meant_when_no_key_is_given(
    http: aiohttp.ClientSession, address: str
) -> None:
    async with http.get(f"{address}/_sandbox/clock") as reply:
        assert (await reply.json())["offset"] == 0


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("clock", {"advance": -1}),
        ("clock", {"to": 5}),
        ("webhooks", {"colour": "blue"}),
        ("events/evt_no/replay", {}),
    ],
)
async def test_the_control_api_refuses_what_makes_no_sense(
    http: aiohttp.ClientSession, control: Control, path: str, given: Any
) -> None:
    url = f"{control.address}/_sandbox/{path}?key={control.key}"

    async with http.post(url, json=given) as reply:
        assert reply.status in (400, 404)
    async with http.post(url, data=b"{") as reply:
        assert reply.status == 400 or path.startswith("events/")


async def test_the_control_api_reads_back_what_was_set(api: Any, control: Control) -> None:
    await control.post("faults", {"match": "GET /v1/nothing", "fault": "reset", "times": 2})
    await control.delete("requests")
    await ada(api)

    faults = (await control.get("faults"))["faults"]
    assert (faults[0]["times"], faults[0]["struck"]) == (2, 0)
    assert len((await control.get("requests"))["requests"]) == 1
    assert (await control.get("events", type="customer.updated"))["events"] == []
    assert (await control.get("latency"))["seconds"] == 0
    assert (await control.get("limit"))["per_second"] is None
    assert (await control.get("webhooks"))["paused"] is False


async def test_a_coupon_is_read_renamed_and_deleted(api: Any) -> None:
    price = await a_price(api, unit_amount=900)
    made = await api.coupons.create_async(
        {
            "percent_off": 10,
            "duration": "forever",
            "applies_to": {"products": [price.product]},
            "currency_options": {"usd": {"amount_off": 5}},
        }
    )
    renamed = await api.coupons.update_async(made.id, {"name": "Ten"})
    shown = await api.coupons.retrieve_async(
        made.id, {"expand": ["applies_to", "currency_options"]}
    )

    await api.coupons.delete_async(made.id)

    assert (renamed.name, shown.applies_to.products) == ("Ten", [price.product])
    assert shown.currency_options["usd"].amount_off == 5
    assert (await api.coupons.list_async()).data == []
    with pytest.raises(stripe.InvalidRequestError):
        await api.coupons.retrieve_async(made.id)


async def test_a_promotion_code_is_switched_off_and_found_again(api: Any) -> None:
    coupon = await api.coupons.create_async({"percent_off": 10})
    promotion = {"type": "coupon", "coupon": coupon.id}
    customer = await ada(api)
    made = await api.promotion_codes.create_async(
        {"promotion": promotion, "code": "TEA", "customer": customer.id}
    )
    for wrong in (
        {"promotion": promotion, "code": "tea"},
        {"promotion": {"type": "coupon", "coupon": "NO"}},
        {"promotion": {"type": "coupon"}},
        {"promotion": promotion, "customer": "cus_no"},
    ):
        with pytest.raises(stripe.InvalidRequestError):
            await api.promotion_codes.create_async(wrong)

    off = await api.promotion_codes.update_async(made.id, {"active": False, "metadata": {"a": "b"}})

    filters = {"active": False, "coupon": coupon.id, "customer": customer.id}
    found = await api.promotion_codes.list_async(filters)
    assert [each.id for each in found.data] == [made.id]
    assert (off.active, off.metadata["a"]) == (False, "b")
    assert (await api.promotion_codes.retrieve_async(made.id)).code == "TEA"


@pytest.mark.parametrize(
    ("amount_off", "currency", "total"), [(100, "usd", 900), (100, "eur", 800), (77, None, 823)]
)
async def test_an_amount_off_is_shared_over_the_lines(
    api: Any, amount_off: int, currency: str | None, total: int
) -> None:
    first, second = await a_price(api, unit_amount=300), await a_price(api, unit_amount=600)
    given: Any = {"amount_off": amount_off, "currency": currency or "usd", "duration": "once"}
    if currency is None:
        given["currency_options"] = {"eur": {"amount_off": 77}}
    coupon = await api.coupons.create_async(given)
    params = {
        "subscription_details": {"items": [{"price": first.id}, {"price": second.id}]},
        "discounts": [{"coupon": coupon.id}],
    }
    if total == 900:
        with pytest.raises(stripe.InvalidRequestError):
            await api.invoices.create_preview_async(params)
        return

    preview = await api.invoices.create_preview_async(params)

    assert preview.total == total
    assert sum(line.discount_amounts[0].amount for line in preview.lines.data) == 900 - total


async def test_a_preview_uses_the_customers_own_address_or_the_one_given(api: Any) -> None:
    customer = await ada(api)
    price = await a_price(api, unit_amount=1000)
    params: Any = {
        "customer": customer.id,
        "subscription_details": {"items": [{"price": price.id}]},
        "automatic_tax": {"enabled": True},
    }

    at_home = await api.invoices.create_preview_async(params)
    abroad = await api.invoices.create_preview_async(
        params | {"customer_details": {"address": {"country": "DE"}, "tax_exempt": ""}}
    )

    assert (at_home.total, abroad.total) == (1200, 1190)


@pytest.mark.parametrize(
    "params",
    [
        {"customer": "ADA"},
        {"subscription": "sub_no"},
        {"subscription_details": {"items": [], "billing_cycle_anchor": "now"}},
        {},
    ],
)
async def test_a_preview_of_nothing_is_refused(api: Any, params: Any) -> None:
    customer = await ada(api)
    given = {name: customer.id if value == "ADA" else value for name, value in params.items()}

    with pytest.raises(stripe.InvalidRequestError):
        await api.invoices.create_preview_async(given)


async def test_an_endpoint_moves_and_can_be_read(api: Any) -> None:
    made = await api.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/a", "enabled_events": ["customer.created"]}
    )

    moved = await api.webhook_endpoints.update_async(
        made.id, {"url": "http://127.0.0.1:9/b", "enabled_events": ["*"], "metadata": {"a": "b"}}
    )

    assert (await api.webhook_endpoints.retrieve_async(made.id)).url == moved.url
    assert moved.enabled_events == ["*"]


async def test_clocks_are_listed(api: Any) -> None:
    clock = await api.test_helpers.test_clocks.create_async(
        {"frozen_time": 1_900_000_000, "name": "Later"}
    )

    (listed,) = (await api.test_helpers.test_clocks.list_async()).data

    assert (listed.id, listed.name) == (clock.id, "Later")
