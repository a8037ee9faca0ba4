"""The pricing page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import get

from portal.errors import DatabaseBusy
from portal.onboarding.buy import had_a_plan
from portal.pages.choice import best_currency
from portal.pages.visitor import anybody_in
from portal.pages.wording import tax_note
from portal.plans.catalogue import (
    MONTHS,
    Offer,
    PlanNotOnOffer,
    Pricing,
    currencies,
    intervals,
    saving_percent,
)
from portal.plans.offers import offers_of
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, page, site_for
from portal.web.forms import asked
from portal.web.rendering import KEPT_FOR_BACK, locale_of
from portal.web.scope import scope_of

_NOBODY = ("signup", True)


@get("/", name="pricing")
async def show_pricing(request: PageRequest) -> Answer:
    """Show the plans on offer, in the reader's currency."""
    site, wanted = await site_for(request), asked(scope_of(request))
    offers = await offers_of(site)
    currency = wanted.get("currency", "").lower() or best_currency(scope_of(request), site, offers)
    interval = wanted.get("interval") or next(iter(intervals(offers)), "month")
    _refuse_unknown(offers, interval, currency)
    order_at, is_tried = await _whose(request, site)
    return page(
        request,
        "pricing/pricing.html",
        part="pricing/_plans.html",
        cache=KEPT_FOR_BACK,
        offers=[_card(offer, currency, is_tried=is_tried) for offer in offers],
        order_at=order_at,
        currency=currency,
        currencies=currencies(offers),
        interval=interval,
        intervals=intervals(offers),
        tax_note=tax_note(site, locale_of(scope_of(request), site)),
    )


async def _whose(request: PageRequest, site: Storefront) -> tuple[str, bool]:
    """Return where this visitor orders a plan, and whether they can try one first."""
    try:
        session = await anybody_in(request, site)
        return ("account.order", not await had_a_plan(session.customer)) if session else _NOBODY
    except DatabaseBusy:
        return _NOBODY


def _refuse_unknown(offers: Sequence[Offer], interval: str, currency: str) -> None:
    known = not offers or (interval in intervals(offers) and currency in currencies(offers))
    if not known:
        raise PlanNotOnOffer


def _card(offer: Offer, currency: str, *, is_tried: bool) -> dict[str, Any]:
    same = ("key", "name", "description", "features", "recommended", "is_free")
    prices = sorted(
        (price for price in offer.prices if price.currency == currency),
        key=lambda price: MONTHS[price.interval],
    )
    return {name: getattr(offer, name) for name in same} | {
        "trial_days": offer.trial_days if is_tried else 0,
        "prices": [_price(offer, price) for price in prices],
        "unit": offer.quantity.unit if offer.quantity else "",
    }


def _price(offer: Offer, price: Pricing) -> dict[str, Any]:
    is_yearly = price.interval == "year"
    return {
        "interval": price.interval,
        "amount": price.amount,
        "currency": price.currency,
        "per_month": price.amount // MONTHS[price.interval],
        "yearly_total": price.amount if is_yearly else price.amount * 12,
        "saving_percent": saving_percent(offer, price.currency) if is_yearly else None,
    }
