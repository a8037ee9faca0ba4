"""What Stripe is sent, to the letter."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest
from stripe.params.billing_portal import SessionCreateParams

from portal.billing.billed import Discount
from portal.customers.address import Address
from portal.customers.params import changed_params, forgotten_params
from portal.onboarding.params import customer_params, portal_locale, subscription_params
from portal.plans.catalogue import Chosen, Offer, Pricing
from tests.onboarding.shop import details

MARKS = {"portal": "comp_1", "customer": "cust_1", "onboarding": "onbo_1"}


@dataclass(frozen=True)
class Tax:
    tax: str = "none"
    tax_rates: tuple[str, ...] = ()


def chosen(amount: int = 1200, trial_days: int = 0, without_card: str = "cancel") -> Chosen:
    price = Pricing("pric_1", "month", "eur", amount, "price_1")
    offer = Offer(
        id="plan_1", key="studio", name="Studio", description="", features=(),
        trial_days=trial_days, trial_without_card=without_card, recommended=False, next_steps=(),
        prices=(price,),
    )  # fmt: skip
    return Chosen(offer, price)


def test_a_customer_in_full() -> None:
    assert customer_params(details(line2="Room 2"), Tax(), MARKS) == {
        "email": "ada@lovelace.example",
        "name": "Ada Lovelace",
        "business_name": "Analytical Engines Ltd",
        "phone": "+442079460958",
        "address": {
            "line1": "12 St James’s Square",
            "line2": "Room 2",
            "city": "London",
            "postal_code": "SW1Y 4JH",
            "country": "GB",
        },
        "preferred_locales": ["en"],
        "metadata": MARKS,
    }


def test_stripe_forgets_who_somebody_is_and_keeps_where_tax_is_due() -> None:
    nobody = {"name": "", "business_name": "", "phone": ""}
    gone = {"line1": "", "line2": "", "city": ""}

    assert forgotten_params(details().address) == nobody | {
        "address": gone | {"postal_code": "SW1Y 4JH", "country": "GB"}
    }
    northern = replace(details().address, country="XI", postal_code="BT1 5GS")
    assert forgotten_params(northern)["address"]["country"] == "GB"
    assert forgotten_params(Address()) == nobody


def test_what_is_empty_is_left_out() -> None:
    params = customer_params(
        details(phone="", organisation="", first_name="", last_name=""), Tax(), MARKS
    )

    assert params.keys() == {"email", "address", "preferred_locales", "metadata"}


def test_nothing_is_longer_than_stripe_takes() -> None:
    long = replace(
        details(), first_name="A" * 150, last_name="L" * 150, organisation="O" * 250,
        phone_e164="+" + "1" * 20,
    )  # fmt: skip

    params = customer_params(long, Tax(), MARKS)

    assert len(params["name"]) == 256
    assert len(params["business_name"]) == 150
    assert "phone" not in params


def test_northern_ireland_is_gb_with_a_mark() -> None:
    ada = details()
    northern = replace(ada, address=replace(ada.address, country="XI", line3="Cathedral Quarter"))

    params = customer_params(northern, Tax(), MARKS)

    assert params["address"]["country"] == "GB"
    assert params["address"]["line2"] == "Cathedral Quarter"
    assert params["metadata"] == MARKS | {"region": "XI"}


def test_a_tax_id_goes_with_its_type() -> None:
    params = customer_params(replace(details(), tax_id="GB1", tax_id_type="gb_vat"), Tax(), MARKS)

    assert params["tax_id_data"] == [{"type": "gb_vat", "value": "GB1"}]


def test_automatic_tax_has_the_address_checked_before_anything_is_sold() -> None:
    params = customer_params(details(), Tax("automatic"), MARKS)

    assert params["tax"] == {"validate_location": "immediately"}


def test_an_update_empties_what_was_taken_back() -> None:
    params = changed_params(details(phone="", organisation=""))

    assert (params["phone"], params["business_name"]) == ("", "")
    assert params["metadata"] == {"region": ""}


@pytest.mark.parametrize("without_card", ["cancel", "pause", "create_invoice"])
def test_a_trial_says_what_happens_without_a_card(without_card: str) -> None:
    assert subscription_params(chosen(1200, 14, without_card), Tax(), None, MARKS) == {
        "customer": None,
        "items": [{"price": "price_1"}],
        "metadata": MARKS,
        "trial_period_days": 14,
        "trial_settings": {"end_behavior": {"missing_payment_method": without_card}},
    }


def test_a_plan_paid_from_the_first_day_waits_for_the_card() -> None:
    params = subscription_params(chosen(), Tax(), None, MARKS)

    assert params["payment_behavior"] == "default_incomplete"
    assert "trial_period_days" not in params


def test_a_free_plan_asks_for_nothing() -> None:
    assert subscription_params(chosen(0, 14), Tax(), None, MARKS).keys() == {
        "customer",
        "items",
        "metadata",
    }


def test_tax_is_as_the_site_says() -> None:
    automatic = subscription_params(chosen(), Tax("automatic"), None, MARKS)
    rates = subscription_params(chosen(), Tax("rates", ("txr_1",)), None, MARKS)

    assert automatic["automatic_tax"] == {"enabled": True}
    assert rates["default_tax_rates"] == ["txr_1"]


@pytest.mark.parametrize("kind", ["coupon", "promotion_code"])
def test_a_discount_is_named_by_its_kind(kind: str) -> None:
    discount = Discount("HI", kind, "id_1", 20.0, None, None, "once", None)

    params = subscription_params(chosen(), Tax(), discount, MARKS)

    assert params["discounts"] == [{kind: "id_1"}]
    assert params["expand"] == [
        "latest_invoice",
        "discounts.source.coupon.applies_to",
        "discounts.source.coupon.currency_options",
    ]


def test_without_a_discount_nothing_more_is_asked_than_is_due() -> None:
    assert "expand" not in subscription_params(chosen(1200, 14), Tax(), None, MARKS)
    assert subscription_params(chosen(), Tax(), None, MARKS)["expand"] == ["latest_invoice"]


@pytest.mark.parametrize(
    ("percent", "duration", "without_card"),
    [(100.0, "forever", "create_invoice"), (100.0, "once", "cancel"), (50.0, "forever", "cancel")],
)
def test_nobody_loses_a_plan_for_want_of_a_card_that_is_never_charged(
    percent: float, duration: str, without_card: str
) -> None:
    discount = Discount("HI", "coupon", "HI", percent, None, None, duration, None)

    params = subscription_params(chosen(1200, 14), Tax(), discount, MARKS)

    assert params["trial_settings"]["end_behavior"]["missing_payment_method"] == without_card


@pytest.mark.parametrize(
    ("language", "portal"),
    [("en", "en"), ("de_AT", "de"), ("pt-BR", "pt-BR"), ("ar", "auto"), ("", "auto")],
)
def test_the_portal_greets_in_a_language_it_knows(language: str, portal: str) -> None:
    assert portal_locale(language) == portal


def test_the_languages_of_the_portal_are_those_of_the_sdk() -> None:
    stated = str(SessionCreateParams.__annotations__["locale"])
    known = set(re.findall(r"'([\w-]+)'", stated)) - {"auto"}

    assert len(known) > 40
    assert {portal_locale(language) for language in known} == known


def test_a_discount_in_a_trial_asks_for_no_invoice_that_is_not_there() -> None:
    discount = Discount("HI", "coupon", "HI", 20.0, None, None, "once", None)

    params = subscription_params(chosen(1200, 14), Tax(), discount, MARKS)

    assert params["expand"] == [
        "discounts.source.coupon.applies_to",
        "discounts.source.coupon.currency_options",
    ]


def test_an_organisation_without_a_person_is_called_by_its_name() -> None:
    params = customer_params(details(first_name="", last_name=""), Tax(), MARKS)

    assert params["name"] == params["business_name"] == "Analytical Engines Ltd"


def test_a_phone_number_of_twenty_characters_just_fits() -> None:
    params = customer_params(replace(details(), phone_e164="+" + "1" * 19), Tax(), MARKS)

    assert params["phone"] == "+" + "1" * 19
