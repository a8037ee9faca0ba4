"""Payment methods and setup intents: cards that are made, attached, preferred and let go."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.browsing import types_of
from tests.sandbox.selling import ada


async def test_a_card_is_made_from_a_token_and_attached(api: Any) -> None:
    customer = await ada(api)
    card = await api.payment_methods.create_async(
        {"type": "card", "card": {"token": "tok_visa"}, "metadata": {"a": "b"},
         "billing_details": {"name": "Ada", "address": {"country": "GB"}}}
    )  # fmt: skip

    held = await api.payment_methods.attach_async(card.id, {"customer": customer.id})
    changed = await api.payment_methods.update_async(
        card.id, {"billing_details": {"email": "ada@example.com"}, "metadata": {"a": ""}}
    )

    assert (card.customer, held.customer, held.card.last4) == (None, customer.id, "4242")
    assert (changed.billing_details.name, changed.billing_details.email) == (
        "Ada",
        "ada@example.com",
    )
    assert changed.metadata.to_dict() == {}
    assert (await types_of(api))[-2:] == ["payment_method.attached", "payment_method.updated"]


async def test_a_wallet_lists_what_it_holds(api: Any) -> None:
    customer = await ada(api)
    cards = [
        (await api.payment_methods.attach_async(name, {"customer": customer.id})).id
        for name in ("pm_card_visa", "pm_card_mastercard", "pm_card_amex")
    ]

    listed = await api.payment_methods.list_async({"customer": customer.id, "limit": 2})
    own = await api.customers.payment_methods.list_async(customer.id, {"type": "card"})
    one = await api.customers.payment_methods.retrieve_async(customer.id, cards[0])

    assert [each.id for each in listed.data] == cards[:0:-1]
    assert [each.id async for each in listed.auto_paging_iter()] == cards[::-1]
    assert [each.card.brand for each in own.data] == ["amex", "mastercard", "visa"]
    assert one.id == cards[0]
    assert (
        await api.customers.payment_methods.list_async(customer.id, {"type": "link"})
    ).data == []
    grace = await api.customers.create_async({"email": "grace@example.com"})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.payment_methods.retrieve_async(grace.id, cards[0])
    assert refusal.value.code == "resource_missing"


async def test_a_default_card_that_is_detached_is_default_no_more(api: Any) -> None:
    customer = await ada(api)
    card = await api.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})
    settings = {"invoice_settings": {"default_payment_method": card.id}}
    chosen = await api.customers.update_async(
        customer.id, {**settings, "expand": ["invoice_settings.default_payment_method"]}
    )

    gone = await api.payment_methods.detach_async(card.id)

    assert chosen.invoice_settings.default_payment_method.card.brand == "visa"
    assert gone.customer is None
    left = await api.customers.retrieve_async(customer.id)
    assert left.invoice_settings.default_payment_method is None
    for wrong in (
        api.payment_methods.detach_async(card.id),
        api.customers.update_async(customer.id, settings),
        api.payment_methods.attach_async("pm_no", {"customer": customer.id}),
        api.payment_methods.attach_async("pm_card_visa", {"customer": "cus_no"}),
        api.payment_methods.create_async({"type": "card", "card": {"token": "tok_no"}}),
        api.payment_methods.create_async({"type": "card"}),
        api.payment_methods.create_async({"type": "sepa_debit"}),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            await wrong


async def test_a_card_that_is_refused_is_not_attached(api: Any) -> None:
    customer = await ada(api)

    with pytest.raises(stripe.CardError) as refusal:
        await api.payment_methods.attach_async(
            "pm_card_chargeDeclinedInsufficientFunds", {"customer": customer.id}
        )

    assert (refusal.value.code, refusal.value.http_status) == ("card_declined", 402)
    assert '"insufficient_funds"' in str(refusal.value.http_body)
    assert (await api.payment_methods.list_async({"customer": customer.id})).data == []


async def test_a_setup_intent_is_confirmed(api: Any) -> None:
    customer = await ada(api)
    intent = await api.setup_intents.create_async({"customer": customer.id, "usage": "off_session"})
    given = await api.setup_intents.update_async(
        intent.id, {"payment_method": "pm_card_visa", "metadata": {"a": "b"}, "description": "Tea"}
    )

    done = await api.setup_intents.confirm_async(intent.id, {"expand": ["payment_method"]})

    assert (intent.status, given.status) == ("requires_payment_method", "requires_confirmation")
    assert (given.metadata["a"], given.description) == ("b", "Tea")
    assert (done.status, done.payment_method.customer) == ("succeeded", customer.id)
    found = await api.setup_intents.list_async({"customer": customer.id})
    assert [each.id for each in found.data] == [intent.id]
    for wrong in (
        api.setup_intents.confirm_async(intent.id),
        api.setup_intents.cancel_async(intent.id),
        api.setup_intents.update_async(intent.id, {"payment_method": "pm_card_visa"}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await wrong
        assert refusal.value.code == "setup_intent_unexpected_state"


async def test_a_setup_intent_asks_the_bank_or_is_refused_or_given_up(api: Any) -> None:
    customer = await ada(api)
    asks = await api.setup_intents.create_async(
        {"customer": customer.id, "payment_method": "pm_card_authenticationRequired",
         "confirm": True}
    )  # fmt: skip
    with pytest.raises(stripe.CardError) as refusal:
        await api.setup_intents.create_async(
            {"customer": customer.id, "payment_method": "pm_card_chargeDeclined", "confirm": True}
        )

    ended = await api.setup_intents.cancel_async(asks.id, {"cancellation_reason": "abandoned"})

    assert (asks.status, asks.next_action.type) == ("requires_action", "redirect_to_url")
    assert refusal.value.code == "card_declined"
    assert (ended.status, ended.cancellation_reason) == ("canceled", "abandoned")
    types = await types_of(api)
    assert "setup_intent.requires_action" in types
    assert types[-2:] == ["setup_intent.setup_failed", "setup_intent.canceled"]
