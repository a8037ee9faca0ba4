"""Stripe says no: to what a person gave, or to what the seller set up."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA, GRACE
from tests.journeys.shop import ONE_OF_EACH, Books, Shop
from tests.journeys.steps import alert, choose, field, fill, heading, pay, send, sign_up, stands

REFUSED = {"match": "POST /v1/customers", "fault": "status", "status": 400, "times": 1}


async def test_an_address_that_cannot_be_taxed_is_mended_in_the_same_flow(
    shop: Shop, page: Page
) -> None:
    await shop.change_site("europe", tax="automatic")
    await choose(page, "Studio")
    await fill(page, GRACE | {"ZIP code": "00000"})
    await send(page, "Studio")

    await expect(page).to_have_title("Error: Create your account – Fernhill Press")
    await expect(alert(page)).to_contain_text("We could not find this address for tax.")
    for label in ("Email", "Street address", "City"):
        await expect(field(page, label)).to_have_value(GRACE[label])
    await expect(field(page, "State")).to_have_value("DC")

    await fill(page, {"ZIP code": GRACE["ZIP code"]})
    await send(page, "Studio")
    await pay(page)
    await stands(page, "Trial", re.compile("^Your trial runs until "))
    assert (await shop.customer_at_stripe())["address"]["postal_code"] == "20500"
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_a_refused_email_is_mended_in_the_same_flow(shop: Shop, page: Page) -> None:
    await shop.stripe.fault(**REFUSED, code="email_invalid", param="email")
    await sign_up(page, ADA, "House")

    await expect(field(page, "Email")).to_have_accessible_description(
        re.compile("This email address was not accepted")
    )
    await fill(page, {"Email": "ada@analytical.example"})
    await send(page, "House")
    await pay(page)
    await stands(page, "Active", re.compile("^Your plan is active. "))
    assert (await shop.customer_at_stripe())["email"] == "ada@analytical.example"
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_a_refused_tax_id_stops_nobody(shop: Shop, page: Page) -> None:
    await shop.stripe.fault(**REFUSED, code="tax_id_invalid", param="tax_id_data[0][value]")
    await choose(page, "Studio")
    await fill(page, ADA | {"Organisation": "Analytical Engines Ltd", "Tax ID": "GB980780684"})
    await send(page, "Studio")

    await expect(heading(page, "Add payment method")).to_be_visible()
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_a_price_that_is_gone_is_the_seller_s_to_mend(shop: Shop, page: Page) -> None:
    await shop.stripe.fault(
        match="POST /v1/subscriptions", fault="status", status=400,
        code="resource_missing", param="items[0][price]", message="No such price",
    )  # fmt: skip
    await sign_up(page, ADA, "House")

    await expect(heading(page, "We have your details")).to_be_visible()
    await expect(page.get_by_role("status")).to_contain_text("we will write to you")
    await page.reload()
    await expect(heading(page, "We have your details")).to_be_visible()
    assert await shop.books() == Books(1, 1, 0)
