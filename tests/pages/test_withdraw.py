"""Two steps withdraw from a contract; before the order and in the welcome mail it is told."""

from __future__ import annotations

import pytest

from portal.database import run_sql
from portal.sites.storefront import forget_sites
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.mails import mail_to
from tests.pages.members import become_member, held_at_stripe
from tests.pages.shelves import change_site
from tests.people import ADA

WITHDRAW = "/account/withdraw"
RIGHT = "You can withdraw from the contract within 14 days, without giving a reason."


async def test_two_steps_withdraw_and_a_mail_confirms_it(shop: Shop, ada: Visitor) -> None:
    assert RIGHT in (await ada.open("/signup?plan=house")).text
    await become_member(shop, ada)
    assert f'href="{WITHDRAW}"' in (await ada.open("/account/cancel")).text
    account = await ada.open("/account")
    assert "Withdraw from contract here" in account.text

    page = await ada.open(WITHDRAW)
    assert "Confirm withdrawal" in page.text
    assert (await held_at_stripe(shop))["status"] == "active"
    asked = await ada.press(page, WITHDRAW)
    done = await ada.open(asked.headers["location"])
    await shop.work_in_the_end()

    assert "You have withdrawn from your contract. Your plan has ended. €49.00 is paid" in done.text
    assert (await held_at_stripe(shop))["status"] == "canceled"
    assert await mail_to(ADA["email"], about="it confirms your withdrawal")
    assert "What you paid was given back." in (await ada.open("/account/history")).text
    assert "€49.00 paid back on" in (await ada.open("/account/invoices")).text
    assert "Confirm withdrawal" not in (await ada.open(WITHDRAW)).text


@ON_SQLITE
async def test_the_welcome_mail_tells_until_when(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA, "?plan=house")
    await shop.work_in_the_end()

    text = await mail_to(ADA["email"], about=WITHDRAW)

    assert "You can withdraw from this contract until " in " ".join(text.split())


@ON_SQLITE
@pytest.mark.parametrize("plan", ["house", "reader"])
async def test_where_there_is_no_such_right_or_no_need_nothing_is_said(
    shop: Shop, ada: Visitor, plan: str
) -> None:
    await change_site(shop, market="none" if plan == "house" else "eu")

    assert RIGHT not in (await ada.open(f"/signup?plan={plan}")).text
    await become_member(shop, ada, plan)
    for path in ("/account", "/account/cancel"):
        assert f'href="{WITHDRAW}"' not in (await ada.open(path)).text, path
    if plan == "house":
        assert "Confirm withdrawal" not in (await ada.open(WITHDRAW)).text
        await ada.send(WITHDRAW, await ada.fill("/account/details", {}))
        assert (await held_at_stripe(shop))["status"] == "active"


@ON_SQLITE
async def test_what_stripe_refuses_is_told_on_the_page_and_in_the_history(
    shop: Shop, ada: Visitor
) -> None:
    await become_member(shop, ada)
    refusal = {"fault": "status", "status": 400, "times": 99}
    await shop.stripe.fault(match="DELETE /v1/subscriptions/*", **refusal)

    asked = await ada.press(await ada.open(WITHDRAW), WITHDRAW)
    await shop.work_in_the_end()

    page = await ada.open(asked.headers["location"])
    assert "Your withdrawal counts, but your plan could not be ended by itself." in page.text
    assert "We have confirmed it by email" in page.text
    assert (
        "Your plan could not end by itself. We do it by hand."
        in (await ada.open("/account/history")).text
    )
    assert (await held_at_stripe(shop))["status"] == "active"


@ON_SQLITE
async def test_a_stranger_withdraws_from_nothing(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await become_member(shop, ada)

    assert (await mallory.open(WITHDRAW)).headers["location"] == "/signin"
    answer = await mallory.send(WITHDRAW, await mallory.fill("/signin", {}))
    forged = await ada.send(WITHDRAW, {"token": "1.x"})

    assert answer.headers["location"] == "/signin"
    assert forged.status_code == 403
    assert (await held_at_stripe(shop))["status"] == "active"


@ON_SQLITE
async def test_another_site_of_the_seller_lends_nobody_its_law(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, market="none")
    await become_member(shop, ada)
    await run_sql("UPDATE site SET market = 'eu' WHERE key = {}", "america")
    forget_sites()

    for path in ("/account", "/account/cancel"):
        assert f'href="{WITHDRAW}"' not in (await ada.open(f"{path}?site=america")).text, path
    page = await ada.open(f"{WITHDRAW}?site=america")
    assert "Confirm withdrawal" not in page.text
    form = await ada.fill("/account?site=america", {})
    await ada.send(WITHDRAW, {"token": form["token"], "site": "america"})
    await shop.work_in_the_end()

    assert (await held_at_stripe(shop))["status"] == "active"
