"""Subscription schedules: phases come at their time, and what follows the last one."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.lives import DAY_S, START, Life, a_life, advance, customer_on_clock, moment
from tests.sandbox.selling import a_price

RENEWAL = moment(2027, 5, 1)


def _same(schedule: Any) -> dict[str, Any]:
    """Give the present phase of a schedule as it would be sent back."""
    phase = schedule.phases[0]
    items = [{"price": item.price, "quantity": item.quantity} for item in phase["items"]]
    return {"items": items, "start_date": phase.start_date, "end_date": phase.end_date}


async def _downgrade(api: Any, **more: Any) -> tuple[Life, Any, Any]:
    """Plan a cheaper price for the period's end."""
    ada = await a_life(api, unit_amount=3000)
    cheap = await a_price(api, unit_amount=1000)
    taken = await api.subscription_schedules.create_async({"from_subscription": ada.subscription})
    planned = await api.subscription_schedules.update_async(
        taken.id, {"phases": [_same(taken), {"items": [{"price": cheap.id}]}], **more}
    )
    return ada, cheap, planned


async def test_a_schedule_takes_a_running_subscription_over(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)

    taken = await api.subscription_schedules.create_async({"from_subscription": ada.subscription})

    assert (taken.status, taken.end_behavior, taken.subscription) == (
        "active", "release", ada.subscription,
    )  # fmt: skip
    assert (taken.current_phase.start_date, taken.current_phase.end_date) == (START, RENEWAL)
    assert (await ada.now()).schedule == taken.id
    expanded = await ada.now(expand=["schedule"])
    assert expanded.schedule.phases[0]["items"][0].quantity == 1
    assert len(await ada.events("subscription_schedule.created")) == 1


async def test_a_downgrade_comes_at_the_end_of_the_period_without_prorations(api: Any) -> None:
    ada, cheap, planned = await _downgrade(api)

    await ada.until(RENEWAL + 2 * 3600)

    assert [phase.start_date for phase in planned.phases] == [START, RENEWAL]
    after = await ada.now()
    assert [item.price.id for item in after["items"].data] == [cheap.id]
    renewal = (await ada.invoices())[0]
    assert [line.amount for line in renewal.lines.data] == [1000]
    assert (renewal.billing_reason, renewal.amount_paid) == ("subscription_cycle", 1000)
    schedule = await api.subscription_schedules.retrieve_async(planned.id)
    assert (schedule.status, schedule.current_phase.start_date) == ("active", RENEWAL)


async def test_a_schedule_lets_go_after_its_last_phase(api: Any) -> None:
    ada, _, planned = await _downgrade(api)

    await ada.until(moment(2027, 7, 1, 2))

    released = await api.subscription_schedules.retrieve_async(planned.id)
    assert (released.status, released.released_at) == ("released", moment(2027, 6, 1))
    assert (released.subscription, released.released_subscription) == (None, ada.subscription)
    going_on = await ada.now()
    assert (going_on.status, going_on.schedule) == ("active", None)
    assert (await ada.invoices())[0].amount_paid == 1000
    assert len(await ada.events("subscription_schedule.released")) == 1


async def test_a_schedule_can_end_the_subscription(api: Any) -> None:
    ada, _, planned = await _downgrade(api, end_behavior="cancel")

    await ada.until(moment(2027, 6, 1, 2))

    completed = await api.subscription_schedules.retrieve_async(planned.id)
    assert (completed.status, completed.completed_at) == ("completed", moment(2027, 6, 1))
    assert (await ada.now()).status == "canceled"
    (warned,) = await ada.events("subscription_schedule.expiring")
    assert warned.created == moment(2027, 6, 1) - 7 * DAY_S


