"""What Stripe refuses of a withdrawal is told to the seller, and to whoever was told otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.billing.budget import Breaker
from portal.billing.gateway import gateway_of
from portal.clock import now
from portal.database import run_sql, transaction
from portal.subscriptions.by_hand import Withdrawal, owe_correction
from portal.subscriptions.withdraw import withdraw
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.mails import mails, text_of
from tests.pages.shelves import refreshed
from tests.people import ADA
from tests.subscriptions.conftest import Subscriber, subscriber

SELLER = "help@acme.example"
REFUNDS, ENDS = "POST /v1/refunds", "DELETE /v1/subscriptions/*"
VOIDS = "POST /v1/invoices/*/void"
MONTH_S = 31 * 24 * 3600


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, who has just paid for a plan of a seller who reads mails."""
    await run_sql("UPDATE company SET support_email = {}", SELLER)
    shop = await refreshed(shop)
    person = await subscriber(replace(shop, site=replace(shop.site, market="eu")), "house")
    await person.adds_card()
    await person.sync()
    await shop.work_in_the_end()
    return person


async def refuse(ada: Subscriber, what: str) -> None:
    """Have Stripe say no to something."""
    await ada.shop.stripe.fault(match=what, fault="status", status=400, code="no_way", times=99)


async def first_mail_goes_out(ada: Subscriber) -> None:
    """Have the mail that confirms it go out while Stripe does not answer."""
    await ada.shop.stripe.fault(match="GET /v1/subscriptions/*", fault="status", status=500)
    await ada.shop.work()
    await run_sql("UPDATE operation SET next_at = {} WHERE kind = 'send_change'", now())
    await ada.shop.work()
    await ada.shop.stripe.mend()
    (await gateway_of(ada.company)).transport.breaker = Breaker()


def told(to: str, about: str) -> list[str]:
    """Return the texts of the mails to somebody whose subject says this, on one line each."""
    return [
        " ".join(text_of(mail).split())
        for mail in mails()
        if str(mail["to"]) == to and about in str(mail["subject"])
    ]


async def left() -> list[tuple[str, str]]:
    rows = await run_sql("SELECT state, problem FROM plan_change WHERE kind = 'withdraw'")
    return [(row["state"], row["problem"]) for row in rows]


async def actions() -> list[str]:
    rows = await run_sql("SELECT action FROM audit_entry ORDER BY id")
    return [row["action"] for row in rows]


@pytest.mark.parametrize("is_told_before", [False, True], ids=["in the mail", "after the mail"])
async def test_a_refund_that_is_refused_is_told_to_both(
    ada: Subscriber, *, is_told_before: bool
) -> None:
    await withdraw(ada.shop.site, ada.id)
    if is_told_before:
        await first_mail_goes_out(ada)
    await refuse(ada, REFUNDS)
    await ada.shop.work_in_the_end()

    read = told(ADA["email"], "Your withdrawal")
    assert len(read) == 1 + is_told_before
    assert "paid back to you separately" in read[-1]
    assert ("paid back to you within 14 days" in read[0]) == is_told_before
    (sellers,) = told(SELLER, "leaves something to you")
    assert "Stripe did not let us give back all" in sellers
    assert ADA["email"] in sellers
    assert ada.subscription in sellers
    assert await left() == [("done", "refund_refused")]
    assert "payment.refund_refused" in await actions()
    assert "payment.refunded" not in await actions()
    assert (await ada.copy())["status"] == "canceled"


@ON_SQLITE
@pytest.mark.parametrize("is_told_before", [False, True], ids=["in the mail", "after the mail"])
async def test_a_withdrawal_that_is_refused_counts_and_is_told_to_both(
    ada: Subscriber, *, is_told_before: bool
) -> None:
    await withdraw(ada.shop.site, ada.id)
    if is_told_before:
        await first_mail_goes_out(ada)
    await refuse(ada, ENDS)
    await ada.shop.work_in_the_end()

    read = told(ADA["email"], "Your withdrawal")
    assert len(read) == 1 + is_told_before
    assert "Your withdrawal counts, but your plan could not be ended by itself." in read[-1]
    assert ("Your plan ends at once." in read[0]) == is_told_before
    (sellers,) = told(SELLER, "leaves something to you")
    assert "Stripe did not let us end the plan" in sellers
    assert await left() == [("refused", "no_way")]
    assert "subscription.withdraw_refused" in await actions()


