"""Mails that nobody asked for come once, say what is so, and are not sent once it is mended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal import clock, upkeep
from portal.customers.reader import Reader
from portal.database import run_sql
from portal.operations.enqueue import Owed, enqueue_all
from portal.subscriptions import mails_owed, reminders
from portal.subscriptions.ahead import trial_told_at
from portal.subscriptions.cancel import cancel_plan
from portal.subscriptions.reminders import owe_reminders
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.mails import mails, text_of
from tests.subscriptions.conftest import Subscriber, subscriber
from tests.templates.view import seller

DAY = 24 * 3600
NOON = datetime(2026, 12, 5, 12, tzinfo=UTC)


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, who pays for her plan."""
    person = await subscriber(shop, "house")
    await person.adds_card()
    await person.sync()
    await shop.work_in_the_end()
    return person


@pytest.fixture
async def grace(shop: Shop) -> Subscriber:
    """Grace, on a trial, without a card."""
    return await subscriber(shop, "studio", email="grace@hopper.example")


def read(subject: str) -> list[str]:
    """Return the texts of the mails whose subject begins so, in the order they came."""
    return [text_of(mail) for mail in mails() if str(mail["subject"]).startswith(subject)]


async def look(person: Subscriber) -> None:
    """Look three times, and do whatever is owed then."""
    for _ in range(3):
        await person.sync()
    await person.shop.work_in_the_end()
    await person.sync()
    await person.shop.work_in_the_end()


async def test_each_try_that_fails_is_told_once_until_it_is_paid(ada: Subscriber) -> None:
    await ada.adds_card("pm_card_chargeCustomerFail")
    await ada.sync()
    await ada.passes(32 * DAY)
    await look(ada)

    (told,) = read("Your payment of €49.00 to Acme Tea did not go through")
    assert "Payment method: Visa ending in 0341" in told
    assert "We try again on: " in told
    assert "/account/pay?site=1" in told
    assert "stripe" not in told.lower()

    await ada.passes(3 * DAY)
    await look(ada)
    assert len(read("Your payment")) == 2

    await ada.adds_card()
    await look(ada)
    await ada.passes(5 * DAY)
    await look(ada)
    assert (await ada.copy())["status"] == "active"
    assert len(read("Your payment")) == 2


@ON_SQLITE
async def test_what_is_paid_before_the_mail_goes_out_is_not_told(ada: Subscriber) -> None:
    await ada.adds_card("pm_card_chargeCustomerFail")
    await ada.sync()
    await ada.passes(32 * DAY)
    await ada.sync()
    await ada.adds_card()
    await look(ada)

    assert (await ada.copy())["status"] == "active"
    assert len(await owed("send_payment_failed")) == 1
    assert read("Your payment") == []


@ON_SQLITE
async def test_a_plan_that_ends_for_want_of_payment_is_told_once(ada: Subscriber) -> None:
    await ada.adds_card("pm_card_chargeCustomerFail")
    await ada.sync()
    await ada.passes(60 * DAY)
    await look(ada)

    (told,) = read("Your plan at Acme Tea has ended")
    assert "Plan: House" in told
    assert read("Your payment") == []


@ON_SQLITE
async def test_a_first_look_tells_nobody_what_may_be_long_over(ada: Subscriber) -> None:
    await ada.adds_card("pm_card_chargeCustomerFail")
    await ada.passes(60 * DAY)
    await run_sql("DELETE FROM subscription")
    await look(ada)

    assert (await ada.copy())["status"] == "canceled"
    assert read("Your plan at") == []


async def test_a_trial_that_ends_in_three_days_is_told_once(grace: Subscriber) -> None:
    await run_sql("UPDATE customer SET time_zone = 'Pacific/Kiritimati'")
    ends = (await grace.copy())["trial_ends_at"]
    there = f"{(ends + timedelta(hours=14)).day} "
    await owe_reminders()
    await grace.shop.work()
    assert read("Your trial") == []

    with time_machine.travel(ends - timedelta(days=3)):
        await asyncio.gather(*(owe_reminders() for _ in range(5)))
        await grace.shop.work()
        await owe_reminders()
        await grace.shop.work()

    (told,) = read("Your trial of Acme Tea ends on ")
    assert f"Your trial runs until {there}" in told
    assert "Without a payment method your plan ends then." in told
    assert "/account/pay?site=1" in told


@ON_SQLITE
async def test_with_a_card_the_mail_says_what_will_be_charged(grace: Subscriber) -> None:
    await grace.adds_card()
    await grace.sync()
    ends = (await grace.copy())["trial_ends_at"]

    with time_machine.travel(ends - timedelta(days=1)):
        await owe_reminders()
        await grace.shop.work()

    (told,) = read("Your trial of Acme Tea ends on ")
    assert "Then your plan goes on for €12.00." in told
    assert "Payment method: Visa ending in 4242" in told
    assert "/account/pay" not in told


