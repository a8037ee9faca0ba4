"""What the pages show of a plan: what is held, what is planned, and what it can be changed to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.amounts import written_date
from portal.pages.wording import interval_words, price_words
from portal.plans.catalogue import MONTHS, Offer, Pricing
from portal.subscriptions.hold import Hold
from portal.subscriptions.pause import may_pause
from portal.words import translations


def options(hold: Hold | None, offers: Sequence[Offer], locale: str) -> dict[str, Any]:
    """Return what the plan's page shows: what is held, what is planned, what can be chosen."""
    currency = hold.currency if hold else ""
    return {
        "plan_name": hold.words if hold else "",
        "price": _price(hold.amount, hold.interval, currency, locale) if hold else "",
        "planned": _planned(hold, locale),
        "is_paused": bool(hold and hold.is_living and hold.collection_paused),
        "may_pause": may_pause(hold),
        "choices": [_choice(offer, hold, locale) for offer in offers if _has(offer, currency)],
        "elsewhere": [offer.name for offer in offers if hold and not _has(offer, currency)],
        "currency": currency.upper(),
    }


def _has(offer: Offer, currency: str) -> bool:
    return any(price.currency == currency for price in offer.prices)


def _choice(offer: Offer, hold: Hold | None, locale: str) -> dict[str, Any]:
    held = hold.price_stripe_id if hold else ""
    prices = [price for price in offer.prices if hold and price.currency == hold.currency]
    ordered = sorted(prices, key=lambda price: MONTHS[price.interval])
    return {
        "name": offer.name,
        "description": offer.description,
        "prices": [
            {
                "id": price.id,
                "words": _price_of(price, locale),
                "interval": interval_words(price.interval, locale),
                "is_held": price.stripe_id == held,
            }
            for price in ordered
        ],
    }


def _price_of(price: Pricing, locale: str) -> str:
    return _price(price.amount, price.interval, price.currency, locale)


def _price(amount: int, interval: str, currency: str, locale: str) -> str:
    if not amount:
        return translations(locale).gettext("Free")
    return price_words(amount, interval, currency, locale)


def _planned(hold: Hold | None, locale: str) -> str:
    if hold is None or hold.planned is None:
        return ""
    _ = translations(locale).gettext
    planned = hold.planned
    said = _("Your plan changes to {plan}, {price}, on {date}.")
    price = _price(planned.amount, planned.interval, hold.currency, locale)
    return said.format(plan=planned.plan_name, price=price, date=written_date(planned.at, locale))
