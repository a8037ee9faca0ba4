"""Customers deleted and erased by a program: what is left, and what is over."""

from __future__ import annotations

from portal.database import run_sql
from portal.privacy.erase import erase_what_is_due
from tests.api.calling import ADA, Program
from tests.onboarding.shop import Shop


async def test_who_is_deleted_leaves_a_tombstone_and_their_address(
    shop: Shop, program: Program
) -> None:
    said = ADA | {"external_id": "42", "plan": "studio"}
    made = (await program.post("/v1/customers", said)).json()["id"]
    await shop.work_in_the_end()

    first = await program.delete(f"/v1/customers/{made}")
    again = await program.delete(f"/v1/customers/{made}")
    gone = await program.get(f"/v1/customers/{made}")
    await shop.work_in_the_end()
    plans = {sold["status"] for sold in await shop.stripe.objects("subscription")}
    anew = await program.post("/v1/customers", said)

    assert first.json() == again.json()
    assert (first.json()["id"], first.json()["deleted"]) == (made, True)
    assert (gone.status_code, gone.json()["code"]) == (410, "customer_deleted")
    assert gone.json()["tombstone"] == first.json()
    assert anew.status_code == 201
    assert plans == {"canceled"}
    entries = await run_sql("SELECT actor FROM audit_entry WHERE action = 'customer.deleted'")
    assert [entry["actor"] for entry in entries] == [program.key_id]


async def test_who_is_erased_is_nobody_any_more(shop: Shop, program: Program) -> None:
    made = (await program.post("/v1/customers", ADA)).json()["id"]
    await shop.work_in_the_end()

    asked = await program.post(f"/v1/customers/{made}/erase")
    await erase_what_is_due()
    await shop.work_in_the_end()
    again = await program.post(f"/v1/customers/{made}/erase")
    gone = await program.get(f"/v1/customers/{made}")

    assert (asked.status_code, asked.json()) == (202, {"id": made, "state": "erasing"})
    assert again.status_code == 202
    assert (gone.status_code, gone.json()["code"]) == (410, "customer_erased")
    (row,) = await run_sql("SELECT email, status FROM customer")
    assert (row["email"], row["status"]) == (None, "erased")
