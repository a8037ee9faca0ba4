"""Keys: several of one account, restricted, revoked; live accounts; addresses of their own."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import stripe

from portal.sandbox.keys import set_revoked
from portal.sandbox.world import Sandbox
from tests.sandbox.conftest import Control, client_of
from tests.sandbox.selling import ADA, a_price, ada


async def test_another_key_opens_the_same_account(api: Any, control: Control) -> None:
    made = await ada(api)
    key = (await control.post("keys"))["key"]

    async with client_of(control.address, key) as other:
        found = await other.v1.customers.retrieve_async(made.id)

    assert found.email == "ada@example.com"


async def test_a_restricted_key_may_do_what_it_names_and_no_more(
    api: Any, control: Control
) -> None:
    price = await a_price(api, unit_amount=900)
    held = ["customer_write", "subscription_read"]
    made = await control.post("keys", {"permissions": held})

    async with client_of(control.address, made["key"]) as restricted:
        customer = await restricted.v1.customers.create_async(ADA)  # type: ignore[arg-type]
        await restricted.v1.customers.retrieve_async(customer.id)
        await restricted.v1.subscriptions.list_async()
        with pytest.raises(stripe.PermissionError) as refusal:
            await restricted.v1.subscriptions.create_async(
                {"customer": customer.id, "items": [{"price": price.id}]}
            )
        with pytest.raises(stripe.PermissionError, match="rak_customer_portal_write"):
            await restricted.v1.billing_portal.sessions.create_async({"customer": customer.id})
        with pytest.raises(stripe.PermissionError, match="rak_plan_read"):
            await restricted.v1.prices.list_async()

    assert made["key"].startswith("rk_test_")
    assert refusal.value.http_status == 403
    assert "Having the 'rak_subscription_write' permission would allow" in str(refusal.value)
    assert made["key"] not in str(refusal.value)


async def test_a_revoked_key_opens_nothing_while_another_still_does(
    api: Any, control: Control
) -> None:
    other = (await control.post("keys"))["key"]

    await control.post(f"keys/{control.key}/revoke")

    with pytest.raises(stripe.AuthenticationError) as refusal:
        await ada(api)
    assert refusal.value.http_status == 401
    assert refusal.value.error is not None
    assert refusal.value.error.code == "api_key_expired"
    async with client_of(control.address, other) as client:
        assert (await client.v1.customers.list_async()).data == []
    listed = {each["key"]: each["revoked"] for each in (await control.get("keys"))["keys"]}
    assert listed == {control.key: True, other: False}
    await control.post(f"keys/{control.key}/restore")
    assert (await ada(api)).email == "ada@example.com"


def test_keys_outlive_a_restart(tmp_path: Path) -> None:
    sandbox = Sandbox("http://127.0.0.1:1", tmp_path / "sandbox.sqlite")
    account = sandbox.open_account("sk_test_a")
    set_revoked(account, "sk_test_a", is_revoked=True)
    sandbox.close()

    with closing(Sandbox("http://127.0.0.1:1", tmp_path / "sandbox.sqlite")) as again:
        found = again.holder("sk_test_a")
        assert found is not None
        assert found.kind("_key")["sk_test_a"]["revoked"]
        assert again.holder("sk_test_b") is None


async def test_everything_of_a_live_account_says_so(
    http: aiohttp.ClientSession, address: str
) -> None:
    async with http.post(f"{address}/_sandbox/accounts", json={"livemode": True}) as reply:
        opened = await reply.json()

    async with client_of(address, opened["key"]) as client:
        price = await a_price(client.v1, unit_amount=900)
        customer = await ada(client.v1)
        subscription = await client.v1.subscriptions.create_async(
            {"customer": customer.id, "items": [{"price": price.id}], "trial_period_days": 14}
        )
        events = (await client.v1.events.list_async()).data

    assert opened["key"].startswith("sk_live_")
    assert [each.livemode for each in (price, customer, subscription, *events)] == [True] * (
        3 + len(events)
    )
    assert subscription["items"].data[0].plan.livemode


async def test_an_accounts_own_address_refuses_the_key_of_another(
    http: aiohttp.ClientSession, api: Any, control: Control
) -> None:
    async with http.post(f"{control.address}/_sandbox/accounts", json={}) as reply:
        other = await reply.json()

    async with client_of(other["address"], other["key"]) as client:
        mine = await ada(client.v1)
    async with client_of(other["address"], control.key) as stranger:
        with pytest.raises(stripe.PermissionError, match="does not have access to account"):
            await stranger.v1.customers.retrieve_async(mine.id)
    async with http.get(f"{other['address']}/_sandbox/objects") as reply:
        counts = (await reply.json())["counts"]
    async with http.get(f"{control.address}/acct/acct_nobody/_sandbox/objects") as reply:
        status = reply.status

    assert counts["customer"] == 1
    assert status == 404
    assert (await api.customers.list_async()).data == []


async def test_a_permission_that_makes_no_sense_is_refused(
    http: aiohttp.ClientSession, control: Control
) -> None:
    async with http.post(
        f"{control.address}/_sandbox/keys?key={control.key}", json={"permissions": ["customers"]}
    ) as reply:
        assert reply.status == 400
    async with http.post(
        f"{control.address}/_sandbox/keys/sk_test_mallory/revoke?key={control.key}"
    ) as reply:
        assert reply.status == 404
