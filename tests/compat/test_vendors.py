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


@ON_SQLITE
async def test_chargebee_s_own_client_does_all_five(
    shop: Shop, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import chargebee

    key = await create_key(shop.site.company_id)
    # Else it would speak https, whatever the protocol says.
    monkeypatch.setattr(chargebee.Chargebee, "verify_ca_certs", False)
    host, port = address.removeprefix("http://").split(":")
    site, _, rest = host.partition(".")
    customers = chargebee.Chargebee(
        key.text, site, f"{rest}:{port}/compat", "http", use_async_client=True
    ).Customer

    made = await customers.create(
        {"id": "42", "first_name": "John", "allow_direct_debit": True, "meta_data": '{"crm": 7}',
         "billing_address": {"line1": "340 S Lemon Ave", "city": "Walnut", "state_code": "CA",
                             "zip": "91789", "country": "US"}},
        {"chargebee-idempotency-key": "john-1"},
    )  # fmt: skip
    changed = await customers.update("42", {"last_name": "Doe"})
    billed = await customers.update_billing_info(
        "42", {"billing_address": {"city": "Los Angeles", "country": "US"}}
    )
    found = await customers.retrieve("42")
    for number in range(3):
        await customers.create({"id": f"more{number}"})
    page = await customers.list({"limit": 2, "email": {"is": "none@doe.example"}})
    first = await customers.list({"limit": 2})
    second = await customers.list({"limit": 2, "offset": first.next_offset})
    gone = await customers.delete("42")

    assert (made.customer.id, made.customer.billing_address.state) == ("42", "California")
    assert made.customer.meta_data == {"crm": 7}
    assert made.is_idempotency_replayed is False
    assert (changed.customer.first_name, changed.customer.last_name) == ("John", "Doe")
    assert billed.customer.billing_address.city == "Los Angeles"
    assert found.customer.last_name == "Doe"
    assert page.list == []
    listed = [one.customer.id for one in (*first.list, *second.list)]
    assert listed == ["more2", "more1", "more0", "42"]
    assert gone.customer.deleted is True
    with pytest.raises(chargebee.InvalidRequestError) as missing:
        await customers.retrieve("42")
    assert missing.value.api_error_code == "resource_not_found"
