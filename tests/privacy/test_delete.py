"""A customer whom the seller's program deletes: at once, once, and nothing brings them back."""

from __future__ import annotations

import pytest

from portal import clock
from portal.access.sessions import find_session, open_session
from portal.billing.gateway import gateway_of
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.erased import CustomerErased
from portal.customers.listing import Wanted, list_customers
from portal.database import run_sql, transaction
from portal.onboarding.holds import LANE as HOLD_LANE
from portal.onboarding.holds import RELEASE_AFTER, RELEASE_HOLD
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.privacy.delete import AGAIN_AFTER, delete_customer, delete_what_stands
from portal.privacy.erasure import ask_erasure
from portal.reconciliation.sweep import sellers, sweep
from portal.subscriptions.sync import sync_object
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.onboarding.test_adopt import confirmed
from tests.privacy.gone import erase_now
from tests.privacy.test_erasure import living, marks_at_stripe, row_of, signed_up


async def test_plans_end_at_once_and_the_address_is_free_again(shop: Shop) -> None:
    customer = await signed_up(shop)
    session = await open_session(customer, shop.site.id)

    assert await delete_customer(customer, actor="key_1") is True
    await shop.work_in_the_end()

    assert await living(shop) == (0, 0)
    row = await row_of(customer)
    assert (row["status"], row["email"], row["email_key"]) == ("deleted", None, None)
    assert row["deleted_at"] is not None
    assert await find_session(session) is None
    with pytest.raises(CustomerErased):
        await open_session(customer, shop.site.id)
    (entry,) = await run_sql("SELECT actor FROM audit_entry WHERE action = 'customer.deleted'")
    assert entry["actor"] == "key_1"
    assert (await shop.sign_up("studio")).is_new


@ON_SQLITE
async def test_a_second_time_there_is_nobody(shop: Shop) -> None:
    customer = await signed_up(shop)
    await delete_customer(customer, actor="key_1")
    await shop.work_in_the_end()
    calls = len(await shop.stripe.calls())

    assert await delete_customer(customer, actor="key_1") is False
    await shop.work_in_the_end()

    assert len(await shop.stripe.calls()) == calls


@ON_SQLITE
async def test_what_stripe_refused_is_tried_again_when_they_are_deleted_again(shop: Shop) -> None:
    customer = await signed_up(shop)
    await shop.stripe.fault(match="DELETE /v1/*", fault="status", status=400, times=1)

    await delete_customer(customer, actor="key_1")
    await shop.work_in_the_end()
    assert await living(shop) == (1, 1)
    assert await delete_customer(customer, actor="key_1") is False
    await shop.work_in_the_end()
    assert await living(shop) == (0, 0)
    calls = len(await shop.stripe.calls())
    assert await delete_customer(customer, actor="key_1") is False
    await shop.work_in_the_end()

    assert len(await shop.stripe.calls()) == calls
    assert len(await run_sql("SELECT id FROM audit_entry WHERE action = 'customer.deleted'")) == 1


async def test_what_still_stands_at_stripe_is_tried_again_each_hour_by_itself(shop: Shop) -> None:
    customer = await signed_up(shop)
    await run_sql("DELETE FROM billing_profile")
    await delete_customer(customer, actor="key_1")
    # What an earlier release left before it in its lane.
    await run_sql("UPDATE operation SET state = 'refused' WHERE kind = 'create_subscription'")
    await shop.work()
    assert await living(shop) == (1, 1)
    await shop.stripe.fault(match="DELETE /v1/*", fault="status", status=400, times=1)

    for is_later, seen in ((False, 1), (False, 1), (True, 0), (True, 0)):
        if is_later:
            await run_sql("UPDATE operation SET done_at = {}", clock.now() - AGAIN_AFTER)
        calls = len(await shop.stripe.calls())
        await delete_what_stands()
        await shop.work_in_the_end()
        assert await living(shop) == (seen, seen)

    assert len(await shop.stripe.calls()) == calls


@ON_SQLITE
async def test_what_is_refused_late_of_a_sign_up_does_not_hold_their_end_up(shop: Shop) -> None:
    await shop.stripe.fault(match="POST /v1/subscriptions", fault="status", status=429, times=1)
    customer = (await shop.sign_up("studio")).customer
    await shop.work()
    assert await living(shop) == (1, 0)
    await shop.stripe.fault(match="POST /v1/subscriptions", fault="status", status=400, times=1)

    await delete_customer(customer, actor="key_1")
    await shop.work_in_the_end()

    assert await living(shop) == (0, 0)
    rows = await run_sql("SELECT kind, state FROM operation WHERE state <> 'done'")
    assert [tuple(row.values()) for row in rows] == [("create_subscription", "failed")]


