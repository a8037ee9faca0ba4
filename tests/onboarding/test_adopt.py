"""Customers whom the seller has at Stripe already are taken over, and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portal.billing.gateway import gateway_of
from portal.customers.directory import customer_of
from portal.customers.held_tax_ids import held_tax_ids
from portal.customers.known import details_of
from portal.customers.profile import Profile
from portal.database import run_sql
from portal.onboarding.adopt import GatewayCustomerTaken, GatewayCustomerUnknown, examine
from portal.onboarding.arrival import SignUpRefused, wait_for_customer
from portal.onboarding.asked import Asked
from portal.onboarding.change import change_customer
from portal.onboarding.looked_up import PaymentIntentUnusable, looked_up
from portal.subscriptions.held import held_by
from portal.subscriptions.refresh import refresh
from tests.onboarding.shop import Shop, details, onboarding
from tests.onboarding.test_asked import KEY, made

THERE = {
    "email": "ada@former.example", "metadata": {"crm": "7", "customer": "4711"},
    "description": "Met in Turin",
}  # fmt: skip
"""`customer` is a key of the seller's own there: no mark of ours."""


async def at_stripe(**given: Any) -> str:
    """Have the seller make a customer at Stripe by other means."""
    v1 = (await gateway_of("comp_1")).v1
    made_there: Any = THERE | given
    return str((await v1.customers.create_async(made_there)).id)


async def with_card(stripe_id: str) -> str:
    v1 = (await gateway_of("comp_1")).v1
    return str((await v1.payment_methods.attach_async("pm_card_visa", {"customer": stripe_id})).id)


async def test_a_customer_at_stripe_becomes_ours_with_their_method_and_keeps_what_is_theirs(
    shop: Shop,
) -> None:
    there = await at_stripe(tax_id_data=[{"type": "eu_vat", "value": "FR40303265045"}])
    method = await with_card(there)
    await examine("comp_1", there)
    asked = Asked(key=KEY, adopts=there, imports_methods=True, profile=Profile(external_id="42"))

    ours = await made(shop, asked, "studio", tax_id="GB980780684", organisation="", phone="")
    await shop.work_in_the_end()

    assert await wait_for_customer(ours.customer) == there
    assert await shop.counts() == (1, 1)
    assert (await onboarding(ours))["state"] == "ready"
    (row,) = await shop.stripe.objects("customer")
    assert (row["name"], row["email"], row["description"]) == (
        *("Ada Lovelace", "ada@lovelace.example", "Met in Turin"),
    )
    assert row["metadata"]["crm"] == "7"
    assert row["metadata"]["customer"] == ours.customer
    assert row["invoice_settings"]["default_payment_method"] == method
    await refresh(ours.customer)  # As an event of theirs has it done.
    values = {one.value for one in await held_tax_ids(ours.customer)}
    assert values == {"GB980780684", "FR40303265045"}
    hold = await held_by(ours.customer)
    assert hold is not None
    assert hold.status == "trialing"


async def test_what_only_stripe_knew_of_them_is_taken_over(shop: Shop) -> None:
    there = await at_stripe(phone="+442079460123", business_name="Engines Ltd")

    ours = await made(shop, Asked(key=KEY, adopts=there), organisation="", phone="")
    await shop.work_in_the_end()

    ada = await customer_of(ours.customer)
    assert (ada.organisation, ada.phone, ada.last_name) == (
        *("Engines Ltd", "+442079460123", "Lovelace"),
    )


@pytest.mark.parametrize("whose", ["nobody's", "deleted", "linked", "of another sign-up"])
async def test_whoever_is_not_free_is_refused_before_and_after(shop: Shop, whose: str) -> None:
    taken = "gateway_customer_taken" if whose in ("linked", "of another sign-up") else None
    there = await _not_free(shop, whose)

    with pytest.raises(GatewayCustomerTaken if taken else GatewayCustomerUnknown):
        await examine("comp_1", there)
    theirs = await made(shop, Asked(key=KEY, adopts=there), email="eve@x.example")
    await shop.work_in_the_end()

    with pytest.raises(SignUpRefused) as refused:
        await wait_for_customer(theirs.customer)
    assert (refused.value.field, refused.value.reason) == (
        *("gateway_customer_id", taken or "gateway_customer_unknown"),
    )
    assert (await customer_of(theirs.customer)).stripe_id is None


async def _not_free(shop: Shop, whose: str) -> str:
    """Return a customer at Stripe who cannot be taken over."""
    if whose == "nobody's":
        return "cus_unheard"
    if whose == "of another sign-up":
        marks = {"portal": "comp_1", "customer": "cust_other", "onboarding": "onbo_other"}
        return await at_stripe(metadata=marks)
    there = await at_stripe()
    if whose == "deleted":
        await (await gateway_of("comp_1")).v1.customers.delete_async(there)
    else:
        await made(shop, Asked(key=KEY, adopts=there))
        await shop.work_in_the_end()
        # As if somebody had taken our marks off there: our own row still says whose it is.
        v1 = (await gateway_of("comp_1")).v1
        await v1.customers.update_async(there, {"metadata": {"customer": "", "onboarding": ""}})
    return there


async def test_another_one_may_be_named_after_a_refusal(shop: Shop) -> None:
    ours = await made(shop, Asked(key=KEY, adopts="cus_unheard"), "reader")
    await shop.work()
    there = await at_stripe()

    ada = await customer_of(ours.customer)
    told = replace(details_of(ada), tax_id="GB980780684", tax_id_type="gb_vat")
    await change_customer(ada, told, Asked(key=KEY, adopts=there))
    await shop.work_in_the_end()

    assert await wait_for_customer(ours.customer) == there
    assert (await onboarding(ours))["state"] == "ready"
    assert await shop.counts() == (1, 1)
    assert [one["value"] for one in await shop.stripe.objects("tax_id")] == ["GB980780684"]


