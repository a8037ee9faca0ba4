"""What somebody holds of a plan, as our copies tell it: values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portal.plans.catalogue import Quantity, Usage

OVER = ("canceled", "incomplete_expired")
"""How a subscription stands that never lives again."""


@dataclass(frozen=True, slots=True)
class Card:
    """The default payment method; brand is empty for what is not a card."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True)
class Used:
    """How much was used in this period, as of when we last asked."""

    quantity: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class HeldItem:
    """One thing that a plan is made of; key and name are empty for what we do not sell.

    `each` is what one of it costs a period, or what one used costs.
    """

    stripe_id: str
    price_stripe_id: str
    quantity: int | None
    key: str = ""
    name: str = ""
    is_add_on: bool = False
    each: int | None = None
    sold_by: Quantity | None = None
    usage: Usage | None = None
    meter: str | None = None
    used: Used | None = None

    @property
    def words(self) -> str:
        """Say it in the seller's words: its name, or its quantity where it is sold by one."""
        number = self.sold_by.words(self.quantity) if self.sold_by and self.quantity else ""
        if self.is_add_on:
            return f"{self.name} ({number})" if number else self.name
        return f"{self.name}, {number}" if number else self.name


def made_of(items: Iterable[HeldItem]) -> str:
    """Say what a plan is made of in the seller's words; what is counted comes without saying."""
    return ", ".join(item.words for item in items if item.name and not item.usage)


@dataclass(frozen=True, slots=True)
class Planned:
    """A change of plan that will come by itself."""

    plan_name: str
    amount: int
    interval: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """What we know of one customer's hold on one plan."""

    stripe_id: str
    status: str
    plan_name: str
    amount: int
    currency: str
    interval: str
    card: Card | None
    price_stripe_id: str = ""
    trial_ends_at: datetime | None = None
    period_ends_at: datetime | None = None
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None
    ended_at: datetime | None = None
    started_at: datetime | None = None
    invoice: str | None = None
    invoice_status: str = ""
    amount_due: int = 0
    next_amount: int | None = None
    lasting_amount: int | None = None
    tax_added: bool = False
    payment: str = ""
    without_card: str = "cancel"
    is_detached: bool = False
    plan_key: str = ""
    collection_paused: bool = False
    schedule: str | None = None
    planned: Planned | None = None
    downgrade: str = "period_end"
    is_pausable: bool = False
    price: str = ""
    items: tuple[HeldItem, ...] = ()

    @property
    def words(self) -> str:
        """Name it with all that it is made of; its plan alone where we do not sell all of that."""
        return made_of(self.items) or self.plan_name

    @property
    def plan_item(self) -> HeldItem | None:
        """Return the plan itself among its items, where they are known."""
        return next((item for item in self.items if not item.is_add_on), None)

    @property
    def add_ons(self) -> tuple[HeldItem, ...]:
        """Return what is held beside the plan, as far as we sell it."""
        return tuple(item for item in self.items if item.is_add_on)

    @property
    def composition(self) -> dict[str, int | None]:
        """Return its prices, and how many of each."""
        return {item.price_stripe_id: item.quantity for item in self.items}

    @property
    def is_itemised(self) -> bool:
        """Tell whether our copy was made since it tells what a plan is made of."""
        return all(item.stripe_id for item in self.items)

    @property
    def is_running(self) -> bool:
        """Tell whether the plan can be used: its first payment is not missing, nor is it over."""
        return self.status in ("trialing", "active", "past_due") and not self.is_detached

    @property
    def is_over(self) -> bool:
        """Tell whether the plan never goes on again."""
        return self.status in OVER

    @property
    def is_living(self) -> bool:
        """Tell whether it can be changed: it is not over, and Stripe has its customer."""
        return not self.is_over and not self.is_detached

    @property
    def is_ending(self) -> bool:
        """Tell whether it was cancelled, and runs out."""
        return self.is_living and (self.cancel_at_period_end or self.cancel_at is not None)

    @property
    def ends_at(self) -> datetime | None:
        """Return when it ends that was cancelled, or would be if it were cancelled now."""
        if self.is_ending and self.cancel_at:
            return self.cancel_at
        trial_ends_at = self.trial_ends_at if self.status == "trialing" else None
        return trial_ends_at or self.period_ends_at

    @property
    def coming(self) -> int:
        """Return what the next charge takes; as the price says where discounts were not told."""
        return self.amount if self.next_amount is None else self.next_amount

    @property
    def lasting(self) -> int:
        """Return what a period costs once every discount that passes is over."""
        return self.amount if self.lasting_amount is None else self.lasting_amount

    @property
    def is_free(self) -> bool:
        """Tell whether nothing will be charged, neither next nor later."""
        return not self.coming and not self.lasting
