"""A customer changes their details: here at once, at Stripe by operations, and nobody else may."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.database import run_sql
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.shelves import change_site
from tests.pages.signing_in import customer_at
from tests.people import ADA, MALLORY

DETAILS = "/account/details"
MOVED = {
    "first_name": "Augusta", "organisation": "Engines GmbH", "phone": "030 901820",
    "country": "DE", "line1": "Unter den Linden 6", "city": "Berlin", "postal_code": "10117",
}  # fmt: skip


async def at_stripe(shop: Shop) -> dict[str, Any]:
    """Return the one customer that Stripe has."""
    (customer,) = await shop.stripe.objects("customer")
    return customer


async def row() -> dict[str, Any]:
    """Return our one customer."""
    (found,) = await run_sql("SELECT * FROM customer")
    return dict(found)


async def test_a_change_is_kept_reaches_stripe_and_is_written_down_without_values(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)
    typed = await ada.fill(DETAILS, MOVED)

    saved = await ada.send(DETAILS, typed)

    assert (saved.status_code, saved.headers["location"]) == (303, f"{DETAILS}?saved")
    ours = await row()
    assert {name: ours[name] for name in MOVED} == MOVED
    assert (ours["phone_e164"], ours["last_name"]) == ("+4930901820", "Lovelace")
    theirs = await at_stripe(shop)
    assert (theirs["name"], theirs["phone"]) == ("Augusta Lovelace", "+4930901820")
    assert (theirs["email"], theirs["address"]["city"]) == (ADA["email"], "Berlin")
    (entry,) = await run_sql(
        "SELECT * FROM audit_entry WHERE action = {}", "customer.details_changed"
    )
    assert set(json.loads(entry["fields"])) == MOVED.keys()
    assert "Augusta" not in str(dict(entry))
    page = await ada.open(saved.headers["location"])
    assert "Your changes are saved." in page.text
    assert 'value="Unter den Linden 6"' in page.text
    assert await shop.counts() == (1, 1)


@ON_SQLITE
async def test_every_wrong_field_is_told_at_once_and_what_was_typed_is_kept(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)
    await change_site(shop, fields='{"names": "required"}')
    wrong = {"first_name": "", "line1": "", "postal_code": "nowhere", "phone": "12"}

    page = await ada.send(DETAILS, await ada.fill(DETAILS, wrong))

    assert page.status_code == 422
    for sentence in (
        "Enter your first name.", "Enter your street address.", "Enter a postcode like",
        "Enter a phone number",
    ):  # fmt: skip
        assert sentence in page.text
    assert 'value="nowhere"' in page.text
    assert page.text.count("<title>Error:") == 1
    assert (await row())["line1"] == ADA["line1"]


@ON_SQLITE
async def test_without_javascript_another_country_shows_its_fields(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)

    page = await ada.send(DETAILS, await ada.fill(DETAILS, {"country": "US", "refresh": "address"}))

    assert page.status_code == 200
    assert "ZIP code" in page.text
    assert f'value="{ADA["line1"]}"' in page.text
    assert (await row())["country"] == "GB"


async def test_saving_what_is_there_already_is_no_work(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    before = await row()

    await ada.send(DETAILS, await ada.fill(DETAILS, {}))

    assert await row() == before
    rows = await run_sql("SELECT kind FROM operation WHERE kind = {}", "update_customer")
    assert rows == []


@ON_SQLITE
async def test_a_form_cannot_change_what_it_does_not_ask(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada, ADA | {"email_marketing": "on"})
    more = {
        "email": MALLORY["email"], "email_key": MALLORY["email"], "stripe_id": "cus_other",
        "status": "detached", "locale": "tlh", "email_marketing": "", "version": "99",
        "tax_id": "GB980780684",
    }  # fmt: skip
    before = await row()

    await ada.send(DETAILS, await ada.fill(DETAILS, {"city": "Leeds"} | more))

    changed = {"city", "version", "updated_at"}
    assert {name for name, value in (await row()).items() if before[name] != value} == changed
    assert len(await run_sql("SELECT id FROM consent")) == 1
    assert (await at_stripe(shop))["email"] == ADA["email"]


@ON_SQLITE
async def test_what_stripe_does_not_take_is_asked_for_again_until_it_does(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)
    await shop.stripe.fault(
        match="POST /v1/customers/*", fault="status", status=400, times=1,
        code="customer_tax_location_invalid", saved=True,
    )  # fmt: skip

    saved = await ada.send(DETAILS, await ada.fill(DETAILS, {"city": "Nowhere"}))
    page = await ada.open(saved.headers["location"])

    assert "We could not find this address for tax." in page.text
    assert "Your changes are saved." not in page.text
    again = await ada.send(DETAILS, await ada.fill(DETAILS, {}))
    assert "Your changes are saved." in (await ada.open(again.headers["location"])).text
    assert (await at_stripe(shop))["address"]["city"] == "Nowhere"
    assert (await row())["refused_field"] == ""


@pytest.mark.parametrize("refused", ["customers", "subscriptions"])
async def test_details_mend_a_sign_up_that_stripe_refused(
    shop: Shop, ada: Visitor, refused: str
) -> None:
    await shop.stripe.fault(
        match=f"POST /v1/{refused}", fault="status", status=400, times=1,
        code="customer_tax_location_invalid", saved=True,
    )  # fmt: skip
    await customer_at(ada)
    assert (await run_sql("SELECT state FROM onboarding"))[0]["state"] == "refused"

    await ada.send(DETAILS, await ada.fill(DETAILS, {"line1": "13 St James’s Square"}))
    await shop.work_in_the_end()

    assert await shop.counts() == (1, 1)
    assert (await run_sql("SELECT state FROM onboarding"))[0]["state"] == "ready"
    assert (await at_stripe(shop))["address"]["line1"] == "13 St James’s Square"
