"""Somebody signs up with a stranger's address; its owner finds out, and decides."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from portal import clock
from portal.database import run_sql
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.mails import link_in, mail_to
from tests.pages.shelves import change_site
from tests.people import ADA, MALLORY

TRAP = MALLORY | {"email": ADA["email"], "organisation": "Trudy GmbH", "tax_id": "DE129273398"}


@dataclass(frozen=True, slots=True)
class Trap:
    """What Mallory kept: the answer to the form, the form as it was sent, and an old link."""

    answer: httpx.Response
    typed: dict[str, str]
    link: str


@pytest.fixture
async def trap(shop: Shop, mallory: Visitor) -> Trap:
    """Mallory signs up with Ada's address, and has a mail sent that only Ada can read."""
    await change_site(shop, fields='{"organisation": "optional"}')
    typed = await mallory.fill("/signup?plan=reader", TRAP)
    answer = await mallory.send("/signup", typed)
    await ask(mallory)
    return Trap(answer, typed, link_in(await mail_to(ADA["email"])))


async def ask(visitor: Visitor) -> None:
    """Ask for a sign-in mail to Ada."""
    await visitor.send("/signin", await visitor.fill("/signin", {"email": ADA["email"]}))


async def sign_in(visitor: Visitor, former: str = "") -> httpx.Response:
    """Sign Ada in by the newest link."""
    await ask(visitor)
    link = former
    for _ in range(1200):
        link = link_in(await mail_to(ADA["email"]))
        if link != former:
            break
        await asyncio.sleep(0.025)
    page = await visitor.open(link)
    return await visitor.send(link, forms_of(page.text)[0].fields)


async def customer_at_stripe(shop: Shop) -> dict[str, Any]:
    """Return the one customer that Stripe has."""
    (customer,) = await shop.stripe.objects("customer")
    return customer


async def test_the_first_confirmation_leaves_mallory_nothing(
    trap: Trap, ada: Visitor, mallory: Visitor
) -> None:
    status = f"/signup/status/{(await run_sql('SELECT id FROM onboarding'))[0]['id']}"
    token = {"token": trap.typed["token"]}
    assert (await mallory.open(trap.answer.headers["location"])).status_code == 200

    await sign_in(ada, trap.link)

    for path in (trap.answer.headers["location"], status, "/account", "/account/check"):
        assert (await mallory.open(path)).headers["location"] == "/signin", path
    for path in (f"{status}/continue", "/welcome/billing", "/account/billing"):
        assert (await mallory.send(path, token)).headers["location"] == "/signin", path
    again = await mallory.send("/signup", trap.typed | {"last_name": "Again"})
    assert again.headers["location"] == "/signup/check-inbox"
    assert (await mallory.send(trap.link, token)).status_code == 410
    assert (await mallory.send("/account/check/clear", token)).headers["location"] == "/signin"
    (row,) = await run_sql("SELECT last_name FROM customer")
    assert row["last_name"] == "Trudy"


async def test_ada_is_shown_what_was_entered_and_keeps_it(
    trap: Trap, shop: Shop, ada: Visitor
) -> None:
    asked = await sign_in(ada, trap.link)
    page = await ada.open(asked.headers["location"])
    kept = await ada.press(page, "/account/check/keep")

    assert asked.headers["location"] == "/account/check"
    for entered in ("Mallory Trudy", "Trudy GmbH", "DE129273398", "+49 30 901820", "10117"):
        assert entered in page.text
    assert page.headers["cache-control"] == "no-store"
    assert kept.headers["location"] == "/account"
    assert "Mallory Trudy" in (await ada.open("/account")).text
    assert (await customer_at_stripe(shop))["name"] == "Mallory Trudy"


async def test_ada_clears_it_here_and_at_stripe_and_the_plan_stays(
    trap: Trap, shop: Shop, ada: Visitor
) -> None:
    page = await ada.open((await sign_in(ada, trap.link)).headers["location"])

    cleared = await ada.press(page, "/account/check/clear")
    await shop.work_in_the_end()

    assert cleared.headers["location"] == "/account"
    account = await ada.open("/account")
    assert "Your plan is active" in account.text
    assert "Trudy" not in account.text
    (row,) = await run_sql("SELECT * FROM customer")
    for name in ("first_name", "last_name", "organisation", "phone", "tax_id", "line1", "city"):
        assert row[name] == "", name
    assert (row["phone_e164"], row["tax_id_type"], row["version"]) == (None, None, 2)
    assert (row["email"], row["country"], row["postal_code"]) == (ADA["email"], "DE", "10117")
    theirs = await customer_at_stripe(shop)
    assert (theirs["email"], theirs["name"], theirs["phone"]) == (ADA["email"], None, None)
    assert (theirs["address"]["line1"], theirs["address"]["country"]) == (None, "DE")
    assert await shop.stripe.objects("tax_id") == []
    assert await shop.counts() == (1, 1)
    assert (await ada.open("/account/check")).headers["location"] == "/account"


async def test_an_address_is_asked_about_once(trap: Trap, ada: Visitor) -> None:
    await sign_in(ada, trap.link)
    again = await sign_in(ada, link_in(await mail_to(ADA["email"])))

    assert again.headers["location"] == "/account"


async def test_the_browser_that_signed_up_is_not_asked(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA)

    assert (await sign_in(ada)).headers["location"] == "/account"


async def test_clearing_needs_a_sign_in_of_the_last_hour_and_our_form(
    trap: Trap, ada: Visitor
) -> None:
    page = await ada.open((await sign_in(ada, trap.link)).headers["location"])
    fields = forms_of(page.text)[1].fields

    forged = await ada.send("/account/check/clear", fields | {"token": "1.x"})
    await run_sql("UPDATE session SET signed_in_at = {}", clock.now() - timedelta(minutes=61))
    stale = await ada.send("/account/check/clear", fields)

    assert forged.status_code == 403
    assert stale.headers["location"] == "/signin"
    assert (await run_sql("SELECT last_name FROM customer"))[0]["last_name"] == "Trudy"
