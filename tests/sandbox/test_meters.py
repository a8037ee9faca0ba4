"""Meters, the events they count, and what is billed for them."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.lives import advance
from tests.sandbox.selling import ada

MINUTE, DAY = 60, 86_400


async def a_meter(api: Any, formula: str = "sum", event_name: str = "cups") -> Any:
    """Count cups of tea."""
    return await api.billing.meters.create_async(
        {"display_name": "Cups of tea", "event_name": event_name,
         "default_aggregation": {"formula": formula}}
    )  # fmt: skip


async def drink(api: Any, customer: str, cups: Any = 1, **more: Any) -> Any:
    """Report what a customer drank."""
    payload = {"stripe_customer_id": customer, "value": str(cups)}
    return await api.billing.meter_events.create_async(
        {"event_name": "cups", "payload": payload, **more}
    )


async def a_metered_price(api: Any, meter: str, **more: Any) -> Any:
    """Sell tea by the cup."""
    product = await api.products.create_async({"name": "Tea by the cup"})
    given = {"product": product.id, "currency": "eur", "unit_amount": 30}
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter}
    return await api.prices.create_async({**given, "recurring": recurring, **more})


async def _counted(api: Any, meter: str, customer: str, now: int, **more: Any) -> list[float]:
    minute = now - now % MINUTE
    found = await api.billing.meters.event_summaries.list_async(
        meter,
        {
            "customer": customer,
            "start_time": minute - DAY,
            "end_time": minute + 10 * MINUTE,
            **more,
        },
    )
    return [each.aggregated_value for each in found.data]


async def test_a_meter_is_renamed_switched_off_and_on(api: Any) -> None:
    meter = await a_meter(api)
    with pytest.raises(stripe.InvalidRequestError):
        await a_meter(api)

    await api.billing.meters.update_async(meter.id, {"display_name": "Cups"})
    off = await api.billing.meters.deactivate_async(meter.id)
    with pytest.raises(stripe.InvalidRequestError):
        await api.billing.meters.deactivate_async(meter.id)
    inactive = await api.billing.meters.list_async({"status": "inactive"})
    again = await api.billing.meters.reactivate_async(meter.id)

    assert (off.status, off.display_name) == ("inactive", "Cups")
    assert off.status_transitions.deactivated_at is not None
    assert [each.id for each in inactive.data] == [meter.id]
    assert (again.status, again.status_transitions.deactivated_at) == ("active", None)
    assert (await api.billing.meters.retrieve_async(meter.id)).event_name == "cups"
    types = [event.type for event in (await api.events.list_async({"type": "billing.*"})).data]
    assert types == [f"billing.meter.{word}" for word in
                     ("reactivated", "deactivated", "updated", "created")]  # fmt: skip


async def test_a_name_has_one_active_meter(api: Any) -> None:
    first = await a_meter(api)
    await api.billing.meters.deactivate_async(first.id)
    await a_meter(api)

    with pytest.raises(stripe.InvalidRequestError):
        await api.billing.meters.reactivate_async(first.id)


@pytest.mark.parametrize(("formula", "value"), [("sum", 4.5), ("count", 2), ("last", 1.5)])
async def test_events_are_aggregated_as_the_meter_says(
    api: Any, control: Control, formula: str, value: float
) -> None:
    meter, customer = await a_meter(api, formula), await ada(api)
    now = (await control.get("clock"))["now"]
    await drink(api, customer.id, "1.5", timestamp=now)
    await drink(api, customer.id, 3, timestamp=now - 5)
    grace = await api.customers.create_async({"email": "grace@example.com"})

    assert await _counted(api, meter.id, customer.id, now) == [value]
    assert await _counted(api, meter.id, grace.id, now) == [0]


async def test_use_is_summed_up_by_the_hour(api: Any) -> None:
    meter, customer = await a_meter(api), await ada(api)
    hour = customer.created - customer.created % 3600
    for ago in (0, 1, 1, 3):
        await drink(api, customer.id, 2, timestamp=hour - ago * 3600)

    found = await api.billing.meters.event_summaries.list_async(
        meter.id,
        {"customer": customer.id, "start_time": hour - 3 * 3600, "end_time": hour + 3600,
         "value_grouping_window": "hour", "limit": 3},
    )  # fmt: skip

    assert [each.aggregated_value for each in found.data] == [2, 4, 0]
    assert [each.aggregated_value async for each in found.auto_paging_iter()] == [2, 4, 0, 2]
    for wrong in ({"start_time": hour + 1}, {"end_time": hour - 7200 * 2}):
        given = {"customer": customer.id, "start_time": hour - 3600, "end_time": hour}
        with pytest.raises(stripe.InvalidRequestError):
            await api.billing.meters.event_summaries.list_async(meter.id, {**given, **wrong})


async def test_an_identifier_counts_once_within_a_day(api: Any, control: Control) -> None:
    meter, customer = await a_meter(api), await ada(api)
    event = await drink(api, customer.id, 2, identifier="cup-1")

    with pytest.raises(stripe.InvalidRequestError, match="already exists with identifier cup-1"):
        await drink(api, customer.id, 2, identifier="cup-1")
    once = await _counted(api, meter.id, customer.id, customer.created)
    await control.post("clock", {"advance": 2 * DAY})
    await drink(api, customer.id, 5, identifier="cup-1")

    assert (event.identifier, event.payload["value"]) == ("cup-1", "2")
    assert once == [2]
    assert await _counted(api, meter.id, customer.id, customer.created + 2 * DAY) == [5]


@pytest.mark.parametrize(("shift", "is_taken"), [
    (-35 * DAY + 60, True), (-35 * DAY - 60, False), (4 * MINUTE, True), (6 * MINUTE, False),
])  # fmt: skip
async def test_an_event_is_neither_too_old_nor_too_new(
    api: Any, shift: int, is_taken: bool
) -> None:
    await a_meter(api)
    customer = await ada(api)
    at = customer.created + shift
    if is_taken:
        assert (await drink(api, customer.id, timestamp=at)).timestamp == at
        return
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await drink(api, customer.id, timestamp=at)
    assert refusal.value.param == "timestamp"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"event_name": "cakes"}, "event_name"),
        ({"payload": {"value": "1"}}, "payload[stripe_customer_id]"),
        ({"payload": {"stripe_customer_id": "ADA"}}, "payload[value]"),
        ({"payload": {"stripe_customer_id": "ADA", "value": "much"}}, "payload[value]"),
        ({"payload": {"stripe_customer_id": "ADA", "value": "NaN"}}, "payload[value]"),
        (
            {"payload": {"stripe_customer_id": "cus_no", "value": "1"}},
            "payload[stripe_customer_id]",
        ),
    ],
)  # fmt: skip
async def test_an_event_names_what_it_counts(api: Any, given: Any, param: str) -> None:
    await a_meter(api)
    customer = await ada(api)
    payload = {
        name: customer.id if value == "ADA" else value
        for name, value in given.get("payload", {"stripe_customer_id": "ADA", "value": "1"}).items()
    }

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.billing.meter_events.create_async(
            {"event_name": "cups", **given, "payload": payload}
        )

    assert refusal.value.param == param


async def test_an_event_can_be_taken_back_within_a_day(api: Any, control: Control) -> None:
    meter, customer = await a_meter(api), await ada(api)
    await drink(api, customer.id, 2, identifier="mistake")
    await drink(api, customer.id, 3)
    given = {"event_name": "cups", "type": "cancel", "cancel": {"identifier": "mistake"}}

    done = await api.billing.meter_event_adjustments.create_async(given)

    now = (await control.get("clock"))["now"]
    assert (done.status, done.cancel.identifier) == ("complete", "mistake")
    assert await _counted(api, meter.id, customer.id, now) == [3]
    late = {**given, "cancel": {"identifier": "late"}}
    await drink(api, customer.id, 1, identifier="late")
    await control.post("clock", {"advance": DAY + 1})
    for wrong in (given, late, {"event_name": "cups", "type": "cancel"}):
        with pytest.raises(stripe.InvalidRequestError):
            await api.billing.meter_event_adjustments.create_async(wrong)


async def test_what_was_used_is_on_the_invoice_at_the_periods_end(api: Any) -> None:
    meter = await a_meter(api)
    price = await a_metered_price(api, meter.id)
    clock = await api.test_helpers.test_clocks.create_async({"frozen_time": 1_900_000_000})
    customer = await ada(api, test_clock=clock.id, payment_method="pm_card_visa")
    card = (await api.payment_methods.list_async({"customer": customer.id})).data[0].id
    subscription = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}], "default_payment_method": card,
         "expand": ["latest_invoice"]}
    )  # fmt: skip
    item = subscription["items"].data[0]
    await drink(api, customer.id, 7)
    await drink(api, customer.id, 5)
    preview = await api.invoices.create_preview_async({"subscription": subscription.id})

    await advance(api, clock.id, item.current_period_end + 2 * 3600)

    renewed = await api.subscriptions.retrieve_async(
        subscription.id, {"expand": ["latest_invoice"]}
    )
    (line,) = renewed.latest_invoice.lines.data
    assert (subscription.latest_invoice.total, "quantity" in item) == (0, False)
    assert (item.plan.meter, item.plan.usage_type) == (meter.id, "metered")
    assert preview.total == renewed.latest_invoice.total == 12 * 30
    assert (renewed.latest_invoice.status, line.quantity) == ("paid", 12)
    assert (line.period.start, line.period.end) == (subscription.created, item.current_period_end)
    following = await api.invoices.create_preview_async({"subscription": subscription.id})
    assert following.total == 0


async def test_what_a_trial_saw_used_is_free(api: Any) -> None:
    price = await a_metered_price(api, (await a_meter(api)).id)
    clock = await api.test_helpers.test_clocks.create_async({"frozen_time": 1_900_000_000})
    customer = await ada(api, test_clock=clock.id)
    subscription = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}], "trial_period_days": 3}
    )
    await drink(api, customer.id, 7)

    await advance(api, clock.id, 1_900_000_000 + 3 * DAY + MINUTE)

    ended = await api.subscriptions.retrieve_async(subscription.id, {"expand": ["latest_invoice"]})
    assert (ended.status, ended.latest_invoice.total) == ("active", 0)


async def test_use_can_be_tiered(api: Any) -> None:
    tiers = [{"up_to": 10, "unit_amount": 0}, {"up_to": "inf", "unit_amount_decimal": "2.5"}]
    meter = await a_meter(api)
    price = await a_metered_price(
        api, meter.id, unit_amount=None, billing_scheme="tiered", tiers_mode="graduated",
        tiers=tiers,
    )  # fmt: skip
    customer = await ada(api)
    subscription = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}], "payment_behavior":
         "default_incomplete"}
    )  # fmt: skip
    await drink(api, customer.id, 14)

    preview = await api.invoices.create_preview_async({"subscription": subscription.id})

    assert preview.total == 10


async def test_a_metered_price_needs_a_meter_and_no_quantity(api: Any) -> None:
    meter = await a_meter(api)
    price = await a_metered_price(api, meter.id)
    customer = await ada(api)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.subscriptions.create_async(
            {"customer": customer.id, "items": [{"price": price.id, "quantity": 2}]}
        )
    await api.billing.meters.deactivate_async(meter.id)

    assert refusal.value.param == "items[0][quantity]"
    metered, licensed = {"usage_type": "metered"}, {"usage_type": "licensed"}
    for wrong in (metered, {**metered, "meter": meter.id}, {**metered, "meter": "mtr_no"},
                  {**licensed, "meter": meter.id}):  # fmt: skip
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await a_metered_price(api, "", recurring={"interval": "month", **wrong})
        assert refusal.value.param == "recurring[meter]"
