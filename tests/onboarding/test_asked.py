"""Customers whom a program makes: all it tells, and whom it means by an e-mail it knows."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from portal.access.password_import import ready_import
from portal.customers.address import Address
from portal.customers.billing_contact import BilledTo, billed_to
from portal.customers.consents import answers_of
from portal.customers.directory import EmailTaken, ExternalIdTaken, customer_of
from portal.customers.profile import Profile
from portal.customers.shipping import Shipping, shipping_of
from portal.customers.tax_id import TaxId
from portal.database import run_sql
from portal.deliveries.quiet import Quiet
from portal.onboarding.asked import Asked
from portal.onboarding.signup import SignedUp, sign_up
from portal.plans.choosing import with_parts
from tests.onboarding.shop import Shop, details, onboarding, operations
from tests.people import GRACE

KEY = "key_1"
BY_KEY = Asked(key=KEY)
ELSEWHERE = Shipping("Grace Hopper", Address(line1="1 Dock Street", city="Hull", country="GB"))


async def made(
    shop: Shop, asked: Asked = BY_KEY, plan: str | None = None, **typed: Any
) -> SignedUp:
    """Have a program make Ada, or whoever these answers tell of."""
    chosen = await shop.plan(plan) if plan else None
    return await sign_up(shop.site, details(**typed), chosen=chosen, source="api", asked=asked)


def nobody() -> Any:
    """Return details of somebody without an e-mail address."""
    return replace(details(), email="", email_key="")


async def mails() -> list[str]:
    rows = await run_sql("SELECT kind FROM operation WHERE lane LIKE 'own:%' ORDER BY id")
    return [row["kind"] for row in rows]


async def test_all_that_is_asked_is_kept_and_told_to_stripe(shop: Shop) -> None:
    asked = Asked(
        key=KEY,
        profile=Profile(
            external_id="42", name="Countess Lovelace", metadata={"crm": "7"},
            time_zone="Europe/Rome", tax_exempt="reverse", invoice_notes="Thank you.",
            billing_email="bills@x.example",
        ),
        consents={"telemarketing": False, "email_marketing": True},
        shipping=replace(ELSEWHERE, phone="+441482000000"),
        billed_to=BilledTo("Grace", "Hopper", "Navy", "+1 202 555 0143"),
        tax_ids=(TaxId("FR40303265045", "eu_vat", is_valid=True),),
        password=await ready_import("correct horse battery", "plain_text"),
        payment="pm_card_visa",
        success_url="https://shop.example/thanks",
    )  # fmt: skip

    signed_up = await made(shop, asked, "studio", tax_id="GB980780684")
    await shop.work_in_the_end()

    customer = await customer_of(signed_up.customer)
    assert (customer.external_id, customer.name, customer.time_zone) == (
        *("42", "Countess Lovelace", "Europe/Rome"),
    )
    answers = await answers_of(signed_up.customer)
    assert {kind: (answer.given, answer.source) for kind, answer in answers.items()} == {
        "telemarketing": (False, "api"),
        "email_marketing": (True, "api"),
    }
    assert await shipping_of(signed_up.customer) == asked.shipping
    assert await billed_to(signed_up.customer) == asked.billed_to
    assert len(await run_sql("SELECT 1 FROM password")) == 1
    row = await onboarding(signed_up)
    assert (row["state"], row["api_key"], row["success_url"]) == (
        *("ready", KEY, asked.success_url),
    )
    (there,) = await shop.stripe.objects("customer")
    told = ("name", "email", "tax_exempt")
    assert [there[name] for name in told] == ["Countess Lovelace", "bills@x.example", "reverse"]
    assert there["invoice_settings"]["footer"] == "Thank you."
    assert there["shipping"]["phone"] == "+441482000000"
    assert there["metadata"]["crm"] == "7"
    assert there["metadata"]["customer"] == signed_up.customer
    values = {one["value"] for one in await shop.stripe.objects("tax_id")}
    assert values == {"GB980780684", "FR40303265045"}
    (method,) = [m for m in await shop.stripe.objects("payment_method") if m["customer"]]
    assert method["customer"] == there["id"]


async def test_quantity_add_ons_and_trial_are_what_was_asked(shop: Shop) -> None:
    chosen = with_parts(await shop.plan("studio"), trial_days=3)

    signed_up = await sign_up(
        *(shop.site, details()), chosen=chosen, source="api", asked=Asked(key=KEY)
    )
    await shop.work()

    (sold,) = await shop.stripe.objects("subscription")
    assert sold["trial_end"] - sold["start_date"] == 3 * 24 * 3600
    assert (await onboarding(signed_up))["trial_days"] == 3


async def test_who_pays_by_themselves_is_sent_invoices(shop: Shop) -> None:
    asked = Asked(key=KEY, profile=Profile(auto_collection=False))

    await made(shop, asked, "house")
    await shop.work()

    (sold,) = await shop.stripe.objects("subscription")
    assert (sold["collection_method"], sold["days_until_due"]) == ("send_invoice", 30)


async def test_a_known_email_means_the_customer_who_is_there_untouched(shop: Shop) -> None:
    ada = await made(shop)

    again = await made(shop, Asked(key=KEY, profile=Profile(title="Countess")), first_name="Eve")

    assert again == SignedUp(ada.onboarding, ada.customer, is_new=False, is_own_flow=False)
    customer = await customer_of(ada.customer)
    assert (customer.first_name, customer.title, customer.version) == ("Ada", "", 1)


async def test_a_refusal_is_told_with_the_customer_who_is_there(shop: Shop) -> None:
    await shop.stripe.fault(match="POST /v1/customers", fault="status", status=400, param="phone")
    await made(shop)
    await shop.work()

    assert (await made(shop)).is_refused


async def test_a_door_may_refuse_a_known_email_and_a_known_external_id(shop: Shop) -> None:
    asked = Asked(key=KEY, profile=Profile(external_id="42"), same_email="refuse")
    await made(shop, asked)

    with pytest.raises(EmailTaken):
        await made(shop, Asked(key=KEY, same_email="refuse"))
    with pytest.raises(ExternalIdTaken):
        await made(shop, asked, **GRACE)
    assert len(await operations()) == 1


async def test_a_door_may_make_another_who_cannot_sign_in(shop: Shop) -> None:
    another = Asked(key=KEY, same_email="another")
    first = await made(shop, another)

    second = await made(shop, another)

    assert second.is_new
    keys = [(await customer_of(each.customer)).email_key for each in (first, second)]
    assert keys == ["ada@lovelace.example", None]
    assert (await customer_of(second.customer)).email == "ada@lovelace.example"


async def test_at_once_one_of_those_has_the_address_and_each_is_made(shop: Shop) -> None:
    another = Asked(key=KEY, same_email="another")

    came = await asyncio.gather(*(made(shop, another) for _ in range(8)))

    assert len({each.customer for each in came}) == 8
    rows = await run_sql("SELECT email_key FROM customer WHERE email_key IS NOT NULL")
    assert len(rows) == 1


async def test_at_once_one_external_id_makes_one_customer(shop: Shop) -> None:
    asked = Asked(key=KEY, profile=Profile(external_id="42"))

    came = await asyncio.gather(
        *(sign_up(shop.site, nobody(), chosen=None, asked=asked) for _ in range(8))
    )

    assert [each.is_new for each in came].count(True) == 1
    assert len({each.customer for each in came}) == 1


async def test_without_an_email_a_customer_is_made_found_again_and_never_mailed(
    shop: Shop,
) -> None:
    asked = Asked(key=KEY, profile=Profile(external_id="42"))
    chosen = await shop.plan("reader")
    await shop.stripe.fault(match="POST /v1/customers", fault="reset", when="after", times=1)
    await shop.stripe.fault(match="POST /v1/customers", fault="status", status=500, times=1)

    first = await sign_up(shop.site, nobody(), chosen=chosen, source="api", asked=asked)
    second = await sign_up(shop.site, nobody(), chosen=None, source="api", asked=Asked(key=KEY))
    await shop.work_in_the_end()

    assert first.customer != second.customer
    assert await shop.counts() == (2, 1)
    rows = await run_sql("SELECT email, email_key FROM customer")
    assert {tuple(row.values()) for row in rows} == {(None, None)}
    assert (await onboarding(first))["state"] == "ready"


async def test_an_external_id_and_an_email_of_two_customers_are_refused(shop: Shop) -> None:
    await made(shop, Asked(key=KEY, profile=Profile(external_id="42")))
    await made(shop, BY_KEY, **GRACE)

    with pytest.raises(ExternalIdTaken):
        await made(shop, Asked(key=KEY, profile=Profile(external_id="42")), **GRACE)
    with pytest.raises(ExternalIdTaken):
        await made(shop, Asked(key=KEY, profile=Profile(external_id="42")), email="eve@x.example")


@pytest.mark.parametrize("quiet", [Quiet(mails=True), Quiet(actions=True), Quiet(webhooks=True)])
async def test_who_is_to_be_left_in_peace_gets_no_welcome(shop: Shop, quiet: Quiet) -> None:
    await made(shop, Asked(key=KEY, quiet=quiet), "reader")
    await shop.work_in_the_end()

    rows = await run_sql("SELECT result_id FROM operation WHERE kind = 'send_welcome'")
    assert ("not_needed" in str(rows[0]["result_id"])) is quiet.no_mails


async def test_what_is_noted_is_noted_with_the_customer_or_not_at_all(shop: Shop) -> None:
    async def note(customer: str) -> None:
        raise RuntimeError(customer)

    with pytest.raises(RuntimeError):
        await made(shop, Asked(key=KEY, noted=note))

    assert await run_sql("SELECT id FROM customer") == []


async def test_the_audit_names_the_key_of_the_program(shop: Shop) -> None:
    await made(shop)

    (entry,) = await run_sql("SELECT action, actor FROM audit_entry")
    assert (entry["action"], entry["actor"]) == ("customer.signed_up", KEY)