@ON_SQLITE
@pytest.mark.parametrize("is_under_way", [False, True])
async def test_a_change_that_the_key_may_not_make_does_not_hold_their_end_up(
    shop: Shop, is_under_way: bool
) -> None:
    customer = await signed_up(shop)
    stripe_id = str((await row_of(customer))["stripe_id"])
    intent = await confirmed(shop, stripe_id)
    await shop.stripe.fault(match=f"POST /v1/customers/{stripe_id}", fault="status", status=403)
    async with transaction():
        lane = lane_of_customer(customer)
        await enqueue(UPDATE_CUSTOMER, company="comp_1", lane=lane, params={}, customer=customer)
        held = {"intent": intent}
        lane = f"{HOLD_LANE}{customer}"
        await enqueue(
            RELEASE_HOLD, company="comp_1", lane=lane, params=held, customer=customer,
            after=RELEASE_AFTER,
        )  # fmt: skip
    await shop.work()
    leased = "UPDATE operation SET lease_token = {} WHERE kind = {}"
    if is_under_way:
        await run_sql(leased, "another worker", UPDATE_CUSTOMER)

    await delete_customer(customer, actor="key_1")
    await shop.work()
    if is_under_way:
        assert await living(shop) == (1, 1)
        await run_sql(leased, None, UPDATE_CUSTOMER)
        await delete_what_stands()
        await shop.work()

    assert await living(shop) == (0, 0)
    await shop.work_in_the_end()
    states = {one["id"]: one["status"] for one in await shop.stripe.objects("payment_intent")}
    assert states[intent] == "canceled", "what was only held is given back"


@ON_SQLITE
async def test_who_is_not_at_stripe_yet_is_never_made_there(shop: Shop) -> None:
    customer = (await shop.sign_up("studio")).customer

    await delete_customer(customer, actor="key_1")
    await shop.work_in_the_end()

    assert await shop.stripe.objects("customer") == []
    assert (await row_of(customer))["status"] == "deleted"


@ON_SQLITE
async def test_what_stripe_tells_or_makes_later_brings_nobody_back(shop: Shop) -> None:
    customer = await signed_up(shop)
    stripe_id, marks = str((await row_of(customer))["stripe_id"]), await marks_at_stripe(shop)
    await delete_customer(customer, actor="key_1")
    await shop.work_in_the_end()

    await sync_object(shop.site.company_id, stripe_id)
    (seller,) = await sellers()
    report = await sweep(seller, full=True, carry_out=True, calls_per_s=10_000.0)

    assert report.differences == []
    assert (await row_of(customer))["status"] == "deleted"
    (copy,) = await run_sql("SELECT status FROM subscription")
    assert copy["status"] == "canceled"
    v1 = (await gateway_of("comp_1")).v1
    await v1.customers.create_async({"metadata": marks})
    await shop.stripe.fault(match="DELETE /v1/*", fault="status", status=400, times=1)
    for seen in (1, 0):
        report = await sweep(seller, full=True, carry_out=True, calls_per_s=10_000.0)
        assert report.outcomes() == {"surplus removed": 1}
        await shop.work_in_the_end()
        assert await living(shop) == (seen, 0)


@ON_SQLITE
async def test_who_was_deleted_can_still_be_erased(shop: Shop) -> None:
    customer = await signed_up(shop)
    await delete_customer(customer, actor="key_1")
    await shop.work_in_the_end()

    await ask_erasure(customer)
    await erase_now(shop, customer)

    row = await row_of(customer)
    assert (row["status"], row["last_name"]) == ("erased", "")


async def test_the_deleted_are_in_no_list_and_still_a_place_in_one(shop: Shop) -> None:
    first, second, third = [
        (await shop.sign_up(email=f"{name}@example.com")).customer
        for name in ("ada", "grace", "mallory")
    ]
    await delete_customer(second, actor="key_1")
    company = shop.site.company_id

    async def listed(**wanted: object) -> tuple[list[str], bool]:
        page = await list_customers(company, Wanted(**wanted))  # type: ignore[arg-type]
        return [str(one.id) for one in page.found], page.has_more

    assert await listed() == ([third, first], False)
    assert await listed(limit=1) == ([third], True)
    assert await listed(after=second) == ([first], False)
    assert await listed(before=second) == ([third], False)
    assert await listed(before=first, limit=1) == ([third], False)
    assert await listed(email="Ada@example.com") == ([], False)
    assert await listed(email="ada@example.com") == ([first], False)
    assert await listed(status="deleted") == ([second], False)
    assert await listed(at_stripe=True) == ([], False)
    assert await listed(sites=(shop.site.id,)) == ([third, first], False)
    assert await listed(clock="") == ([third, first], False)
    assert await listed(clock="clock_1") == ([], False)
    assert await listed(words=("grace",), status="deleted") == ([], False)
    assert await listed(words=("lovelace", "ada@")) == ([first], False)
    assert await listed(words=("l_velace",)) == ([], False)
    await shop.work_in_the_end()
    assert await listed(plan="studio") == ([third, first], False)
    assert await listed(plan="other") == ([], False)
    assert (await list_customers("comp_other", Wanted())).found == []
