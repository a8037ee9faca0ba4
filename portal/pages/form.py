"""The sign-up form as it is shown: everything its templates need, made ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from portal import clock
from portal.billing.billed import Discount
from portal.customers.address import form_of
from portal.customers.countries import countries
from portal.customers.details import FormRules, warnings_of
from portal.customers.known import in_the_account
from portal.errors import Problem
from portal.pages.choice import chosen_of, instead_of_gone
from portal.pages.obligation import button_words, obligation_words, withdrawal_words
from portal.pages.order import order_of
from portal.plans.catalogue import Chosen, PlanNotOnOffer
from portal.plans.coupon import read_coupon, too_often
from portal.sites.storefront import Storefront
from portal.web.languages import region_of
from portal.web.limits import is_within
from portal.web.rendering import locale_of
from portal.web.scope import Scope, header


@dataclass(frozen=True, slots=True)
class Basket:
    """What is about to be bought: the choice, what a code does to it, and what is sold no more."""

    chosen: Chosen | None
    discount: Discount | None = None
    problem: Problem | None = None
    gone: Problem | None = None

    @property
    def problems(self) -> dict[str, Problem]:
        """Return what is wrong with the order, and with the code, at their places."""
        found = {"order": self.gone, "coupon": self.problem}
        return {name: problem for name, problem in found.items() if problem}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as somebody filled it in, and what is wrong with it."""

    typed: Mapping[str, str]
    basket: Basket
    errors: Mapping[str, Problem] = field(default_factory=dict)


async def basket_of(scope: Scope, site: Storefront, typed: Mapping[str, str]) -> Basket:
    """Find what was chosen and look its code up.

    Raises:
        PlanNotOnOffer: the site does not sell that.
    """
    chosen = await chosen_of(scope, site, typed)
    code = typed.get("coupon", "")
    if code and not is_within(scope, site, "checks_per_minute"):
        return Basket(chosen, None, too_often(code))
    return Basket(chosen, *await read_coupon(site, code, chosen, locale_of(scope, site)))


async def basket_still_sold(scope: Scope, site: Storefront, typed: Mapping[str, str]) -> Basket:
    """Find what was chosen; when that is sold no more, or not so, what is sold now, and say so.

    Raises:
        PlanNotOnOffer: the site sells nothing.
    """
    try:
        basket = await basket_of(scope, site, typed)
    except PlanNotOnOffer:
        instead = await instead_of_gone(scope, site)
        return Basket(instead, gone=_gone(instead.offer.name))
    if basket.chosen and is_other_version(typed, basket.chosen):
        return replace(basket, gone=_changed(basket.chosen.offer.name))
    return basket


CHANGED_ORDER = Problem(
    "order_changed", "The order has changed. Look at it, then press the button again."
)


def _gone(plan: str) -> Problem:
    return Problem(
        "plan_not_on_offer",
        "The plan you chose is no longer on offer. The order now shows {plan}: look at it, or "
        "compare plans, before you go on.",
        {"plan": plan},
    )


def _changed(plan: str) -> Problem:
    return Problem(
        "price_changed",
        "The price or the terms of {plan} have changed since you opened this page. Look at the "
        "order again before you go on.",
        {"plan": plan},
    )


def as_ordered(typed: Mapping[str, str], basket: Basket) -> Basket:
    """Add the problem that another price stood beside the button than the one that was chosen.

    So it is without scripts, or when somebody is faster than the order's answer: nobody orders
    at a price that they were not shown, or nothing where they were shown one.
    """
    shown, chosen = typed.get("price_shown"), basket.chosen
    if not shown or basket.gone or (chosen and shown == chosen.pricing.id):
        return basket
    return replace(basket, gone=CHANGED_ORDER)


def is_other_version(typed: Mapping[str, str], chosen: Chosen) -> bool:
    """Tell whether the price that stood beside the button is no longer one of this plan's."""
    shown = typed.get("price_shown")
    return bool(shown) and all(shown != price.id for price in chosen.offer.prices)


def rules_of(site: Storefront, locale: str) -> FormRules:
    """Return what a site asks of its customers."""
    return FormRules(
        names=site.fields["names"],
        phone=site.fields["phone"],
        organisation=site.fields["organisation"],
        terms=bool(site.terms_url),
        country_default=site.country,
        locale=locale,
    )


def own_rules_of(site: Storefront, locale: str) -> FormRules:
    """Return what an account asks: more may be given than at the sign-up, and no terms agreed."""
    asked = in_the_account(site.fields)
    return replace(rules_of(site, locale), terms=False, **asked)


def form_context(scope: Scope, site: Storefront, filled: Filled) -> dict[str, Any]:
    """Return what the sign-up form's templates need."""
    locale = locale_of(scope, site)
    typed = with_country(scope, site, filled.typed)
    return order_context(scope, site, filled.basket) | {
        "typed": typed,
        "errors": filled.errors,
        "warnings": warnings_of(typed, rules_of(site, locale)),
        "address": form_of(typed["country"], locale),
        "countries": countries(locale),
        "fields": site.fields,
        "tax_id_on": site.fields["organisation"] != "off",
        "honeypot": "website",
    }


def order_context(scope: Scope, site: Storefront, basket: Basket) -> dict[str, Any]:
    """Return what the order's templates need."""
    locale, today, chosen = locale_of(scope, site), clock.now().date(), basket.chosen
    return {
        "order": chosen and order_of(site, chosen, basket.discount, basket.problem, today, locale),
        "button": button_words(site, chosen, basket.discount, locale),
        "obligation": obligation_words(site, chosen, basket.discount, today, locale),
        "withdrawal": withdrawal_words(site, chosen, basket.discount, locale),
    }


def with_country(scope: Scope, site: Storefront, typed: Mapping[str, str]) -> dict[str, str]:
    """Put the likely country in where none was chosen yet."""
    return {"country": likely_country(scope, site, locale_of(scope, site)), **typed}


def likely_country(scope: Scope, site: Storefront, locale: str) -> str:
    """Return the country that the browser's languages name, else the site's own."""
    region = region_of(header(scope, b"accept-language"))
    known = dict(countries(locale))
    return region if region in known else site.country
