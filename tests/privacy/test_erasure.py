"""An account is erased once, after seven days, and nothing that comes late brings it back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.access.sessions import find_session, open_session
from portal.audit.seal import seal_entries
from portal.billing.gateway import gateway_of
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.avatar import avatar_version, keep_avatar
from portal.database import run_sql, transaction
from portal.errors import DatabaseBusy
from portal.onboarding.holds import RELEASE_HOLD
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.privacy import erase
from portal.privacy.erase import erase_what_is_due
from portal.privacy.erasure import ask_erasure, leaving, take_back
from portal.privacy.wipe import wipe
from portal.reconciliation.sweep import sellers, sweep
from portal.subscriptions import sync
from portal.subscriptions.by_hand import SEND_BY_HAND
from portal.subscriptions.sync import sync_object
from portal.subscriptions.withdraw import WITHDRAW_PLAN
from tests.audit.trail import found
from tests.customers.pictures import picture
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.mails import mails, text_of
from tests.people import ADA
from tests.privacy.gone import contents, erase_now, pass_days


async def signed_up(shop: Shop, plan: str | None = "studio") -> str:
    """Have Ada sign up, and Stripe know her."""
    customer = (await shop.sign_up(plan, verified=True)).customer
    await shop.work_in_the_end()
    return customer


async def row_of(customer: str) -> dict[str, object]:
    (row,) = await run_sql("SELECT * FROM customer WHERE id = {}", customer)
    return row


async def living(shop: Shop) -> tuple[int, int]:
    """Count who lives at Stripe, and which plans."""
    there = [one for one in await shop.stripe.objects("customer") if not one.get("deleted")]
    sold = await shop.stripe.objects("subscription")
    return len(there), sum(one["status"] != "canceled" for one in sold)


async def deletions(shop: Shop) -> int:
    calls = await shop.stripe.calls()
    return sum(method == "DELETE" and "/v1/customers/" in path for method, path in calls)


async def test_it_comes_after_seven_days_and_not_before(shop: Shop) -> None:
    customer = await signed_up(shop)
    session = await open_session(customer, shop.site.id)
    await ask_erasure(customer)
    await seal_entries()
    await erase_what_is_due()
    await shop.work_in_the_end()
    told = await leaving(customer)
    assert told is not None
    assert timedelta(days=6, hours=23) < told.due_at - clock.now() <= timedelta(days=7)
    assert (await row_of(customer))["last_name"] == "Lovelace"
    assert await living(shop) == (1, 1)
    assert await find_session(session) is not None

    await pass_days()
    await erase_what_is_due()
    assert await find_session(session) is None
    await shop.work_in_the_end()

    assert (await row_of(customer))["status"] == "erased"
    assert await living(shop) == (0, 0)
    assert await deletions(shop) == 1
    (copy,) = await run_sql("SELECT status FROM subscription")
    assert copy["status"] == "canceled"
    await seal_entries()
    trail = await found(shop.site.company_id)
    assert (trail.fault, trail.waiting) == (None, 0)


async def test_it_does_not_stand_in_the_way_of_a_worker_going_along_the_lane(shop: Shop) -> None:
    customer = await signed_up(shop)
    company, lane = shop.site.company_id, lane_of_customer(customer)
    async with transaction():
        for _ in range(2):
            await enqueue(UPDATE_CUSTOMER, company=company, lane=lane, params={}, customer=customer)
    open_ones = await run_sql("SELECT id FROM operation WHERE state = 'ready' ORDER BY id")
    touch = "UPDATE operation SET attempts = attempts + 1 WHERE id = {}"
    # Where the first was written once more, it lies behind the second.
    await run_sql(touch, open_ones[0]["id"])
    await ask_erasure(customer, by="operator")
    is_begun = asyncio.Event()

    async def go_along() -> None:
        async with transaction():
            await run_sql(touch, open_ones[0]["id"])
            is_begun.set()
            await asyncio.sleep(0.3)
            await run_sql(touch, open_ones[1]["id"])

    going = asyncio.create_task(go_along())
    await is_begun.wait()
    await asyncio.gather(going, erase_what_is_due())

    assert (await row_of(customer))["status"] == "erased"


@ON_SQLITE
async def test_a_picture_that_was_being_drawn_meanwhile_is_not_kept(shop: Shop) -> None:
    customer = await signed_up(shop)
    await keep_avatar(customer, shop.site.company_id, picture())
    assert await avatar_version(customer)

    await erase_now(shop, customer)
    await keep_avatar(customer, shop.site.company_id, picture())

    assert not await avatar_version(customer)


async def test_taken_back_everything_is_as_it_was(shop: Shop) -> None:
    customer = await signed_up(shop)
    before = await contents("erasure", "audit_entry", "operation", "rate")
    await ask_erasure(customer)
    await ask_erasure(customer)
    await shop.work_in_the_end()

    assert await take_back(customer)
    assert not await take_back(customer)
    await pass_days()
    await erase_what_is_due()
    await shop.work_in_the_end()

    assert await contents("erasure", "audit_entry", "operation", "rate") == before
    assert await living(shop) == (1, 1)
    assert await leaving(customer) is None
    assert await run_sql("SELECT COUNT(*) AS n FROM erasure") == [{"n": 1}]


@ON_SQLITE
async def test_who_asks_again_and_again_is_told_later_and_only_of_what_stands(shop: Shop) -> None:
    customer = await signed_up(shop)
    for _ in range(6):
        await ask_erasure(customer)
        await take_back(customer)
    await ask_erasure(customer)

    await shop.work()
    assert len(told_of_erasure()) <= 3
    waiting = await run_sql("SELECT next_at FROM operation WHERE state = 'ready'")
    assert len(waiting) == 4
    assert all(row["next_at"] > clock.now() + timedelta(hours=5) for row in waiting)

    before = len(told_of_erasure())
    await shop.work_in_the_end()
    assert len(told_of_erasure()) == before + 1


def told_of_erasure() -> list[str]:
    return [text for mail in mails() if "is erased" in (text := text_of(mail))]


async def test_one_that_cannot_be_erased_keeps_nobody_else_from_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    people = [(await shop.sign_up(email=f"{name}@x.example")).customer for name in "abc"]
    await shop.work_in_the_end()

    async def break_on(customer: str) -> None:
        if customer == people[0]:
            raise ZeroDivisionError
        await wipe(customer)

    for person in people:
        await ask_erasure(person, by="operator")
    with monkeypatch.context() as patch:
        patch.setattr(erase, "wipe", break_on)
        patch.setattr(erase, "_AT_ONCE", 1)
        for _ in people:
            await erase_what_is_due()
    await shop.work_in_the_end()

    assert [(await row_of(person))["status"] for person in people] == [
        "active", "erased", "erased",
    ]  # fmt: skip
    assert "erasure.failed id=eras_" in caplog.text
    assert "erasure.some_failed failed=1" in caplog.text
    (late,) = await run_sql("SELECT next_at FROM erasure WHERE customer = {}", people[0])
    assert late["next_at"] > clock.now() + timedelta(minutes=50)

    await pass_days()
    await erase_what_is_due()
    assert (await row_of(people[0]))["status"] == "erased"


@ON_SQLITE
async def test_those_that_always_meet_a_busy_database_keep_nobody_else_waiting(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [(await shop.sign_up(email=f"{name}@x.example")).customer for name in "abc"]
    await shop.work_in_the_end()

    async def be_busy_on(customer: str) -> None:
        if customer != people[2]:
            raise DatabaseBusy
        await wipe(customer)

    for person in people:
        await ask_erasure(person, by="operator")
    monkeypatch.setattr(erase, "wipe", be_busy_on)
    with pytest.raises(DatabaseBusy):
        await erase_what_is_due()
    await erase_what_is_due()

    assert [(await row_of(person))["status"] for person in people] == [
        "active", "active", "erased",
    ]  # fmt: skip
    waiting = await run_sql("SELECT next_at FROM erasure WHERE begun_at IS NULL")
    assert all(row["next_at"] < clock.now() + timedelta(minutes=2) for row in waiting)


@ON_SQLITE
async def test_the_mail_says_what_will_happen_and_how_it_is_taken_back(shop: Shop) -> None:
    customer = await signed_up(shop)
    await ask_erasure(customer)
    await shop.work_in_the_end()

    said = text_of(mails()[-1])

    assert "all that we hold about you is erased" in said
    assert "/account/data" in said
    assert f"31 December {clock.now().year + 10}" in said


async def test_once_begun_it_cannot_be_taken_back(shop: Shop) -> None:
    customer = await signed_up(shop)
    await ask_erasure(customer)
    await pass_days()
    await erase_what_is_due()

    assert not await take_back(customer)


async def test_the_same_address_signs_up_as_somebody_new(shop: Shop) -> None:
    before = await signed_up(shop)
    await erase_now(shop, before)

    after = await signed_up(shop)

    assert after != before
    assert (await row_of(before))["email"] is None
    assert await living(shop) == (1, 1)


@ON_SQLITE
async def test_when_an_answer_is_lost_it_is_done_in_the_end(shop: Shop) -> None:
    customer = await signed_up(shop)
    await shop.stripe.fault(match="DELETE /v1/customers/*", fault="reset", when="after", times=1)

    await erase_now(shop, customer)

    assert await living(shop) == (0, 0)
    (row,) = await run_sql("SELECT erased_at FROM erasure")
    assert row["erased_at"]


@pytest.mark.parametrize("fault", ["none", "reset_after", "refused"])
async def test_a_sign_up_under_way_leaves_nothing_at_stripe(shop: Shop, fault: str) -> None:
    """It was not sent yet, its answer was lost, or Stripe did not take it."""
    if fault == "reset_after":
        await shop.stripe.fault(match="POST /v1/customers", fault="reset", when="after", times=1)
    elif fault == "refused":
        await shop.stripe.fault(
            match="POST /v1/customers", fault="status", status=400, param="phone"
        )
    customer = (await shop.sign_up()).customer
    if fault != "none":
        await shop.work()
    await shop.stripe.mend()

    await erase_now(shop, customer)

    assert await living(shop) == (0, 0)
    states = await run_sql("SELECT state, params FROM operation WHERE state <> 'done'")
    assert {(row["state"], row["params"]) for row in states} <= {("failed", "{}")}
    (row,) = await run_sql("SELECT erased_at FROM erasure")
    assert row["erased_at"]


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_what_stripe_tells_before_it_has_deleted_brings_nothing_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    customer = await signed_up(shop)
    stripe_id = str((await row_of(customer))["stripe_id"])
    await sync_object("comp_1", stripe_id)
    await ask_erasure(customer)
    await pass_days()
    await erase_what_is_due()
    v1 = (await gateway_of("comp_1")).v1
    await v1.customers.update_async(stripe_id, {"name": "Ada King"})
    if not is_guarded:

        async def never(_: str) -> bool:
            return False

        monkeypatch.setattr(sync, "is_erased", never)

    await sync_object("comp_1", stripe_id)

    row = await row_of(customer)
    profile = await run_sql("SELECT billing_email FROM billing_profile")
    came_back = bool(row["first_name"] or row["billing_email"] or profile[0]["billing_email"])
    assert came_back is not is_guarded


async def test_a_sweep_finds_nothing_to_mend_and_brings_nobody_back(shop: Shop) -> None:
    customer = await signed_up(shop)
    stripe_id = str((await row_of(customer))["stripe_id"])
    await erase_now(shop, customer)
    await sync_object("comp_1", stripe_id)
    before = await contents("reconciliation", "ticket", "inbox_event")

    (seller,) = await sellers()
    report = await sweep(seller, full=True, carry_out=True, calls_per_s=10_000.0)

    assert report.differences == []
    assert await contents("reconciliation", "ticket", "inbox_event") == before


async def marks_at_stripe(shop: Shop) -> dict[str, str]:
    """Return what is noted on the one who is there: Stripe makes a late one with the same."""
    (there,) = await shop.stripe.objects("customer")
    return dict(there["metadata"])


async def sweep_once(shop: Shop) -> None:
    (seller,) = await sellers()
    await sweep(seller, full=True, carry_out=True, calls_per_s=10_000.0)
    await shop.work_in_the_end()


async def test_whom_stripe_makes_after_the_erasure_is_deleted_by_the_next_sweep(shop: Shop) -> None:
    customer = await signed_up(shop)
    marks = await marks_at_stripe(shop)
    await erase_now(shop, customer)
    v1 = (await gateway_of("comp_1")).v1
    late: Any = {"email": ADA["email"], "metadata": marks}
    await v1.customers.create_async(late)
    assert await living(shop) == (1, 0)

    await shop.stripe.fault(match="DELETE /v1/customers/*", fault="status", status=400, times=1)
    for left in (1, 0):
        await sweep_once(shop)
        assert await living(shop) == (left, 0)

    assert (await row_of(customer))["email"] is None


@ON_SQLITE
async def test_what_stripe_refuses_is_tried_again(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    customer = await signed_up(shop)
    marks = await marks_at_stripe(shop)
    await shop.stripe.fault(match="DELETE /v1/customers/*", fault="status", status=400, times=1)
    await erase_now(shop, customer)
    assert "erasure.refused" in caplog.text
    assert await living(shop) == (1, 0)
    # Of another one that was made for them, an end is none of the first's.
    v1 = (await gateway_of("comp_1")).v1
    await v1.customers.create_async({"metadata": marks})
    await sweep_once(shop)
    assert await living(shop) == (1, 0)
    assert (await run_sql("SELECT erased_at FROM erasure"))[0]["erased_at"] is None

    await run_sql("UPDATE erasure SET next_at = {}", clock.now())
    await erase_what_is_due()
    await shop.work_in_the_end()

    assert await living(shop) == (0, 0)


async def test_of_what_was_not_sent_only_money_that_is_owed_back_still_goes(shop: Shop) -> None:
    customer = await signed_up(shop)
    async with transaction():
        for kind in (WITHDRAW_PLAN, SEND_BY_HAND, RELEASE_HOLD, UPDATE_CUSTOMER):
            lane = lane_of_customer(customer)
            await enqueue(kind, company="comp_1", lane=lane, params={}, customer=customer)
        await wipe(customer)

    owed = await run_sql("SELECT kind FROM operation WHERE state = 'ready' ORDER BY id")

    assert [row["kind"] for row in owed] == [WITHDRAW_PLAN, SEND_BY_HAND, RELEASE_HOLD]
