"""A customer whom the seller's program deletes: at once, once, and nothing brings them back."""

from __future__ import annotations

import pytest

from portal.access.sessions import find_session, open_session
from portal.customers.erased import CustomerErased
from portal.customers.listing import Wanted, list_customers
from portal.database import run_sql
from portal.privacy.delete import delete_customer
from portal.privacy.erasure import ask_erasure
from portal.reconciliation.sweep import sellers, sweep
from portal.subscriptions.sync import sync_object
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.privacy.gone import erase_now
from tests.privacy.test_erasure import living, row_of, signed_up


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


@ON_SQLITE
async def test_who_is_not_at_stripe_yet_is_never_made_there(shop: Shop) -> None:
    customer = (await shop.sign_up("studio")).customer

    await delete_customer(customer, actor="key_1")
    await shop.work_in_the_end()

    assert await shop.stripe.objects("customer") == []
    assert (await row_of(customer))["status"] == "deleted"


@ON_SQLITE
async def test_what_stripe_tells_later_changes_nothing_and_no_sweep_differs(shop: Shop) -> None:
    customer = await signed_up(shop)
    stripe_id = str((await row_of(customer))["stripe_id"])
    await delete_customer(customer, actor="key_1")
    await shop.work_in_the_end()

    await sync_object(shop.site.company_id, stripe_id)
    (seller,) = await sellers()
    report = await sweep(seller, full=True, carry_out=True, calls_per_s=10_000.0)

    assert report.differences == []
    assert (await row_of(customer))["status"] == "deleted"
    (copy,) = await run_sql("SELECT status FROM subscription")
    assert copy["status"] == "canceled"


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