async def test_a_released_schedule_changes_nothing_any_more(api: Any) -> None:
    ada, _, planned = await _downgrade(api)

    released = await api.subscription_schedules.release_async(planned.id)
    await ada.until(RENEWAL + 2 * 3600)

    assert (released.status, (await ada.now()).schedule) == ("released", None)
    assert (await ada.invoices())[0].amount_paid == 3000
    for refused in (
        api.subscription_schedules.release_async(planned.id),
        api.subscription_schedules.cancel_async(planned.id),
        api.subscription_schedules.update_async(planned.id, {"metadata": {"a": "b"}}),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            await refused


async def test_a_canceled_schedule_takes_its_subscription_along(api: Any) -> None:
    ada, _, planned = await _downgrade(api)
    await ada.until(START + 15 * DAY_S)

    canceled = await api.subscription_schedules.cancel_async(planned.id)

    assert canceled.status == "canceled"
    assert (await ada.now()).status == "canceled"
    assert (await ada.invoices())[0].total == -1500


async def test_a_canceled_subscription_takes_its_schedule_along(api: Any) -> None:
    ada, _, planned = await _downgrade(api)

    await api.subscriptions.cancel_async(ada.subscription)

    schedule = await api.subscription_schedules.retrieve_async(planned.id)
    assert (schedule.status, schedule.current_phase) == ("canceled", None)
    assert len(await ada.events("subscription_schedule.canceled")) == 1


async def test_a_scheduled_subscription_does_not_plan_its_own_end(api: Any) -> None:
    ada, _, planned = await _downgrade(api)

    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        await ada.change(cancel_at_period_end=True)

    await api.subscription_schedules.release_async(planned.id)
    assert (await ada.change(cancel_at_period_end=True)).cancel_at_period_end


async def test_a_subscription_can_be_planned_from_its_beginning(api: Any) -> None:
    customer = await customer_on_clock(api)
    low, high = [await a_price(api, unit_amount=amount) for amount in (1000, 2000)]
    planned = await api.subscription_schedules.create_async(
        {
            "customer": customer.id,
            "start_date": START + DAY_S,
            "phases": [
                {"items": [{"price": low.id}], "duration": {"interval": "month"}},
                {"items": [{"price": high.id, "quantity": 2}], "metadata": {"phase": "two"}},
            ],
        }
    )
    await advance(api, customer.test_clock, START + DAY_S + 2 * 3600)
    begun = await api.subscription_schedules.retrieve_async(planned.id)

    await advance(api, customer.test_clock, moment(2027, 5, 2, 2))

    assert (planned.status, planned.subscription) == ("not_started", None)
    assert begun.status == "active"
    subscription = await api.subscriptions.retrieve_async(begun.subscription)
    assert (subscription.created, subscription.metadata["phase"]) == (START + DAY_S, "two")
    invoices = (await api.invoices.list_async({"customer": customer.id})).data
    assert [each.amount_paid for each in invoices] == [4000, 1000]


async def test_a_phase_with_another_interval_begins_a_cycle_of_its_own(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    yearly = await a_price(api, unit_amount=30_000, interval="year")
    taken = await api.subscription_schedules.create_async({"from_subscription": ada.subscription})
    await api.subscription_schedules.update_async(
        taken.id, {"phases": [_same(taken), {"items": [{"price": yearly.id}]}]}
    )

    await ada.until(RENEWAL + 2 * 3600)

    item = (await ada.now())["items"].data[0]
    assert (item.current_period_start, item.current_period_end) == (RENEWAL, moment(2028, 5, 1))
    assert [each.amount_paid for each in await ada.invoices()] == [30_000, 3000]


async def test_a_change_of_the_present_phase_is_prorated_now(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    dear = await a_price(api, unit_amount=6000)
    taken = await api.subscription_schedules.create_async({"from_subscription": ada.subscription})
    await ada.until(START + 15 * DAY_S)

    await api.subscription_schedules.update_async(
        taken.id, {"phases": [{**_same(taken), "items": [{"price": dear.id}]}]}
    )

    assert [each.amount for each in await ada.pending()] == [-1500, 3000]
    event = (await ada.events("subscription_schedule.updated"))[0]
    assert "phases" in event.data.previous_attributes


async def test_a_trial_ends_into_the_next_phase(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000, trial_period_days=14)
    cheap = await a_price(api, unit_amount=1000)
    taken = await api.subscription_schedules.create_async({"from_subscription": ada.subscription})
    await api.subscription_schedules.update_async(
        taken.id,
        {"phases": [{**_same(taken), "trial": True}, {"items": [{"price": cheap.id}]}]},
    )

    await ada.until(START + 14 * DAY_S + 2 * 3600)

    assert (await ada.now()).status == "active"
    assert [each.amount_paid for each in await ada.invoices()] == [1000, 0]


@pytest.mark.parametrize(
    ("phases", "param"),
    [
        ([{"items": [{"price": "CHEAP"}]}], "phases"),
        ([{"items": [{"price": "CHEAP"}], "start_date": START + 1}], "phases[0][start_date]"),
        ([{"items": [], "start_date": START}], "phases[0][items]"),
        ([{"items": [{"price": "CHEAP"}], "start_date": START, "end_date": START}],
         "phases[0][end_date]"),
        ([{"items": [{"price": "price_no"}], "start_date": START}], "phases[0][items][0][price]"),
        ([{"items": [{"price": "CHEAP"}], "start_date": START, "application_fee_percent": 3}],
         "phases[0][application_fee_percent]"),
    ],
)  # fmt: skip
async def test_phases_that_cannot_be_are_refused_whole(
    api: Any, phases: list[Any], param: str
) -> None:
    _, cheap, planned = await _downgrade(api)
    for phase in phases:
        for item in phase["items"]:
            item["price"] = cheap.id if item["price"] == "CHEAP" else item["price"]

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.subscription_schedules.update_async(planned.id, {"phases": phases})

    assert refusal.value.param == param
    after = await api.subscription_schedules.retrieve_async(planned.id)
    assert after.phases == planned.phases


async def test_taking_over_takes_nothing_else(api: Any) -> None:
    ada = await a_life(api)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.subscription_schedules.create_async(
            {"from_subscription": ada.subscription, "end_behavior": "cancel"}
        )

    assert refusal.value.param == "end_behavior"
    assert (await ada.now()).schedule is None


async def test_a_subscription_has_one_schedule(api: Any) -> None:
    ada = await a_life(api)
    await api.subscription_schedules.create_async({"from_subscription": ada.subscription})

    with pytest.raises(stripe.InvalidRequestError, match="already attached"):
        await api.subscription_schedules.create_async({"from_subscription": ada.subscription})


async def test_schedules_are_found_by_how_they_stand(api: Any) -> None:
    ada, cheap, planned = await _downgrade(api)
    later = await api.subscription_schedules.create_async(
        {
            "customer": ada.customer,
            "start_date": START + DAY_S,
            "phases": [{"items": [{"price": cheap.id}]}],
        }
    )
    await api.subscription_schedules.release_async(planned.id)

    for given, expected in (
        ({"customer": ada.customer}, [later.id, planned.id]),
        ({"scheduled": True}, [later.id]),
        ({"released_at": {"gte": START}}, [planned.id]),
        ({"canceled_at": {"gte": START}}, []),
    ):
        listed = await api.subscription_schedules.list_async(given)
        assert [each.id for each in listed.data] == expected
    canceled = await api.subscription_schedules.cancel_async(later.id)
    assert (canceled.status, canceled.subscription) == ("canceled", None)
