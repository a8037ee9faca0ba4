"""Whom a seller had at Stripe before is never deleted for an adoption that came to nothing."""

from __future__ import annotations

from typing import Any

import pytest

from portal import clock
from portal.billing.gateway import gateway_of
from portal.billing.stripe_lists import StripeLists
from portal.compat.taking_in import TakenIn, at_stripe, take_in
from portal.customers.directory import customer_of
from portal.customers.erased import DELETE_CUSTOMER, owe_end
from portal.database import run_sql, transaction
from portal.onboarding.arrival import SignUpRefused
from portal.onboarding.asked import Asked
from portal.onboarding.made import SKEW, is_unused_and_made
from portal.privacy.delete import delete_customer
from tests.databases import ON_SQLITE
from tests.onboarding.shop import details
from tests.privacy.gone import erase_now
from tests.reconciliation.conftest import QUICKLY, Swept

KEY = "key_1"


async def of_years(swept: Swept) -> str:
    """Have the seller sell to somebody by other means; return their id at Stripe."""
    v1 = await swept.v1()
    there = await v1.customers.create_async({"email": "ada@former.example"})
    card = await v1.payment_methods.attach_async("pm_card_visa", {"customer": there.id})
    chosen: Any = {"invoice_settings": {"default_payment_method": card.id}}
    await v1.customers.update_async(there.id, chosen)
    price = (await v1.prices.list_async({"lookup_keys": ["house"]})).data[0].id
    await v1.subscriptions.create_async({"customer": there.id, "items": [{"price": price}]})
    return str(there.id)


async def asked_for(swept: Swept, there: str, name: str) -> TakenIn:
    """Have a program bring somebody who is at Stripe already."""
    asked = Asked(key=KEY, adopts=there)
    return await take_in(swept.shop.site, details(email=f"{name}@x.example"), None, asked)


async def marks_of(swept: Swept, there: str) -> dict[str, str]:
    (row,) = [one for one in await swept.shop.stripe.objects("customer") if one["id"] == there]
    return dict(row["metadata"])


async def pays_still(swept: Swept, there: str) -> bool:
    sold = await swept.shop.stripe.objects("subscription")
    (there_still,) = [
        not one.get("deleted")
        for one in await swept.shop.stripe.objects("customer")
        if one["id"] == there
    ]
    return there_still and [one["status"] for one in sold if one["customer"] == there] == ["active"]


async def come_to_nothing(swept: Swept, there: str, how: str) -> None:
    """Have an adoption fail after our marks were written, and its customer go."""
    match = f"POST /v1/customers/{there}"
    stripe, shop = swept.shop.stripe, swept.shop
    await stripe.fault(match=match, fault="status", status=500, when="after", times=1)
    taken = await asked_for(swept, there, how)
    await shop.work()
    assert (await marks_of(swept, there))["customer"] == taken.id
    if how == "meanwhile":
        await delete_customer(taken.id, actor=KEY)
        await shop.work_in_the_end()
        return
    await stripe.fault(match=match, fault="status", status=400, param="email", times=1)
    await shop.work_in_the_end()
    # Nobody is linked by what waits to be mended.
    assert (await swept.sweep()).outcomes()["reported"] == 1
    assert (await customer_of(taken.id)).stripe_id is None
    if how == "door":
        with pytest.raises(SignUpRefused):
            await at_stripe(taken, 0.0, actor=KEY)
    elif how == "deleted":
        await delete_customer(taken.id, actor=KEY)
    else:
        await erase_now(shop, taken.id)
    await shop.work_in_the_end()


@ON_SQLITE
async def test_who_was_there_before_stays_with_their_plan_and_can_be_adopted_again(
    swept: Swept,
) -> None:
    for how in ("door", "deleted", "erased", "meanwhile"):
        there = await of_years(swept)
        await come_to_nothing(swept, there, how)

        for _ in range(2):
            report = await swept.sweep()
            assert [one.stripe_id for one in report.differences] == [there], how
            assert report.outcomes() == {"reported": 1}
            await swept.shop.work_in_the_end()
        assert await pays_still(swept, there), how

        again = await asked_for(swept, there, how)
        await swept.shop.work_in_the_end()
        assert again.how == "made"
        assert await at_stripe(again, 0.0, actor=KEY) == there
        assert (await swept.sweep()).outcomes().get("reported", 0) == 0
        assert await pays_still(swept, there), how


async def test_only_what_a_sign_up_made_and_nobody_uses_is_deleted_for_one_who_is_gone(
    swept: Swept,
) -> None:
    (made,) = await swept.people(1)
    customer, v1 = made["customer"], await swept.v1()
    (first,) = await swept.shop.stripe.objects("customer")
    late = await v1.customers.create_async({"metadata": first["metadata"]})
    lists = StripeLists(await gateway_of("comp_1"), QUICKLY)

    async def may_go() -> bool:
        return await is_unused_and_made(lists, "comp_1", late.id, customer)

    async def noted(**marks: str) -> bool:
        await v1.customers.update_async(late.id, {"metadata": marks})
        may = await may_go()
        await v1.customers.update_async(late.id, {"metadata": first["metadata"]})
        return may

    assert await may_go()
    assert not await noted(customer="cust_other")
    assert not await noted(portal="comp_other")
    assert not await noted(operation="")
    other = await run_sql("SELECT op_id FROM operation WHERE kind <> 'create_customer'")
    assert not await noted(operation=other[0]["op_id"])
    await run_sql("UPDATE customer SET created_at = {}", clock.now() + 2 * SKEW)
    assert not await may_go(), "it was there before them"
    await run_sql("UPDATE customer SET created_at = {}", clock.now())
    price = (await v1.prices.list_async({"lookup_keys": ["reader"]})).data[0].id
    sold = await v1.subscriptions.create_async({"customer": late.id, "items": [{"price": price}]})
    assert not await may_go(), "somebody else sold to them"
    # A deletion that was owed before looks once more.
    await delete_customer(customer, actor=KEY)
    async with transaction():
        await owe_end(DELETE_CUSTOMER, customer, "comp_1", stray=late.id)
    await swept.shop.work_in_the_end()
    living = [
        one["id"] for one in await swept.shop.stripe.objects("customer") if not one.get("deleted")
    ]
    assert living == [late.id]

    ours: Any = {"metadata": {"portal": "comp_1"}}
    await v1.subscriptions.update_async(sold.id, ours)
    assert (await swept.sweep()).outcomes() == {"surplus removed": 1}
    assert all(one.get("deleted") for one in await swept.shop.stripe.objects("customer"))
