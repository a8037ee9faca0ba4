"""Payment intents of invoices: confirmed, declined, and asked about by the bank."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.selling import a_price, ada


async def _owed(api: Any) -> Any:
    """Begin a subscription whose first payment is the person's to make; give its intent."""
    price = await a_price(api, unit_amount=900)
    subscription = await api.subscriptions.create_async(
        {
            "customer": (await ada(api)).id,
            "items": [{"price": price.id}],
            "payment_behavior": "default_incomplete",
            "payment_settings": {"save_default_payment_method": "on_subscription"},
            "expand": ["latest_invoice.payments"],
        }
    )
    payment = subscription.latest_invoice.payments.data[0]
    intent = await api.payment_intents.retrieve_async(payment.payment.payment_intent)
    return subscription, intent


async def _card(api: Any, customer: str, card: str) -> str:
    return str((await api.payment_methods.attach_async(card, {"customer": customer})).id)


async def test_confirming_pays_and_begins_the_subscription(api: Any) -> None:
    subscription, intent = await _owed(api)
    card = await _card(api, subscription.customer, "pm_card_visa")

    paid = await api.payment_intents.confirm_async(intent.id, {"payment_method": card})

    assert (intent.status, paid.status, paid.amount_received) == (
        "requires_payment_method", "succeeded", 900,
    )  # fmt: skip
    begun = await api.subscriptions.retrieve_async(subscription.id)
    assert (begun.status, begun.default_payment_method) == ("active", card)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.payment_intents.confirm_async(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ],
)
async def test_a_decline_says_why_and_another_card_may_follow(
    api: Any, card: str, code: str, decline_code: str | None
) -> None:
    subscription, intent = await _owed(api)

    with pytest.raises(stripe.CardError) as declined:
        await api.payment_intents.confirm_async(intent.id, {"payment_method": card})

    assert declined.value.code == code
    after = await api.payment_intents.retrieve_async(intent.id)
    assert (after.status, after.last_payment_error.decline_code) == (
        "requires_payment_method", decline_code,
    )  # fmt: skip
    good = await _card(api, subscription.customer, "pm_card_visa")
    assert await api.invoices.pay_async(subscription.latest_invoice.id, {"payment_method": good})
    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "active"


async def test_the_bank_asks_before_it_pays(api: Any) -> None:
    subscription, intent = await _owed(api)
    card = await _card(api, subscription.customer, "pm_card_authenticationRequired")

    asked = await api.payment_intents.confirm_async(intent.id, {"payment_method": card})

    assert (asked.status, asked.next_action.type) == ("requires_action", "redirect_to_url")
    assert asked.next_action.redirect_to_url.url == subscription.latest_invoice.hosted_invoice_url
    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "incomplete"


async def test_paying_with_a_card_whose_bank_asks_is_answered_402(api: Any) -> None:
    subscription, intent = await _owed(api)
    card = await _card(api, subscription.customer, "pm_card_authenticationRequired")

    with pytest.raises(stripe.CardError) as asked:
        await api.invoices.pay_async(subscription.latest_invoice.id, {"payment_method": card})

    assert asked.value.code == "invoice_payment_intent_requires_action"
    assert (await api.payment_intents.retrieve_async(intent.id)).status == "requires_action"


async def test_there_has_to_be_a_card_of_the_customers(api: Any) -> None:
    _, intent = await _owed(api)
    grace = await api.customers.create_async({"email": "grace@example.com"})
    hers = await _card(api, grace.id, "pm_card_visa")

    for given in ({}, {"payment_method": hers}):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await api.payment_intents.confirm_async(intent.id, given)
        assert refusal.value.param == "payment_method"


async def test_the_intent_of_a_voided_invoice_is_canceled(api: Any) -> None:
    subscription, intent = await _owed(api)

    await api.invoices.void_invoice_async(subscription.latest_invoice.id)

    canceled = await api.payment_intents.retrieve_async(intent.id)
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "void_invoice")
