"""What a change of plan means: now or later, and what Stripe is asked. Plain functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.billing.billed import BilledSubscription
from portal.billing.billed_invoices import BilledPreview
from portal.errors import PortalError, Problem
from portal.plans.catalogue import MONTHS, Pricing
from portal.subscriptions.hold import Hold

NOW, PERIOD_END = "now", "period_end"


class CannotChange(PortalError):
    """This plan cannot be changed to that one, or not now; `problem` says why."""

    status = 409
    code = "cannot_change"

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.sentence = str(problem)


SAME = Problem("same_plan", "You have this plan already.")
NO_PLAN = Problem("no_plan", "You have no plan that could be changed.")
ENDING = Problem(
    "ending", "Your plan is cancelled. Take the cancellation back first, then change it."
)
OWING = Problem("owing", "There is something to pay for your plan. Once that is done, change it.")
RESTING = Problem("resting", "Your plan is paused. Resume it first, then change it.")
PLANNED = Problem(
    "planned", "A change of your plan is on its way already. Take it back first, then choose again."
)
OTHER_CURRENCY = Problem(
    "other_currency",
    "Your plan is paid in {held}, and this one in {wanted}: a plan that runs cannot change its"
    " currency. Cancel your plan, and take the new one when it has ended.",
)
OTHER_THINGS = Problem(
    "other_things", "Your plan holds more than we can change here. Write to us, and we do it."
)
UNDER_WAY = Problem(
    "under_way", "Another change of your plan is being done. Wait a moment, and look again."
)
CHANGED = Problem(
    "changed_meanwhile", "Your plan has changed since this was shown. Look at it again."
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What there shall be: an update's items, all prices with their quantities, and what it costs.

    The plan comes first; no quantity where use is counted.
    """

    items: list[dict[str, Any]]
    wanted: dict[str, int | None]
    amount: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How a change is made: when, and what a subscription's update gets for it."""

    when: str
    update: dict[str, Any]

    @property
    def is_prorated(self) -> bool:
        """Tell whether something is charged or credited at once."""
        return bool(self.update["proration_behavior"] != "none")


def refuse_unchangeable(hold: Hold | None, pricing: Pricing) -> None:
    """Let pass only a plan that can be changed to this price.

    Raises:
        CannotChange: it cannot, or not now.
    """
    if hold is None or not hold.is_living:
        raise CannotChange(NO_PLAN)
    if pricing.currency != hold.currency:
        currencies = {"held": hold.currency.upper(), "wanted": pricing.currency.upper()}
        told = Problem(OTHER_CURRENCY.code, OTHER_CURRENCY.sentence, currencies)
        raise CannotChange(told)
    if hold.is_ending:
        raise CannotChange(ENDING)
    if hold.status not in ("active", "trialing"):
        raise CannotChange(OWING)
    if hold.collection_paused:
        raise CannotChange(RESTING)
    if hold.planned:
        raise CannotChange(PLANNED)


def terms_of(found: BilledSubscription, interval: str, parts: Parts, *, downgrade: str) -> Terms:
    """Decide how a change is made; what costs less begins when the plan's setting says.

    Raises:
        CannotChange: it would change nothing, or is paid in a way that we do not know.
    """
    if found.interval not in MONTHS:
        raise CannotChange(OTHER_THINGS)
    if parts.wanted == found.composition:
        raise CannotChange(SAME)
    items = parts.items
    if found.status == "trialing":
        return Terms(NOW, {"items": items, "proration_behavior": "none"})
    is_less = is_lower(parts.amount, interval, than=found.amount, each=found.interval)
    if is_less and downgrade == PERIOD_END:
        return Terms(PERIOD_END, {"items": items, "proration_behavior": "none"})
    charged = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}
    # From nothing to something, Stripe begins a period: so that it does as well where it need not.
    anew = {"billing_cycle_anchor": {"type": "now"}} if not found.amount else {}
    return Terms(NOW, {"items": items} | charged | anew)


def is_lower(amount: int, interval: str, *, than: int, each: str) -> bool:
    """Tell whether a price is below another, for the same time."""
    return amount * MONTHS[each] < than * MONTHS[interval]


def preview_params(subscription: str, update: dict[str, Any]) -> dict[str, Any]:
    """Return what a preview of this update is asked by."""
    details = {name: value for name, value in update.items() if name != "payment_behavior"}
    return {"subscription": subscription, "subscription_details": details}


def recurring_params(subscription: str, update: dict[str, Any]) -> dict[str, Any]:
    """Return what a preview of the charge after that is asked by."""
    kept = {"items": update["items"], "proration_behavior": "none"}
    return preview_params(subscription, kept) | {"preview_mode": "recurring"}


def prorated_at(preview: BilledPreview) -> datetime | None:
    """Return the moment from which Stripe prorated; None where it did not."""
    return min((line.starts_at for line in preview.lines if line.is_proration), default=None)


def next_charge_at(found: BilledSubscription, today: BilledPreview | None) -> datetime | None:
    """Return when the charge after the change comes: a period that begins anew ends later."""
    if found.status == "trialing":
        return found.trial_ends_at
    whole = [line.ends_at for line in today.lines if not line.is_proration] if today else []
    return max(whole, default=found.period_ends_at)
