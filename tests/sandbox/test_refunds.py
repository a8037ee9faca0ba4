"""Refunds as Stripe gives them: whole or in part, once for each key, never more than was paid."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.selling import unpaid
from tests.sandbox.shapes import misshapen


async def _paid(api: Any) -> Any:
    """Have Ada pay 9 euros; give the payment intent."""
    subscription = await unpaid(api, expand=["latest_invoice.payments"])
    card = await api.payment_methods.attach_async(
        "pm_card_visa", {"customer": subscription.customer}
    )
    invoice = subscription.latest_invoice
    await api.invoices.pay_async(invoice.id, {"payment_method": card.id})
    return invoice.payments.data[0].payment.payment_intent


async def test_a_payment_is_given_back_once_however_often_that_is_sent(
    api: Any, control: Control
) -> None:
    intent = await _paid(api)
    wanted = {"payment_intent": intent, "metadata": {"operation": "op_1"}}

    first, again = [
        await api.refunds.create_async(wanted, {"idempotency_key": "once"}) for _ in range(2)
    ]

    assert (first.id, first.amount, first.status) == (again.id, 900, "succeeded")
    assert misshapen(first.to_dict()) == []
    charge = await api.charges.retrieve_async(first.charge)
    assert (charge.amount_refunded, charge.refunded) == (900, True)
    assert (await api.balance.retrieve_async()).pending[0].amount == 0
    listed = await api.refunds.list_async({"payment_intent": intent})
    assert [each.id for each in listed.data] == [first.id]
    assert (await api.refunds.retrieve_async(first.id)).metadata["operation"] == "op_1"
    told = {each["type"] for each in (await control.get("objects", type="event"))["objects"]}
    assert {"refund.created", "charge.refunded"} <= told


async def test_a_charge_tells_its_refunds_when_asked_to(api: Any) -> None:
    intent = await _paid(api)
    for amount in (100, 200):
        await api.refunds.create_async({"payment_intent": intent, "amount": amount})

    wanted: Any = {"payment_intent": intent, "expand": ["data.refunds"]}
    (charge,) = (await api.charges.list_async(wanted)).data

    assert [each.amount for each in charge.refunds.data] == [200, 100]
    assert charge.amount_refunded == 300
    assert misshapen(charge.to_dict()) == []
    assert "refunds" not in await api.charges.retrieve_async(charge.id)


async def test_no_more_is_given_back_than_was_paid(api: Any) -> None:
    intent = await _paid(api)
    await api.refunds.create_async({"payment_intent": intent, "amount": 600})

    with pytest.raises(stripe.InvalidRequestError, match=r"greater than unrefunded amount .*300"):
        await api.refunds.create_async({"payment_intent": intent, "amount": 301})
    await api.refunds.create_async({"payment_intent": intent})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.refunds.create_async({"payment_intent": intent})

    assert refusal.value.code == "charge_already_refunded"


async def test_what_was_not_paid_is_not_given_back(api: Any) -> None:
    subscription = await unpaid(api, expand=["latest_invoice.payments"])
    intent = subscription.latest_invoice.payments.data[0].payment.payment_intent

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.refunds.create_async({"payment_intent": intent})

    assert refusal.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize("status", ["failed", "canceled"])
async def test_a_refund_may_come_to_nothing_later_and_its_money_is_back(
    api: Any, control: Control, status: str
) -> None:
    intent = await _paid(api)
    refund = await api.refunds.create_async({"payment_intent": intent})

    for _ in range(2):
        await control.post("refunds", {"refund": refund.id, "status": status})

    after = await api.refunds.retrieve_async(refund.id)
    assert after.status == status
    assert misshapen(after.to_dict()) == []
    charge = await api.charges.retrieve_async(refund.charge)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert (await api.balance.retrieve_async()).pending[0].amount == 900
    told = {each["type"] for each in (await control.get("objects", type="event"))["objects"]}
    assert {"refund.updated", "charge.refund.updated"} <= told
    assert ("refund.failed" in told) == (status == "failed")
    assert (await api.refunds.create_async({"payment_intent": intent})).status == "succeeded"


async def test_refunds_may_begin_so_that_they_do_not_arrive(api: Any, control: Control) -> None:
    await control.post("refunds", {"status": "requires_action"})
    refund = await api.refunds.create_async({"payment_intent": await _paid(api)})

    assert refund.status == "requires_action"
    assert (await api.charges.retrieve_async(refund.charge)).amount_refunded == 900


async def test_a_credit_note_credits_what_was_paid_and_no_more(api: Any) -> None:
    intent = await _paid(api)
    (invoice,) = (await api.invoices.list_async({})).data
    refund = await api.refunds.create_async({"payment_intent": intent, "amount": 100})
    linked = {"refund": refund.id, "amount_refunded": 100}

    note = await api.credit_notes.create_async(
        {"invoice": invoice.id, "amount": 600, "credit_amount": 500, "refunds": [linked]}
    )

    assert misshapen(note.to_dict()) == []
    assert (note.post_payment_amount, note.refunds[0].amount_refunded) == (600, 100)
    customer = await api.customers.retrieve_async(invoice.customer)
    assert customer.balance == -500
    assert (await api.invoices.retrieve_async(invoice.id)).post_payment_credit_notes_amount == 600
    assert len((await api.credit_notes.list_async({"invoice": invoice.id})).data) == 1
    for wrong in ({"credit_amount": 301}, {"amount": 200, "credit_amount": 100}):
        with pytest.raises(stripe.InvalidRequestError):
            await api.credit_notes.create_async({"invoice": invoice.id, **wrong})
