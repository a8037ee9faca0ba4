"""What a change in the middle of a period costs or gives back."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.lives import DAY_S, START, a_life, moment
from tests.sandbox.selling import a_price

MIDDLE = START + 15 * DAY_S


async def test_a_dearer_price_is_prorated_to_the_second_on_the_next_invoice(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    dear = await a_price(api, unit_amount=6000)
    await ada.until(START + 10 * DAY_S)

    await ada.change(items=[{"id": ada.item, "price": dear.id}])

    assert [each.amount for each in await ada.pending()] == [-2000, 4000]
    await ada.until(moment(2027, 5, 1, 2))
    renewal = (await ada.invoices())[0]
    assert [line.amount for line in renewal.lines.data] == [-2000, 4000, 6000]
    assert (renewal.billing_reason, renewal.amount_paid) == ("subscription_cycle", 8000)
    assert await ada.pending() == []


async def test_an_odd_share_is_rounded_half_away_from_zero_on_each_line(api: Any) -> None:
    ada = await a_life(api, unit_amount=1001)
    other = await a_price(api, unit_amount=2003)
    await ada.until(MIDDLE)

    await ada.change(items=[{"id": ada.item, "price": other.id}])

    assert [each.amount for each in await ada.pending()] == [-501, 1002]


async def test_what_was_paid_counts_by_the_second(api: Any) -> None:
    ada = await a_life(api, unit_amount=30 * DAY_S)
    other = await a_price(api, unit_amount=60 * DAY_S)
    await ada.until(MIDDLE + 1)

    await ada.change(items=[{"id": ada.item, "price": other.id}])

    left = 15 * DAY_S - 1
    assert [each.amount for each in await ada.pending()] == [-left, 2 * left]


async def test_without_prorations_nothing_is_billed_or_credited(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    dear = await a_price(api, unit_amount=6000)
    await ada.until(MIDDLE)

    await ada.change(items=[{"id": ada.item, "price": dear.id}], proration_behavior="none")

    assert await ada.pending() == []
    assert len(await ada.invoices()) == 1
    await ada.until(moment(2027, 5, 1, 2))
    assert (await ada.invoices())[0].amount_paid == 6000


async def test_a_change_can_be_invoiced_and_paid_at_once(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    dear = await a_price(api, unit_amount=6000)
    await ada.until(MIDDLE)

    changed = await ada.change(
        items=[{"id": ada.item, "price": dear.id}],
        proration_behavior="always_invoice",
        expand=["latest_invoice"],
    )

    invoice = changed.latest_invoice
    assert (invoice.billing_reason, invoice.status, invoice.amount_paid) == (
        "subscription_update", "paid", 1500,
    )  # fmt: skip
    assert [line.parent.subscription_item_details.proration for line in invoice.lines.data] == [
        True,
        True,
    ]


async def test_a_proration_counts_from_the_date_it_was_previewed_for(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    dear = await a_price(api, unit_amount=6000)
    await ada.until(MIDDLE)

    await ada.change(items=[{"id": ada.item, "price": dear.id}], proration_date=START + 20 * DAY_S)

    credit, charge = await ada.pending()
    assert (credit.amount, charge.amount) == (-1000, 2000)
    assert credit.period.start == START + 20 * DAY_S
    assert credit.description == "Unused time on Tea after 21 Apr 2027"
    assert charge.description == "Remaining time on Tea after 21 Apr 2027"


async def test_more_of_the_same_is_credited_and_charged_whole(api: Any) -> None:
    ada = await a_life(api, unit_amount=1000)
    await ada.until(MIDDLE)

    await ada.change(items=[{"id": ada.item, "quantity": 3}])

    assert [(each.amount, each.quantity) for each in await ada.pending()] == [(-500, 1), (1500, 3)]


async def test_a_credit_is_of_what_was_paid_discounts_taken_off(api: Any) -> None:
    await api.coupons.create_async({"id": "HALF", "percent_off": 50, "duration": "once"})
    ada = await a_life(api, unit_amount=3000, discounts=[{"coupon": "HALF"}])
    dear = await a_price(api, unit_amount=6000)
    await ada.until(MIDDLE)

    await ada.change(items=[{"id": ada.item, "price": dear.id}])

    assert [each.amount for each in await ada.pending()] == [-750, 3000]


async def test_two_changes_in_one_period_credit_only_what_was_charged(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    dear, dearest = [await a_price(api, unit_amount=amount) for amount in (6000, 9000)]
    await ada.until(START + 10 * DAY_S)
    await ada.change(items=[{"id": ada.item, "price": dear.id}])
    await ada.until(START + 20 * DAY_S)

    await ada.change(items=[{"id": ada.item, "price": dearest.id}])

    assert [each.amount for each in await ada.pending()] == [-2000, 4000, -2000, 3000]


async def test_what_is_credited_beyond_the_invoice_stays_as_the_customers_balance(
    api: Any,
) -> None:
    ada = await a_life(api, unit_amount=6000)
    cheap = await a_price(api, unit_amount=1000)
    await ada.until(MIDDLE)

    changed = await ada.change(
        items=[{"id": ada.item, "price": cheap.id}],
        proration_behavior="always_invoice",
        expand=["latest_invoice"],
    )

    assert (changed.latest_invoice.total, changed.latest_invoice.status) == (-2500, "paid")
    assert (await api.customers.retrieve_async(ada.customer)).balance == -2500
    await ada.until(moment(2027, 5, 1, 2))
    renewal = (await ada.invoices())[0]
    assert (renewal.total, renewal.amount_due, renewal.starting_balance) == (1000, 0, -2500)
    assert (await api.customers.retrieve_async(ada.customer)).balance == -1500


async def test_a_trial_is_changed_without_prorations(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000, trial_period_days=14)
    dear = await a_price(api, unit_amount=6000)

    await ada.change(items=[{"id": ada.item, "price": dear.id}])

    assert await ada.pending() == []


async def test_the_cycle_can_begin_anew_now(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    await ada.until(MIDDLE)

    changed = await ada.change(billing_cycle_anchor={"type": "now"}, expand=["latest_invoice"])

    assert changed.billing_cycle_anchor == MIDDLE
    assert changed["items"].data[0].current_period_end == moment(2027, 5, 16)
    assert [line.amount for line in changed.latest_invoice.lines.data] == [-1500, 3000]


async def test_a_chosen_anchor_makes_the_first_period_a_part(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000, start=MIDDLE, billing_cycle_anchor=moment(2027, 5, 1))

    first = (await ada.invoices())[0]
    await ada.until(moment(2027, 5, 1, 2))

    assert (first.amount_paid, (await ada.invoices())[0].amount_paid) == (1500, 3000)
    assert (await ada.now())["items"].data[0].current_period_end == moment(2027, 6, 1)


async def test_a_chosen_anchor_without_prorations_is_free_until_then(api: Any) -> None:
    ada = await a_life(
        api,
        start=MIDDLE,
        billing_cycle_anchor=moment(2027, 5, 1),
        proration_behavior="none",
    )

    assert (await ada.now()).status == "active"
    assert [each.total for each in await ada.invoices()] == [0]


@pytest.mark.parametrize("anchor", [START - 1, moment(2027, 5, 2)])
async def test_an_anchor_lies_within_the_first_period(api: Any, anchor: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await a_life(api, billing_cycle_anchor=anchor)

    assert refusal.value.param == "billing_cycle_anchor"


async def test_a_change_that_waits_for_its_payment_leaves_it_past_due(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    dear = await a_price(api, unit_amount=6000)
    await ada.until(MIDDLE)

    changed = await ada.change(
        items=[{"id": ada.item, "price": dear.id}],
        proration_behavior="always_invoice",
        payment_behavior="default_incomplete",
        expand=["latest_invoice"],
    )
    await api.invoices.pay_async(changed.latest_invoice.id)

    assert (changed.status, changed.latest_invoice.status) == ("past_due", "open")
    assert (await ada.now()).status == "active"


async def test_a_change_without_any_card_is_refused_whole_when_asked(api: Any) -> None:
    ada = await a_life(api, unit_amount=0, card="")
    dear = await a_price(api, unit_amount=6000)

    with pytest.raises(stripe.InvalidRequestError):
        await ada.change(
            items=[{"id": ada.item, "price": dear.id}],
            proration_behavior="always_invoice",
            payment_behavior="error_if_incomplete",
        )

    assert (await ada.now())["items"].data[0].price.unit_amount == 0


async def test_canceling_can_credit_and_bill_what_is_left(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    await ada.until(MIDDLE)

    canceled = await api.subscriptions.cancel_async(
        ada.subscription, {"prorate": True, "invoice_now": True, "expand": ["latest_invoice"]}
    )

    assert (canceled.status, canceled.latest_invoice.total) == ("canceled", -1500)
    assert (await api.customers.retrieve_async(ada.customer)).balance == -1500


async def test_canceling_drops_prorations_that_wait(api: Any) -> None:
    ada = await a_life(api, unit_amount=1000)
    await ada.until(MIDDLE)
    await ada.change(items=[{"id": ada.item, "quantity": 3}])

    await api.subscriptions.cancel_async(ada.subscription)

    assert await ada.pending() == []


async def test_prorations_that_wait_are_billed_when_the_period_was_the_last(api: Any) -> None:
    ada = await a_life(api, unit_amount=1000)
    await ada.until(MIDDLE)
    await ada.change(items=[{"id": ada.item, "quantity": 3}], cancel_at_period_end=True)

    await ada.until(moment(2027, 5, 1, 2))

    assert (await ada.now()).status == "canceled"
    last = (await ada.invoices())[0]
    assert (last.total, last.status) == (1000, "paid")
