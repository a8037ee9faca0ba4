"""Subscriptions that are paused on request, and resumed in the period they had."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.lives import DAY_S, START, Life, a_life, moment

MIDDLE = START + 15 * DAY_S


async def _paused(api: Any, **given: Any) -> Life:
    ada = await a_life(api, unit_amount=3000)
    await ada.until(MIDDLE)
    await api.subscriptions.pause_async(ada.subscription, given)
    return ada


async def test_a_pause_credits_what_is_left(api: Any) -> None:
    ada = await _paused(api)

    paused = await ada.now()
    await ada.until(moment(2027, 7, 1))

    assert paused.status == "paused"
    assert paused.status_details.paused.subscription.type == "pause_requested"
    assert [each.amount for each in await ada.pending()] == [-1500]
    assert len(await ada.invoices()) == 1
    assert len(await ada.events("customer.subscription.paused")) == 1


@pytest.mark.parametrize(
    ("since", "credit"), [("none", []), ("item_current_period_start", [-3000]), ("now", [-1500])]
)
async def test_what_a_pause_credits_can_be_chosen(api: Any, since: str, credit: list[int]) -> None:
    ada = await _paused(api, bill_for={"unused_time_from": {"type": since}})

    assert [each.amount for each in await ada.pending()] == credit


async def test_a_pause_can_be_invoiced_at_once(api: Any) -> None:
    ada = await _paused(api, invoicing_behavior="invoice")

    assert (await ada.invoices())[0].total == -1500
    assert (await api.customers.retrieve_async(ada.customer)).balance == -1500


async def test_only_what_runs_is_paused(api: Any) -> None:
    ada = await _paused(api)

    with pytest.raises(stripe.InvalidRequestError):
        await api.subscriptions.pause_async(ada.subscription)


@pytest.mark.parametrize(
    ("behavior", "pending", "invoices"),
    [("none", [-1500], 1), ("create_prorations", [-1500, 1000], 1), ("always_invoice", [], 2)],
)
async def test_resuming_in_the_old_cycle_charges_its_rest(
    api: Any, behavior: str, pending: list[int], invoices: int
) -> None:
    ada = await _paused(api)
    await ada.until(START + 20 * DAY_S)

    await api.subscriptions.resume_async(
        ada.subscription,
        {
            "billing_cycle_anchor": {"type": "unchanged"},
            "proration_behavior": behavior,
            "payment_behavior": "resume_on_payment_success",
        },
    )

    resumed = await ada.now()
    assert (resumed.status, resumed.billing_cycle_anchor) == ("active", START)
    assert resumed["items"].data[0].current_period_end == moment(2027, 5, 1)
    assert [each.amount for each in await ada.pending()] == pending
    assert len(await ada.invoices()) == invoices
    assert len(await ada.events("customer.subscription.resumed")) == 1
