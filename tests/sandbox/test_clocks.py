"""Test clocks: they take a while to advance, and everything on them lives in their time."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.lives import DAY_S, HOUR_S, START, a_life, advance, customer_on_clock, moment
from tests.sandbox.selling import a_price


async def test_a_clock_is_advancing_until_it_is_ready(api: Any) -> None:
    clock = await api.test_helpers.test_clocks.create_async({"frozen_time": START})

    moved = await api.test_helpers.test_clocks.advance_async(
        clock.id, {"frozen_time": START + DAY_S}
    )

    assert (moved.status, moved.frozen_time) == ("advancing", START)
    assert moved.status_details.advancing.target_frozen_time == START + DAY_S
    assert (await api.test_helpers.test_clocks.retrieve_async(clock.id)).status == "advancing"
    with pytest.raises(stripe.InvalidRequestError):
        await api.test_helpers.test_clocks.advance_async(
            clock.id, {"frozen_time": START + 2 * DAY_S}
        )


async def test_nothing_on_an_advancing_clock_is_changed(api: Any) -> None:
    ada = await a_life(api)
    await api.test_helpers.test_clocks.advance_async(ada.clock, {"frozen_time": START + DAY_S})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await ada.change(description="Tea")

    assert refusal.value.code == "test_clock_advancing"


async def test_a_year_is_renewed_month_by_month(api: Any) -> None:
    ada = await a_life(api, unit_amount=900)

    await ada.until(moment(2028, 4, 1, 2))

    paid = await ada.invoices(status="paid")
    assert len(paid) == 13
    assert [each.created for each in paid[:2]] == [moment(2028, 4, 1), moment(2028, 3, 1)]
    assert paid[0].status_transitions.paid_at == moment(2028, 4, 1, 1)


async def test_the_31st_stays_the_months_last_day(api: Any) -> None:
    ada = await a_life(api, start=moment(2027, 1, 31))
    ends = []

    for month in (2, 3, 4):
        ends.append((await ada.now())["items"].data[0].current_period_end)
        await ada.until(ends[-1] + 2 * HOUR_S)
        assert moment(2027, month, 1) < ends[-1] < moment(2027, month + 1, 1)

    assert ends == [moment(2027, 2, 28), moment(2027, 3, 31), moment(2027, 4, 30)]


async def test_a_leap_day_is_kept_from_year_to_year(api: Any) -> None:
    ada = await a_life(api, start=moment(2028, 2, 29), interval="year")

    await ada.until(moment(2032, 2, 29, 2))

    ends = [each.created for each in await ada.invoices()]
    assert ends == [
        moment(2032, 2, 29),
        moment(2031, 2, 28),
        moment(2030, 2, 28),
        moment(2029, 2, 28),
        moment(2028, 2, 29),
    ]


async def test_a_clocks_time_is_its_own(api: Any, control: Control) -> None:
    ada = await a_life(api)
    price = await a_price(api, unit_amount=900)
    grace = await api.customers.create_async(
        {"email": "grace@example.com", "payment_method": "pm_card_visa"}
    )
    method = (await api.payment_methods.list_async({"customer": grace.id})).data[0].id
    hers = await api.subscriptions.create_async(
        {"customer": grace.id, "items": [{"price": price.id}], "default_payment_method": method}
    )

    await control.post("clock", {"advance": 40 * DAY_S})
    await ada.until(START + DAY_S)

    assert len(await ada.invoices()) == 1
    found = await api.invoices.list_async({"subscription": hers.id})
    assert len(found.data) == 2
    renewed = await api.subscriptions.retrieve_async(hers.id)
    assert renewed["items"].data[0].current_period_start > hers.created


async def test_a_deleted_clock_takes_what_is_on_it_along(api: Any) -> None:
    customer = await customer_on_clock(api)
    other = await customer_on_clock(api)

    gone = await api.test_helpers.test_clocks.delete_async(customer.test_clock)

    assert gone.deleted is True
    assert (await api.customers.retrieve_async(customer.id)).deleted is True
    await advance(api, other.test_clock, START + DAY_S)
    listed = await api.test_helpers.test_clocks.list_async()
    assert [each.id for each in listed.data] == [other.test_clock]
