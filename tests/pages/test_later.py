"""A sign-up that was left is gone on with on another device, on one page and in steps."""

from __future__ import annotations

import re

import httpx
import pytest

from portal.database import run_sql
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor
from tests.pages.mails import mail_to
from tests.pages.shelves import change_site
from tests.people import ADA

RESUME = "/signup/resume/"
TYPED = {"email": ADA["email"], "city": "London", "first_name": "Ada", "later": "yes"}


async def link_to(email: str) -> str:
    found = re.search(RESUME + r"[\w-]+", await mail_to(email, about=RESUME))
    assert found
    return found[0]


async def left(visitor: Visitor, **typed: str) -> httpx.Response:
    """Fill some of the form in, and ask to go on later."""
    return await visitor.send(
        "/signup", await visitor.fill("/signup?plan=house", {**TYPED, **typed})
    )


async def test_what_was_typed_is_found_again_on_another_device(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    sent = await left(ada)
    assert sent.headers["location"] == "/signup/later"
    assert "Check your inbox" in (await ada.open("/signup/later")).text
    link = await link_to(ADA["email"])

    for _ in range(100):
        page = await mallory.open(link)
        assert ADA["email"] not in page.text
    assert 'value="London"' not in (await mallory.open("/signup")).text
    taken = await mallory.press(page, "")
    form = await mallory.open(taken.headers["location"])

    for kept in (ADA["email"], "London", 'value="house"'):
        assert kept in form.text
    assert await run_sql("SELECT id FROM customer") == []


async def test_once_signed_up_the_link_leads_to_the_account(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await left(ada)
    link = await link_to(ADA["email"])
    page = await mallory.open(link)

    await ada.sign_up(ADA, "?plan=house")

    for answer in (await mallory.open(link), await mallory.press(page, "")):
        assert "You have signed up already" in answer.text
        assert 'href="/account"' in answer.text
    assert 'value="London"' not in (await mallory.open("/signup")).text
    assert [row["answers"] for row in await run_sql("SELECT answers FROM resume_link")] == [""]


async def test_in_steps_it_goes_on_at_the_first_step_that_is_not_answered(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await change_site(shop, layout="steps")
    contact = await ada.fill("/signup?plan=house", {"email": ADA["email"], "later": "yes"})
    sent = await ada.send("/signup/step/contact", contact, headers=HTMX)
    assert sent.headers["hx-redirect"] == "/signup/later"

    taken = await mallory.press(await mallory.open(await link_to(ADA["email"])), "")
    first = await mallory.open(taken.headers["location"])

    assert first.headers["location"].startswith("/signup/step/address")


@ON_SQLITE
@pytest.mark.parametrize(("typed", "status"), [({"email": "nobody"}, 422), ({"token": "1.x"}, 403)])
async def test_without_an_address_or_from_elsewhere_no_mail_is_sent(
    typed: dict[str, str], status: int, shop: Shop, ada: Visitor
) -> None:
    shown = await left(ada, **typed)

    assert shown.status_code == status
    assert 'value="London"' in shown.text
    assert await run_sql("SELECT id FROM resume_link") == []


@ON_SQLITE
async def test_a_link_that_never_was_is_spent(ada: Visitor) -> None:
    answer = await ada.open(f"{RESUME}{'x' * 43}")

    assert answer.status_code == 410
    assert "This link no longer works" in answer.text
