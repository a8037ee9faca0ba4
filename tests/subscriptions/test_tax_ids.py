"""Tax ids as Stripe has them come back, and never over what we are about to change there."""

from __future__ import annotations

from typing import Any

import pytest

from portal.customers.held_tax_ids import HeldTaxId, held_tax_ids, keep_tax_id
from portal.customers.tax_id import TaxId
from portal.customers.tax_ids import remove_tax_id, save_tax_id
from portal.database import run_sql
from portal.subscriptions.sync import look, write
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.privacy.gone import erase_now
from tests.subscriptions.conftest import Subscriber, subscriber

BRITISH = TaxId("GB980780684", "gb_vat", is_valid=True)
OTHER = TaxId("GB802311782", "gb_vat", is_valid=True)
GERMAN, FRENCH = "DE129273398", "FR40303265045"


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, with one tax id, looked at once."""
    signed_up = await subscriber(shop, "studio")
    await save_tax_id(signed_up.id, signed_up.company, BRITISH)
    await shop.work()
    await signed_up.sync()
    return signed_up


async def held(ada: Subscriber) -> list[HeldTaxId]:
    """Return what we have of hers."""
    return await held_tax_ids(ada.id)


async def values(ada: Subscriber) -> list[str]:
    """Return what they say."""
    return [one.value for one in await held(ada)]


async def at_stripe(shop: Shop) -> set[str]:
    """Return what Stripe has of hers."""
    return {row["value"] for row in await shop.stripe.objects("tax_id")}


async def add_there(ada: Subscriber, value: str) -> str:
    """Add one as Stripe's billing portal does."""
    tax_ids = ada.gateway.v1.customers.tax_ids
    return (await tax_ids.create_async(ada.stripe_id, {"type": "eu_vat", "value": value})).id


async def told(ada: Subscriber) -> list[dict[str, Any]]:
    """Return what the audit trail has of changes by Stripe."""
    return await run_sql(
        "SELECT fields FROM audit_entry WHERE actor = 'stripe' AND object_id = {}"
        " AND action = 'customer.details_changed'",
        ada.id,
    )


async def test_what_is_added_and_removed_at_stripe_comes_back(ada: Subscriber) -> None:
    german = await add_there(ada, GERMAN)
    await ada.sync()
    await ada.sync()
    first, second = await held(ada)
    assert (second.value, second.type, second.stripe_id) == (GERMAN, "eu_vat", german)
    assert second.status == "pending"

    assert first.stripe_id is not None
    await ada.gateway.v1.customers.tax_ids.delete_async(ada.stripe_id, first.stripe_id)
    await ada.sync()

    assert await values(ada) == [GERMAN]
    assert (await ada.row())["tax_id"] == GERMAN
    assert [entry["fields"] for entry in await told(ada)] == ['["tax_id"]'] * 2
    kinds = await run_sql("SELECT id FROM operation WHERE kind = 'change_tax_id'")
    assert len(kinds) == 1


async def test_what_came_of_verifying_one_is_written_down_and_is_no_change_of_details(
    ada: Subscriber,
) -> None:
    await run_sql("UPDATE customer_tax_id SET status = 'verified', stripe_id = NULL")

    await ada.sync()

    (one,) = await held(ada)
    assert (one.value, one.status) == (BRITISH.value, "pending")
    assert one.stripe_id is not None
    assert await told(ada) == []


async def test_what_we_are_about_to_change_is_not_undone(ada: Subscriber, shop: Shop) -> None:
    (british,) = await held(ada)
    await save_tax_id(ada.id, ada.company, OTHER, instead_of=british.id)
    await add_there(ada, GERMAN)

    await ada.sync()
    assert await values(ada) == [OTHER.value]
    await shop.work()
    await ada.sync()

    assert await values(ada) == [OTHER.value, GERMAN]
    assert await at_stripe(shop) == {OTHER.value, GERMAN}


async def test_a_look_from_before_our_change_was_done_tells_nothing_of_it(
    ada: Subscriber, shop: Shop
) -> None:
    before = await look(ada.company, ada.stripe_id)
    (british,) = await held(ada)
    await save_tax_id(ada.id, ada.company, OTHER)
    await remove_tax_id(ada.id, ada.company, british.id)
    await shop.work_in_the_end()

    await write(before)

    assert await values(ada) == [OTHER.value]
    assert await told(ada) == []
    await ada.sync()
    assert await values(ada) == [OTHER.value]


