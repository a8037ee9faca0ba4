"""What somebody signed in is about to buy: as it is sold to them, and as they were shown it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from portal.customers.wording import TERMS_MISSING
from portal.errors import Problem
from portal.onboarding.buy import as_sold_to
from portal.pages.form import CHANGED_ORDER, Basket, basket_still_sold
from portal.pages.obligation import button_words
from portal.plans.discounts import charges
from portal.sites.storefront import Storefront
from portal.web.scope import Scope
from portal.words import translations


async def own_basket(
    scope: Scope, site: Storefront, customer: str, typed: Mapping[str, str]
) -> Basket:
    """Find what was chosen, with no second trial.

    Raises:
        PlanNotOnOffer: the site sells nothing.
    """
    basket = await basket_still_sold(scope, site, typed)
    if basket.chosen is None:
        return basket
    return replace(basket, chosen=await as_sold_to(customer, basket.chosen))


def order_problems(
    site: Storefront, typed: Mapping[str, str], basket: Basket
) -> dict[str, Problem]:
    """Say what is wrong; an order is for what stood beside the button, and for nothing else."""
    problems = basket.problems
    if not problems and typed.get("terms_shown") != terms_of(basket):
        problems["order"] = CHANGED_ORDER
    if site.terms_url and "terms" not in typed:
        problems["terms"] = TERMS_MISSING
    return problems


def own_button(site: Storefront, basket: Basket, locale: str) -> str:
    """Write what the button does; who has an account creates none."""
    chosen = basket.chosen
    if chosen and charges(chosen, basket.discount).lasting:
        return button_words(site, chosen, basket.discount, locale)
    return translations(locale).gettext("Choose this plan")


def terms_of(basket: Basket) -> str:
    """Write what somebody takes on, so that it can be told whether it is what they were shown."""
    if basket.chosen is None:
        return ""
    due = charges(basket.chosen, basket.discount)
    return f"{basket.chosen.pricing.id}.{basket.chosen.trial_days}.{due.first}.{due.lasting}"