@ON_SQLITE
async def test_what_ended_meanwhile_is_paid_back_and_corrected_by_one_mail(ada: Subscriber) -> None:
    gone: dict[str, Any] = {"status": 404, "code": "resource_missing", "saved": True}
    await ada.shop.stripe.fault(match=ENDS, fault="status", times=1, **gone)
    change = await withdraw(ada.shop.site, ada.id)
    await ada.shop.work_in_the_end()

    assert await left() == [("done", "")]
    assert [one["amount"] for one in await ada.shop.stripe.objects("refund")] == [4900]
    about = Withdrawal(ada.company, ada.id, change, ada.subscription)
    async with transaction():
        for refund in ("re_1", "re_2"):
            await owe_correction(about, refund)
    await ada.shop.work_in_the_end()
    assert len(told(ADA["email"], "Your withdrawal")) == 2


@ON_SQLITE
async def test_an_invoice_that_could_be_paid_yet_is_told_to_both(ada: Subscriber) -> None:
    await ada.adds_card("pm_card_chargeCustomerFail")
    await ada.passes(MONTH_S)
    await ada.sync()
    await refuse(ada, VOIDS)
    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work_in_the_end()

    (read,) = told(ADA["email"], "Your withdrawal")
    assert "€49.00 is paid back to you" in read
    assert "Do not pay it" in read
    (sellers,) = told(SELLER, "leaves something to you")
    assert "did not let us void an invoice" in sellers
    assert await left() == [("done", "invoice_open")]
    assert "invoice.void_refused" in await actions()


@ON_SQLITE
async def test_what_is_refused_once_the_plan_has_ended_is_the_money_alone(ada: Subscriber) -> None:
    await withdraw(ada.shop.site, ada.id)
    await refuse(ada, "GET /v1/invoices")
    await ada.shop.work_in_the_end()

    (read,) = told(ADA["email"], "Your withdrawal")
    assert "Your plan has ended. What you paid is paid back to you separately" in read
    (sellers,) = told(SELLER, "leaves something to you")
    assert "The plan has ended, but Stripe did not let us give back all" in sellers
    assert (await ada.copy())["status"] == "canceled"
    assert await left() == [("done", "refund_refused")]


@ON_SQLITE
async def test_of_a_plan_that_has_ended_nobody_says_that_it_could_not_be_ended(
    ada: Subscriber,
) -> None:
    """We gave up after days: the plan had ended, the money was not given back."""
    await withdraw(ada.shop.site, ada.id)
    await ada.shop.stripe.fault(match=REFUNDS, fault="status", status=500)
    await ada.shop.work()
    await ada.sync()
    await run_sql(
        "UPDATE operation SET created_at = {}, attempts = 30, next_at = {}"
        " WHERE kind = 'withdraw_plan'",
        *(now() - timedelta(days=8), now()),
    )
    await ada.shop.work_in_the_end()

    assert await left() == [("refused", "given_up")]
    assert "Your plan has ended." in told(ADA["email"], "Your withdrawal")[-1]
    (sellers,) = told(SELLER, "leaves something to you")
    assert "The plan has ended, but" in sellers


@ON_SQLITE
async def test_a_seller_who_gives_back_by_hand_is_told_each_time(ada: Subscriber) -> None:
    await withdraw(replace(ada.shop.site, withdrawal_refund="by_hand"), ada.id)
    await ada.shop.work_in_the_end()

    (sellers,) = told(SELLER, "leaves something to you")
    assert "What was paid is yours to give back" in sellers
    assert len(told(ADA["email"], "Your withdrawal")) == 1


@ON_SQLITE
async def test_where_all_goes_well_nobody_else_is_written_to(ada: Subscriber) -> None:
    await withdraw(ada.shop.site, ada.id)
    await first_mail_goes_out(ada)
    await ada.shop.work_in_the_end()

    assert len(told(ADA["email"], "Your withdrawal")) == 1
    assert told(SELLER, "leaves something") == []
    assert await left() == [("done", "")]


@ON_SQLITE
async def test_who_gave_no_address_is_told_by_the_doctor_alone(ada: Subscriber) -> None:
    await run_sql("UPDATE company SET support_email = ''")
    await refreshed(ada.shop)
    await withdraw(replace(ada.shop.site, withdrawal_refund="by_hand"), ada.id)
    await ada.shop.work_in_the_end()

    assert told(SELLER, "leaves something") == []
    assert await left() == [("done", "by_hand")]
