"""A refund that does not arrive is told to the seller and the payer, each time once."""

from __future__ import annotations

from typing import Any

import pytest

from portal.billing import inbox
from portal.billing.billed_money import Refund
from portal.billing.stripe_refunds import StripeRefunds
from portal.clock import now
from portal.database import run_sql, transaction
from portal.reconciliation.sweep import sellers, sweep
from portal.subscriptions.by_hand import Withdrawal, owe_seller
from portal.subscriptions.left import Left
from portal.subscriptions.withdraw import withdraw
from tests.databases import ON_SQLITE
from tests.people import ADA
from tests.subscriptions.conftest import Subscriber
from tests.subscriptions.test_by_hand import MONTH_S, SELLER, actions, ada, left, told

__all__ = ["ada"]
NEWS, SELLERS = "Your withdrawal", "leaves something to you"


async def withdrawn(ada: Subscriber) -> str:
    """Have Ada withdraw, and her mail go out; return her refund."""
    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work_in_the_end()
    (refund,) = await ada.shop.stripe.objects("refund")
    return str(refund["id"])


async def stands(ada: Subscriber, status: str, refund: str | None = None) -> None:
    """Have a refund stand so, or all that are made from now on."""
    wanted = {"status": status} | ({"refund": refund} if refund else {})
    await ada.shop.stripe.control("POST", "/refunds", wanted)


async def hear(ada: Subscriber, refund: str, event: str) -> None:
    """Have an event tell of a refund."""
    async with transaction():
        await inbox.note(ada.company, refund, event)
    await ada.shop.work_in_the_end()


async def begins_to_wait(ada: Subscriber, refund: str) -> None:
    """Have it written down that a refund, which Stripe forgets then, waits for somebody."""
    (row,) = await run_sql("SELECT id, subscription FROM plan_change WHERE kind = 'withdraw'")
    about = Withdrawal(ada.company, ada.id, row["id"], row["subscription"])
    async with transaction():
        await owe_seller(about, Left.WAITS, f"waits:{refund}")


async def told_back() -> int:
    """Return how much the change says was given back."""
    (row,) = await run_sql("SELECT amount_today FROM plan_change WHERE kind = 'withdraw'")
    return -int(row["amount_today"])


@pytest.mark.parametrize("status", ["failed", "canceled"])
async def test_a_refund_that_comes_to_nothing_later_is_told_to_both_once(
    ada: Subscriber, status: str
) -> None:
    refund = await withdrawn(ada)
    assert await told_back() == 4900
    await stands(ada, status, refund)
    assert told(SELLER, SELLERS) == []

    for event in ("evt_1", "evt_2"):
        await hear(ada, refund, event)

    (sellers,) = told(SELLER, SELLERS)
    assert "a refund came to nothing" in sellers
    assert "Paid back so far" not in sellers
    first, second = told(ADA["email"], NEWS)
    assert "€49.00 is paid back to you" in first
    assert "A payment back to you did not arrive." in second
    assert "€49.00" not in second
    assert await told_back() == 0
    assert await left() == [("done", "refund_bounced")]
    assert (await actions()).count("payment.refund_bounced") == 1
    assert len(await ada.shop.stripe.objects("refund")) == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("status", "problem", "back"),
    [("failed", "refund_bounced", 0), ("requires_action", "refund_waits", 4900)],
)
async def test_one_that_comes_back_so_is_told_like_one_that_fails_later(
    ada: Subscriber, status: str, problem: str, back: int
) -> None:
    await stands(ada, status)
    refund = await withdrawn(ada)
    await hear(ada, refund, "evt_1")

    assert await left() == [("done", problem)]
    assert await told_back() == back
    assert len(told(SELLER, SELLERS)) == 1
    assert len(await ada.shop.stripe.objects("refund")) == 1


@ON_SQLITE
async def test_one_that_waited_may_arrive_or_come_to_nothing(ada: Subscriber) -> None:
    await stands(ada, "requires_action")
    refund = await withdrawn(ada)
    assert "Look for a mail from it." in told(ADA["email"], NEWS)[-1]

    await stands(ada, "pending", refund)
    await hear(ada, refund, "evt_1")
    assert await left() == [("done", "")]
    await stands(ada, "failed", refund)
    await hear(ada, refund, "evt_2")

    assert await left() == [("done", "refund_bounced")]
    waits, nothing = told(SELLER, SELLERS)
    assert "waits before it pays a refund out" in waits
    assert "came to nothing" in nothing


