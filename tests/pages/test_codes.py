"""A code that Stripe would not count, or would refuse, is said so before the button."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

import pytest

from portal.billing.billed import Discount
from portal.pages.confirm import DISCOUNT, promised_in
from portal.plans.tables import Plan
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.mails import link_in, mail_to
from tests.pages.shelves import change_site
from tests.people import ADA

HALF = {"id": "HALF", "percent_off": "50", "duration": "forever"}
OF_EUROS = {
    "id": "FIVE", "amount_off": "500", "currency": "eur",
    "currency_options[usd][amount_off]": "700", "duration": "once",
}  # fmt: skip


async def make(shop: Shop, coupon: Mapping[str, str], **limits: str) -> None:
    """Make a coupon, and with limits the promotion code FRIENDS for it."""
    made: list[tuple[str, Mapping[str, str]]] = [("coupons", coupon)]
    if limits:
        to = {"promotion[type]": "coupon", "promotion[coupon]": coupon["id"], "code": "FRIENDS"}
        limits = {f"restrictions{name}": value for name, value in limits.items()}
        made.append(("promotion_codes", to | limits))
    for path, form in made:
        await shop.stripe.post(path, form)


async def product_of(plan: str) -> str:
    """Return Stripe's product of a plan."""
    found = await Plan.select(Plan.stripe_product).where(Plan.key == plan).first()
    assert found is not None
    return str(found["stripe_product"])


@pytest.mark.parametrize("code", ["HALF", "FRIENDS"])
async def test_a_code_for_another_plan_promises_nothing(
    shop: Shop, ada: Visitor, code: str
) -> None:
    only_house = {"applies_to[products][0]": await product_of("house")}
    await make(shop, HALF | only_house, **{"[first_time_transaction]": "true"})

    page = await ada.open(f"/signup?plan=studio&interval=year&coupon={code}")

    assert f"The code {code} is not for the plan Studio." in page.text
    assert "50% off" not in page.text
    assert "€60.00" not in page.text
    assert "€120.00 a year" in page.text
    assert (await ada.sign_up(ADA | {"coupon": code}, "?plan=studio")).status_code == 422
    assert await shop.counts() == (0, 0)


@pytest.mark.parametrize("interval", ["month", "year"])
async def test_a_code_for_this_plan_takes_off_what_was_said(
    shop: Shop, ada: Visitor, interval: str
) -> None:
    await make(shop, HALF | {"applies_to[products][0]": await product_of("house")})
    half = {"month": 2450, "year": 24500}[interval]
    query = f"?plan=house&interval={interval}&coupon=HALF"

    page = await ada.open(f"/signup{query}")
    assert f"owe €{half / 100:.2f} today" in page.text
    await ada.sign_up(ADA, query)

    (invoice,) = await shop.stripe.objects("invoice")
    assert invoice["amount_due"] == half


@pytest.mark.parametrize(
    ("plan", "least", "said"),
    [
        ("house", 4900, ""),
        ("house", 100_000, "The code FRIENDS needs an order of at least €1,000.00."),
        ("studio", 1200, ""),
        ("studio", 1201, "The code FRIENDS needs an order of at least €12.01."),
    ],
)
async def test_what_an_order_has_to_come_to_is_said_before_the_button(
    shop: Shop, ada: Visitor, plan: str, least: int, said: str
) -> None:
    limits = {"[minimum_amount]": str(least), "[minimum_amount_currency]": "eur"}
    await make(shop, HALF, **limits)

    page = await ada.open(f"/signup?plan={plan}&coupon=FRIENDS")
    answer = await ada.sign_up(ADA | {"coupon": "FRIENDS"}, f"?plan={plan}")

    assert ("needs an order" in page.text) is bool(said)
    assert said in page.text
    assert ("50% off" in page.text) is not bool(said)
    assert answer.status_code == (422 if said else 303)
    assert await shop.counts() == ((0, 0) if said else (1, 1))


async def test_a_code_for_orders_in_another_currency_is_said_so(shop: Shop, ada: Visitor) -> None:
    await make(shop, HALF, **{"[minimum_amount]": "1", "[minimum_amount_currency]": "usd"})

    page = await ada.open("/signup?plan=house&coupon=FRIENDS")

    assert "The code FRIENDS cannot be used in this currency." in page.text


async def test_a_code_takes_off_its_sum_in_the_currency_of_the_order(
    shop: Shop, ada: Visitor
) -> None:
    await make(shop, OF_EUROS)

    page = await ada.open("/signup?plan=house&currency=usd&site=2&coupon=FIVE")
    answer = await ada.sign_up(ADA | {"coupon": "FIVE"}, "?plan=house&currency=usd&site=2")

    assert "$7.00 off the first payment" in page.text
    assert "$43.00" in page.text
    assert answer.status_code == 303
    (invoice,) = await shop.stripe.objects("invoice")
    assert (invoice["amount_due"], invoice["currency"]) == (4300, "usd")


async def test_what_a_limited_code_was_said_to_give_counts_once_the_address_is_confirmed(
    shop: Shop, ada: Visitor
) -> None:
    only_house = {"applies_to[products][0]": await product_of("house")}
    limits = {"[minimum_amount]": "4900", "[minimum_amount_currency]": "eur"}
    await make(shop, OF_EUROS | only_house, **limits)
    await change_site(shop, verify_email="before")

    await ada.sign_up(ADA | {"coupon": "FRIENDS"}, "?plan=house")
    await ada.press(await ada.open(link_in(await mail_to(ADA["email"]))), "")

    (invoice,) = await shop.stripe.objects("invoice")
    assert invoice["amount_due"] == 4400


def test_a_promise_is_kept_as_it_was_and_one_from_before_an_upgrade_too() -> None:
    promised = Discount(
        "TEA", "promotion_code", "promo_1", None, 500, "eur", "once", None,
        products=("prod_1",), amounts_off={"eur": 500}, minimums={"eur": 1000},
    )  # fmt: skip
    old = {
        "code": "TEA", "kind": "coupon", "stripe_id": "TEA", "percent_off": 50.0,
        "amount_off": None, "currency": None, "duration": "once", "months": None,
    }  # fmt: skip

    assert promised_in({DISCOUNT: json.dumps(asdict(promised))}) == promised
    assert promised_in({DISCOUNT: json.dumps(old)}) == Discount(
        "TEA", "coupon", "TEA", 50.0, None, None, "once", None
    )
