"""What is due is taken once a card is there, and a bank's no is told, not final."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from portal.clock import now
from portal.database import run_sql
from portal.errors import Refused
from portal.subscriptions.payment import (
    AUTHENTICATION_REQUIRED,
    DECLINED,
    outcome_of,
)
from portal.subscriptions.status import standing_of
from portal.subscriptions.sync import look, sync_object, write
from tests.onboarding.shop import Shop
from tests.subscriptions.conftest import Subscriber, forget_copies, subscriber


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, whose plan is paid from the first day."""
    person = await subscriber(shop, "house")
    await person.sync()
    return person


async def owed(kind: str) -> list[dict[str, Any]]:
    return await run_sql("SELECT * FROM operation WHERE kind = {} ORDER BY id", kind)


async def payments(ada: Subscriber) -> list[str]:
    """List the payments that Stripe was asked for."""
    return [path for _, path in await ada.shop.stripe.calls() if path.endswith("/pay")]


async def word(ada: Subscriber) -> str:
    return standing_of(await ada.hold(), now()).word.code


async def test_nothing_is_taken_without_a_card(ada: Subscriber) -> None:
    assert await word(ada) == "payment_due"

    assert await owed("pay_invoice") == []


async def test_a_permission_that_is_missing_for_payments_stops_nothing_else_and_is_told_once(
    ada: Subscriber, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("portal.operations.pause._told_at", {})
    await ada.shop.stripe.fault(match="POST /v1/invoices/*", fault="status", status=403)
    await ada.adds_card()
    await ada.sync()
    for _ in range(3):
        await ada.shop.work()
        await run_sql("UPDATE operation SET next_at = created_at WHERE state = 'ready'")

    grace = await subscriber(ada.shop, "studio", email="grace@hopper.example")

    assert (await grace.copy())["status"] == "trialing"
    assert await run_sql("SELECT company FROM pause") == []
    (row,) = await owed("pay_invoice")
    assert (row["state"], row["generation"], row["error_code"]) == ("ready", 1, "not_allowed")
    assert caplog.text.count("operations.not_allowed company=comp_1 kind=pay_invoice") == 1

    await ada.shop.stripe.mend()
    await ada.shop.work_in_the_end()
    assert (await ada.copy())["status"] == "active"


async def test_a_card_pays_what_is_due_once(ada: Subscriber) -> None:
    await ada.adds_card()

    for _ in range(3):
        await ada.sync()
    assert await word(ada) == "paying"
    await ada.shop.work()

    assert (await ada.copy())["status"] == "active"
    assert await word(ada) == "active"
    assert len(await payments(ada)) == 1
    assert [row["state"] for row in await owed("pay_invoice")] == ["done"]


async def test_a_card_and_what_is_due_that_are_heard_of_at_once_are_paid(shop: Shop) -> None:
    people = [await subscriber(shop, "house", f"ada{n}@lovelace.example") for n in range(8)]
    for person in people:
        await person.adds_card()
        await forget_copies()
        ids = (person.stripe_id, person.subscription)
        seen = [await look(person.company, stripe_id) for stripe_id in ids]
        await asyncio.gather(*(write(each) for each in seen))

    assert len(await owed("pay_invoice")) == len(people)


async def test_a_declined_card_is_told_and_another_is_another_try(ada: Subscriber) -> None:
    await ada.adds_card("pm_card_chargeCustomerFail")
    await ada.sync()
    await ada.shop.work()

    assert (await ada.copy())["payment"] == "declined"
    assert await word(ada) == "declined"

    await ada.adds_card("pm_card_visa")
    await ada.sync()
    assert await word(ada) == "paying"
    await ada.shop.work()

    assert await word(ada) == "active"
    assert (await ada.copy())["payment"] == ""
    assert len(await payments(ada)) == 2


async def test_the_same_declined_card_is_not_tried_again(ada: Subscriber) -> None:
    await ada.adds_card("pm_card_chargeCustomerFail")
    for _ in range(3):
        await ada.sync()
        await ada.shop.work()

    assert len(await payments(ada)) == 1
    assert await word(ada) == "declined"


async def test_a_bank_that_wants_to_be_asked_is_told(ada: Subscriber) -> None:
    await ada.adds_card("pm_card_authenticationRequired")
    await ada.sync()
    await ada.shop.work()

    assert (await ada.copy())["payment"] == "authentication_required"
    assert await word(ada) == "to_confirm"
    invoice = (await ada.hold()).invoice
    assert invoice is not None
    assert (await ada.gateway.invoice_page(invoice)).startswith(ada.gateway.api)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_payment_with_an_unknown_outcome_is_made_once(moment: str, ada: Subscriber) -> None:
    for fault in ({"fault": "reset"}, {"fault": "status", "status": 500, "saved": True}):
        await ada.shop.stripe.fault(match="POST /v1/invoices/*/pay", when=moment, times=1, **fault)
    await ada.adds_card()
    await ada.sync()

    await ada.shop.work_in_the_end()
    await ada.shop.work()

    assert (await ada.copy())["status"] == "active"
    charges = await ada.shop.stripe.objects("payment_intent")
    assert sum(one["status"] == "succeeded" for one in charges) == 1


async def test_what_was_paid_elsewhere_is_given_up_and_looked_at_again(ada: Subscriber) -> None:
    method = await ada.adds_card()
    await ada.sync()
    invoice = (await ada.hold()).invoice
    assert invoice is not None
    await ada.gateway.pay_invoice(invoice, method, key="by somebody else")

    await ada.shop.work()

    assert (await ada.copy())["status"] == "active"
    (row,) = await owed("pay_invoice")
    assert row["state"] in ("failed", "done")


async def test_a_customer_gone_at_stripe_owes_nothing_more(ada: Subscriber) -> None:
    await ada.adds_card()
    await ada.gateway.v1.customers.delete_async(ada.stripe_id)

    await ada.sync()
    await sync_object(ada.company, ada.subscription)

    assert await owed("pay_invoice") == []


def test_what_the_bank_wants_confirmed_is_told_from_what_it_declined() -> None:
    assert outcome_of(Refused("authentication_required")) == AUTHENTICATION_REQUIRED
    assert outcome_of(Refused("card_declined")) == DECLINED
