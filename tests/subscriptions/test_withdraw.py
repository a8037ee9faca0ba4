"""Whoever withdraws in time has their money back, once, whatever happens on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from portal import clock
from portal.database import run_sql, transaction
from portal.operations.step import Claimed
from portal.sites.market import fixed_words, last_day_to_withdraw, market_of, may_withdraw
from portal.steps import STEPS
from portal.subscriptions.changes import hold_customer
from portal.subscriptions.withdraw import CannotWithdraw, withdraw
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.mails import mails, text_of
from tests.subscriptions.conftest import Subscriber, subscriber

DAY = timedelta(days=1)


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, who has just paid 49 euros for a month; her shop is in Germany."""
    person = await subscriber(replace(shop, site=replace(shop.site, market="de")), "house")
    await person.adds_card()
    await person.sync()
    await shop.work_in_the_end()
    await person.sync()
    return person


async def given_back(ada: Subscriber) -> list[int]:
    return [each["amount"] for each in await ada.shop.stripe.objects("refund")]


async def mail_about(ada: Subscriber, words: str) -> str:
    await ada.shop.work_in_the_end()
    return next(text for text in map(text_of, reversed(mails())) if words in text)


async def actions() -> list[str]:
    rows = await run_sql("SELECT action FROM audit_entry ORDER BY id")
    return [row["action"] for row in rows]


async def test_a_withdrawal_ends_the_plan_and_gives_the_money_back(ada: Subscriber) -> None:
    change = await withdraw(ada.shop.site, ada.id)
    assert await withdraw(ada.shop.site, ada.id) == change

    text = await mail_about(ada, "confirms your withdrawal")

    assert (await ada.copy())["status"] == "canceled"
    assert await given_back(ada) == [4900]
    assert "€49.00 is paid back to you" in " ".join(text.split())
    assert f"{clock.now():%Y}, " in text
    assert {"subscription.withdraw_asked", "payment.refunded"} <= set(await actions())
    with pytest.raises(CannotWithdraw):
        await withdraw(ada.shop.site, ada.id)


async def test_it_is_given_back_once_although_it_is_done_again(ada: Subscriber) -> None:
    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work()
    (row,) = await run_sql("SELECT * FROM operation WHERE kind = 'withdraw_plan'")
    done = Claimed(
        row["id"], row["op_id"], row["company"], row["customer"], row["subject"], row["lane"],
        row["kind"], {"refund": "full", "subscription": ada.subscription}, row["generation"] + 1,
        clock.now(), 2, clock.now(), "",
    )  # fmt: skip

    again = await STEPS["withdraw_plan"].call(done)
    assert await given_back(ada) == [4900]
    assert again.given.amount == 4900

    # What it would be without the look that comes first: the same payment, under another name.
    other = await STEPS["withdraw_plan"].call(replace(done, op_id="another"))
    assert other.given.amount == 0


async def test_who_waited_while_another_withdrawal_was_done_withdraws_no_second_time(
    ada: Subscriber,
) -> None:
    is_held = asyncio.Event()

    async def second() -> str:
        await is_held.wait()
        return await withdraw(replace(ada.shop.site, withdrawal_refund="unused"), ada.id)

    waiting = asyncio.create_task(second())
    async with transaction():
        await hold_customer(ada.id)
        is_held.set()
        await asyncio.sleep(0.3)
        await run_sql("UPDATE subscription SET status = 'canceled' WHERE customer = {}", ada.id)

    with pytest.raises(CannotWithdraw):
        await waiting
    assert "subscription.withdraw_asked" not in await actions()


@ON_SQLITE
async def test_a_seller_may_give_money_back_by_hand(ada: Subscriber) -> None:
    await withdraw(replace(ada.shop.site, withdrawal_refund="by_hand"), ada.id)

    assert "separately" in await mail_about(ada, "confirms your withdrawal")
    assert await given_back(ada) == []
    assert (await ada.copy())["status"] == "canceled"


@ON_SQLITE
async def test_nobody_withdraws_too_late_nor_where_the_law_gives_no_such_right(
    ada: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CannotWithdraw):
        await withdraw(replace(ada.shop.site, market="none"), ada.id)
    late = clock.now() + 18 * DAY
    monkeypatch.setattr("portal.subscriptions.withdraw.clock.now", lambda: late)
    with pytest.raises(CannotWithdraw):
        await withdraw(ada.shop.site, ada.id)

    assert await withdraw(ada.shop.site, ada.id, declared_at=late - 17 * DAY)


@pytest.mark.parametrize(
    ("ordered", "last"),
    [
        (date(2026, 11, 20), date(2026, 12, 4)),
        (date(2026, 11, 21), date(2026, 12, 7)),
        (date(2026, 11, 22), date(2026, 12, 7)),
        (date(2026, 11, 23), date(2026, 12, 7)),
    ],
)
def test_the_last_day_is_the_fourteenth_or_the_monday_after(ordered: date, last: date) -> None:
    at = datetime(ordered.year, ordered.month, ordered.day, 23, 59, tzinfo=UTC)
    midnight = datetime(last.year, last.month, last.day, tzinfo=UTC)

    assert last_day_to_withdraw(at) == last
    assert may_withdraw(at, midnight + timedelta(hours=35))
    assert not may_withdraw(at, midnight + timedelta(hours=36))


@pytest.mark.parametrize(
    ("declared", "country", "market"),
    [
        ("auto", "DE", "de"), ("auto", "FR", "eu"), ("auto", "NO", "eu"), ("auto", "US", "none"),
        ("auto", "GB", "none"), ("none", "DE", "none"), ("eu", "US", "eu"), ("de", "AT", "de"),
    ],
)  # fmt: skip
def test_a_site_goes_by_its_country_unless_it_says_otherwise(
    declared: str, country: str, market: str
) -> None:
    assert market_of(declared, country) == market


def test_words_of_the_law_are_in_the_language_of_the_page() -> None:
    assert fixed_words("de_DE")["order"] == "Zahlungspflichtig bestellen"
    assert fixed_words("de-AT")["cancel"] == "Verträge hier kündigen"
    assert fixed_words("en")["order"] == ""
    assert fixed_words("fr")["cancel"] == ""
