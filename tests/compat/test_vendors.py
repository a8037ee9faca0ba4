"""The two vendors' own clients, pointed at the doors that speak their documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import stripe

from portal.access.keys import create_key
from portal.app import Portal
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.sandbox.conftest import served

ADA: Any = {
    "email": "ada@lovelace.example",
    "name": "Ada Lovelace",
    "metadata": {"crm": "7"},
    "expand": ["tax_ids"],
}


@pytest.fixture
async def address(portal: Portal) -> AsyncIterator[str]:
    """Where the portal is served; it is open already."""

    async def open_already(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await portal(scope, receive, send)

    async with served(lambda _: open_already) as address:
        yield address


@pytest.fixture
async def client(shop: Shop, address: str) -> AsyncIterator[stripe.StripeClient]:
    """Stripe's own client, with a key of ours."""
    key = await create_key(shop.site.company_id)
    http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=60))
    door: Any = {"api": f"{address}/compat/stripe"}
    yield stripe.StripeClient(key.text, base_addresses=door, http_client=http)
    await http.close_async()  # type: ignore[no-untyped-call]


@ON_SQLITE
async def test_stripe_s_own_client_does_all_five(shop: Shop, client: stripe.StripeClient) -> None:
    customers = client.v1.customers

    made = await customers.create_async(ADA)
    changed = await customers.update_async(
        made.id, {"metadata": {"crm": "", "order": "6735"}, "preferred_locales": ["en-GB", "fr"]}
    )
    found = await customers.retrieve_async(made.id)
    gone = await customers.delete_async(made.id)
    after = await customers.retrieve_async(made.id)

    assert (made.name, made.email) == ("Ada Lovelace", "ada@lovelace.example")
    assert made.tax_ids is not None
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"order": "6735"}
    assert found.preferred_locales == ["en-GB", "fr"]
    assert (gone.id, gone.deleted, after.deleted) == (made.id, True, True)
    with pytest.raises(stripe.InvalidRequestError) as again:
        await customers.delete_async(made.id)
    assert (again.value.code, again.value.param) == ("resource_missing", "id")


@ON_SQLITE
async def test_stripe_s_own_client_pages_through_them_all(
    shop: Shop, client: stripe.StripeClient
) -> None:
    customers = client.v1.customers
    made = [
        (await customers.create_async({"email": f"ada{number}@example.com"})).id
        for number in range(25)
    ]

    page = await customers.list_async({"limit": 10})
    listed = [one.id async for one in page.auto_paging_iter()]
    back = await customers.list_async({"limit": 10, "ending_before": made[0]})

    assert listed == made[::-1]
    assert (len(page.data), page.has_more, page.url) == (10, True, "/v1/customers")
    assert [one.id for one in back.data] == made[10:0:-1]
    (only,) = (await customers.list_async({"email": "ada7@example.com"})).data
    assert only.id == made[7]


@ON_SQLITE
async def test_stripe_s_own_client_is_told_what_is_wrong_in_its_own_errors(
    shop: Shop, client: stripe.StripeClient, address: str
) -> None:
    customers = client.v1.customers
    unknown: Any = {"nmae": "Ada"}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await customers.create_async(unknown)
    with pytest.raises(stripe.InvalidRequestError) as missing:
        await customers.retrieve_async("cus_none")
    options: Any = {"api_key": "portal_test_sk_nobody"}
    with pytest.raises(stripe.AuthenticationError):
        await customers.list_async({}, options)
    once: Any = {"idempotency_key": "ada-1"}
    await customers.create_async({"name": "Ada"}, once)
    with pytest.raises(stripe.IdempotencyError):
        await customers.create_async({"name": "Grace"}, once)

    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "nmae")
    assert (missing.value.code, missing.value.http_status) == ("resource_missing", 404)
