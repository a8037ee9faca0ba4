"""Payment intents, of invoices and by themselves: confirmed, declined, held, and let go."""

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


async def _held(api: Any, **more: Any) -> Any:
    """Hold 20 euros on a card."""
    return await api.payment_intents.create_async(
        {
            "amount": 2000,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "capture_method": "manual",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            **more,
        }
    )


async def test_a_payment_may_be_held_and_the_card_kept_for_the_customer(api: Any) -> None:
    customer = await ada(api)

    held = await _held(api, customer=customer.id, setup_future_usage="off_session")

    assert (held.status, held.amount_capturable, held.amount_received) == (
        "requires_capture", 2000, 0,
    )  # fmt: skip
    method = await api.payment_methods.retrieve_async(held.payment_method)
    assert method.customer == customer.id
    charge = await api.charges.retrieve_async(held.latest_charge)
    assert (charge.captured, charge.amount_captured) == (False, 0)


async def test_a_held_payment_is_captured_or_let_go_and_only_once(api: Any) -> None:
    taken, given_up = await _held(api), await _held(api)

    paid = await api.payment_intents.capture_async(taken.id, {"amount_to_capture": 1500})
    canceled = await api.payment_intents.cancel_async(
        given_up.id, {"cancellation_reason": "abandoned"}
    )

    assert (paid.status, paid.amount_received, paid.amount_capturable) == ("succeeded", 1500, 0)
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    released = await api.charges.retrieve_async(canceled.latest_charge)
    assert (released.refunded, released.amount_refunded) == (True, 2000)
    for late in (
        api.payment_intents.capture_async(paid.id),
        api.payment_intents.cancel_async(paid.id),
        api.payment_intents.capture_async(canceled.id),
        api.payment_intents.confirm_async(canceled.id),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await late
        assert refusal.value.code == "payment_intent_unexpected_state"


async def test_a_payment_is_confirmed_after_it_was_made(api: Any) -> None:
    asked = await api.payment_intents.create_async({"amount": 300, "currency": "EUR"})

    with pytest.raises(stripe.InvalidRequestError) as without:
        await api.payment_intents.confirm_async(asked.id)
    with pytest.raises(stripe.CardError) as declined:
        await api.payment_intents.confirm_async(
            asked.id, {"payment_method": "pm_card_chargeCustomerFail"}
        )
    paid = await api.payment_intents.confirm_async(asked.id, {"payment_method": "pm_card_visa"})

    assert (asked.status, asked.currency) == ("requires_payment_method", "eur")
    assert (without.value.param, declined.value.code) == ("payment_method", "card_declined")
    assert (paid.status, paid.amount_received) == ("succeeded", 300)


async def test_a_card_that_paid_for_nobody_is_good_for_nobody_afterwards(api: Any) -> None:
    paid = await _held(api, capture_method="automatic")
    customer = await ada(api)

    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        await api.payment_methods.attach_async(paid.payment_method, {"customer": customer.id})


async def test_a_bank_that_asks_holds_the_payment_up(api: Any) -> None:
    asked = await _held(api, payment_method="pm_card_authenticationRequired")

    assert (asked.status, asked.amount_capturable) == ("requires_action", 0)
