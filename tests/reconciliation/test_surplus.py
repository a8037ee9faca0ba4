"""Doubles go only if nobody can have paid with them; everything else is told of and left alone."""

from __future__ import annotations

from typing import Any

import pytest

from portal.billing.gateway import gateway_of
from portal.database import run_sql, transaction
from portal.onboarding.steps import CREATE_CUSTOMER, CREATE_SUBSCRIPTION
from portal.subscriptions.doubles import owe_removal
from tests.onboarding.shop import onboarding, operations
from tests.reconciliation.conftest import Swept

LATE_S = 600


async def living(swept: Swept, kind: str = "customer") -> list[dict[str, Any]]:
    """Read what lives at the sandbox."""
    found = await swept.shop.stripe.objects(kind)
    over = ("canceled", "incomplete_expired")
    return [one for one in found if not one.get("deleted") and one.get("status") not in over]


async def doubled(swept: Swept, plan: str = "studio", **more: Any) -> str:
    """Have a second customer at Stripe for the sign-up of a first, with a plan; return its id."""
    (made,) = await swept.people(1, plan)
    (first,) = await swept.shop.stripe.objects("customer")
    (held,) = await swept.shop.stripe.objects("subscription")
    v1 = await swept.v1()
    marks: dict[str, Any] = {"metadata": first["metadata"]}
    second = await v1.customers.create_async({"email": first["email"]} | marks | more)
    price = held["items"]["data"][0]["price"]["id"]
    sold: Any = {"customer": second.id, "items": [{"price": price}], "trial_period_days": 14}
    await v1.subscriptions.create_async(sold | {"metadata": held["metadata"]})
    assert made["state"] == "ready"
    return str(second.id)


@pytest.mark.parametrize("match", ["POST /v1/customers", "POST /v1/subscriptions"])
async def test_what_stripe_makes_long_after_its_500_is_removed(swept: Swept, match: str) -> None:
    await swept.shop.stripe.fault(
        match=match, fault="status", status=500, saved=True, when="late", delay=LATE_S, times=1
    )
    signed_up = await swept.shop.sign_up()
    await swept.shop.work_in_the_end()
    await swept.settle()
    assert await swept.shop.counts() == (1, 1)
    await swept.shop.stripe.control("POST", "/clock", {"advance": LATE_S + 1})
    # The negative control: without a sweep the double stays.
    await swept.shop.work()
    customers, subscriptions = len(await living(swept)), len(await living(swept, "subscription"))
    assert customers + subscriptions == 3

    report = await swept.sweep()

    assert report.outcomes().get("surplus removed") == 1
    assert (len(await living(swept)), len(await living(swept, "subscription"))) == (1, 1)
    made = await onboarding(signed_up)
    (held,) = await living(swept, "subscription")
    assert (made["state"], made["subscription_stripe_id"]) == ("ready", held["id"])
    await swept.settle()
    assert (await swept.sweep()).differences == []
    (entry,) = await run_sql("SELECT action FROM audit_entry WHERE action LIKE 'surplus.%'")
    assert entry["action"] == "surplus.removed"


async def test_what_has_changed_lately_is_enough_to_find_a_double(swept: Swept) -> None:
    double = await doubled(swept)

    report = await swept.sweep(full=False)

    assert [found.stripe_id for found in report.differences] == [double]
    assert len(await living(swept)) == 1


async def test_a_double_with_a_card_is_told_of_and_stays(swept: Swept) -> None:
    double = await doubled(swept)
    await (await swept.v1()).payment_methods.attach_async("pm_card_visa", {"customer": double})

    await stays(swept, double)


async def test_a_double_that_paid_stays_even_without_its_card(swept: Swept) -> None:
    double = await doubled(swept, "house")
    v1 = await swept.v1()
    card = await v1.payment_methods.attach_async("pm_card_visa", {"customer": double})
    settings: Any = {"invoice_settings": {"default_payment_method": card.id}}
    await v1.customers.update_async(double, settings)
    sold = (await v1.subscriptions.list_async({"customer": double})).data[0]
    await v1.subscriptions.update_async(sold.id, {"trial_end": "now"})
    await v1.payment_methods.detach_async(card.id)
    paid = (await v1.invoices.list_async({"customer": double})).data
    assert any(invoice.amount_paid for invoice in paid)

    await stays(swept, double)


async def test_a_double_with_a_balance_stays(swept: Swept) -> None:
    double = await doubled(swept)
    v1 = await swept.v1()
    await v1.customers.balance_transactions.create_async(
        double, {"amount": -500, "currency": "eur"}
    )

    await stays(swept, double)


async def test_a_double_that_somebody_else_sold_to_stays(swept: Swept) -> None:
    double = await doubled(swept)
    v1 = await swept.v1()
    held = (await v1.subscriptions.list_async({"customer": double})).data[0]
    price = held["items"].data[0].price.id
    await v1.subscriptions.create_async(
        {"customer": double, "items": [{"price": price}], "trial_period_days": 3}
    )

    await stays(swept, double)


async def test_nothing_is_a_double_of_what_was_deleted(swept: Swept) -> None:
    double = await doubled(swept)
    (ada,) = await swept.customers()
    await (await swept.v1()).customers.delete_async(ada["stripe_id"])

    report = await swept.sweep()

    assert report.outcomes()["reported"] == 1
    assert [one["id"] for one in await living(swept)] == [double]
    (ada,) = await swept.customers()
    assert ada["status"] == "detached"


