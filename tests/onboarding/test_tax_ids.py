"""A tax id that is given, changed or taken back after Stripe knows the customer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from portal.billing.gateway import gateway_of
from portal.customers.directory import lock_customer, set_email
from portal.customers.held_tax_ids import held_tax_ids, keep_tax_id
from portal.customers.tax_id import TaxId
from portal.customers.tax_ids import save_tax_id
from portal.customers.tax_ids_at_stripe import SET_TAX_ID
from portal.database import run_sql, transaction
from portal.onboarding.amend import change_details
from portal.onboarding.forget import forget_entered
from portal.onboarding.sale import lock_sale
from tests.onboarding.shop import Shop, details, onboarding, operations

BRITISH, OTHER = "GB980780684", "GB802311782"
REFUSED = {"fault": "status", "status": 400, "code": "tax_id_invalid", "times": 1, "saved": True}


async def at_stripe(shop: Shop) -> list[str]:
    """Return the tax ids that Stripe has of Ada."""
    return [row["value"] for row in await shop.stripe.objects("tax_id")]


async def ours() -> tuple[str, bool]:
    """Return the tax id that we have of Ada, and whether it is flagged: the same in both places."""
    (customer,) = await run_sql("SELECT id, tax_id, tax_id_refused FROM customer")
    said = customer["tax_id"], bool(customer["tax_id_refused"])
    held = [(one.value, one.refused) for one in await held_tax_ids(customer["id"])]
    assert held == ([said] if said[0] else [])
    return said


async def make_due() -> None:
    """Have everything that waits be due now."""
    await run_sql("UPDATE operation SET next_at = created_at WHERE state = 'ready'")


async def tax_id_steps() -> list[str]:
    """Return the states of what was owed for tax ids alone."""
    return [op["state"] for op in await operations() if op["kind"] == SET_TAX_ID]


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ("", BRITISH, [BRITISH]),
        (BRITISH, OTHER, [OTHER]),
        (BRITISH, "", []),
    ],
)
async def test_stripe_ends_with_the_tax_id_that_was_said_last(
    shop: Shop, before: str, after: str, left: list[str]
) -> None:
    first = await shop.sign_up(tax_id=before)
    await shop.work()

    await shop.sign_up(tax_id=after)
    await shop.work()

    assert await at_stripe(shop) == left
    assert await ours() == (after, False)
    assert await tax_id_steps() == ["done"]
    assert (await onboarding(first))["state"] == "ready"
    assert await shop.counts() == (1, 1)


async def test_one_that_is_added_at_this_moment_is_waited_for_and_spared(shop: Shop) -> None:
    ada = (await shop.sign_up(tax_id=BRITISH)).customer
    await shop.work()
    is_held = asyncio.Event()

    async def beside() -> list[str]:
        await is_held.wait()
        async with transaction():
            sale = await lock_sale(ada)
        return [one["value"] for one in sale.beside]

    waiting = asyncio.create_task(beside())
    async with transaction():
        await lock_customer(ada)
        is_held.set()
        await asyncio.sleep(0.3)
        await keep_tax_id(ada, OTHER, "gb_vat")

    assert await waiting == [OTHER]


async def test_details_that_were_read_before_undo_nothing_that_was_changed_since(
    shop: Shop,
) -> None:
    ada = (await shop.sign_up(tax_id=BRITISH, verified=True)).customer
    await shop.work()
    (held,) = await held_tax_ids(ada)
    read_before = details(city="Leeds", tax_id=BRITISH)
    await save_tax_id(ada, "comp_1", TaxId(OTHER, "gb_vat", is_valid=True), held.id)
    async with transaction():
        customer = await lock_customer(ada)
        await set_email(customer, "ada@new.example", "ada@new.example", unchecked=False)

    await change_details(shop.site, ada, read_before)
    await shop.work_in_the_end()

    assert await ours() == (OTHER, False)
    assert await at_stripe(shop) == [OTHER]
    (row,) = await run_sql("SELECT email, city, email_verified_at FROM customer")
    assert (row["email"], row["city"]) == ("ada@new.example", "Leeds")
    assert row["email_verified_at"] is not None


async def test_what_stripe_alone_has_is_cleared_too(shop: Shop) -> None:
    ada = (await shop.sign_up()).customer
    await shop.work()
    (row,) = await run_sql("SELECT stripe_id FROM customer")
    v1: Any = (await gateway_of("comp_1")).v1
    given = {"type": "gb_vat", "value": OTHER}
    await v1.customers.tax_ids.create_async(row["stripe_id"], given)

    await forget_entered(ada, "comp_1")
    await shop.work_in_the_end()

    assert await at_stripe(shop) == []


async def test_the_same_tax_id_again_is_no_work(shop: Shop) -> None:
    await shop.sign_up(tax_id=BRITISH)
    await shop.work()

    await shop.sign_up(tax_id=BRITISH, city="Marylebone")
    await shop.work()

    assert await at_stripe(shop) == [BRITISH]
    assert await tax_id_steps() == []


async def test_a_good_tax_id_takes_the_flag_of_the_refused_one_off(shop: Shop) -> None:
    await shop.stripe.fault(match="POST /v1/customers", param="tax_id_data[0][value]", **REFUSED)
    await shop.sign_up(tax_id=BRITISH)
    await shop.work_in_the_end()
    assert await ours() == (BRITISH, True)

    await shop.sign_up(tax_id=OTHER)
    await shop.work()

    assert await at_stripe(shop) == [OTHER]
    assert await ours() == (OTHER, False)


async def test_a_refused_change_leaves_none_and_flags_it(shop: Shop) -> None:
    first = await shop.sign_up(tax_id=BRITISH)
    await shop.work()
    await shop.stripe.fault(match="POST /v1/customers/*/tax_ids", param="value", **REFUSED)

    await shop.sign_up(tax_id=OTHER)
    await shop.work_in_the_end()

    assert await at_stripe(shop) == []
    assert await ours() == (OTHER, True)
    assert await tax_id_steps() == ["done"]
    assert (await onboarding(first))["state"] == "ready"


async def test_a_refusal_of_the_last_tax_id_says_nothing_of_this_one(shop: Shop) -> None:
    await shop.sign_up()
    await shop.work()
    await shop.stripe.fault(match="POST /v1/customers/*/tax_ids", param="value", **REFUSED)
    await shop.stripe.fault(match="GET /v1/customers/*/tax_ids", fault="reset", times=1)
    await shop.sign_up(tax_id=BRITISH)
    await shop.work()

    await shop.sign_up(tax_id=OTHER)
    await shop.work_in_the_end()

    assert await at_stripe(shop) == [OTHER]
    assert await ours() == (OTHER, False)
    assert await tax_id_steps() == ["done", "done"]


@pytest.mark.parametrize("call", ["GET", "DELETE", "POST"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_broken_connection_never_leaves_two_or_none(
    shop: Shop, call: str, when: str
) -> None:
    await shop.sign_up(tax_id=BRITISH)
    await shop.work()
    broken = {"match": f"{call} /v1/customers/*/tax_ids*", "fault": "reset", "when": when}
    await shop.stripe.fault(**broken, times=2)

    await shop.sign_up(tax_id=OTHER)
    await shop.work_in_the_end()

    assert await at_stripe(shop) == [OTHER]
    assert await tax_id_steps() == ["done"]


async def test_an_edit_between_every_try_ends_as_the_last_one(shop: Shop) -> None:
    await shop.stripe.fault(match="POST /v1/customers*", fault="reset", when="after", times=5)
    for number in range(8):
        await shop.sign_up(tax_id=(BRITISH, OTHER, "")[number % 3])
        await make_due()
        await shop.work()
    await shop.work_in_the_end()

    assert await at_stripe(shop) == [OTHER]
    assert await ours() == (OTHER, False)
    assert await shop.counts() == (1, 1)


async def test_an_older_tax_id_never_undoes_what_mended_a_refusal(shop: Shop) -> None:
    await shop.stripe.fault(match="POST /v1/customers", fault="reset", times=1)
    await shop.stripe.fault(
        match="POST /v1/customers", fault="status", status=400, times=1, param="address",
        code="customer_tax_location_invalid",
    )  # fmt: skip
    await shop.sign_up()
    await shop.work()
    await shop.sign_up(tax_id=BRITISH)
    await make_due()
    await shop.work()
    assert (await operations())[0]["state"] == "refused"

    await shop.sign_up(tax_id=OTHER)
    await shop.work_in_the_end()

    assert await at_stripe(shop) == [OTHER]
    assert await ours() == (OTHER, False)


async def test_what_is_forgotten_is_forgotten_at_stripe(shop: Shop) -> None:
    ada = await shop.sign_up(tax_id=BRITISH)
    await shop.work()

    await forget_entered(ada.customer, shop.site.company_id)
    await shop.work()

    assert await at_stripe(shop) == []
    assert await ours() == ("", False)


async def test_a_form_sent_again_spares_what_was_added_in_the_account(shop: Shop) -> None:
    ada = await shop.sign_up(tax_id=BRITISH)
    await shop.work()
    german = TaxId("DE129273398", "eu_vat", is_valid=True)
    await save_tax_id(ada.customer, shop.site.company_id, german)
    await shop.work()

    await shop.sign_up(tax_id=OTHER)
    await shop.work()

    assert sorted(await at_stripe(shop)) == [german.value, OTHER]
    held = await held_tax_ids(ada.customer)
    assert [(one.value, one.refused) for one in held] == [(OTHER, False), (german.value, False)]
    assert all(one.stripe_id for one in held)
