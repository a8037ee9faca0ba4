"""The plan's page: what will happen is shown first, and then that happens and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.access.limits import never_more, wait_before
from portal.customers.own_plans import grant_plan, revoke_plan
from portal.database import run_sql
from portal.subscriptions.quote import LASTS
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.members import add_card, become_member, held_at_stripe, pass_days
from tests.pages.shelves import refreshed
from tests.pages.signed_in import at_her_account
from tests.people import ADA

REVIEW, HISTORY = "/account/plan/review", "/account/history"


async def member_of(shop: Shop, visitor: Visitor, plan: str) -> Visitor:
    """Have Ada pay for a plan since ten days, without a trial."""
    await run_sql("UPDATE plan SET trial_days = 0")
    await refreshed(shop)
    await become_member(shop, visitor, plan)
    await pass_days(shop, 10)
    return visitor


async def paid(shop: Shop) -> list[int]:
    made = await shop.stripe.objects("payment_intent")
    return sorted(one["amount"] for one in made if one["status"] == "succeeded")


def cents(said: str) -> int:
    """Read an amount such as €24.67."""
    found = re.search(r"€([\d.]+)", said)
    assert found
    return round(float(found[1]) * 100)


async def test_the_panel_says_what_will_be_charged_and_that_is_charged(
    shop: Shop, ada: Visitor
) -> None:
    member = await member_of(shop, ada, "studio")
    plans = await member.open("/account/plan")
    assert f"{REVIEW}?price=pric_house" in plans.text

    panel = await member.open(f"{REVIEW}?price=pric_house")
    assert await paid(shop) == [1200]
    asked = await member.press(panel, REVIEW)
    done = await member.open(asked.headers["location"])

    today = re.search(r"€[\d.]+ is charged today\.", panel.text)
    assert today
    assert "Unused time of your plan" in panel.text
    assert "The next charge is €49.00 on " in panel.text
    assert "Order with obligation to pay" in panel.text
    assert await paid(shop) == sorted([1200, cents(today[0])])
    assert "Your plan is House now." in done.text
    assert today[0].split(" ")[0] in done.text


async def test_a_cheaper_plan_is_planned_shown_and_taken_back(shop: Shop, ada: Visitor) -> None:
    member = await member_of(shop, ada, "house")

    panel = await member.open(f"{REVIEW}?price=pric_studio")
    asked = await member.press(panel, REVIEW)
    planned = await member.open(asked.headers["location"])

    assert "Nothing is charged today." in panel.text
    assert "You can take this back until " in panel.text
    assert "Your plan changes to Studio, €12.00 a month, on " in planned.text
    back = await member.press(planned, "/account/plan/stay")
    assert "You took the planned change back." in (await member.open(back.headers["location"])).text
    await pass_days(shop, 22)
    assert await paid(shop) == [4900, 4900]


@ON_SQLITE
async def test_what_was_shown_long_ago_is_shown_again_and_not_done(
    shop: Shop, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await member_of(shop, ada, "studio")
    panel = await member.open(f"{REVIEW}?price=pric_house")
    late = clock.now() + LASTS + timedelta(seconds=1)
    monkeypatch.setattr("portal.subscriptions.quote.clock.now", lambda: late)

    asked = await member.press(panel, REVIEW)
    monkeypatch.undo()
    again = await member.open(asked.headers["location"])

    assert "Your plan has changed since this was shown." in again.text
    assert "is charged today." in again.text
    assert await paid(shop) == [1200]


@ON_SQLITE
async def test_a_price_that_is_no_longer_sold_is_not_taken(shop: Shop, ada: Visitor) -> None:
    member = await member_of(shop, ada, "studio")
    panel = await member.open(f"{REVIEW}?price=pric_house")
    await run_sql("UPDATE plan SET current = {} WHERE id = 'plan_house'", False)
    await refreshed(shop)

    asked = await member.press(panel, REVIEW)
    refused = await member.open(asked.headers["location"])

    assert refused.status_code == 409
    assert "This plan is not on offer any more." in refused.text
    assert await paid(shop) == [1200]


@ON_SQLITE
async def test_a_forged_quote_changes_nothing(shop: Shop, ada: Visitor) -> None:
    member = await member_of(shop, ada, "studio")
    panel = await member.open(f"{REVIEW}?price=pric_house")

    forged = await member.press(panel, REVIEW, quote="eyJ0b3RhbCI6MH0=.signed")

    assert forged.headers["location"] == "/account/plan"
    assert await run_sql("SELECT id FROM plan_change") == []


@ON_SQLITE
async def test_without_a_card_the_panel_asks_for_one(shop: Shop, ada: Visitor) -> None:
    await become_member(shop, ada, "reader", card=None)

    panel = await ada.open(f"{REVIEW}?price=pric_house")

    assert "€49.00 is charged today." in panel.text
    assert "There is no payment method yet." in panel.text
    assert [form.action for form in forms_of(panel.text)] == ["/account/billing"]


@ON_SQLITE
async def test_a_declined_card_is_said_and_nothing_changes(shop: Shop, ada: Visitor) -> None:
    member = await member_of(shop, ada, "studio")
    await add_card(shop, "pm_card_chargeCustomerFail")

    asked = await member.press(await member.open(f"{REVIEW}?price=pric_house"), REVIEW)
    said = await member.open(asked.headers["location"])

    assert "Your card was declined, so nothing was changed and nothing was charged." in said.text
    assert await paid(shop) == [1200]


@ON_SQLITE
async def test_a_stripe_that_is_down_is_said_before_anything_is_asked(
    shop: Shop, ada: Visitor
) -> None:
    member = await member_of(shop, ada, "studio")
    await shop.stripe.fault(match="POST /v1/invoices/create_preview", fault="status", status=503)

    panel = await member.open(f"{REVIEW}?price=pric_house")

    assert panel.status_code == 503
    assert "We could not work out what this would cost just now." in panel.text


@pytest.mark.parametrize(
    ("price", "said", "way"),
    [
        ("pric_house", "You have this plan already.", "/account/plan"),
        ("pric_studio.month.usd", "a plan that runs cannot change its currency", "/account/cancel"),
        ("pric_nothing", "This plan is not on offer any more.", "/account/plan"),
    ],
)
@ON_SQLITE
async def test_what_cannot_be_had_is_refused_with_a_way_on(
    price: str, said: str, way: str, shop: Shop, ada: Visitor
) -> None:
    await become_member(shop, ada)

    refused = await ada.open(f"{REVIEW}?price={price}")

    assert refused.status_code == 409
    assert said in refused.text
    assert f'<a class="button quiet" href="{way}">' in refused.text


async def test_an_exclusive_plan_is_only_for_its_customers(shop: Shop, ada: Visitor) -> None:
    await become_member(shop, ada)
    await run_sql("UPDATE plan SET visibility = 'exclusive' WHERE id = 'plan_studio'")
    await refreshed(shop)

    assert "Studio" not in (await ada.open("/account/plan")).text
    assert (await ada.open(f"{REVIEW}?price=pric_studio")).status_code == 409

    await grant_plan("studio", ADA["email"])
    assert "Studio" in (await ada.open("/account/plan")).text
    panel = await ada.open(f"{REVIEW}?price=pric_studio")
    assert panel.status_code == 200
    assert (await ada.open("/signup?plan=studio")).status_code == 404
    assert "A plan of your own was put on offer to you." in (await ada.open(HISTORY)).text

    await revoke_plan("studio", ADA["email"])
    refused = await ada.press(panel, REVIEW)
    assert refused.headers["location"].endswith("again=1")
    assert (await held_at_stripe(shop))["schedule"] is None
    assert "Studio" not in (await ada.open("/account/plan")).text


@ON_SQLITE
async def test_a_stranger_sees_and_changes_nothing(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await become_member(shop, ada)
    panel = await ada.open(f"{REVIEW}?price=pric_studio")
    fields = forms_of(panel.text)[0].fields
    token = forms_of((await mallory.open("/signin")).text)[0].fields["token"]

    for path in ("/account/plan", f"{REVIEW}?price=pric_studio"):
        assert (await mallory.open(path)).headers["location"] == "/signin", path
    for path in (REVIEW, "/account/plan/stay"):
        answer = await mallory.send(path, fields | {"token": token})
        assert answer.headers["location"] == "/signin", path
        assert (await ada.send(path, fields | {"token": "1.x"})).status_code == 403, path
    assert (await held_at_stripe(shop))["schedule"] is None


@ON_SQLITE
async def test_a_plan_is_paused_and_resumed_on_its_page(shop: Shop, ada: Visitor) -> None:
    await run_sql("UPDATE plan SET pausable = {}", True)
    await become_member(shop, ada)
    assert "Take a break" in (await ada.open("/account/cancel")).text

    paused = await ada.press(await ada.open("/account/plan"), "/account/pause")
    page = await ada.open(paused.headers["location"])
    assert "Your plan is paused. Nothing is charged until you resume it." in page.text
    refused = await ada.open(f"{REVIEW}?price=pric_studio")
    assert "Resume it first, then change it." in refused.text

    resumed = await ada.press(page, "/account/resume")
    page = await ada.open(resumed.headers["location"])
    assert "Your plan goes on" in page.text

    await run_sql("UPDATE plan_change SET state = 'asked', kind = 'keep'")
    busy = await ada.press(page, "/account/pause")
    assert busy.status_code == 409
    assert "Another change of your plan is being done." in busy.text


@ON_SQLITE
async def test_who_looks_without_end_is_told_when_to_go_on_and_keeps_what_was_chosen(
    shop: Shop, key_seen: None, ada: Visitor
) -> None:
    customer = await at_her_account(ada, plan="reader")
    asked = f"{REVIEW}?price=pric_gone&quantity=7&add_on.print=1&again=1"

    answers = [await ada.open(asked) for _ in range(16)]
    calls = len(await shop.stripe.calls())
    late = await ada.open(asked)

    assert {answer.status_code for answer in answers[:15]} == {409}
    assert (answers[15].status_code, late.status_code) == (429, 429)
    assert len(await shop.stripe.calls()) == calls
    assert "You can go on in 1 min." in late.text
    assert 0 < int(late.headers["retry-after"]) <= 60
    (form,) = [form for form in forms_of(late.text) if form.action == REVIEW]
    assert (form.method, form.fields) == (
        "get", {"price": "pric_gone", "quantity": "7", "add_on.print": "1"},
    )  # fmt: skip

    assert await wait_before({f"quote:{customer}": never_more(20, 300)})
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=True):
        assert (await ada.open(asked)).status_code == 409
