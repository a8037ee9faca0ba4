"""Each answer Stripe can give, and the word it becomes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from portal.billing.billed import CardRefused
from portal.billing.gateway import close_gateways, open_gateway
from portal.errors import (
    EffectError,
    Indeterminate,
    KeyRejected,
    NotAllowed,
    NotBegun,
    Refused,
    Unanswered,
)
from portal.settings import configure


def told(
    type: str, code: str | None = None, param: str | None = None, said: str = "Stripe's sentence."
) -> str:
    error = {"type": type, "code": code, "param": param, "message": said}
    return json.dumps({"error": {name: value for name, value in error.items() if value}})


BEFORE_THE_CODE = (
    "The provided key 'rk_test_***' does not have the required permissions for this endpoint on"
    " account 'acct_1'. Having the 'rak_invoice_write' permission would allow this request to"
    " continue."
)
WRONG = "invalid_request_error"
ANSWERS: list[tuple[int, str, type[EffectError]]] = [
    (400, told(WRONG, "resource_missing", "items[0][price]"), Refused),
    (400, told(WRONG, "resource_missing", "discounts[0][coupon]"), Refused),
    (400, told(WRONG, "coupon_expired", "discounts[0][coupon]"), Refused),
    (400, told(WRONG, "customer_tax_location_invalid", "address"), Refused),
    (400, told(WRONG, "tax_id_invalid", "tax_id_data[0][value]"), Refused),
    (400, told(WRONG, "email_invalid", "email"), Refused),
    (400, told(WRONG, "parameter_unknown", "shoe_size"), Refused),
    (400, told(WRONG), Refused),
    (400, told(WRONG, "rate_limit"), NotBegun),
    (400, told("idempotency_error"), Indeterminate),
    (401, told(WRONG), KeyRejected),
    (401, told(WRONG, "api_key_expired"), KeyRejected),
    (402, told("card_error", "card_declined"), CardRefused),
    (402, told("card_error", "authentication_required"), CardRefused),
    (403, told(WRONG, "account_invalid"), KeyRejected),
    (403, told(WRONG), KeyRejected),
    (403, told(WRONG, "more_permissions_required"), NotAllowed),
    (403, told(WRONG, said=BEFORE_THE_CODE), NotAllowed),
    (403, told(WRONG, None, "customer"), Refused),
    (404, told(WRONG, "resource_missing", "customer"), Refused),
    (409, told("idempotency_error", "idempotency_key_in_use"), NotBegun),
    (429, told(WRONG, "rate_limit"), NotBegun),
    (429, told(WRONG, "lock_timeout"), NotBegun),
    (429, "Too many requests", NotBegun),
    (500, told("api_error"), Indeterminate),
    (503, told("api_error"), Indeterminate),
    (502, "<html>Bad gateway</html>", Unanswered),
    (404, "<html>Not found</html>", Unanswered),
    (500, '{"error": "invalid_client"}', Unanswered),
    (500, "null", Unanswered),
    (200, "<html>A hotel's Wi-Fi</html>", Unanswered),
    (200, "", Unanswered),
]


@pytest.fixture
async def stranger() -> AsyncIterator[list[Any]]:
    """A server that answers whatever the test put first in this list."""
    script: list[Any] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        status, body, headers = script[0]
        return web.Response(status=status, text=body, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        configure(stripe_api=str(server.make_url("/")).rstrip("/"))
        yield script
        await close_gateways()


@pytest.mark.parametrize(("status", "body", "word"), ANSWERS)
async def test_each_answer_becomes_one_word(
    status: int, body: str, word: type[EffectError], stranger: list[Any]
) -> None:
    stranger.append((status, body, {}))

    with pytest.raises(EffectError) as raised:
        await open_gateway("sk_test_any").create_customer({"name": "Ada"}, key="k1")

    assert type(raised.value) is word
    assert raised.value.__cause__ is None


async def test_a_refusal_says_what_and_where_and_why(stranger: list[Any]) -> None:
    stranger.append((400, told(WRONG, "customer_tax_location_invalid", "address"), {}))

    with pytest.raises(Refused) as raised:
        await open_gateway("sk_test_any").create_customer({"name": "Ada"}, key="k1")

    refused = raised.value
    assert (refused.reason, refused.param) == ("customer_tax_location_invalid", "address")
    assert refused.said == "Stripe's sentence."


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("soon", None), (None, None), ("-3", 0.0), ("9e9", 300.0)]
)
async def test_a_busy_stripe_says_how_long_to_wait(
    header: str | None, seconds: float | None, stranger: list[Any]
) -> None:
    stranger.append((429, told(WRONG, "rate_limit"), {"Retry-After": header} if header else {}))

    with pytest.raises(NotBegun) as raised:
        await open_gateway("sk_test_any").create_customer({"name": "Ada"}, key="k1")

    assert raised.value.retry_after_s == seconds


async def test_an_object_of_the_other_mode_is_not_taken_for_ours(stranger: list[Any]) -> None:
    customer = {"id": "cus_1", "object": "customer", "livemode": True}
    stranger.append((200, json.dumps(customer), {}))

    with pytest.raises(KeyRejected):
        await open_gateway("sk_test_any").create_customer({"name": "Ada"}, key="k1")


async def test_nobody_there_is_no_answer() -> None:
    configure(stripe_api="http://127.0.0.1:9")

    with pytest.raises(Unanswered):
        await open_gateway("sk_test_any").create_customer({"name": "Ada"}, key="k1")

    await close_gateways()


async def minted(stranger: list[Any], url: str) -> str:
    """Ask for a billing portal session; Stripe answers with this address."""
    session = {"id": "bps_1", "object": "billing_portal.session", "url": url}
    stranger.append((200, json.dumps(session), {}))
    return await open_gateway("sk_test_any").create_portal_session(
        "cus_1", return_url="https://us.example", flow=True, configuration=None, locale="en"
    )


@pytest.mark.parametrize(
    "url", ["https://evil.example/p", "https://pay.us.example.evil.example/p", "//pay.us.example/p"]
)
async def test_a_portal_address_elsewhere_is_not_led_to(stranger: list[Any], url: str) -> None:
    configure(stripe_pages="https://pay.us.example")

    with pytest.raises(Unanswered):
        await minted(stranger, url)


async def test_a_seller_s_own_domain_at_stripe_is_led_to_once_it_is_set(
    stranger: list[Any],
) -> None:
    url = "https://pay.us.example/p/session/test_1"
    with pytest.raises(Unanswered):
        await minted(stranger, url)
    configure(stripe_pages="https://pay.us.example")

    assert await minted(stranger, url) == url
