"""A sign-up that nobody has shown to be theirs is gone after a month, if nothing came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal import clock, upkeep
from portal.access.confirm import confirm_address
from portal.billing.gateway import gateway_of
from portal.database import run_sql, transaction
from portal.operations.carry_out import carry_out
from portal.operations.claim import LEASE, Lanes, claim
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.operations.step import Claimed
from portal.privacy import remove
from portal.privacy.erase import erase_what_is_due
from portal.privacy.erasure import ask_erasure, leaving, take_back
from portal.privacy.holdings import HOLDINGS
from portal.privacy.remove import remove_abandoned
from portal.steps import STEPS
from portal.subscriptions.refresh import refresh
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.mails import mails, text_of
from tests.privacy.gone import QUILL, found_at_stripe, found_here

MONTH = timedelta(days=31)
Person = Callable[[Shop], Awaitable[str]]


async def left(shop: Shop, plan: str | None = None) -> str:
    """Sign somebody up, have Stripe make what it is to make, and nothing more."""
    customer = (await shop.sign_up(plan, **QUILL)).customer
    await shop.work_in_the_end()
    return customer


async def ended(shop: Shop, plan: str = "studio") -> str:
    """Have their plan be over, at Stripe and in our copy."""
    customer = await left(shop, plan)
    v1 = (await gateway_of("comp_1")).v1
    (sold,) = await run_sql("SELECT stripe_id FROM subscription")
    await v1.subscriptions.cancel_async(sold["stripe_id"])
    await refresh(customer)
    await shop.work_in_the_end()
    return customer


async def refused(shop: Shop) -> str:
    """Have Stripe not take their details, and them not mend it."""
    await shop.stripe.fault(match="POST /v1/customers", fault="status", status=400, param="phone")
    customer = (await shop.sign_up(**QUILL)).customer
    await shop.work()
    await shop.stripe.mend()
    return customer


async def verified(shop: Shop) -> str:
    customer = await left(shop)
    async with transaction():
        await confirm_address(customer, "comp_1")
    return customer


async def living(shop: Shop) -> str:
    return await left(shop, "reader")


async def paid_once(shop: Shop) -> str:
    """Have them pay, and leave; our copy of it knows nothing of the money."""
    customer = await left(shop, "house")
    (row,) = await run_sql("SELECT stripe_id FROM customer")
    v1 = (await gateway_of("comp_1")).v1
    card = await v1.payment_methods.attach_async("pm_card_visa", {"customer": row["stripe_id"]})
    chosen: Any = {"invoice_settings": {"default_payment_method": card.id}}
    await v1.customers.update_async(row["stripe_id"], chosen)
    await refresh(customer)
    await shop.work_in_the_end()
    (sold,) = await run_sql("SELECT stripe_id FROM subscription")
    await v1.subscriptions.cancel_async(sold["stripe_id"])
    await refresh(customer)
    await shop.work_in_the_end()
    await run_sql("UPDATE subscription SET amount_due = 0")
    return customer


async def owing(shop: Shop) -> str:
    """Have the seller bill them something at Stripe that they have not paid."""
    customer = await left(shop)
    (row,) = await run_sql("SELECT stripe_id FROM customer")
    v1, there = (await gateway_of("comp_1")).v1, row["stripe_id"]
    item: Any = {"customer": there, "amount": 500, "currency": "usd"}
    await v1.invoice_items.create_async(item)
    bill: Any = {
        "customer": there,
        "collection_method": "send_invoice",
        "days_until_due": 60,
        "pending_invoice_items_behavior": "include",
    }
    invoice = await v1.invoices.create_async(bill)
    await v1.invoices.finalize_invoice_async(str(invoice.id))
    return customer


async def in_credit(shop: Shop) -> str:
    """Have the seller put something to their credit at Stripe."""
    customer = await left(shop)
    (row,) = await run_sql("SELECT stripe_id FROM customer")
    v1 = (await gateway_of("comp_1")).v1
    credit: Any = {"amount": -500, "currency": "eur"}
    await v1.customers.balance_transactions.create_async(row["stripe_id"], credit)
    return customer


async def with_a_card(shop: Shop) -> str:
    """Have a card of theirs at Stripe, which nothing is paid by yet."""
    customer = await left(shop)
    (row,) = await run_sql("SELECT stripe_id FROM customer")
    v1 = (await gateway_of("comp_1")).v1
    await v1.payment_methods.attach_async("pm_card_visa", {"customer": row["stripe_id"]})
    return customer


async def granted(shop: Shop) -> str:
    """Have the seller grant them a plan of their own."""
    customer = await left(shop)
    await run_sql(
        "INSERT INTO own_plan (id, customer, plan, at) VALUES ({}, {}, {}, {})",
        *("ownp_1", customer, "studio", clock.now()),
    )
    return customer


async def waited_for(shop: Shop) -> str:
    """Have Stripe still owe something of the sign-up."""
    customer = await left(shop)
    lane = lane_of_customer(customer)
    async with transaction():
        await enqueue("later", company="comp_1", lane=lane, params={}, customer=customer)
    await run_sql("UPDATE operation SET next_at = {} WHERE kind = 'later'", clock.now() + 9 * MONTH)
    return customer


async def found_at_stripe_alone(shop: Shop) -> str:
    """Have them brought back from Stripe, as after an old backup: we do not know what they did."""
    customer = await left(shop)
    await run_sql("DELETE FROM audit_entry WHERE action = 'customer.signed_up'")
    return customer


async def work(shop: Shop) -> None:
    """Do all that is due, however it is put off, but for what waits for months."""
    for _ in range(4):
        await shop.work()
        await erase_what_is_due()


async def status_of(customer: str) -> Any:
    (row,) = await run_sql("SELECT status FROM customer WHERE id = {}", customer)
    return row["status"]


async def rows_that_should_go(customer: str) -> list[str]:
    """Name the tables with rows about somebody that an erasure does not leave."""
    found = []
    for holding in HOLDINGS:
        name, which = holding.table._meta.tablename, holding.found_by
        asked = f"SELECT 1 AS held FROM {name} WHERE {which}"
        if not holding.stays and await run_sql(asked, *([customer] * which.count("{}"))):
            found.append(name)
    return found


@pytest.mark.parametrize("person", [left, ended, refused])
async def test_after_a_month_nothing_of_it_is_left_here_or_at_stripe(
    shop: Shop, person: Person
) -> None:
    customer = await person(shop)
    assert "Quillifer" in await found_here()
    with time_machine.travel(clock.now() + MONTH - timedelta(days=2), tick=True):
        await remove_abandoned()
        await work(shop)
    assert await status_of(customer) == "active"

    with time_machine.travel(clock.now() + MONTH, tick=True):
        await remove_abandoned()
        await work(shop)

        assert await status_of(customer) == "erased"
        assert await found_here() == set()
        assert await rows_that_should_go(customer) == []
    assert await found_at_stripe(shop) == set()
    there = await shop.stripe.objects("customer")
    assert all(one.get("deleted") for one in there)
    (row,) = await run_sql("SELECT asked_by, erased_at FROM erasure")
    assert row["asked_by"] == "worker"
    assert row["erased_at"]
    assert await run_sql("SELECT id FROM operation WHERE state IN ('ready', 'refused')") == []


@pytest.mark.parametrize(
    "person",
    [
        verified,
        living,
        paid_once,
        owing,
        in_credit,
        with_a_card,
        granted,
        waited_for,
        found_at_stripe_alone,
    ],
)
async def test_whoever_showed_it_lives_or_paid_or_is_waited_for_stays(
    shop: Shop, person: Person
) -> None:
    customer = await person(shop)

    with time_machine.travel(clock.now() + MONTH, tick=True):
        for _ in range(2):
            await remove_abandoned()
            await work(shop)

    assert await status_of(customer) == "active"
    assert await run_sql("SELECT id FROM erasure") == []
    checks = await run_sql("SELECT id FROM operation WHERE kind = 'check_abandoned'")
    assert len(checks) == (person in (paid_once, owing, in_credit, with_a_card)), (
        "Stripe is asked where our copies cannot tell"
    )


@ON_SQLITE
async def test_who_shows_it_at_the_last_moment_stays(shop: Shop) -> None:
    customer = await left(shop)
    with time_machine.travel(clock.now() + MONTH, tick=True):
        await remove_abandoned()
        await look_and_sleep()
        assert await run_sql("SELECT id FROM erasure") == [], "What was seen is old by then."
    with time_machine.travel(clock.now() + MONTH + 2 * LEASE, tick=True):
        await shop.work()
        assert len(await run_sql("SELECT id FROM erasure WHERE begun_at IS NULL")) == 1
        async with transaction():
            await confirm_address(customer, "comp_1")
        await work(shop)

        assert await status_of(customer) == "active"
        (row,) = await run_sql("SELECT taken_back_at FROM erasure")
        assert row["taken_back_at"]


async def look_and_sleep() -> None:
    """Have a worker ask Stripe about who is due, and write down what it saw two minutes later."""
    (op,) = await claim(1, "lease_1", Lanes.STRIPE)
    check = STEPS[op.kind]
    asleep = time_machine.travel(clock.now() + 2 * LEASE, tick=True)

    async def look(op: Claimed) -> str:
        seen = str(await check.call(op))
        asleep.start()
        return seen

    try:
        await carry_out(op, {op.kind: replace(check, call=look)}, goes_on=lambda: False)
    finally:
        asleep.stop()


@ON_SQLITE
async def test_a_plan_that_ended_lately_is_given_its_month_too(shop: Shop) -> None:
    customer = await left(shop, "studio")
    now = clock.now()
    await run_sql("UPDATE subscription SET status = 'canceled', ended_at = {}", now + MONTH)
    with time_machine.travel(now + MONTH + timedelta(days=1), tick=True):
        await remove_abandoned()
        await work(shop)

    assert await status_of(customer) == "active"


@ON_SQLITE
async def test_a_worker_removes_by_itself_and_many_a_few_at_a_time(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_REMOVE_AFTER_S", 0.0)
    monkeypatch.setattr(upkeep, "_REMOVE_EVERY_S", 0.0)
    monkeypatch.setattr(remove, "MOST_WAITING", 2)
    for number in range(5):
        await shop.sign_up(None, email=f"quibblewick{number}@canary.example")
    await shop.work_in_the_end()

    with time_machine.travel(clock.now() + MONTH, tick=True):
        working = upkeep.Upkeep()
        owed = [await asked_about(working) for _ in range(2)]
        for _ in range(2):
            await shop.work()
            owed.append(await asked_about(working))
        await working.stop()

    assert owed == [2, 2, 4, 5], "Nobody is asked about before the others are done."
    checks = await run_sql("SELECT customer FROM operation WHERE kind = 'check_abandoned'")
    assert len({row["customer"] for row in checks}) == len(checks) == 5


async def asked_about(working: upkeep.Upkeep) -> int:
    """Have a worker do what is due from time to time; count about whom Stripe is asked."""
    await working.do_what_is_due()
    (row,) = await run_sql("SELECT COUNT(*) AS n FROM operation WHERE kind = 'check_abandoned'")
    return int(row["n"])


@ON_SQLITE
async def test_who_asks_for_it_themselves_has_seven_days_and_a_mail(shop: Shop) -> None:
    customer = await left(shop)
    with time_machine.travel(clock.now() + MONTH, tick=True):
        await remove_abandoned()
        await shop.work()
        await ask_erasure(customer)
        await ask_erasure(customer)
        await work(shop)

        assert await status_of(customer) == "active"
        told = await leaving(customer)
        assert told is not None
        assert told.due_at > clock.now() + timedelta(days=6)
        assert len([text for mail in mails() if "is erased" in (text := text_of(mail))]) == 1
        asked = "SELECT actor FROM audit_entry WHERE action = 'customer.erasure_asked'"
        assert [row["actor"] for row in await run_sql(asked)] == ["customer"]
        assert await take_back(customer)
        assert await leaving(customer) is None
