"""What a site offers and what somebody picked of it: values and checks only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.errors import PortalError

MONTHS = {"month": 1, "year": 12}
ADD_ON = "add_on"
"""The visibility under which what is sold beside plans is kept, in versions as plans are."""


class PlanNotOnOffer(PortalError):
    """The site does not sell this plan, or not at this interval or in this currency."""

    status = 404
    code = "plan_not_on_offer"
    sentence = "That plan is not on offer. Choose one of the plans on the pricing page."


@dataclass(frozen=True, slots=True)
class Pricing:
    """One price: amount in minor units for each interval (month or year)."""

    id: str
    interval: str
    currency: str
    amount: int
    stripe_id: str | None


@dataclass(frozen=True, slots=True)
class Quantity:
    """How many of something may be taken at once, and what one and several are called."""

    unit: str
    units: str
    min: int = 1
    max: int = 999

    def words(self, number: int) -> str:
        """Count in the seller's words, such as 5 seats."""
        return f"{number} {self.unit if number == 1 else self.units}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a meter counts: events of this name, and what one and several are called."""

    event: str
    unit: str
    units: str
    formula: str = "sum"


@dataclass(frozen=True, slots=True)
class AddOn:
    """Something sold beside a plan: once, by quantity, or by what is used."""

    key: str
    name: str
    description: str
    quantity: Quantity | None
    usage: Usage | None
    prices: tuple[Pricing, ...]

    def pricing(self, interval: str, currency: str) -> Pricing | None:
        """Return its price at this interval and in this currency, where it has one."""
        found = (p for p in self.prices if (p.interval, p.currency) == (interval, currency))
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Taken:
    """An add-on that shall be there, at this price; no quantity where its use is counted."""

    add_on: AddOn
    pricing: Pricing
    quantity: int | None


@dataclass(frozen=True, slots=True)
class Offer:
    """The current version of a plan, as a site shows it."""

    id: str
    key: str
    name: str
    description: str
    features: tuple[str, ...]
    trial_days: int
    trial_without_card: str
    recommended: bool
    next_steps: tuple[str, ...]
    prices: tuple[Pricing, ...]
    stripe_product: str | None = None
    quantity: Quantity | None = None
    add_ons: tuple[AddOn, ...] = ()

    @property
    def is_free(self) -> bool:
        """Tell whether nobody ever pays for this plan."""
        return all(price.amount == 0 for price in self.prices)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A plan and the price it was picked at, as often as told, else the least.

    trial: its days, where they are others than the plan's.
    """

    offer: Offer
    pricing: Pricing
    number: int | None = None
    taken: tuple[Taken, ...] = ()
    trial: int | None = None

    @property
    def quantity(self) -> int:
        """Return how many a subscription begins with."""
        least = self.offer.quantity.min if self.offer.quantity else 1
        return least if self.number is None else self.number

    @property
    def trial_days(self) -> int:
        """Return for how many days it is tried first."""
        return self.offer.trial_days if self.trial is None else self.trial

    @property
    def amount(self) -> int:
        """Return what a period costs, before discounts and what is counted."""
        beside = sum(each.pricing.amount * (each.quantity or 0) for each in self.taken)
        return self.pricing.amount * self.quantity + beside

    @property
    def metered(self) -> tuple[Pricing, ...]:
        """Return the prices of what is counted, which come with the plan."""
        found = [
            add_on.pricing(self.pricing.interval, self.pricing.currency)
            for add_on in self.offer.add_ons
            if add_on.usage
        ]
        return tuple(pricing for pricing in found if pricing)


def choose(offers: Sequence[Offer], key: str | None, interval: str | None, currency: str) -> Chosen:
    """Find the offer by its key or id, at this interval (else its first) and in this currency.

    Raises:
        PlanNotOnOffer: there is no such offer, interval or currency.
    """
    for offer in offers:
        if key in (offer.key, offer.id):
            for price in offer.prices:
                if price.currency == currency and interval in (None, "", price.interval):
                    return Chosen(offer, price)
    raise PlanNotOnOffer


def currencies(offers: Sequence[Offer]) -> tuple[str, ...]:
    """Return the currencies in which every one of these offers can be had, in their order."""
    if not offers:
        return ()
    common = set.intersection(*({price.currency for price in offer.prices} for offer in offers))
    return tuple(dict.fromkeys(p.currency for p in offers[0].prices if p.currency in common))


def intervals(offers: Sequence[Offer]) -> tuple[str, ...]:
    """Return the intervals that any of these offers has, shortest first."""
    found = {price.interval for offer in offers for price in offer.prices}
    return tuple(interval for interval in MONTHS if interval in found)


def saving_percent(offer: Offer, currency: str) -> int | None:
    """Return what a year paid at once saves over twelve months, in whole per cent, if anything."""
    amounts = {p.interval: p.amount for p in offer.prices if p.currency == currency}
    if not amounts.get("month") or "year" not in amounts:
        return None
    saved = 100 - 100 * amounts["year"] / (12 * amounts["month"])
    return int(saved) if saved >= 1 else None
