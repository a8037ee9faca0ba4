"""What Stripe makes long after its 500, in whose place another was made, is paid by nothing."""

from __future__ import annotations

from typing import Any

import pytest

from portal.database import run_sql
from portal.onboarding.asked import Asked
from portal.onboarding.sell import sell
from portal.onboarding.steps import CREATE_SUBSCRIPTION
from portal.reconciliation.sweep import sellers, sweep
from portal.subscriptions.sync import sync_object
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop, details
from tests.onboarding.test_asked import BY_KEY, KEY, made

LATE_S = 600
WITH_A_CARD = Asked(key=KEY, payment="pm_card_visa")
_QUICKLY = 10_000.0


async def answers_badly(shop: Shop, **how: Any) -> None:
    match = "POST /v1/subscriptions"
    await shop.stripe.fault(match=match, fault="status", status=500, times=1, **how)


async def is_known_with_a_card(shop: Shop, asked: Asked = WITH_A_CARD) -> str:
    """Have Ada be there, with a card and no plan."""
    ada = (await made(shop, asked)).customer
    await shop.work_in_the_end()
    await heard(shop)
    return ada


async def heard(shop: Shop) -> None:
    """Hear of all that is at Stripe, and do what follows."""
    for kind in ("customer", "subscription"):
        for one in await shop.stripe.objects(kind):
            await sync_object(shop.site.company_id, one["id"])
    await shop.work_in_the_end()


async def paid(shop: Shop) -> list[str]:
    """List the payments that Stripe was asked for."""
    return [path for _, path in await shop.stripe.calls() if path.endswith("/pay")]


async def standing(shop: Shop) -> list[tuple[str, str]]:
    """Tell each subscription as Stripe has it, and what of it our copy says was paid."""
    copies = {
        row["stripe_id"]: row["payment"]
        for row in await run_sql("SELECT stripe_id, payment FROM subscription")
    }
    there = await shop.stripe.objects("subscription")
    return sorted((one["status"], copies[one["id"]]) for one in there)


@ON_SQLITE
@pytest.mark.parametrize("door", ["v1", "left due"])
async def test_a_late_double_is_not_paid_by_the_card_on_file_and_goes_at_once(
    shop: Shop, door: str
) -> None:
    if door == "v1":
        await answers_badly(shop, saved=True, when="late", delay=LATE_S)
        await made(shop, WITH_A_CARD, "house")
    else:
        ada = await is_known_with_a_card(shop)
        await answers_badly(shop, saved=True, when="late", delay=LATE_S)
        chosen = await shop.plan("house")
        assert await sell(shop.site, ada, details(), chosen, BY_KEY) == "sold"
    await shop.work_in_the_end()
    await heard(shop)
    # The control: what was sold is paid as it is to be.
    once = await paid(shop), await standing(shop)
    await shop.stripe.control("POST", "/clock", {"advance": LATE_S + 1})
    assert await shop.counts() == (1, 2)

    await heard(shop)
    await heard(shop)

    is_paid = door == "v1"
    assert (len(once[0]), once[1]) == (
        *((1, [("active", "")]) if is_paid else (0, [("incomplete", "not_tried")])),
    )
    assert await paid(shop) == once[0]
    left = [status for status, _ in await standing(shop) if status in ("active", "incomplete")]
    assert left == [once[1][0][0]]
    (entry,) = await run_sql("SELECT action FROM audit_entry WHERE action LIKE 'surplus.%'")
    assert entry["action"] == "surplus.removed"


@ON_SQLITE
async def test_a_double_heard_of_while_its_sale_is_under_way_is_not_paid(shop: Shop) -> None:
    await answers_badly(shop, saved=True, when="late", delay=LATE_S)
    await made(shop, WITH_A_CARD, "house")
    await shop.work()
    await shop.stripe.control("POST", "/clock", {"advance": LATE_S + 1})
    (early,) = await shop.stripe.objects("subscription")
    # A look-up before it was there is as good as none: the next try makes another.
    await run_sql(
        "UPDATE operation SET generation = generation + 1, first_sent_at = NULL WHERE kind = {}",
        CREATE_SUBSCRIPTION,
    )
    for stripe_id in (early["customer"], early["id"]):
        await sync_object(shop.site.company_id, stripe_id)
    waits = await run_sql("SELECT id FROM operation WHERE kind = 'pay_invoice' AND state = 'ready'")
    await shop.work_in_the_end()
    await heard(shop)

    assert len(waits) == 1
    assert len(await paid(shop)) == 1
    by_id = {one["id"]: one["status"] for one in await shop.stripe.objects("subscription")}
    assert by_id.pop(early["id"]) != "active"
    assert list(by_id.values()) == ["active"]


@ON_SQLITE
@pytest.mark.parametrize("heard_first", [True, False])
async def test_what_a_sale_that_was_given_up_sold_after_all_is_left_due(
    shop: Shop, heard_first: bool
) -> None:
    ada = await is_known_with_a_card(shop)
    await shop.stripe.fault(match="POST /v1/subscriptions", fault="reset", when="after", times=1)
    await sell(shop.site, ada, details(), await shop.plan("house"), BY_KEY)
    await shop.work()
    await run_sql("UPDATE operation SET state = 'failed' WHERE kind = {}", CREATE_SUBSCRIPTION)
    if heard_first:
        await heard(shop)
    seller, *_ = await sellers()
    report = await sweep(seller, full=True, calls_per_s=_QUICKLY, carry_out=True)
    await heard(shop)
    before = await paid(shop), await standing(shop)

    # The control: another card pays it.
    (there,) = await shop.stripe.objects("customer")
    told = {"customer": there["id"]}
    card = await shop.stripe.post("payment_methods/pm_card_mastercard/attach", told)
    default = {"invoice_settings[default_payment_method]": card["id"]}
    await shop.stripe.post(f"customers/{there['id']}", default)
    await heard(shop)

    assert report.outcomes()["adopted"] == 1
    assert before == ([], [("incomplete", "not_tried")])
    assert await standing(shop) == [("active", "")]