@ON_SQLITE
async def test_of_two_refunds_that_wait_one_that_arrives_leaves_the_other_told(
    ada: Subscriber,
) -> None:
    await ada.passes(MONTH_S)
    await ada.sync()
    await stands(ada, "requires_action")
    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work_in_the_end()
    first, second = [str(one["id"]) for one in await ada.shop.stripe.objects("refund")]
    assert len(told(SELLER, SELLERS)) == 2
    assert await left() == [("done", "refund_waits")]

    await stands(ada, "pending", first)
    await hear(ada, first, "evt_1")
    assert await left() == [("done", "refund_waits")]
    await begins_to_wait(ada, "re_unknown")
    await stands(ada, "pending", second)
    await hear(ada, second, "evt_2")
    assert await left() == [("done", "")]


@ON_SQLITE
async def test_one_that_begins_to_wait_while_another_is_looked_at_stays_told(
    ada: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stands(ada, "requires_action")
    refund = await withdrawn(ada)
    await stands(ada, "pending", refund)
    await begins_to_wait(ada, "re_other")
    look = StripeRefunds.fetch_refund

    async def looks_slowly(self: StripeRefunds, id: str) -> Refund:
        if id == "re_other":
            await begins_to_wait(ada, "re_late")
        return await look(self, id)

    with monkeypatch.context() as patch:
        patch.setattr(StripeRefunds, "fetch_refund", looks_slowly)
        await hear(ada, refund, "evt_1")

    assert await left() == [("done", "refund_waits")]
    await hear(ada, refund, "evt_2")
    assert await left() == [("done", "")]


@ON_SQLITE
@pytest.mark.parametrize("before", ["refund_refused", "invoice_open"])
async def test_what_was_left_besides_stays_told(ada: Subscriber, before: str) -> None:
    refund = await withdrawn(ada)
    await run_sql("UPDATE plan_change SET problem = {}", before)
    await stands(ada, "failed", refund)

    await hear(ada, refund, "evt_1")

    assert await left() == [("done", before)]
    assert await told_back() == 0
    (sellers,) = told(SELLER, SELLERS)
    assert "a refund came to nothing" in sellers


@ON_SQLITE
async def test_a_refund_that_arrives_is_no_news(ada: Subscriber) -> None:
    refund = await withdrawn(ada)
    await hear(ada, refund, "evt_1")

    assert await left() == [("done", "")]
    assert told(SELLER, SELLERS) == []
    assert len(told(ADA["email"], NEWS)) == 1


@ON_SQLITE
async def test_a_refund_of_the_sellers_own_is_nobodys_news(ada: Subscriber) -> None:
    v1: Any = ada.gateway.v1
    (intent,) = await ada.shop.stripe.objects("payment_intent")
    for marks in ({}, {"change": "chng_nobodys"}):
        given = {"payment_intent": intent["id"], "amount": 100, "metadata": marks}
        refund = (await v1.refunds.create_async(given)).id
        await stands(ada, "failed", refund)
        await hear(ada, refund, f"evt_{refund}")

    assert told(SELLER, SELLERS) == []
    rows = await run_sql("SELECT state FROM inbox_event WHERE object_id LIKE 're_%'")
    assert {row["state"] for row in rows} == {"ignored"}


@ON_SQLITE
async def test_what_is_told_while_the_refund_is_being_made_waits_for_that(ada: Subscriber) -> None:
    """The event is faster than our own answer: nothing is written down of the refund yet."""
    refund = await withdrawn(ada)
    await run_sql("UPDATE plan_change SET state = 'asked', amount_today = 0")
    await stands(ada, "failed", refund)
    async with transaction():
        await inbox.note(ada.company, refund, "evt_1")
    await ada.shop.work()
    assert told(SELLER, SELLERS) == []

    await run_sql("UPDATE plan_change SET state = 'done', amount_today = -4900")
    await run_sql("UPDATE inbox_event SET next_at = {} WHERE state = 'new'", now())
    await ada.shop.work_in_the_end()

    assert len(told(SELLER, SELLERS)) == 1
    assert await told_back() == 0


@ON_SQLITE
async def test_an_event_that_never_came_is_heard_by_the_sweep(ada: Subscriber) -> None:
    refund = await withdrawn(ada)
    await stands(ada, "failed", refund)

    seller, *_ = await sellers()
    report = await sweep(seller, full=False, carry_out=True, calls_per_s=1000.0)
    await ada.shop.work_in_the_end()

    assert (report.problem, report.differences) == ("", [])
    assert len(told(SELLER, SELLERS)) == 1
    assert await left() == [("done", "refund_bounced")]