async def test_an_adoption_that_died_halfway_is_ended_by_the_next_try(shop: Shop) -> None:
    there = await at_stripe()
    await shop.stripe.fault(
        match=f"POST /v1/customers/{there}", fault="reset", when="after", times=1
    )

    ours = await made(shop, Asked(key=KEY, adopts=there))
    await shop.work_in_the_end()

    assert await wait_for_customer(ours.customer) == there
    assert await shop.counts() == (1, 0)


async def test_one_whose_method_is_refused_leaves_no_mark_of_ours(shop: Shop) -> None:
    there = await at_stripe()
    method = await with_card(there)
    for match in (f"POST /v1/payment_methods/{method}/attach", f"GET /v1/payment_methods/{method}"):
        await shop.stripe.fault(match=match, fault="status", status=404)

    ours = await made(shop, Asked(key=KEY, adopts=there, imports_methods=True))
    await shop.work_in_the_end()

    assert (await onboarding(ours))["state"] == "refused"
    (row,) = await shop.stripe.objects("customer")
    assert row["metadata"] == THERE["metadata"]


async def test_whoever_waits_hears_when_stripe_has_the_customer_or_that_it_is_not_yet(
    shop: Shop,
) -> None:
    ours = await made(shop)

    assert await wait_for_customer(ours.customer, 0) is None
    await shop.work()
    stripe_id = await wait_for_customer(ours.customer)

    assert stripe_id == (await run_sql("SELECT stripe_id FROM customer"))[0]["stripe_id"]


async def test_a_method_that_stripe_refuses_at_a_sign_up_is_told_to_who_waits(shop: Shop) -> None:
    ours = await made(shop, Asked(key=KEY, payment="pm_unheard"))
    await shop.work()

    with pytest.raises(SignUpRefused) as refused:
        await wait_for_customer(ours.customer)
    assert refused.value.field == "payment_method"

    ada = await customer_of(ours.customer)
    await change_customer(ada, details_of(ada), Asked(key=KEY, payment="pm_card_visa"))
    await shop.work_in_the_end()
    assert await shop.counts() == (1, 0)


@pytest.mark.parametrize("payment", ["tok_visa", "pm_card_visa"])
async def test_what_a_program_names_is_what_is_paid_by_at_once(shop: Shop, payment: str) -> None:
    await made(shop, Asked(key=KEY, payment=payment), "house")
    await shop.work_in_the_end()

    (row,) = await shop.stripe.objects("customer")
    assert row["invoice_settings"]["default_payment_method"]
    (sold,) = await shop.stripe.objects("subscription")
    assert sold["status"] == "active"


async def confirmed(shop: Shop, customer: str | None, **given: Any) -> str:
    """Have somebody authorise a payment by a card, as a page of the seller's does."""
    v1 = (await gateway_of("comp_1")).v1
    asked: Any = {
        "amount": 4900, "currency": "eur", "confirm": True, "capture_method": "manual",
        "payment_method": "pm_card_visa", "setup_future_usage": "off_session",
    } | {"customer": customer} | given  # fmt: skip
    said: Any = {name: value for name, value in asked.items() if value is not None}
    return str((await v1.payment_intents.create_async(said)).id)


async def test_an_authorised_payment_brings_its_customer_and_method_and_lets_the_money_go(
    shop: Shop,
) -> None:
    there = await at_stripe()
    intent = await confirmed(shop, there)

    asked = await looked_up("comp_1", details(), Asked(key=KEY, intent=intent))
    ours = await made(shop, asked, "house")
    await shop.work_in_the_end()

    assert await wait_for_customer(ours.customer) == there
    hold = await held_by(ours.customer)
    assert hold is not None
    assert hold.status == "active"
    states = {one["id"]: one["status"] for one in await shop.stripe.objects("payment_intent")}
    assert states[intent] == "canceled"
    await (await gateway_of("comp_1")).let_intent_go(intent)  # Again, and nothing comes of it.
    # Whoever sends it again means the customer who is there now.
    assert await looked_up("comp_1", details(), Asked(key=KEY, intent=intent, adopts=there))


async def test_money_that_is_held_stays_so_while_the_plan_is_unpaid(shop: Shop) -> None:
    there = await at_stripe()
    intent = await confirmed(shop, there)
    asked = await looked_up("comp_1", details(), Asked(key=KEY, intent=intent))
    await shop.stripe.fault(match="POST /v1/invoices*", fault="status", status=402, times=9)

    await made(shop, asked, "house")
    await shop.work_in_the_end()

    states = {one["id"]: one["status"] for one in await shop.stripe.objects("payment_intent")}
    assert states[intent] == "requires_capture"


@pytest.mark.parametrize("how", ["of nobody", "unheard", "unconfirmed", "for once", "anothers"])
async def test_what_nobody_can_be_charged_by_is_refused(shop: Shop, how: str) -> None:
    there = await at_stripe()
    asked = Asked(key=KEY)
    if how == "unheard":
        asked = Asked(key=KEY, intent="pi_unheard")
    elif how == "of nobody":
        asked = Asked(key=KEY, intent=await confirmed(shop, None))
    elif how == "unconfirmed":
        asked = Asked(key=KEY, intent=await confirmed(shop, there, confirm=False))
    elif how == "for once":
        asked = Asked(key=KEY, intent=await confirmed(shop, there, setup_future_usage=None))
    else:
        asked = Asked(key=KEY, adopts="cus_other", intent=await confirmed(shop, there))

    with pytest.raises(PaymentIntentUnusable):
        await looked_up("comp_1", details(), asked)