async def stays(swept: Swept, double: str) -> None:
    """See that it is told of, at every sweep, and that it is as it was."""
    before = await living(swept), await living(swept, "subscription")
    for _ in range(2):
        report = await swept.sweep()
        assert [found.stripe_id for found in report.differences] == [double]
        assert report.outcomes() == {"reported": 1}
    assert (await living(swept), await living(swept, "subscription")) == before


@pytest.mark.parametrize(
    "marks",
    [
        {},
        {"portal": "comp_other", "customer": "cust_0", "onboarding": "onbo_0"},
        {"customer": "cust_0"},
    ],
)
async def test_what_is_not_ours_is_not_even_told_of(swept: Swept, marks: dict[str, str]) -> None:
    await swept.people(1)
    v1 = await swept.v1()
    await v1.customers.create_async({"email": "ada0@lovelace.example", "metadata": marks})

    report = await swept.sweep()

    assert report.differences == []
    assert len(await living(swept)) == 2
    assert len(await swept.customers()) == 1


@pytest.mark.parametrize("customer", ["", "cust_" + "x" * 60, "Robert'); DROP TABLE customer"])
async def test_a_mark_that_makes_no_sense_is_told_of(swept: Swept, customer: str) -> None:
    marks = {"portal": "comp_1", "customer": customer, "onboarding": "onbo_0"}
    await (await swept.v1()).customers.create_async({"metadata": marks})

    report = await swept.sweep()

    assert report.outcomes() == {"reported": 1}
    assert await swept.customers() == []


async def test_a_second_subscription_goes_unless_a_card_is_there(swept: Swept) -> None:
    (made,) = await swept.people(1)
    (held,) = await swept.shop.stripe.objects("subscription")
    v1 = await swept.v1()
    sold: Any = {
        "customer": held["customer"],
        "items": [{"price": held["items"]["data"][0]["price"]["id"]}],
        "trial_period_days": 14,
        "metadata": held["metadata"],
    }
    second = await v1.subscriptions.create_async(sold)
    card = await v1.payment_methods.attach_async("pm_card_visa", {"customer": held["customer"]})
    await swept.settle()
    report = await swept.sweep()
    assert report.outcomes()["reported"] == 1

    await v1.payment_methods.detach_async(card.id)
    report = await swept.sweep()

    assert report.outcomes() == {"surplus removed": 1}
    (left,) = await living(swept, "subscription")
    assert left["id"] == made["subscription_stripe_id"] != second.id
    await swept.settle()
    assert (await swept.sweep()).differences == []


async def test_a_card_that_comes_in_between_saves_it(swept: Swept) -> None:
    double = await doubled(swept)
    gateway = await gateway_of("comp_1")
    ada = (await swept.customers())[0]["id"]
    async with transaction():
        await owe_removal("comp_1", double, customer=ada)
    await gateway.v1.payment_methods.attach_async("pm_card_visa", {"customer": double})

    await swept.shop.work()

    assert len(await living(swept)) == 2
    (entry,) = await run_sql("SELECT action FROM audit_entry WHERE action LIKE 'surplus.%'")
    assert entry["action"] == "surplus.kept"
    await stays(swept, double)


async def test_a_removal_that_broke_off_is_done_again(swept: Swept) -> None:
    double = await doubled(swept)
    await swept.shop.stripe.fault(
        match="DELETE /v1/customers/*", fault="reset", when="after", times=1
    )

    await swept.sweep()
    await swept.shop.work_in_the_end()

    assert double not in [one["id"] for one in await living(swept)]
    (entry,) = await run_sql("SELECT action FROM audit_entry WHERE action LIKE 'surplus.%'")
    assert entry["action"] == "surplus.removed"
    assert {op["state"] for op in await operations()} == {"done"}


async def test_what_was_given_up_and_made_after_all_is_adopted(swept: Swept) -> None:
    signed_up = await swept.shop.sign_up()
    await swept.shop.stripe.fault(match="POST /v1/customers", fault="reset", when="after", times=1)
    await swept.shop.work()
    await run_sql("UPDATE operation SET state = 'failed' WHERE kind = {}", CREATE_CUSTOMER)
    await swept.shop.work_in_the_end()
    assert (await onboarding(signed_up))["state"] == "stuck"

    report = await swept.sweep()
    await swept.shop.work_in_the_end()

    assert report.outcomes() == {"adopted": 1}
    made = await onboarding(signed_up)
    assert (made["state"], made["problem_code"]) == ("ready", "")
    assert await swept.shop.counts() == (1, 1)
    await swept.settle()
    assert (await swept.sweep()).differences == []


async def test_a_plan_that_was_given_up_and_sold_after_all_is_adopted(swept: Swept) -> None:
    await swept.shop.stripe.fault(
        match="POST /v1/subscriptions", fault="reset", when="after", times=1
    )
    signed_up = await swept.shop.sign_up()
    await swept.shop.work()
    (ada,) = await swept.customers()
    # While the answer may come, it is nobody's business.
    assert (await swept.look()).outcomes().keys() <= {"repaired"}
    await run_sql("UPDATE operation SET state = 'failed' WHERE kind = {}", CREATE_SUBSCRIPTION)

    report = await swept.sweep()

    assert report.outcomes()["adopted"] == 1
    made = await onboarding(signed_up)
    (held,) = await swept.shop.stripe.objects("subscription")
    assert (made["state"], made["subscription_stripe_id"]) == ("ready", held["id"])
    assert (await swept.look()).differences == []
    assert ada["status"] == "active"
