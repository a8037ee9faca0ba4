"""What looks like a script is text: in every field, on every page that shows it again."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import (
    alert,
    choose,
    fact,
    field,
    fill,
    heading,
    pay,
    send,
    sign_up,
)

pytestmark = ON_SQLITE

POLYGLOTS = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '" onfocus=alert(1) autofocus x="',
    "' onmouseover='alert(1)",
    "</textarea></title></style><svg onload=alert(1)>",
    "javascript:alert(1)",
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert(1) )//",
    "{{ 7*7 }}${7*7}<%= 7*7 %>#{7*7}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    '<!--<img src="--><img src=x onerror=alert(1)//">',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '<hx-partial hx-target="#main">x</hx-partial>',
    'x" hx-get="/signout" hx-trigger="load" y="',
]
FREE_TEXT = ("First name", "Last name", "Organisation", "Street address", "Town or city")
CHECKED = ("Email", "Tax ID", "Phone", "Postcode")
CODE = "Coupon or promotion code"


async def as_long_as_they_like(page: Page) -> None:
    """Take away what keeps a polite browser from sending more than fits."""
    await page.locator("[maxlength]").evaluate_all(
        "fields => fields.forEach(field => field.removeAttribute('maxlength'))"
    )


async def nothing_came_alive(page: Page) -> None:
    """Expect no element that a text brought with it."""
    alive = "script:not([src]), img, [onerror], [onload], [onfocus], hx-partial, a[href^=data]"
    await expect(page.locator(alive)).to_have_count(0)


async def test_each_in_every_field_comes_back_as_it_was_typed(page: Page) -> None:
    await choose(page, "Studio")
    await fill(page, ADA)
    await page.get_by_text("Add a coupon or promotion code").click()
    for polyglot in POLYGLOTS:
        await as_long_as_they_like(page)
        await fill(page, dict.fromkeys((*FREE_TEXT, *CHECKED, CODE), polyglot))
        async with page.expect_response(lambda answer: answer.status == 422):
            await send(page, "Studio")

        await expect(alert(page)).to_be_focused()
        for label in (*FREE_TEXT, *CHECKED, CODE):
            await expect(field(page, label)).to_have_value(polyglot)
        await nothing_came_alive(page)


@pytest.mark.parametrize("first", range(0, len(POLYGLOTS), len(FREE_TEXT)))
async def test_a_customer_who_is_called_like_that_is_shown_so_everywhere(
    shop: Shop, page: Page, first: int
) -> None:
    typed = dict(zip(FREE_TEXT, POLYGLOTS[first:], strict=False))
    await sign_up(page, ADA | typed, "Studio")
    await expect(heading(page, "Add payment method")).to_be_visible()
    await nothing_came_alive(page)
    await pay(page)
    await expect(heading(page, "Welcome to Studio")).to_be_visible()

    await sign_in(page, ADA["Email"])
    name = f"{typed['First name']} {typed['Last name']}"
    await expect(fact(page, "Name")).to_have_text(name)
    await nothing_came_alive(page)
    await page.get_by_role("button", name="Manage billing").click()
    await expect(page.get_by_text(name).first).to_be_visible()
    await nothing_came_alive(page)
    customer = await shop.customer_at_stripe()
    assert customer["name"] == name
    assert customer["business_name"] == typed["Organisation"]
    assert customer["address"]["line1"] == typed["Street address"]
    assert await shop.books() == ONE_OF_EACH

    await page.goto("/mailbox")
    await (
        page.get_by_role("link", name="Your sign-in link")
        .or_(page.get_by_role("link", name="Sign in"))
        .last.click()
    )
    await nothing_came_alive(page)
