"""Cards, set-up and paying."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from portal.sandbox.cards import CARDS, is_well_formed
from tests.sandbox.selling import a_price, ada

CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}


async def _unpaid(api: Any) -> tuple[str, Any]:
    customer = await ada(api)
    subscription = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": (await a_price(api, unit_amount=900)).id}],
            "payment_behavior": "default_incomplete",
        }
    )
    return customer.id, subscription


def test_every_test_card_is_a_well_formed_number() -> None:
    assert all(is_well_formed(number) for number in CARDS)
    assert not is_well_formed("4242424242424241")
    assert not is_well_formed("４２４２")


async def test_a_card_is_made_attached_changed_and_detached(api: Any) -> None:
    customer = await ada(api)
    made = await api.payment_methods.create_async(
        {"type": "card", "card": CARD, "billing_details": {"name": "Ada"}}
    )
    attached = await api.payment_methods.attach_async(made.id, {"customer": customer.id})
    again = await api.payment_methods.attach_async(made.id, {"customer": customer.id})
    settings = {"default_payment_method": made.id}
    await api.customers.update_async(customer.id, {"invoice_settings": settings})
    changed = await api.payment_methods.update_async(
        made.id,
        {
            "metadata": {"a": "b"},
            "billing_details": {"name": "Ada King", "address": {"country": "GB"}},
        },
    )

    detached = await api.payment_methods.detach_async(made.id)

    assert (attached.card.last4, again.customer) == ("4242", customer.id)
    assert changed.billing_details.name == "Ada King"
    assert changed.billing_details.address.country == "GB"
    assert detached.customer is None
    after = await api.customers.retrieve_async(customer.id)
    assert after.invoice_settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError):
        await api.payment_methods.detach_async(made.id)


async def test_a_token_stands_for_a_card(api: Any) -> None:
    made = await api.payment_methods.create_async({"type": "card", "card": {"token": "tok_amex"}})

    assert (await api.payment_methods.retrieve_async(made.id)).card.brand == "amex"
    assert (await api.payment_methods.retrieve_async("pm_card_visa")).card.brand == "visa"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({}, "type"),
        ({"type": "card"}, "card"),
        ({"type": "sepa_debit"}, "type"),
        ({"type": "card", "card": {"token": "tok_no"}}, "card[token]"),
        ({"type": "card", "card": {"number": "4242424242424242"}}, "card[exp_month]"),
    ],
)
async def test_a_card_that_cannot_be_is_refused(api: Any, given: Any, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.payment_methods.create_async(given)

    assert refusal.value.param == param


async def test_a_card_of_grace_is_not_adas(api: Any) -> None:
    customer, subscription = await _unpaid(api)
    grace = await api.customers.create_async({"email": "grace@example.com"})
    hers = await api.payment_methods.attach_async("pm_card_visa", {"customer": grace.id})
    settings = {"default_payment_method": hers.id}

    for refused in (
        api.payment_methods.attach_async(hers.id, {"customer": customer}),
        api.customers.update_async(customer, {"invoice_settings": settings}),
        api.subscriptions.update_async(subscription.id, settings),
        api.invoices.pay_async(subscription.latest_invoice, {"payment_method": hers.id}),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            await refused

    assert (await api.payment_methods.list_async({"customer": customer})).data == []
    assert len((await api.customers.payment_methods.list_async(grace.id)).data) == 1


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
    ],
)
async def test_a_bad_card_is_refused_when_it_is_attached(api: Any, token: str, code: str) -> None:
    customer = await ada(api)

    with pytest.raises(stripe.CardError) as refusal:
        await api.payment_methods.attach_async(token, {"customer": customer.id})

    assert refusal.value.code == code


async def test_a_payment_the_bank_wants_to_ask_about_answers_402_and_leads_to_the_invoice(
    api: Any,
) -> None:
    customer, subscription = await _unpaid(api)
    card = await api.payment_methods.attach_async(
        "pm_card_authenticationRequired", {"customer": customer}
    )

    with pytest.raises(stripe.CardError) as refusal:
        await api.invoices.pay_async(subscription.latest_invoice, {"payment_method": card.id})

    invoice = await api.invoices.retrieve_async(
        subscription.latest_invoice, {"expand": ["payments.data.payment.payment_intent"]}
    )
    assert refusal.value.code == "invoice_payment_intent_requires_action"
    assert invoice.status == "open"
    assert "/i/" in invoice.hosted_invoice_url
    intent = invoice.payments.data[0].payment.payment_intent
    assert intent.status == "requires_action"
    assert (await api.payment_intents.retrieve_async(intent.id)).customer == customer
    listed = await api.payment_intents.list_async({"customer": customer})
    assert [each.id for each in listed.data] == [intent.id]


async def test_a_payment_leaves_a_charge(api: Any) -> None:
    customer, subscription = await _unpaid(api)
    card = await api.payment_methods.attach_async("pm_card_visa", {"customer": customer})
    await api.invoices.pay_async(subscription.latest_invoice, {"payment_method": card.id})

    (charge,) = (await api.charges.list_async({"customer": customer})).data

    assert (await api.charges.retrieve_async(charge.id)).amount == 900


async def test_an_invoice_is_paid_once_by_the_default_card_or_outside(api: Any) -> None:
    customer, subscription = await _unpaid(api)
    with pytest.raises(stripe.InvalidRequestError):
        await api.invoices.pay_async(subscription.latest_invoice)
    card = await api.payment_methods.attach_async("pm_card_visa", {"customer": customer})
    settings = {"default_payment_method": card.id}
    await api.subscriptions.update_async(subscription.id, settings)

    paid = await api.invoices.pay_async(subscription.latest_invoice)
    _, other = await _unpaid(api)
    outside = await api.invoices.pay_async(other.latest_invoice, {"paid_out_of_band": True})

    assert (paid.status, paid.amount_paid) == ("paid", 900)
    assert (outside.status, outside.amount_paid) == ("paid", 0)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.invoices.pay_async(subscription.latest_invoice)
    assert refusal.value.code == "invoice_already_paid"


async def test_an_invoice_can_be_voided_described_and_its_lines_listed(api: Any) -> None:
    _, subscription = await _unpaid(api)
    id = subscription.latest_invoice
    await api.invoices.update_async(id, {"description": "Tea"})
    lines = await api.invoices.line_items.list_async(id)
    listed = await api.invoices.list_async({"subscription": subscription.id, "status": "open"})

    voided = await api.invoices.void_invoice_async(id)

    assert (voided.status, voided.description) == ("void", "Tea")
    assert [line.amount for line in lines.data] == [900]
    assert [each.id for each in listed.data] == [id]
    for refused in (
        api.invoices.void_invoice_async(id),
        api.invoices.pay_async(id),
        api.invoices.finalize_invoice_async(id),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            await refused


@pytest.mark.parametrize(
    ("card", "status"),
    [("pm_card_visa", "succeeded"), ("pm_card_authenticationRequiredOnSetup", "requires_action")],
)
async def test_a_setup_intent_saves_a_card(api: Any, card: str, status: str) -> None:
    customer = await ada(api)
    intent = await api.setup_intents.create_async({"customer": customer.id})

    confirmed = await api.setup_intents.confirm_async(intent.id, {"payment_method": card})

    assert (intent.status, confirmed.status) == ("requires_payment_method", status)
    listed = await api.setup_intents.list_async({"customer": customer.id})
    assert [each.id for each in listed.data] == [intent.id]


async def test_a_refused_set_up_is_written_down_and_can_be_given_up(api: Any) -> None:
    customer = await ada(api)
    intent = await api.setup_intents.create_async({"customer": customer.id, "description": "x"})
    with pytest.raises(stripe.InvalidRequestError):
        await api.setup_intents.confirm_async(intent.id)
    with pytest.raises(stripe.CardError):
        await api.setup_intents.confirm_async(
            intent.id, {"payment_method": "pm_card_visa_chargeDeclined"}
        )
    failed = await api.setup_intents.retrieve_async(intent.id)

    canceled = await api.setup_intents.cancel_async(intent.id)

    assert failed.last_setup_error.code == "card_declined"
    assert canceled.status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        await api.setup_intents.cancel_async(intent.id)
