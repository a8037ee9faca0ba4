"""The order beside the form: what is due today, what follows, and what a code does to it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.billing.billed import Discount
from portal.pages.obligation import button_words, obligation_words
from portal.pages.order import Order, order_of
from portal.pages.wording import tax_note
from portal.plans.catalogue import Chosen, Offer, Pricing
from portal.plans.offers import forget_offers
from portal.plans.tables import Plan, Price
from portal.sites.branding import Branding
from portal.sites.storefront import Storefront
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor, forms_of
from tests.people import ADA

TODAY = date(2026, 11, 21)


def site(**changed: Any) -> Storefront:
    """Return a site as a file would declare it."""
    values: dict[str, Any] = {
            "id": "site_1", "number": 1, "key": "eu", "name": "Acme", "host": None,
            "company_id": "comp_1", "company_key": "acme", "company_name": "Acme",
            "support_email": "", "support_url": "", "country": "DE", "currency": "eur",
            "languages": ("en",), "plan_keys": (), "default_plan": None, "tax": "none",
            "tax_rates": (), "tax_inclusive": False, "verify_email": "after", "fields": {},
            "limits": {}, "layout": "page", "brand": Branding(), "terms_url": "", "privacy_url": "",
            "terms_version": "1", "success_url": "", "portal_configuration": None,
            "market": "eu",
        }  # fmt: skip
    return Storefront(**values | changed)


def chosen(amount: int = 1200, interval: str = "month", trial_days: int = 0) -> Chosen:
    """Pick a plan at a price."""
    pricing = Pricing("pric_1", interval, "eur", amount, "price_1")
    offer = Offer(
        "plan_1", "studio", "Studio", "", (), trial_days, "cancel", recommended=False,
        next_steps=(), prices=(pricing,),
    )  # fmt: skip
    return Chosen(offer, pricing)


def discount(duration: str, months: int | None = None, **off: Any) -> Discount:
    """Make a discount of half, or of what is said."""
    values = {"percent_off": 50.0, "amount_off": None, "currency": None} | off
    return Discount("TEA", "coupon", "TEA", duration=duration, months=months, **values)


def order(picked: Chosen, given: Discount | None = None) -> Order:
    """Work out an order."""
    return order_of(site(), picked, given, None, TODAY, "en")


@pytest.mark.parametrize(
    ("picked", "given", "due", "then"),
    [
        (chosen(), None, 1200, "then €12.00 a month from 21 December 2026"),
        (chosen(12000, "year"), None, 12000, "then €120.00 a year from 21 November 2027"),
        (chosen(trial_days=14), None, 0, "then €12.00 a month from 5 December 2026"),
        (chosen(0), None, 0, ""),
        (chosen(), discount("once"), 600, "then €12.00 a month from 21 December 2026"),
        (chosen(), discount("forever"), 600, "then €6.00 a month from 21 December 2026"),
        (chosen(), discount("repeating", 3), 600, "€6.00 a month for 3 months, then €12.00"),
        (
            chosen(trial_days=14), discount("once"), 0,
            "then €6.00 on 5 December 2026, and €12.00 a month after that",
        ),
        (
            chosen(trial_days=14), discount("once", percent_off=100.0), 0,
            "nothing on 5 December 2026, and €12.00 a month after that",
        ),
        (
            chosen(), discount("repeating", 3, percent_off=100.0), 0,
            "free for 3 months, then €12.00 a month",
        ),
        (chosen(12000, "year"), discount("repeating", 3), 6000, "then €120.00 a year from 21"),
        (
            chosen(12000, "year"), discount("repeating", 14), 6000,
            "€60.00 a year for 2 years, then €120.00 a year",
        ),
        (
            chosen(trial_days=14), discount("repeating", 1), 0,
            "then €6.00 on 5 December 2026, and €12.00 a month after that",
        ),
        (
            chosen(trial_days=14), discount("repeating", 3), 0,
            "then €6.00 a month from 5 December 2026, and €12.00 a month from 5 March 2027",
        ),
        (
            chosen(trial_days=45), discount("repeating", 3), 0,
            "then €6.00 a month from 5 January 2027, and €12.00 a month from 5 March 2027",
        ),
        (
            chosen(trial_days=45), discount("repeating", 3, percent_off=100.0), 0,
            "nothing before 5 March 2027, then €12.00 a month",
        ),
        (
            chosen(trial_days=30), discount("repeating", 1), 0,
            "then €12.00 a month from 21 December 2026",
        ),
        (
            chosen(12000, "year", 14), discount("repeating", 3), 0,
            "then €60.00 on 5 December 2026, and €120.00 a year after that",
        ),
    ],
)  # fmt: skip
def test_what_is_due_and_what_follows(
    picked: Chosen, given: Discount | None, due: int, then: str
) -> None:
    shown = order(picked, given)

    assert shown.due_today == due
    assert then in shown.then
    assert bool(then) is bool(shown.then)


def test_a_code_that_is_over_before_the_trial_says_that_it_takes_nothing_off() -> None:
    picked, given = chosen(trial_days=30), discount("repeating", 1)
    shown = order(picked, given)

    assert shown.coupon
    assert shown.coupon.sentence == (
        "TEA: 50% off for 1 month, which is over before your first payment"
    )
    assert [line.note for line in shown.lines] == ["€12.00 a month after the trial"]
    assert obligation_words(site(), picked, given, TODAY, "en") == (
        "Nothing is due today. From 21 December 2026 it costs €12.00 a month,"
        " unless you cancel before."
    )


def test_what_costs_less_for_good_is_noted_so() -> None:
    (line,) = order(chosen(trial_days=14), discount("forever")).lines

    assert line.note == "€6.00 a month after the trial"


def test_the_lines_add_up_to_what_is_due() -> None:
    for picked in (chosen(), chosen(0), chosen(trial_days=14), chosen(999)):
        for given in (None, discount("once"), discount("forever", percent_off=33.3)):
            shown = order(picked, given)
            assert sum(line.amount or 0 for line in shown.lines) == shown.due_today


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (discount("once"), "TEA: 50% off the first payment"),
        (discount("forever", percent_off=12.5), "TEA: 12.5% off every payment"),
        (discount("repeating", 1), "TEA: 50% off for 1 month"),
        (discount("repeating", 3, percent_off=None, amount_off=300, currency="eur"),
         "TEA: €3.00 off for 3 months"),
    ],
)  # fmt: skip
def test_a_code_says_what_it_gives(given: Discount, said: str) -> None:
    coupon = order(chosen(), given).coupon

    assert coupon
    assert coupon.sentence == said


def test_the_button_says_what_it_does() -> None:
    free = discount("forever", percent_off=100.0)

    elsewhere = site(market="none")

    assert button_words(site(), chosen(), None, "en") == "Order with obligation to pay"
    assert button_words(site(), chosen(trial_days=14), None, "en") == "Order with obligation to pay"
    assert button_words(site(), chosen(), None, "de") == "Zahlungspflichtig bestellen"
    assert button_words(elsewhere, chosen(), None, "en") == "Continue to payment"
    assert button_words(elsewhere, chosen(trial_days=14), None, "en") == "Start 14-day trial"
    assert button_words(site(), chosen(0), None, "en") == "Create account"
    assert button_words(site(), chosen(), free, "en") == "Create account"
    assert button_words(site(), None, None, "en") == "Create account"


@pytest.mark.parametrize(
    ("picked", "given", "said"),
    [
        (None, None, "This is free: nothing is due today or later."),
        (
            chosen(), None,
            "You order Studio and owe €12.00 today, and then €12.00 a month from 21 December 2026.",
        ),
        (
            chosen(), discount("once"),
            "You order Studio and owe €6.00 today, and then €12.00 a month from 21 December 2026.",
        ),
        (
            chosen(), discount("forever"),
            "You order Studio and owe €6.00 today, and then €6.00 a month from 21 December 2026.",
        ),
        (
            chosen(), discount("repeating", 3),
            "You order Studio and owe €6.00 today, and later at most €12.00 a month.",
        ),
        (
            chosen(), discount("once", percent_off=100.0),
            "Nothing is due today. Later it costs €12.00 a month, unless you cancel before.",
        ),
        (
            chosen(), discount("forever", percent_off=100.0),
            "This is free: nothing is due today or later.",
        ),
        (
            chosen(trial_days=14), None,
            "Nothing is due today. From 5 December 2026 it costs €12.00 a month,"
            " unless you cancel before.",
        ),
        (
            chosen(trial_days=14), discount("forever"),
            "Nothing is due today. From 5 December 2026 it costs €6.00 a month,"
            " unless you cancel before.",
        ),
        (
            chosen(trial_days=14), discount("once"),
            "Nothing is due today. On 5 December 2026 you owe €6.00, and later €12.00 a month,"
            " unless you cancel before.",
        ),
    ],
)  # fmt: skip
def test_the_obligation_stands_beside_the_button(
    picked: Chosen | None, given: Discount | None, said: str
) -> None:
    assert obligation_words(site(), picked, given, TODAY, "en") == said


def test_no_total_is_promised_where_tax_comes_on_top() -> None:
    taxing, including = site(tax="automatic"), site(tax="rates", tax_inclusive=True)

    assert "owe €12.00 plus tax today" in obligation_words(taxing, chosen(), None, TODAY, "en")
    assert "€12.00 a month plus tax" in obligation_words(taxing, chosen(), None, TODAY, "en")
    assert "tax" not in obligation_words(including, chosen(), None, TODAY, "en")


@pytest.mark.parametrize("picked", [chosen(), chosen(trial_days=14)])
def test_what_a_code_makes_free_is_never_said_to_cost(picked: Chosen) -> None:
    shown = order(picked, discount("forever", percent_off=100.0))

    assert shown.due_today == 0
    assert (shown.then, shown.trial_sentence, shown.cancel_note) == ("", "", "")


def test_tax_is_stated() -> None:
    assert tax_note(site(), "en") == ""
    assert tax_note(site(tax="rates", tax_inclusive=True), "en") == "Prices include tax."
    assert "added" in tax_note(site(tax="rates"), "en")
    assert "your address" in tax_note(site(tax="automatic"), "en")


@pytest.fixture
async def codes(shop: Shop) -> None:
    """A coupon for three months, and a promotion code for it."""
    coupon = {
        "id": "TEA20",
        "percent_off": "20",
        "duration": "repeating",
        "duration_in_months": "3",
    }
    code = {"promotion[type]": "coupon", "promotion[coupon]": "TEA20", "code": "FRIENDS"}
    for path, form in (("coupons", coupon), ("promotion_codes", code)):
        await shop.stripe.post(path, form)


@pytest.mark.parametrize("code", ["TEA20", "FRIENDS", " FRIENDS "])
async def test_a_code_in_the_address_shows_its_effect_before_the_button(
    codes: None, ada: Visitor, code: str
) -> None:
    page = await ada.open("/signup", params={"plan": "house", "coupon": code})

    assert "20% off for 3 months" in page.text
    assert "€39.20" in page.text


async def test_a_code_is_used(codes: None, shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA | {"coupon": "FRIENDS"}, "?plan=house")

    (subscription,) = await shop.stripe.objects("subscription")
    assert len(subscription["discounts"]) == 1


async def test_an_unknown_code_is_said_at_its_field_and_nothing_is_lost(ada: Visitor) -> None:
    page = await ada.sign_up(ADA | {"coupon": "NONE"})

    assert page.status_code == 422
    assert "We do not know the code NONE." in page.text
    assert forms_of(page.text)[0].fields["email"] == ADA["email"]


async def test_the_order_follows_interval_and_code(codes: None, ada: Visitor) -> None:
    typed = await ada.fill("/signup?plan=house", {"interval": "year", "coupon": "TEA20"})
    part = await ada.send("/signup/order", typed, headers=HTMX)

    assert "€392.00" in part.text
    assert "<html" not in part.text


async def test_nobody_orders_at_a_price_that_was_not_beside_the_button(
    shop: Shop, ada: Visitor
) -> None:
    typed = await ada.fill("/signup?plan=house", ADA | {"interval": "year"})
    assert typed["price_shown"] == "pric_house"

    page = await ada.send("/signup", typed)

    assert page.status_code == 422
    assert "€490.00" in page.text
    assert "The order has changed. Look at it, then press the button again." in page.text
    assert forms_of(page.text)[0].fields["email"] == ADA["email"]
    assert await shop.counts() == (0, 0)
    assert (await ada.press(page, "/signup")).status_code == 303
    (subscription,) = await shop.stripe.objects("subscription")
    assert subscription["items"]["data"][0]["price"]["recurring"]["interval"] == "year"


async def test_nobody_who_was_shown_a_price_orders_nothing(shop: Shop, ada: Visitor) -> None:
    typed = await ada.fill("/signup?plan=house", ADA)
    del typed["plan"]

    page = await ada.send("/signup", typed)

    assert page.status_code == 422
    assert "The order has changed. Look at it, then press the button again." in page.text
    assert await shop.counts() == (0, 0)
    assert (await ada.press(page, "/signup")).status_code == 303


@pytest.mark.usefixtures("key_seen")
async def test_a_code_is_asked_of_stripe_once_a_minute(
    codes: None, shop: Shop, ada: Visitor
) -> None:
    before = len(await shop.stripe.calls())
    for _ in range(3):
        await ada.open("/signup?plan=house&coupon=FRIENDS")

    assert len(await shop.stripe.calls()) == before + 1


async def test_with_stripe_down_a_code_can_be_left_out(shop: Shop, ada: Visitor) -> None:
    await shop.stripe.fault(match="* /v1/*", fault="status", status=500)

    page = await ada.open("/signup?plan=house&coupon=FRIENDS")

    assert page.status_code == 200
    assert "go on without it" in page.text
    await shop.stripe.mend()


async def test_codes_cannot_be_tried_without_end(shop: Shop, ada: Visitor) -> None:
    from tests.pages.shelves import change_site

    await change_site(shop, limits='{"checks_per_minute": 3}')
    for number in range(3):
        await ada.open(f"/signup?plan=house&coupon=X{number}")

    assert "Wait a minute" in (await ada.open("/signup?plan=house&coupon=FRIENDS")).text


async def test_a_plan_that_goes_while_the_form_is_open_loses_nothing_that_was_typed(
    shop: Shop, ada: Visitor
) -> None:
    typed = await ada.fill("/signup?plan=house", ADA | {"postal_code": ""})
    await Plan.update({Plan.visibility: "archived"}).where(Plan.key == "house")
    forget_offers()

    page = await ada.send("/signup", typed)

    assert page.status_code == 422
    assert "The plan you chose is no longer on offer. The order now shows Studio" in page.text
    (form,) = [form for form in forms_of(page.text) if form.fields.get("email")]
    assert form.fields["email"] == ADA["email"]
    assert form.fields["plan"] == "studio"
    assert page.text.index("no longer on offer") < page.text.index('href="#postal_code"')
    assert await shop.counts() == (0, 0)


@pytest.mark.parametrize("amount", [4900, 5900])
async def test_nobody_orders_at_a_price_or_on_terms_that_changed_since_they_were_shown(
    shop: Shop, ada: Visitor, amount: int
) -> None:
    typed = await ada.fill("/signup?plan=house", ADA)
    await new_version_of_house(amount)

    page = await ada.send("/signup", typed)

    assert page.status_code == 422
    assert "The price or the terms of House have changed" in page.text
    assert f"€{amount // 100}.00" in page.text
    assert await shop.counts() == (0, 0)
    assert (await ada.press(page, "/signup")).status_code == 303
    assert await shop.counts() == (1, 1)


async def new_version_of_house(amount: int) -> None:
    """Put another price of the plan on sale, as `portal apply` does."""
    (was,) = await Price.select().where(Price.id == "pric_house")
    await Price.delete().where(Price.plan == "plan_house", Price.currency == "eur")
    await Price.insert(Price(**was | {"id": "pric_house_2", "amount": amount}))
    forget_offers()
