"""Subscriptions, discounts and accounts as Stripe has them, in our words: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from portal.errors import Refused


class CardRefused(Refused):
    """The bank said no to this payment (402); another try, or another card, may do."""


@dataclass(frozen=True, slots=True)
class BilledInvoice:
    """One invoice. Its status is empty where Stripe told us its id alone.

    tries counts those by Stripe's schedule, whose next one is at next_try_at, if there is one.
    """

    stripe_id: str
    status: str
    amount_due: int
    currency: str
    tries: int = 0
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BilledDiscount:
    """What is taken off a subscription's invoices: once, until `ends_at`, or forever.

    Exactly one of percent_off and amount_off (minor units of its currency) is set.
    """

    percent_off: float | None
    amount_off: int | None
    duration: str
    ends_at: datetime | None
    covers: int | None = None
    """What of a period's amount it is for; None: all of it."""


@dataclass(frozen=True, slots=True)
class BilledItem:
    """One thing a subscription is made of; no quantity where a meter (mtr_…) counts what is used.

    `each` is what one of it costs a period, or what one used costs.
    """

    stripe_id: str
    price_stripe_id: str
    quantity: int | None
    each: int = 0
    meter: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedPrice:
    """The price that a schedule will bring, and when."""

    price_stripe_id: str
    at: datetime
    items: tuple[tuple[str, int | None], ...] = ()
    """All that there will be, the plan first: prices, and how many of each; None: it is counted."""


@dataclass(frozen=True, slots=True)
class BilledSubscription:
    """A subscription as Stripe has it now; price and interval are the plan's, its first item.

    `amount` is of all items but what is counted, and before discounts, of which those that still
    have an effect are told; tax_added says that tax comes on top of it.
    """

    stripe_id: str
    customer_stripe_id: str
    status: str
    price_stripe_id: str
    amount: int
    currency: str
    interval: str
    trial_ends_at: datetime | None
    period_ends_at: datetime | None
    cancel_at_period_end: bool
    cancel_at: datetime | None
    ended_at: datetime | None
    started_at: datetime | None
    invoice: BilledInvoice | None
    discounts: tuple[BilledDiscount, ...]
    tax_added: bool
    metadata: Mapping[str, str]
    livemode: bool
    items: tuple[BilledItem, ...] = ()
    collection_paused: bool = False
    schedule: str | None = None
    planned: PlannedPrice | None = None
    period_starts_at: datetime | None = None

    @property
    def composition(self) -> dict[str, int | None]:
        """Return its prices, and how many of each."""
        return {item.price_stripe_id: item.quantity for item in self.items}


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon, or the promotion code that leads to one.

    kind is coupon or promotion_code and stripe_id the id of that; exactly one of percent_off
    (0–100, may have decimals) and amount_off (minor units of currency) is set. duration is once,
    repeating (for months) or forever.
    """

    code: str
    kind: str
    stripe_id: str
    percent_off: float | None
    amount_off: int | None
    currency: str | None
    duration: str
    months: int | None
    products: tuple[str, ...] = ()
    """The products (prod_…) it is for; none named: it is for all."""
    amounts_off: Mapping[str, int] = field(default_factory=dict)
    """By currency, where it takes a sum off: amount_off in its own, and in any others."""
    minimums: Mapping[str, int] = field(default_factory=dict)
    """By currency, what an order has to come to before the discount; none: it need not."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose key it is, and in which mode."""

    stripe_id: str
    livemode: bool


@dataclass(frozen=True, slots=True)
class Webhook:
    """Our endpoint at Stripe; the secret only when it was made just now."""

    stripe_id: str
    secret: str | None
