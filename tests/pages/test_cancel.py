"""Two clicks end a plan, and one takes that back; a stranger can do neither."""

from __future__ import annotations

import pytest

from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor, forms_of
from tests.pages.members import become_member, held_at_stripe, pass_days


@pytest.fixture
async def member(shop: Shop, ada: Visitor) -> Visitor:
    """Ada, who pays by the month and is signed in."""
    await become_member(shop, ada)
    return ada


async def test_two_clicks_after_the_sign_in_end_a_plan(shop: Shop, member: Visitor) -> None:
    account = await member.open("/account")
    assert 'href="/account/cancel"' in account.text

    offered = await member.open("/account/cancel")
    asked = await member.press(offered, "/account/cancel")
    page = await member.open(asked.headers["location"])

    assert "Take a break" not in offered.text, "as this plan cannot be paused"
    assert asked.status_code == 303
    assert "Your plan is cancelled. You can use it until " in page.text
    assert (await held_at_stripe(shop))["cancel_at_period_end"] is True


async def test_one_click_takes_it_back_until_the_end(shop: Shop, member: Visitor) -> None:
    await member.press(await member.open("/account/cancel"), "/account/cancel")
    page = await member.open("/account/cancel")

    asked = await member.press(page, "/account/keep")
    kept = await member.open(asked.headers["location"])

    assert "Your plan goes on." in kept.text
    assert (await held_at_stripe(shop))["cancel_at_period_end"] is False


async def test_once_it_has_ended_it_can_no_longer_be_taken_back(
    shop: Shop, member: Visitor
) -> None:
    await member.press(await member.open("/account/cancel"), "/account/cancel")
    page = await member.open("/account/cancel")
    await pass_days(shop, 32)

    await member.press(page, "/account/keep")
    over = await member.open("/account/cancel")

    assert "Your plan ended on " in over.text
    assert (await held_at_stripe(shop))["status"] == "canceled"


async def test_the_page_waits_and_asks_again_while_stripe_is_down(
    shop: Shop, member: Visitor
) -> None:
    page = await member.open("/account/cancel")
    await shop.stripe.fault(match="* /v1/subscriptions*", fault="status", status=503)

    asked = await member.press(page, "/account/cancel")
    waiting = await member.open(asked.headers["location"])

    assert "This is being done." in waiting.text
    assert 'http-equiv="refresh"' in waiting.text
    assert forms_of(waiting.text) == []
    await shop.stripe.mend()
    await shop.work_in_the_end()
    done = await member.open(asked.headers["location"], headers=HTMX)
    assert "<html" not in done.text
    assert "Your plan is cancelled." in done.text


@ON_SQLITE
async def test_two_tabs_cancel_once(shop: Shop, member: Visitor) -> None:
    first, second = [await member.open("/account/cancel") for _ in range(2)]

    await member.press(first, "/account/cancel")
    again = await member.press(second, "/account/cancel")

    assert "Your plan is cancelled." in (await member.open(again.headers["location"])).text


@ON_SQLITE
async def test_what_ended_at_stripe_meanwhile_is_said(shop: Shop, member: Visitor) -> None:
    page = await member.open("/account/cancel")
    held = await held_at_stripe(shop)
    await shop.stripe.in_dashboard("DELETE", f"/v1/subscriptions/{held['id']}", event=False)

    asked = await member.press(page, "/account/cancel")

    said = (await member.open(asked.headers["location"])).text
    assert "Your plan has ended, so this could not be done." in said


@ON_SQLITE
async def test_a_stranger_ends_nothing(shop: Shop, member: Visitor, mallory: Visitor) -> None:
    page = await member.open("/account/cancel")
    token = forms_of((await mallory.open("/signin")).text)[0].fields["token"]

    for path in ("/account/cancel", "/account/keep"):
        stranger = await mallory.send(path, {"token": token})
        assert stranger.headers["location"] == "/signin", path
        forged = await member.send(path, forms_of(page.text)[0].fields | {"token": "1.x"})
        assert forged.status_code == 403, path
    assert (await mallory.open("/account/cancel")).headers["location"] == "/signin"
    assert (await held_at_stripe(shop))["cancel_at_period_end"] is False


@ON_SQLITE
async def test_a_change_of_somebody_else_is_not_shown(shop: Shop, member: Visitor) -> None:
    page = await member.open("/account/cancel?change=chng_of_somebody_else")

    assert "This is being done." not in page.text
    assert page.status_code == 200
