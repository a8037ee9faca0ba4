"""What time does: trials end, periods renew, first payments expire."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.lives import advance
from tests.sandbox.selling import ADA, a_price, ada, unpaid

DAY_S = 86_400
HOUR_S = 3600


async def _trial(api: Any, missing: str, *, card: str | None = None) -> Any:
    price = await a_price(api, unit_amount=900)
    customer = await ada(api)
    if card:
        await _give_card(api, customer.id, card)
    return await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "trial_period_days": 14,
            "trial_settings": {"end_behavior": {"missing_payment_method": missing}},
        }
    )


async def _give_card(api: Any, customer: str, card: str) -> str:
    method = await api.payment_methods.attach_async(card, {"customer": customer})
    settings = {"default_payment_method": method.id}
    await api.customers.update_async(customer, {"invoice_settings": settings})
    return str(method.id)


async def _types(control: Control) -> list[str]:
    return [event["type"] for event in (await control.get("events"))["events"]]


@pytest.mark.parametrize(
    ("missing", "status"),
    [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")],
)
async def test_a_trial_without_a_card_ends_as_its_settings_say(
    api: Any, control: Control, missing: str, status: str
) -> None:
    subscription = await _trial(api, missing)

    await control.post("clock", {"advance": 14 * DAY_S + 2 * HOUR_S})

    assert (await api.subscriptions.retrieve_async(subscription.id)).status == status


async def test_a_trial_is_announced_to_end_three_days_before(api: Any, control: Control) -> None:
    await _trial(api, "cancel")
    await control.post("clock", {"advance": 11 * DAY_S - HOUR_S})
    before = await _types(control)

    await control.post("clock", {"advance": 2 * HOUR_S})

    told = "customer.subscription.trial_will_end"
    assert (told in before, (await _types(control)).count(told)) == (False, 1)


async def test_a_trial_with_a_card_is_billed_an_hour_after_it_ends(
    api: Any, control: Control
) -> None:
    subscription = await _trial(api, "cancel", card="pm_card_visa")
    await control.post("clock", {"to": subscription.trial_end + 60})
    at_first = await api.subscriptions.retrieve_async(
        subscription.id, {"expand": ["latest_invoice"]}
    )

    await control.post("clock", {"advance": HOUR_S})

    assert (at_first.status, at_first.latest_invoice.status) == ("active", "draft")
    invoice = await api.invoices.retrieve_async(at_first.latest_invoice.id)
    assert (invoice.status, invoice.amount_paid) == ("paid", 900)


async def test_a_paused_subscription_resumes_when_its_invoice_is_paid(
    api: Any, control: Control
) -> None:
    subscription = await _trial(api, "pause")
    await control.post("clock", {"advance": 15 * DAY_S})
    card = await _give_card(api, subscription.customer, "pm_card_visa")

    resumed = await api.subscriptions.resume_async(
        subscription.id, {"billing_cycle_anchor": {"type": "now"}}
    )
    await api.invoices.pay_async(resumed.latest_invoice, {"payment_method": card})

    assert resumed.status == "paused"
    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "active"
    assert "customer.subscription.resumed" in await _types(control)


@pytest.mark.parametrize(
    ("behavior", "card", "status"),
    [
        ("resume_on_payment_success", "pm_card_visa", "active"),
        ("resume_on_payment_success", "pm_card_chargeCustomerFail", "paused"),
        ("resume_on_payment_attempt", "pm_card_visa", "paused"),
    ],
)
async def test_resuming_charges_at_once_only_when_it_waits_for_success(
    api: Any, control: Control, behavior: str, card: str, status: str
) -> None:
    subscription = await _trial(api, "pause")
    await control.post("clock", {"advance": 15 * DAY_S})
    await _give_card(api, subscription.customer, card)

    resumed = await api.subscriptions.resume_async(subscription.id, {"payment_behavior": behavior})

    assert resumed.status == status


async def test_a_payment_to_resume_that_fails_makes_the_subscription_past_due(
    api: Any, control: Control
) -> None:
    subscription = await _trial(api, "pause")
    await control.post("clock", {"advance": 15 * DAY_S})
    card = await _give_card(api, subscription.customer, "pm_card_chargeCustomerFail")
    resumed = await api.subscriptions.resume_async(subscription.id)

    with pytest.raises(stripe.CardError):
        await api.invoices.pay_async(resumed.latest_invoice, {"payment_method": card})

    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "past_due"


async def test_an_invoice_to_resume_is_voided_after_23_hours(api: Any, control: Control) -> None:
    subscription = await _trial(api, "pause")
    await control.post("clock", {"advance": 15 * DAY_S})
    resumed = await api.subscriptions.resume_async(subscription.id)

    await control.post("clock", {"advance": 24 * HOUR_S})

    assert (await api.invoices.retrieve_async(resumed.latest_invoice)).status == "void"
    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "paused"


async def test_a_first_payment_expires_after_23_hours(api: Any, control: Control) -> None:
    subscription = await unpaid(api)
    await control.post("clock", {"advance": 22 * HOUR_S})
    before = await api.subscriptions.retrieve_async(subscription.id)

    await control.post("clock", {"advance": 2 * HOUR_S})

    after = await api.subscriptions.retrieve_async(subscription.id)
    assert (before.status, after.status) == ("incomplete", "incomplete_expired")
    assert (await api.invoices.retrieve_async(after.latest_invoice)).status == "void"


async def test_a_period_renews_again_and_again(api: Any, control: Control) -> None:
    price = await a_price(api, unit_amount=900)
    customer = await ada(api)
    await _give_card(api, customer.id, "pm_card_visa")
    subscription = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}]}
    )

    await control.post("clock", {"advance": 100 * DAY_S})

    paid = await api.invoices.list_async({"customer": customer.id, "status": "paid"})
    item = (await api.subscriptions.retrieve_async(subscription.id))["items"].data[0]
    assert [each.billing_reason for each in paid.data] == [
        *["subscription_cycle"] * 3,
        "subscription_create",
    ]
    assert item.current_period_start - subscription.created in range(88 * DAY_S, 93 * DAY_S)


async def test_a_failing_renewal_is_tried_four_times_and_then_ends(
    api: Any, control: Control
) -> None:
    subscription = await _trial(api, "cancel", card="pm_card_chargeCustomerFail")
    await control.post("clock", {"advance": 14 * DAY_S + 2 * HOUR_S})
    behind = await api.subscriptions.retrieve_async(subscription.id)

    await control.post("clock", {"advance": 16 * DAY_S})

    after = await api.subscriptions.retrieve_async(subscription.id, {"expand": ["latest_invoice"]})
    assert (behind.status, after.status) == ("past_due", "canceled")
    assert after.cancellation_details.reason == "payment_failed"
    assert after.latest_invoice.attempt_count == 4


async def test_a_past_due_subscription_is_active_again_once_paid(
    api: Any, control: Control
) -> None:
    subscription = await _trial(api, "create_invoice")
    await control.post("clock", {"advance": 14 * DAY_S + 2 * HOUR_S})
    behind = await api.subscriptions.retrieve_async(subscription.id)
    card = await _give_card(api, subscription.customer, "pm_card_visa")

    await api.invoices.pay_async(behind.latest_invoice, {"payment_method": card})

    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "active"
    assert (await api.customers.retrieve_async(subscription.customer)).delinquent is False


async def test_a_planned_end_comes_unless_it_is_taken_back(api: Any, control: Control) -> None:
    price = await a_price(api, unit_amount=0)
    customer = await ada(api)
    given = {"customer": customer.id, "items": [{"price": price.id}]}
    ends, stays = [(await api.subscriptions.create_async(given)).id for _ in range(2)]
    for id in (ends, stays):
        planned = await api.subscriptions.update_async(id, {"cancel_at_period_end": True})
        assert planned.cancel_at == planned["items"].data[0].current_period_end
    await api.subscriptions.update_async(stays, {"cancel_at_period_end": False})

    await control.post("clock", {"advance": 32 * DAY_S})

    assert (await api.subscriptions.retrieve_async(ends)).status == "canceled"
    assert (await api.subscriptions.retrieve_async(stays)).status == "active"


async def test_a_trial_can_be_ended_now(api: Any) -> None:
    subscription = await _trial(api, "cancel", card="pm_card_visa")

    now = await api.subscriptions.update_async(subscription.id, {"trial_end": "now"})

    assert now.status == "active"
    assert (await api.invoices.retrieve_async(now.latest_invoice)).amount_paid == 900


async def test_customers_on_a_test_clock_live_in_its_time(api: Any, control: Control) -> None:
    price = await a_price(api, unit_amount=900)
    clock = await api.test_helpers.test_clocks.create_async({"frozen_time": 1_900_000_000})
    customer = await api.customers.create_async({**ADA, "test_clock": clock.id})
    subscription = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
        }
    )
    await control.post("clock", {"advance": 30 * DAY_S})
    untouched = await api.subscriptions.retrieve_async(subscription.id)

    await advance(api, clock.id, 1_900_000_000 + 8 * DAY_S)

    ended = await api.subscriptions.retrieve_async(subscription.id)
    assert (customer.created, untouched.status) == (1_900_000_000, "trialing")
    assert (ended.status, ended.ended_at) == ("canceled", 1_900_000_000 + 7 * DAY_S)


async def test_a_test_clock_takes_its_customers_along(api: Any) -> None:
    clock = await api.test_helpers.test_clocks.create_async({"frozen_time": 1_900_000_000})
    customer = await api.customers.create_async({**ADA, "test_clock": clock.id})
    with pytest.raises(stripe.InvalidRequestError):
        await api.test_helpers.test_clocks.advance_async(clock.id, {"frozen_time": 1})

    await api.test_helpers.test_clocks.delete_async(clock.id)

    assert (await api.customers.retrieve_async(customer.id)).deleted is True
