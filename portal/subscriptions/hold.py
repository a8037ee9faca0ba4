"""What somebody holds of a plan, as our copies tell it: values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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

    @property
    def is_running(self) -> bool:
        """Tell whether the plan can be used: its first payment is not missing, nor is it over."""
        return self.status in ("trialing", "active", "past_due") and not self.is_detached

    @property
    def is_over(self) -> bool:
        """Tell whether the plan never goes on again."""
        return self.status in OVER

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