async def test_one_that_stripe_refused_stays_to_be_mended(ada: Subscriber, shop: Shop) -> None:
    await shop.stripe.fault(
        match="POST /v1/customers/*/tax_ids", fault="status", status=400, times=1, saved=True,
        code="tax_id_invalid", param="value",
    )  # fmt: skip
    await save_tax_id(ada.id, ada.company, OTHER)
    await shop.work_in_the_end()

    await ada.sync()

    assert [(one.value, one.refused) for one in await held(ada)] == [
        (BRITISH.value, False), (OTHER.value, True),
    ]  # fmt: skip
    assert await at_stripe(shop) == {BRITISH.value}


async def test_one_that_nothing_ever_sent_is_sent_at_the_next_look_and_once(
    ada: Subscriber, shop: Shop
) -> None:
    """As a migration wrote it down, of a customer at Stripe without it."""
    await keep_tax_id(ada.id, GERMAN, "eu_vat")
    for _ in range(2):
        await ada.sync()
        await shop.work_in_the_end()

    assert await at_stripe(shop) == {BRITISH.value, GERMAN}
    assert [one.status for one in await held(ada)] == ["pending", "pending"]
    (_, german) = await held(ada)
    assert german.stripe_id is not None
    assert len(await run_sql("SELECT id FROM operation WHERE once LIKE 'tax_id:%'")) == 1
    await ada.gateway.v1.customers.tax_ids.delete_async(ada.stripe_id, german.stripe_id)
    await ada.sync()
    await shop.work_in_the_end()
    assert await at_stripe(shop) == {BRITISH.value}
    assert await values(ada) == [BRITISH.value]


@ON_SQLITE
async def test_one_that_nothing_ever_sent_and_stripe_refuses_says_so(
    ada: Subscriber, shop: Shop
) -> None:
    await keep_tax_id(ada.id, "DE1", "eu_vat")
    for _ in range(2):
        await ada.sync()
        await shop.work_in_the_end()

    assert [one.refused for one in await held(ada)] == [False, True]


@pytest.mark.parametrize("call", ["GET", "DELETE", "POST"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_broken_connection_leaves_each_as_it_was_said_last(
    ada: Subscriber, shop: Shop, call: str, when: str
) -> None:
    await add_there(ada, GERMAN)
    await ada.sync()
    british, german = await held(ada)
    broken = {"match": f"{call} /v1/customers/*/tax_ids*", "fault": "reset", "when": when}
    await shop.stripe.fault(**broken, times=2)

    await save_tax_id(ada.id, ada.company, OTHER, instead_of=british.id)
    await save_tax_id(ada.id, ada.company, TaxId(FRENCH, "eu_vat", is_valid=True))
    await remove_tax_id(ada.id, ada.company, german.id)
    await shop.work_in_the_end()
    await ada.sync()

    assert await values(ada) == [OTHER.value, FRENCH]
    assert sorted(row["value"] for row in await shop.stripe.objects("tax_id")) == [
        FRENCH, OTHER.value,
    ]  # fmt: skip


async def test_one_that_stripe_has_no_type_for_stays_with_us(ada: Subscriber, shop: Shop) -> None:
    await save_tax_id(ada.id, ada.company, TaxId("12345", None, is_valid=True))
    await shop.work()
    await ada.sync()

    assert await values(ada) == [BRITISH.value, "12345"]
    assert await at_stripe(shop) == {BRITISH.value}
    assert len(await run_sql("SELECT id FROM operation WHERE kind = 'change_tax_id'")) == 1


async def test_one_asked_for_before_stripe_knows_the_customer_waits_for_that(shop: Shop) -> None:
    signed_up = await shop.sign_up(tax_id=GERMAN, country="DE", postal_code="10117")
    await save_tax_id(signed_up.customer, shop.site.company_id, BRITISH)

    await shop.work_in_the_end()

    assert await at_stripe(shop) == {GERMAN, BRITISH.value}


async def test_whoever_is_erased_has_none_left(ada: Subscriber, shop: Shop) -> None:
    await add_there(ada, GERMAN)
    await erase_now(shop, ada.id)

    assert await run_sql("SELECT id FROM customer_tax_id") == []
    assert await at_stripe(shop) == set()
