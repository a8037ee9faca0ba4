"""Who goes to Stripe's billing portal again and again waits, and so does who is refused cards."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest
import stripe
import time_machine

from portal import clock
from portal.access.visits import count_visit, counted
from portal.billing.gateway import gateway_of
from portal.customers.directory import customer_of
from portal.database import run_sql
from portal.errors import NotBegun, TooMany
from portal.onboarding.portal_page import portal_page
from portal.reconciliation.sweep import sellers, sweep
from portal.subscriptions import cards_held
from portal.subscriptions.billing_page import payment_page
from portal.subscriptions.cards_held import CardsHeld
from tests.databases import ON_SQLITE
from tests.limits import NO_LIMITS
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.members import become_member, sign_in
from tests.pages.shelves import change_site
from tests.people import ADA, GRACE


async def go_to_billing(visitor: Visitor) -> httpx.Response:
    return await visitor.press(await visitor.open("/account"), "/account/billing")


async def go_to_pay(visitor: Visitor) -> httpx.Response:
    await run_sql("UPDATE subscription SET payment = ''")
    return await visitor.press(await visitor.open("/account"), "/account/pay")


async def go_to_invoice(visitor: Visitor) -> httpx.Response:
    page = (await visitor.open("/account/invoices")).text
    invoice = page.partition('href="/account/invoices/')[2].partition('"')[0]
    return await visitor.open(f"/account/invoices/{invoice}/pay")


async def go_to_confirm(visitor: Visitor) -> httpx.Response:
    await run_sql("UPDATE subscription SET payment = 'authentication_required'")
    return await visitor.press(await visitor.open("/welcome"), "/welcome/confirm")


TO_INVOICES = (go_to_pay, go_to_invoice, go_to_confirm)
DOORS = (*TO_INVOICES, go_to_billing)


def leads_to_stripe(answer: httpx.Response) -> bool:
    return str(answer.headers.get("location", "")).startswith("http")


@ON_SQLITE
@pytest.mark.parametrize("is_limited", [True, False])
async def test_one_customer_is_led_to_each_five_times_an_hour_by_whichever_door(
    shop: Shop, ada: Visitor, is_limited: bool
) -> None:
    if not is_limited:
        await change_site(shop, limits=json.dumps(NO_LIMITS))
    assert leads_to_stripe(await ada.sign_up(ADA, "?plan=house"))
    await sign_in(ada)
    await shop.work_in_the_end()
    to_invoices = [await door(ada) for door in TO_INVOICES * 2]
    to_portal = [await go_to_billing(ada) for _ in range(4)]

    # Four at once, the fifth half an hour later; one of those to the portal was the sign-up's.
    assert list(map(leads_to_stripe, to_invoices)) == [True] * 4 + [not is_limited] * 2
    assert list(map(leads_to_stripe, to_portal)) == [True] * 3 + [not is_limited]
    for answer in (*to_invoices[4:], *to_portal[3:]) if is_limited else ():
        assert answer.status_code == 429
        assert "You can go on in 30 min." in answer.text
        assert int(answer.headers["retry-after"]) <= 1800


@ON_SQLITE
async def test_who_signs_up_again_and_again_is_shown_what_they_have(
    shop: Shop, ada: Visitor
) -> None:
    answers = [await ada.sign_up(ADA, "?plan=house") for _ in range(5)]
    page = await ada.open(answers[-1].headers["location"])
    pressed = await ada.press(page, "/welcome/billing")

    assert [leads_to_stripe(answer) for answer in answers] == [True] * 4 + [False]
    assert str(page.url.path) == "/welcome"
    assert pressed.status_code == 429
    assert "You can go on in 30 min." in pressed.text
    assert await shop.counts() == (1, 1)


async def test_one_network_is_led_there_twenty_times_an_hour_and_another_as_well(
    shop: Shop,
) -> None:
    led, now = 0, clock.now()
    for number in range(40):
        with time_machine.travel(now + number * timedelta(minutes=1.4), tick=False):
            with suppress(TooMany):
                await count_visit(shop.site, f"cust_{number}", "192.0.2.1")
                led += 1
            await count_visit(shop.site, f"cust_{number}", f"198.51.100.{number}")

    assert 15 <= led <= 20


async def test_a_visit_that_came_to_nothing_was_none(shop: Shop) -> None:
    for number in range(15):
        await count_visit(shop.site, f"cust_{number}", "192.0.2.2")
    for _ in range(5):
        with pytest.raises(TooMany):
            await count_visit(shop.site, "cust_ada", "192.0.2.2")
    for why in [NotBegun, TooMany] * 5:
        with suppress(why):
            async with counted(shop.site, "cust_ada", "192.0.2.1"):
                raise why
    for _ in range(4):
        async with counted(shop.site, "cust_ada", "192.0.2.1"):
            pass
    with pytest.raises(TooMany):
        await count_visit(shop.site, "cust_ada", "192.0.2.1")


async def refuse_cards(stripe_id: str, often: int) -> None:
    """Have the bank refuse so many cards of theirs, and hear of it."""
    v1 = (await gateway_of("comp_1")).v1
    tried: Any = {"customer": stripe_id, "payment_method": "pm_card_visa_chargeDeclined"}
    for _ in range(often):
        with pytest.raises(stripe.CardError):
            await v1.setup_intents.create_async(tried | {"confirm": True})
    for seller in await sellers():
        await sweep(seller, carry_out=True, calls_per_s=1000)


async def what_happened() -> list[str]:
    rows = await run_sql("SELECT action FROM audit_entry WHERE action = 'payment_method.held'")
    return [row["action"] for row in rows]


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_after_four_refused_cards_the_way_to_add_one_is_closed_for_a_day(
    shop: Shop, ada: Visitor, mallory: Visitor, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    if not is_guarded:
        monkeypatch.setattr(cards_held, "MOST_REFUSED", 99)
    await mallory.sign_up(GRACE, "?plan=house")
    await ada.sign_up(ADA, "?plan=house")
    await sign_in(ada)
    await shop.work_in_the_end()
    (row,) = await run_sql("SELECT id, stripe_id FROM customer WHERE email_key = {}", ADA["email"])

    await refuse_cards(row["stripe_id"], 3)
    assert leads_to_stripe(await go_to_billing(ada))
    await refuse_cards(row["stripe_id"], 1)
    await shop.work_in_the_end()

    closed = await go_to_billing(ada)
    assert leads_to_stripe(closed) is not is_guarded
    assert await what_happened() == ["payment_method.held"] * is_guarded
    if not is_guarded:
        return
    assert closed.status_code == 429
    assert "Several cards were refused: none can be added for now. Try in 24 h." in closed.text
    assert [(await door(ada)).status_code for door in DOORS] == [429] * 4
    with pytest.raises(CardsHeld):
        await portal_page(await customer_of(row["id"]), flow=True)
    assert "Several cards were refused" in (await ada.open("/account/history")).text
    await refuse_cards(row["stripe_id"], 1)
    await shop.work_in_the_end()
    assert await what_happened() == ["payment_method.held"]
    assert leads_to_stripe(await mallory.sign_up(GRACE, "?plan=house"))
    (grace,) = await run_sql("SELECT stripe_id FROM customer WHERE id <> {}", row["id"])
    await refuse_cards(grace["stripe_id"], 4)
    hers = await mallory.sign_up(GRACE, "?plan=house")
    assert hers.headers["location"].startswith("/welcome?onboarding=")
    pressed = await mallory.press(await mallory.open(hers.headers["location"]), "/welcome/billing")
    assert "Several cards were refused" in pressed.text
    # What is heard late was refused when Stripe says.
    await run_sql("UPDATE inbox_event SET created_at = {}", clock.now() - timedelta(days=1))
    assert await portal_page(await customer_of(row["id"]), flow=True)


@ON_SQLITE
async def test_a_card_refused_at_the_page_of_an_invoice_counts_but_no_first_try_of_a_day(
    shop: Shop, ada: Visitor
) -> None:
    await become_member(shop, ada, card=None)
    v1 = (await gateway_of("comp_1")).v1
    (row,) = await run_sql(
        "SELECT id, customer.stripe_id, invoice FROM customer JOIN subscription"
        " ON subscription.customer = customer.id"
    )

    theirs: Any = {"customer": row["stripe_id"]}
    card = await v1.payment_methods.attach_async("pm_card_chargeCustomerFail", theirs)

    async def try_card() -> bool:
        with pytest.raises(stripe.CardError):
            await v1.invoices.pay_async(row["invoice"], {"payment_method": card.id})
        for seller in await sellers():
            await sweep(seller, carry_out=True, calls_per_s=1000)
        await shop.work_in_the_end()
        try:
            return bool(await payment_page(row["id"]))
        except CardsHeld:
            return False

    assert [await try_card() for _ in range(5)] == [True] * 4 + [False]
    assert await what_happened() == ["payment_method.held"]
