"""Previews: what would be billed, while nothing changes."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.lives import DAY_S, START, Life, a_life, moment
from tests.sandbox.selling import a_price

MIDDLE = START + 15 * DAY_S
RENEWAL = moment(2027, 5, 1)


async def _preview(ada: Life, **details: Any) -> Any:
    given = {"subscription": ada.subscription, "subscription_details": details}
    return await ada.api.invoices.create_preview_async(given)


def _amounts(invoice: Any) -> list[int]:
    return [line.amount for line in invoice.lines.data]


async def test_a_preview_of_a_change_is_what_the_change_then_costs(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    dear = await a_price(api, unit_amount=6000)
    await ada.until(MIDDLE)
    items = [{"id": ada.item, "price": dear.id}]

    preview = await _preview(ada, items=items, proration_date=MIDDLE)

    await ada.change(items=items, proration_date=MIDDLE)
    await ada.until(RENEWAL + 2 * 3600)
    assert _amounts(preview) == _amounts((await ada.invoices())[0]) == [-1500, 3000, 6000]
    assert (preview.status, preview.id.startswith("upcoming_in_")) == ("draft", True)


async def test_a_preview_of_an_invoice_at_once_shows_only_that(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    await ada.until(MIDDLE)

    preview = await _preview(
        ada, items=[{"id": ada.item, "quantity": 2}], proration_behavior="always_invoice"
    )

    assert (_amounts(preview), preview.amount_due) == ([-1500, 3000], 1500)


async def test_a_preview_leaves_nothing_behind(api: Any, control: Control) -> None:
    ada = await a_life(api, unit_amount=3000)
    yearly = await a_price(api, unit_amount=30_000, interval="year")
    await ada.until(MIDDLE)
    before = (await control.get("objects"))["counts"], await ada.now()

    preview = await _preview(ada, items=[{"id": ada.item, "price": yearly.id}])

    assert _amounts(preview) == [-1500, 30_000]
    assert ((await control.get("objects"))["counts"], await ada.now()) == before
    assert await ada.pending() == []


async def test_only_what_recurs_can_be_previewed(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    await ada.until(MIDDLE)

    preview = await api.invoices.create_preview_async(
        {
            "subscription": ada.subscription,
            "subscription_details": {"items": [{"id": ada.item, "quantity": 2}]},
            "preview_mode": "recurring",
        }
    )

    assert _amounts(preview) == [6000]


async def test_a_preview_of_canceling_now_shows_the_credit(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    await ada.until(MIDDLE)

    preview = await _preview(ada, cancel_now=True)

    assert (_amounts(preview), preview.amount_due) == ([-1500], 0)
    assert (await ada.now()).status == "active"


@pytest.mark.parametrize(
    "details",
    [{"cancel_at_period_end": True}, {"cancel_now": True, "proration_behavior": "none"}],
)
async def test_nothing_comes_after_the_end(api: Any, details: dict[str, Any]) -> None:
    ada = await a_life(api)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await _preview(ada, **details)

    assert refusal.value.code == "invoice_upcoming_none"


async def test_a_preview_of_the_trials_end(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000, trial_period_days=14)

    assert _amounts(await _preview(ada)) == [3000]
    assert _amounts(await _preview(ada, trial_end="now")) == [3000]


async def test_a_preview_knows_the_phase_to_come(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    cheap = await a_price(api, unit_amount=1000)
    taken = await api.subscription_schedules.create_async({"from_subscription": ada.subscription})
    price = (await ada.now())["items"].data[0].price.id
    await api.subscription_schedules.update_async(
        taken.id,
        {
            "phases": [
                {"items": [{"price": price}], "start_date": START, "end_date": RENEWAL},
                {"items": [{"price": cheap.id}]},
            ]
        },
    )

    by_subscription = await _preview(ada)
    by_schedule = await api.invoices.create_preview_async({"schedule": taken.id})

    assert _amounts(by_subscription) == _amounts(by_schedule) == [1000]
    assert (await ada.now())["items"].data[0].price.id == price


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"subscription_details": {"resume_at": "now"}}, "subscription_details[resume_at]"),
        ({"discounts": [{"coupon": "TEN"}]}, "discounts"),
        ({"subscription": "sub_no"}, "subscription"),
        ({"subscription_details": {"items": [{"id": "si_no"}]}}, "items[0][id]"),
    ],
)
async def test_a_preview_that_cannot_be_is_refused(
    api: Any, given: dict[str, Any], param: str
) -> None:
    ada = await a_life(api)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.invoices.create_preview_async({"subscription": ada.subscription, **given})

    assert refusal.value.param == param
