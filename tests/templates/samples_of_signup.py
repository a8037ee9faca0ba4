"""The sign-up form, its order and its parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portal.customers.address import AddressForm, countries, form_of
from portal.pages.order import CouponShown, Interval, Line, Order
from tests.templates.view import States, Values, Words, problem

_TYPED = {
    "email": "ada@gmial.com", "first_name": "", "last_name": "Lovelace", "phone": "0151",
    "line1": "", "postal_code": "1", "city": "Berlin", "coupon": "SPRING",
}  # fmt: skip
_WRONG = {
    "email": "Enter an email address in the form name@example.com.",
    "first_name": "Enter your first name.",
    "line1": "Enter your street and number.",
    "postal_code": "Enter a postal code such as 26133 or 53225.",
    "coupon": "This code is not valid, or no longer.",
    "terms": "Agree to the terms to go on.",
}


def signup(words: Words) -> States:
    """The form empty, with mistakes, in other countries, with and without a plan."""
    page, wrong = empty_form(words), with_mistakes_form(words)
    yield "signup", "signup/signup.html", page
    yield "signup-part", "signup/_form.html", page
    yield "signup-errors", "signup/signup.html", wrong
    yield "signup-errors-part", "signup/_form.html", wrong
    yield "signup-paid-coupon", "signup/signup.html", paid_form(words)
    yield "signup-no-plan", "signup/signup.html", page | {"order": None}
    for country in ("JP", "HK", "US"):
        there = page | {"typed": {"country": country}, "address": _address(words, country)}
        yield f"signup-{country.lower()}", "signup/signup.html", there
        yield f"signup-address-{country.lower()}", "signup/_address.html", there
    yield "signup-order-part", "signup/_order.html", paid_form(words)
    said = problem(words, _WRONG["email"])
    doubt = problem(words, "Did you mean ada@gmail.com?")
    for state, error, warning in (
        ("error", said, None),
        ("warning", None, doubt),
        ("fine", None, None),
    ):
        values = {"name": "email", "error": error, "warning": warning}
        yield f"signup-message-{state}", "signup/_message.html", values


def empty_form(words: Words) -> Values:
    return {
        "typed": {"country": "DE"}, "errors": {}, "warnings": {}, "order": _order(words),
        "address": _address(words, "DE"), "tax_id_on": True,
        "countries": [(code, words(name)) for code, name in countries("en")],
        "fields": {"names": "required", "phone": "optional", "organisation": "optional"},
        "button": words("Start 14-day trial"),
        "obligation": words(
            "Nothing is due today. From 5 December 2026 it costs €12.00 a month, "
            "unless you cancel before."
        ),
        "withdrawal": "",
    }  # fmt: skip


def with_mistakes_form(words: Words) -> Values:
    doubt = problem(words, "This does not look like a phone number in Germany.")
    return empty_form(words) | {
        "typed": {name: words(text) for name, text in _TYPED.items()} | {"country": "DE"},
        "errors": {name: problem(words, sentence) for name, sentence in _WRONG.items()},
        "warnings": {"phone": doubt},
        "order": _order(words, coupon_error=problem(words, _WRONG["coupon"])),
    }


def paid_form(words: Words) -> Values:
    bought = _order(
        words,
        plan_key="team",
        plan_name=words("Team"),
        interval="year",
        lines=(Line(words("Team"), 49000), Line(words("Discount"), -12250, words("25 % off once"))),
        due_today=36750,
        then=words("then €490.00 a year from 21 November 2027"),
        trial_sentence="",
        coupon=CouponShown("SPRING25", words("SPRING25: 25 % off the first payment")),
        tax_note=words("Tax is worked out from your address and added."),
        cancel_note=words("Cancel at any time from your account."),
    )
    return empty_form(words) | {
        "order": bought, "typed": {"country": "DE", "coupon": "SPRING25"}, "tax_id_on": False,
        "fields": {"names": "optional", "phone": "off", "organisation": "off"},
        "button": words("Order with obligation to pay"),
        "obligation": words(
            "You order Team and owe €367.50 today, and then €490.00 a year from 21 November 2027."
        ),
        "withdrawal": words("You can withdraw from the contract within 14 days."),
    }  # fmt: skip


def ordering(words: Words) -> States:
    """The order of who is signed in and has no plan: paid, refused before, wrong, and none."""
    common: Values = {"signed_in": True, "current": "account.order", "problem": None}
    card = {"brand": words("Visa"), "last4": "4242", "exp": "12/2030"}
    own = {"refused": "", "card": card, "had_trial": True, "seen": "onbo_1", "terms_shown": "p.0"}
    paid = common | paid_form(words) | own
    yield "order", "account/order.html", paid
    refused = {"refused": words("We could not find this address for tax."), "card": None}
    wrong = with_mistakes_form(words) | {"typed": {"coupon": words("SPRING")}}
    wrong["errors"] = {name: wrong["errors"][name] for name in ("coupon", "terms")}
    yield "order-errors", "account/order.html", paid | wrong | refused
    said = {"problem": words("You have a plan already."), "errors": {}}
    way = {"way": "/account", "way_words": words("Your account")}
    yield "order-none", "account/order.html", common | said | way


def _order(words: Words, **rest: Any) -> Order:
    order = Order(
        plan_key="pro",
        plan_name=words("Pro"),
        price="pric_01k9",
        interval="month",
        currency="eur",
        offers_for_switch=(
            Interval("month", words("Monthly"), 1200, words("a month")),
            Interval("year", words("Yearly"), 9900, words("a year")),
        ),
        lines=(Line(words("Pro"), 0, words("€12.00 a month after the trial")),),
        due_today=0,
        then=words("then €12.00 a month from 5 December 2026"),
        trial_sentence=words("Free for 14 days, then paid."),
        tax_note=words("Prices include tax."),
        coupon=None,
        coupon_error=None,
        cancel_note=words("Cancel before 5 December 2026 and you pay nothing."),
    )
    return replace(order, **rest)


def _address(words: Words, country: str) -> AddressForm:
    form = form_of(country)
    fields = (
        replace(field, options=tuple((code, words(name)) for code, name in field.options))
        for field in form.fields
    )
    return replace(form, fields=tuple(fields))
