"""The line a sign-up takes: customer, subscription, portal session."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.selling import ADA, a_price, ada, unpaid


async def test_ada_becomes_a_customer_with_a_trial_and_a_portal_session(api: Any) -> None:
    price = await a_price(api, unit_amount=900)

    customer = await api.customers.create_async(ADA)
    subscription = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "trial_period_days": 14,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
            "expand": ["latest_invoice"],
        }
    )
    session = await api.billing_portal.sessions.create_async(
        {
            "customer": customer.id,
            "return_url": "http://127.0.0.1/welcome",
            "flow_data": {
                "type": "payment_method_update",
                "after_completion": {
                    "type": "redirect",
                    "redirect": {"return_url": "http://127.0.0.1/welcome"},
                },
            },
        }
    )

    assert subscription.status == "trialing"
    assert subscription.trial_end == subscription.created + 14 * 86_400
    assert subscription["items"].data[0].current_period_end == subscription.trial_end
    assert subscription.latest_invoice.status == "paid"
    assert "/p/session/" in session.url
    assert session.flow.type == "payment_method_update"


async def test_a_plan_paid_from_the_first_day_waits_for_its_payment(api: Any) -> None:
    price = await a_price(api, unit_amount=900)
    customer = await ada(api)

    subscription = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "payment_behavior": "default_incomplete",
            "expand": ["latest_invoice"],
        }
    )

    assert subscription.status == "incomplete"
    assert subscription.latest_invoice.status == "open"
    assert subscription.latest_invoice.amount_due == 900


async def test_paying_the_open_invoice_makes_the_subscription_active(api: Any) -> None:
    subscription = await unpaid(api)
    method = await api.payment_methods.attach_async(
        "pm_card_visa", {"customer": subscription.customer}
    )

    paid = await api.invoices.pay_async(subscription.latest_invoice, {"payment_method": method.id})

    assert paid.status == "paid"
    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "active"


async def test_a_free_plan_is_active_at_once(api: Any) -> None:
    price = await a_price(api, unit_amount=0)
    customer = await ada(api)

    subscription = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}]}
    )

    assert subscription.status == "active"


async def test_a_declined_card_answers_402_and_the_try_is_written_down(api: Any) -> None:
    subscription = await unpaid(api)
    method = await api.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": subscription.customer}
    )

    with pytest.raises(stripe.CardError) as refusal:
        await api.invoices.pay_async(subscription.latest_invoice, {"payment_method": method.id})

    assert refusal.value.code == "card_declined"
    invoice = await api.invoices.retrieve_async(subscription.latest_invoice)
    assert (invoice.status, invoice.attempt_count) == ("open", 1)
    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "incomplete"


async def test_error_if_incomplete_leaves_nothing_behind(api: Any, control: Control) -> None:
    price = await a_price(api, unit_amount=900)
    customer = await ada(api)
    method = await api.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": customer.id}
    )
    before = (await control.get("objects"))["counts"]

    with pytest.raises(stripe.CardError):
        await api.subscriptions.create_async(
            {
                "customer": customer.id,
                "items": [{"price": price.id}],
                "default_payment_method": method.id,
                "payment_behavior": "error_if_incomplete",
            }
        )

    assert (await control.get("objects"))["counts"] == before
