"""Customers whom a program changes: what it passed, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from portal.billing.gateway import gateway_of
from portal.customers.address import Address
from portal.customers.billing_contact import BilledTo, billed_to
from portal.customers.consents import answers_of
from portal.customers.directory import EmailTaken, ExternalIdTaken, customer_of
from portal.customers.erased import CustomerErased
from portal.customers.known import details_of
from portal.customers.payment_adopted import refusal_of_method
from portal.customers.profile import Profile
from portal.customers.shipping import Shipping, shipping_of
from portal.customers.tables import Customer
from portal.customers.tax_id import TaxId
from portal.database import run_sql, transaction
from portal.errors import InvalidDetails
from portal.onboarding.asked import Asked
from portal.onboarding.change import change_customer
from portal.privacy.wipe import wipe
from tests.onboarding.shop import Shop, onboarding, operations
from tests.onboarding.test_asked import BY_KEY, KEY, made
from tests.people import GRACE

FRENCH = TaxId("FR40303265045", "eu_vat", is_valid=True)


async def customer(
    shop: Shop, asked: Asked = BY_KEY, plan: str | None = None, **typed: Any
) -> Customer:
    """Have a program make Ada, and Stripe know her."""
    signed_up = await made(shop, asked, plan, **typed)
    await shop.work_in_the_end()
    return await customer_of(signed_up.customer)


async def change(
    known: Customer, asked: Asked = BY_KEY, *, verified: bool | None = None, **passed: Any
) -> Customer:
    """Change these of the details, and what else was asked."""
    told = replace(details_of(known), **passed)
    return await change_customer(known, told, asked, verified=verified)


async def at_stripe(shop: Shop) -> dict[str, Any]:
    (there,) = await shop.stripe.objects("customer")
    return dict(there)


async def test_only_what_was_passed_is_changed_and_told(shop: Shop) -> None:
    ada = await customer(shop, Asked(key=KEY, profile=Profile(metadata={"crm": "7", "vip": "yes"})))

    passed = Profile(title="Countess", invoice_notes="Thank you.", metadata={"crm": "", "of": "1"})
    after = await change(ada, Asked(key=KEY, profile=passed), phone="", phone_e164=None)
    await shop.work_in_the_end()

    assert (after.title, after.phone, after.first_name) == ("Countess", "", "Ada")
    assert after.version == ada.version + 1
    there = await at_stripe(shop)
    assert (there["phone"], there["name"]) == (None, "Ada Lovelace")
    assert there["invoice_settings"]["footer"] == "Thank you."
    own = {key: there["metadata"].get(key) for key in ("crm", "vip", "of", "customer")}
    assert own == {"crm": None, "vip": "yes", "of": "1", "customer": ada.id}
    (entry,) = await run_sql("SELECT * FROM audit_entry WHERE action = 'customer.details_changed'")
    assert entry["actor"] == KEY
    assert "title" in entry["fields"]


async def test_the_same_again_changes_nothing_and_asks_stripe_nothing(shop: Shop) -> None:
    ada = await customer(shop)
    before = len(await operations())

    again = await change(ada)
    await shop.work_in_the_end()

    assert again.to_dict() == ada.to_dict()
    assert len(await operations()) == before


async def test_two_changes_of_different_things_at_once_both_count(shop: Shop) -> None:
    ada = await customer(shop)

    await asyncio.gather(
        change(ada, first_name="Augusta"),
        change(ada, Asked(key=KEY, profile=Profile(title="Countess"))),
        change(ada, organisation="Babbage & Co"),
    )
    await shop.work_in_the_end()

    after = await customer_of(str(ada.id))
    assert (after.first_name, after.title, after.organisation) == (
        *("Augusta", "Countess", "Babbage & Co"),
    )
    there = await at_stripe(shop)
    assert (there["name"], there["business_name"]) == ("Augusta Lovelace", "Babbage & Co")


async def test_what_stands_beside_the_row_is_changed_with_it(shop: Shop) -> None:
    ada = await customer(shop, tax_id="GB980780684")
    to = Shipping("Grace", Address(line1="1 Dock Street", city="Hull", country="GB"), "+4414820")
    asked = Asked(
        key=KEY, consents={"telemarketing": True}, shipping=to, billed_to=BilledTo("Grace"),
        tax_ids=(FRENCH,), payment="pm_card_visa",
    )  # fmt: skip

    await change(ada, asked)
    await shop.work_in_the_end()

    there = await at_stripe(shop)
    assert (await answers_of(str(ada.id)))["telemarketing"].given
    assert await shipping_of(str(ada.id)) == to
    assert await billed_to(str(ada.id)) == BilledTo("Grace")
    assert there["shipping"]["address"]["city"] == "Hull"
    assert {one["value"] for one in await shop.stripe.objects("tax_id")} == {
        *("GB980780684", FRENCH.value),
    }
    assert there["invoice_settings"]["default_payment_method"]

    await change(await customer_of(str(ada.id)), Asked(key=KEY, shipping=None, tax_ids=()))
    await shop.work_in_the_end()

    assert await shipping_of(str(ada.id)) is None
    assert (await at_stripe(shop))["shipping"] is None
    assert [one["value"] for one in await shop.stripe.objects("tax_id")] == ["GB980780684"]
    assert await billed_to(str(ada.id)) == BilledTo("Grace")


async def test_another_first_tax_id_takes_the_place_of_the_first_alone(shop: Shop) -> None:
    ada = await customer(shop, Asked(key=KEY, tax_ids=(FRENCH,)), tax_id="GB980780684")

    await change(ada, tax_id="GB110305878", tax_id_type="gb_vat")
    await shop.work_in_the_end()

    assert {one["value"] for one in await shop.stripe.objects("tax_id")} == {
        *("GB110305878", FRENCH.value),
    }


async def test_a_balance_that_was_told_once_is_not_told_again(shop: Shop) -> None:
    ada = await customer(shop, Asked(key=KEY, profile=Profile(stripe_settings={"balance": -500})))
    assert (await at_stripe(shop))["balance"] == -500
    v1 = (await gateway_of("comp_1")).v1
    await v1.customers.update_async(str(ada.stripe_id), {"balance": 0})

    told = Profile(stripe_settings={"description": "Met in Turin"})
    await change(ada, Asked(key=KEY, profile=told), first_name="Augusta")
    await shop.work_in_the_end()

    there = await at_stripe(shop)
    assert (there["balance"], there["description"]) == (0, "Met in Turin")


async def test_before_stripe_has_anybody_the_customer_is_made_as_they_are_now(shop: Shop) -> None:
    told = Profile(metadata={"crm": "7"})
    signed_up = await made(shop, Asked(key=KEY, profile=told, payment="pm_card_visa"))
    ada = await customer_of(signed_up.customer)

    await change(ada, Asked(key=KEY, profile=Profile(title="Countess")), first_name="Augusta")
    await shop.work_in_the_end()

    there = await at_stripe(shop)
    assert (there["name"], there["metadata"]["crm"]) == ("Augusta Lovelace", "7")
    assert there["invoice_settings"]["default_payment_method"]
    assert [op["kind"] for op in await operations()] == ["create_customer"]


async def test_what_stripe_refused_of_a_sign_up_is_mended_by_a_change(shop: Shop) -> None:
    refused = await made(shop, Asked(key=KEY, profile=Profile(metadata={"crm": "7"})), "studio")
    await shop.stripe.fault(
        match="POST /v1/customers", fault="status", status=400, param="phone", times=1
    )
    await shop.work()
    assert (await onboarding(refused))["problem_field"] == "phone"

    await change(await customer_of(refused.customer), phone="", phone_e164=None)
    await shop.work_in_the_end()

    assert (await onboarding(refused))["state"] == "ready"
    assert await shop.counts() == (1, 1)
    assert (await at_stripe(shop))["metadata"]["crm"] == "7"


async def test_another_address_is_unproved_and_ends_what_the_former_let_in(shop: Shop) -> None:
    ada = await customer(shop)
    await run_sql("UPDATE customer SET email_verified_at = created_at")
    ada = await customer_of(str(ada.id))

    after = await change(ada, email="ada@byron.example", email_key="ada@byron.example")
    await shop.work_in_the_end()

    assert after.to_dict()["email_verified_at"] is None
    assert (await at_stripe(shop))["email"] == "ada@byron.example"
    proved = await change(after, email="a@b.example", email_key="a@b.example", verified=True)
    assert proved.to_dict()["email_verified_at"] is not None


async def test_what_is_anothers_is_refused_and_changes_nothing(shop: Shop) -> None:
    ada = await customer(shop, Asked(key=KEY, profile=Profile(external_id="1")))
    grace = await customer_of(
        (await made(shop, Asked(key=KEY, profile=Profile(external_id="2")), **GRACE)).customer
    )

    hers: dict[str, Any] = {
        "email": GRACE["email"],
        "email_key": grace.email_key,
        "first_name": "Eve",
    }
    with pytest.raises(EmailTaken):
        await change(ada, **hers)
    with pytest.raises(ExternalIdTaken):
        await change(ada, Asked(key=KEY, profile=Profile(external_id="2")), first_name="Eve")
    assert (await customer_of(str(ada.id))).to_dict() == ada.to_dict()

    another = await change(ada, Asked(key=KEY, same_email="another"), **hers)
    row = another.to_dict()
    assert (row["email"], row["email_key"]) == (GRACE["email"], None)


async def test_more_metadata_than_may_be_is_refused_at_its_name(shop: Shop) -> None:
    ada = await customer(shop, Asked(key=KEY, profile=Profile(metadata={"crm": "7"})))
    many = {f"k{number}": "v" for number in range(50)}

    with pytest.raises(InvalidDetails) as refused:
        await change(ada, Asked(key=KEY, profile=Profile(metadata=many)))

    assert list(refused.value.problems) == ["metadata"]


async def test_a_method_that_stripe_refuses_is_told_and_stops_nothing(shop: Shop) -> None:
    ada = await customer(shop)

    await change(ada, Asked(key=KEY, payment="pm_unheard", paying="paym_1"))
    await change(ada, Asked(key=KEY, payment="tok_visa", paying="paym_2"))
    await change(ada, first_name="Augusta")
    await shop.work_in_the_end()

    told = [await refusal_of_method(str(ada.id), asked_by) for asked_by in ("paym_1", "paym_2")]
    assert told == ["resource_missing", None]
    assert (await at_stripe(shop))["name"] == "Augusta Lovelace"


async def test_nothing_is_written_of_who_was_erased(shop: Shop) -> None:
    ada = await customer(shop)
    async with transaction():
        await wipe(str(ada.id))

    with pytest.raises(CustomerErased):
        await change(ada, Asked(key=KEY, profile=Profile(title="Countess")))