@ON_SQLITE
async def test_whoever_has_left_is_reminded_of_nothing(grace: Subscriber) -> None:
    ends = (await grace.copy())["trial_ends_at"]
    with time_machine.travel(ends - timedelta(days=2)):
        await owe_reminders()
    await cancel_plan(grace.company, grace.id)
    await grace.shop.work()
    assert (await grace.hold()).is_ending

    with time_machine.travel(ends - timedelta(days=1)):
        await owe_reminders()
        await grace.shop.work()

    assert read("Your trial") == []
    assert len(await owed("send_trial_ending")) == 1


async def test_a_card_that_expires_is_told_once(ada: Subscriber) -> None:
    with time_machine.travel(await expire_this_month()):
        await asyncio.gather(*(owe_reminders() for _ in range(5)))
        await ada.shop.work()
        await owe_reminders()
        await ada.shop.work()

    (told,) = read("Your card for Acme Tea expires on ")
    assert "Card: Visa ending in 4242" in told
    assert "expires before the next charge" in told


@ON_SQLITE
async def test_a_card_that_is_good_for_long_or_was_replaced_is_not_told_of(ada: Subscriber) -> None:
    await owe_reminders()
    assert await owed("send_card_expiring") == []
    with time_machine.travel(await expire_this_month()):
        await owe_reminders()
    await ada.adds_card()
    await look(ada)

    assert len(await owed("send_card_expiring")) == 1
    assert read("Your card") == []


@ON_SQLITE
async def test_without_names_everything_is_told_again(
    ada: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nameless(all_owed: Sequence[Owed]) -> None:
        await enqueue_all([replace(each, once=None) for each in all_owed])

    for room in (mails_owed, reminders):
        monkeypatch.setattr(room, "enqueue_all", nameless)
    with time_machine.travel(await expire_this_month()):
        await asyncio.gather(*(owe_reminders() for _ in range(5)))
    await ada.adds_card("pm_card_chargeCustomerFail")
    await ada.sync()
    await ada.passes(32 * DAY)
    for _ in range(3):
        await ada.sync()

    assert len(await owed("send_card_expiring")) == 5
    assert len(await owed("send_payment_failed")) == 3


@ON_SQLITE
async def test_many_are_reminded_a_few_at_a_time(
    grace: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "BATCH", 1)
    await subscriber(grace.shop, "studio", email="ada@example.com")
    ends = (await grace.copy())["trial_ends_at"]

    with time_machine.travel(ends - timedelta(days=1)):
        await owe_reminders()

    assert len(await owed("send_trial_ending")) == 2


async def test_one_row_that_cannot_be_read_keeps_nobody_else_from_being_reminded(
    grace: Subscriber, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = await subscriber(grace.shop, "studio", email="ada@example.com")
    ends = (await grace.copy())["trial_ends_at"]
    read = reminders._trial

    def break_on(row: Mapping[str, Any], now: datetime) -> Owed | None:
        if row["id"] == grace.subscription:
            raise ZeroDivisionError
        return read(row, now)

    monkeypatch.setattr(reminders, "_trial", break_on)
    with time_machine.travel(ends - timedelta(days=1)):
        await owe_reminders()

    reminded = await run_sql("SELECT customer FROM operation WHERE kind = 'send_trial_ending'")
    assert [row["customer"] for row in reminded] == [other.id]
    assert f"reminder.failed id={grace.subscription}" in caplog.text


@ON_SQLITE
async def test_a_worker_reminds_by_itself(
    grace: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_REMIND_AFTER_S", 0.0)
    ends = (await grace.copy())["trial_ends_at"]
    working = upkeep.Upkeep()

    with time_machine.travel(ends - timedelta(days=1)):
        for _ in range(2):
            await working.do_what_is_due()
        await working.stop()

    assert len(await owed("send_trial_ending")) == 1


@pytest.mark.parametrize(
    ("length", "before"),
    [
        (timedelta(days=14), timedelta(days=3)),
        (timedelta(days=6), timedelta(days=3)),
        (timedelta(days=2), timedelta(days=1)),
        (timedelta(0), timedelta(0)),
        (None, timedelta(days=3)),
    ],
)
def test_of_a_short_trial_the_half_is_let_pass(length: timedelta | None, before: timedelta) -> None:
    started = NOON - length if length is not None else None

    assert trial_told_at(started, NOON) == NOON - before


def test_a_mail_names_days_as_its_readers_clocks_and_language_do() -> None:
    site = seller(str, "#3b5bdb")
    reader = Reader(site, "ada@example.com", "Ada", "de", "Europe/Berlin")
    late = NOON + timedelta(hours=11, minutes=30)

    assert reader.date(late) == "6. Dezember 2026"
    assert replace(reader, zone="", locale="en").date(late) == "5 December 2026"


async def expire_this_month() -> datetime:
    """Have the card on file expire at the end of this month, and return its 20th."""
    day = clock.now().replace(day=20)
    await run_sql(
        "UPDATE billing_profile SET card_exp_year = {}, card_exp_month = {}", day.year, day.month
    )
    return day


async def owed(kind: str) -> list[dict[str, object]]:
    return await run_sql("SELECT * FROM operation WHERE kind = {} ORDER BY id", kind)
