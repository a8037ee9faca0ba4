"""What is changed of a customer at Stripe comes back, and never by what we are about to change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.customers.directory import customer_of
from portal.customers.known import details_of
from portal.database import run_sql
from portal.onboarding.amend import change_details
from tests.onboarding.shop import Shop, details
from tests.people import ADA
from tests.subscriptions.conftest import Subscriber, subscriber


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, on a trial, looked at once."""
    signed_up = await subscriber(shop, "studio")
    await signed_up.sync()
    return signed_up


async def change(ada: Subscriber, **changed: Any) -> None:
    """Change her at Stripe, as its billing portal does."""
    await ada.gateway.v1.customers.update_async(ada.stripe_id, changed)  # type: ignore[arg-type]


async def test_what_the_billing_portal_changed_comes_back(ada: Subscriber) -> None:
    place = {"line1": "6 Unter den Linden", "city": "Berlin", "postal_code": "10117"}
    await change(
        ada, name="Ada King", phone="+493090182000", address=place | {"country": "DE"},
        business_name="Engines GmbH", email="bills@lovelace.example",
    )  # fmt: skip

    await ada.sync()
    await ada.sync()

    row = await ada.row()
    assert {name: row[name] for name in place} == place
    assert (row["first_name"], row["last_name"], row["country"]) == ("Ada", "King", "DE")
    assert (row["phone"], row["phone_e164"]) == ("+493090182000", "+493090182000")
    assert (row["organisation"], row["state"]) == ("Engines GmbH", "")
    assert (row["email"], row["billing_email"]) == (ADA["email"], "bills@lovelace.example")
    assert row["version"] == 2
    entries = await run_sql(
        "SELECT * FROM audit_entry WHERE actor = 'stripe' AND object_id = {}", ada.id
    )
    assert [entry["action"] for entry in entries] == ["customer.details_changed"]
    assert "King" not in json.dumps(entries[0]["fields"])
    assert await run_sql("SELECT id FROM operation WHERE kind = 'update_customer'") == []


async def test_what_we_are_about_to_change_is_not_undone(ada: Subscriber, shop: Shop) -> None:
    await change_details(shop.site, ada.id, details(city="Leeds", tax_id=""))
    await change(ada, name="Ada King")
    await ada.sync()
    assert ((await ada.row())["city"], (await ada.row())["last_name"]) == ("Leeds", "Lovelace")

    await shop.work_in_the_end()
    await ada.sync()

    assert ((await ada.row())["city"], (await ada.row())["last_name"]) == ("Leeds", "Lovelace")
    (theirs,) = await shop.stripe.objects("customer")
    assert (theirs["address"]["city"], theirs["name"]) == ("Leeds", "Ada Lovelace")


async def test_what_stripe_refused_stays_to_be_mended(ada: Subscriber, shop: Shop) -> None:
    await shop.stripe.fault(
        match="POST /v1/customers/*", fault="status", status=400, times=1, saved=True,
        code="customer_tax_location_invalid",
    )  # fmt: skip
    await change_details(shop.site, ada.id, details(city="Nowhere"))
    await shop.work_in_the_end()
    await ada.adds_card()

    await ada.sync()

    row = await ada.row()
    assert (row["city"], row["refused_field"]) == ("Nowhere", "line1")


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        (("Ada", "Lovelace"), "Augusta Ada Lovelace", ("Augusta Ada", "Lovelace")),
        (("Ada", "Lovelace"), "Grace Brewster Hopper", ("Grace Brewster", "Hopper")),
        (("Ada", "Lovelace"), "Cher", ("Cher", "")),
        (("", ""), "Engines & Co", ("", "")),
    ],
)
async def test_a_name_is_split_where_we_know_where(
    ada: Subscriber, before: tuple[str, str], said: str, after: tuple[str, str]
) -> None:
    await run_sql("UPDATE customer SET first_name = {}, last_name = {}", *before)
    await change(ada, name=said)

    await ada.sync()

    row = await ada.row()
    assert (row["first_name"], row["last_name"]) == after
    assert details_of(await customer_of(ada.id)).first_name == after[0]
    assert row["organisation"] == (ADA["organisation"] if any(before) else said)


async def test_northern_ireland_stays_where_it_is(shop: Shop) -> None:
    ada = await subscriber(shop, "studio")
    await run_sql("UPDATE customer SET country = 'XI', postal_code = 'BT1 5GS'")
    await ada.sync()
    await change(ada, address={"line1": "1 Donegall Square", "country": "GB"}, phone="")

    await ada.sync()

    row = await ada.row()
    assert (row["country"], row["line1"], row["postal_code"]) == ("XI", "1 Donegall Square", "")
    assert (row["phone"], row["phone_e164"]) == ("", None)
