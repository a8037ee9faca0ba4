"""What is charged next, after discounts: as Stripe's side of it then really charges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.billing.billed import BilledDiscount
from portal.clock import now
from portal.database import run_sql
from portal.subscriptions.copies import after_all
from portal.subscriptions.status import Standing, standing_of
from tests.onboarding.shop import Shop
from tests.subscriptions.conftest import Subscriber, subscriber

DAY_S = 24 * 3600
HALF = {"percent_off": "50"}
FREE = {"percent_off": "100"}
FIVE = {"amount_off": "500", "currency": "eur"}
OF_DOLLARS = {"amount_off": "600", "currency": "usd", "currency_options[eur][amount_off]": "500"}
ONCE = {"duration": "once"}
TWO_MONTHS = {"duration": "repeating", "duration_in_months": "2"}
FOREVER = {"duration": "forever"}

# The coupon; then with a trial what is said before and after the first charge.
TRIALS: list[tuple[dict[str, str], list[int], list[str]]] = [
    (HALF | ONCE, [600, 1200], ["trial_discounted", "active_renews"]),
    (HALF | TWO_MONTHS, [600, 600], ["trial_discounted", "active_discounted"]),
    (HALF | FOREVER, [600, 600], ["trial_goes_on", "active_renews"]),
    (HALF | FOREVER | {"code": "FRIENDS"}, [600, 600], ["trial_goes_on", "active_renews"]),
    (FIVE | ONCE, [700, 1200], ["trial_discounted", "active_renews"]),
    (FIVE | FOREVER, [700, 700], ["trial_goes_on", "active_renews"]),
    (FREE | ONCE, [0, 1200], ["trial_then_nothing", "active_renews"]),
    (FREE | TWO_MONTHS, [0, 0], ["trial_then_nothing", "active_nothing"]),
    (FREE | FOREVER, [0, 0], ["trial_then_free", "active_free"]),
]
# Paid from the first day: what is paid then, what comes next, and what is said of it.
PAID: list[tuple[dict[str, str], int, int, str]] = [
    (HALF | ONCE, 2450, 4900, "active_renews"),
    (HALF | TWO_MONTHS, 2450, 2450, "active_discounted"),
    (FIVE | FOREVER, 4400, 4400, "active_renews"),
    (OF_DOLLARS | FOREVER, 4400, 4400, "active_renews"),
    (FREE | ONCE, 0, 4900, "active_without_card"),
    (FREE | TWO_MONTHS, 0, 0, "active_nothing"),
    (FREE | FOREVER, 0, 0, "active_free"),
]


async def stands(ada: Subscriber) -> Standing:
    return standing_of(await ada.hold(), now())


async def taken(shop: Shop) -> list[int]:
    """Return what was paid at Stripe, first things first."""
    invoices = [row for row in await shop.stripe.objects("invoice") if row["amount_paid"]]
    return [row["amount_paid"] for row in sorted(invoices, key=lambda row: row["created"])]


@pytest.mark.parametrize(("coupon", "next_amounts", "said"), TRIALS)
async def test_after_a_trial_is_charged_what_was_said(
    shop: Shop, coupon: dict[str, str], next_amounts: list[int], said: list[str]
) -> None:
    ada = await subscriber(shop, "studio", coupon=await shop.coupon(**coupon))
    assert (await ada.copy())["next_amount"] == next_amounts[0]
    await ada.adds_card()
    await ada.sync()
    before = await stands(ada)
    assert before.next_charge is None or before.next_charge.amount == next_amounts[0]

    await ada.passes(15 * DAY_S)
    await ada.sync()
    after = await stands(ada)

    assert [before.sentence.code, after.sentence.code] == said
    assert await taken(shop) == [amount for amount in next_amounts[:1] if amount]
    assert (await ada.copy())["next_amount"] == next_amounts[1]

    await ada.passes(31 * DAY_S)
    assert await taken(shop) == [amount for amount in next_amounts if amount]


@pytest.mark.parametrize(("coupon", "first", "then", "said"), PAID)
async def test_what_is_paid_from_the_first_day(
    shop: Shop, coupon: dict[str, str], first: int, then: int, said: str
) -> None:
    ada = await subscriber(shop, "house", coupon=await shop.coupon(**coupon))
    begun = await stands(ada)
    if first:
        assert begun.amounts["amount"] == (first, "eur")
        assert begun.sentence.code == "first_without_card"
        method = await ada.adds_card()
        invoice = (await ada.copy())["invoice"]
        await ada.gateway.pay_invoice(invoice, method, key="k1")
        await ada.sync()
        begun = await stands(ada)

    assert (await ada.copy())["status"] == "active"
    assert begun.sentence.code == said
    assert (begun.next_charge.amount if begun.next_charge else 0) == then
    assert await taken(shop) == [amount for amount in [first] if amount]

    if not first:
        await ada.adds_card()
    await ada.passes(32 * DAY_S)
    assert await taken(shop) == [amount for amount in [first, then] if amount]


async def test_what_costs_nothing_outlives_its_trial_without_a_card(shop: Shop) -> None:
    ada = await subscriber(shop, "studio", coupon=await shop.coupon(**FREE, **FOREVER))

    await ada.passes(15 * DAY_S)
    await ada.sync()

    assert (await stands(ada)).sentence.code == "active_free"


async def test_a_discount_for_another_product_takes_nothing_off(shop: Shop) -> None:
    ada = await subscriber(shop, "studio")
    (other,) = [row for row in await shop.stripe.objects("product") if row["name"] == "house"]
    await shop.coupon(**HALF, **FOREVER, **{"applies_to[products][0]": other["id"]})
    changed: Any = {"discounts": [{"coupon": "TEA"}]}
    await ada.gateway.v1.subscriptions.update_async(ada.subscription, changed)

    await ada.sync()

    assert (await ada.copy())["next_amount"] == 1200


async def test_two_discounts_are_taken_off_one_after_the_other(shop: Shop) -> None:
    ada = await subscriber(shop, "studio")
    await shop.coupon(**HALF, **FOREVER)
    await shop.coupon(id="FIVE", **FIVE, **ONCE)
    changed: Any = {"discounts": [{"coupon": "TEA"}, {"coupon": "FIVE"}]}
    await ada.gateway.v1.subscriptions.update_async(ada.subscription, changed)

    await ada.sync()

    copy = await ada.copy()
    assert (copy["next_amount"], copy["lasting_amount"]) == (100, 600)


async def test_a_found_subscription_tells_its_discounts_and_what_is_due(shop: Shop) -> None:
    ada = await subscriber(shop, "house", coupon=await shop.coupon(**HALF, **FOREVER))
    (op,) = await run_sql("SELECT op_id FROM operation WHERE kind = 'create_subscription'")

    found = await ada.gateway.find_subscription(ada.stripe_id, op["op_id"])

    assert found is not None
    assert [discount.percent_off for discount in found.discounts] == [50]
    assert found.invoice is not None
    assert found.invoice.amount_due == 2450


@pytest.mark.parametrize(
    ("tax", "inclusive", "added"),
    [("none", False, False), ("automatic", False, True), ("rates", False, True),
     ("rates", True, False)],
)  # fmt: skip
async def test_a_copy_knows_whether_tax_comes_on_top(
    shop: Shop, tax: str, inclusive: bool, added: bool
) -> None:
    rate = {"display_name": "VAT", "percentage": "20", "inclusive": str(inclusive).lower()}
    made = await shop.stripe.post("tax_rates", rate)
    site = replace(shop.with_tax(tax, made["id"]), tax_inclusive=inclusive)
    ada = await subscriber(shop, "studio", site=site)

    assert bool((await ada.copy())["tax_added"]) is added
    await ada.sync()
    assert bool((await ada.copy())["tax_added"]) is added
    assert (await stands(ada)).plus_tax is added


async def test_a_discount_that_ends_before_the_next_charge_takes_nothing_off(shop: Shop) -> None:
    ada = await subscriber(shop, "house", coupon=await shop.coupon(**FREE, **TWO_MONTHS))
    await ada.adds_card()

    await ada.passes(32 * DAY_S)
    await ada.sync()

    assert (await ada.copy())["period_ends_at"] > datetime.now(UTC)
    assert (await ada.copy())["next_amount"] == 4900


def test_discounts_are_taken_off_one_after_the_other_each_from_what_it_is_for() -> None:
    half = BilledDiscount(50.0, None, "once", None)
    five = BilledDiscount(None, 500, "once", None)

    assert after_all([half, five], 2000) == 500
    assert after_all([five, half], 2000) == 750
    assert after_all([], 2000) == 2000
    assert after_all([replace(half, covers=600)], 2000) == 1700
    assert after_all([replace(five, covers=300)], 2000) == 1700
    assert after_all([five, five, five, replace(half, covers=1900)], 2000) == 250
