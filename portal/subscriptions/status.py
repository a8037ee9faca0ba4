"""A subscription's status in words a customer understands: plain functions of what we hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from portal.errors import Problem
from portal.subscriptions import sentences as say

Tone = Literal["ok", "wait", "warn", "bad"]

# Stripe gives a first payment 23 hours, then the subscription expires.
# Source: https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
FIRST_PAYMENT = timedelta(hours=23)


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
    payment: str = ""
    without_card: str = "cancel"
    is_detached: bool = False


@dataclass(frozen=True, slots=True)
class NextCharge:
    """What will be charged next, before discounts, and when."""

    amount: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands: a word and a sentence for the reader, and how serious it is.

    The door writes `dates` and `amounts` (minor units, currency) in the reader's language and
    fills the sentence's {placeholders} with them.
    """

    word: Problem
    tone: Tone
    sentence: Problem
    dates: Mapping[str, datetime] = field(default_factory=dict)
    amounts: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    trial_ends_at: datetime | None = None
    next_charge: NextCharge | None = None


def standing_of(hold: Hold, now: datetime) -> Standing:
    """Say how a subscription stands."""
    if hold.is_detached:
        return Standing(say.CLOSED, "bad", say.ACCOUNT_GONE)
    match hold.status:
        case "trialing":
            return _trialing(hold)
        case "active":
            return _active(hold)
        case "incomplete" | "past_due" | "unpaid":
            return _owing(hold, now)
        case "paused":
            return _paused(hold)
        case "canceled" | "incomplete_expired":
            return _over(hold)
    return Standing(say.CHECKING, "wait", say.BEING_CHECKED)


def _trialing(hold: Hold) -> Standing:
    ends = hold.trial_ends_at or hold.period_ends_at
    if ends is None:
        return Standing(say.CHECKING, "wait", say.BEING_CHECKED)
    if last := _last_day(hold):
        return Standing(
            say.CANCELLED, "warn", say.TRIAL_CANCELLED, {"date": last}, trial_ends_at=ends
        )
    if hold.card or not hold.amount:
        charged = say.TRIAL_GOES_ON if hold.amount else say.TRIAL_THEN_FREE
        return Standing(
            say.TRIAL, "ok", charged, {"date": ends}, _price(hold), ends, _next(hold, ends)
        )
    sentence = say.TRIAL_WITHOUT_CARD.get(hold.without_card, say.TRIAL_WITHOUT_CARD["cancel"])
    charge = _next(hold, ends) if hold.without_card == "create_invoice" else None
    return Standing(say.TRIAL, "warn", sentence, {"date": ends}, _price(hold), ends, charge)


def _active(hold: Hold) -> Standing:
    if last := _last_day(hold):
        return Standing(say.CANCELLED, "warn", say.ACTIVE_CANCELLED, {"date": last})
    if not hold.amount:
        return Standing(say.ACTIVE, "ok", say.ACTIVE_FREE)
    if hold.period_ends_at is None:
        return Standing(say.ACTIVE, "ok", say.ACTIVE_PLAIN)
    dates, charge = {"date": hold.period_ends_at}, _next(hold, hold.period_ends_at)
    if hold.card is None:
        sentence = say.ACTIVE_WITHOUT_CARD
        return Standing(say.ACTIVE, "warn", sentence, dates, _price(hold), None, charge)
    return Standing(say.ACTIVE, "ok", say.ACTIVE_RENEWS, dates, _price(hold), None, charge)


def _owing(hold: Hold, now: datetime) -> Standing:
    """Say what is due: for a first payment until when, for a later one that access is at stake."""
    is_first = hold.status == "incomplete"
    until = (hold.started_at or now) + FIRST_PAYMENT
    if is_first and until <= now:
        return Standing(say.EXPIRED, "bad", say.FIRST_PAYMENT_MISSED)
    due = {"amount": (hold.amount_due or hold.amount, hold.currency)}
    dates = {"date": until} if is_first else {}
    if hold.payment == "declined":
        sentence = say.FIRST_DECLINED if is_first else say.LATER_DECLINED
        return Standing(say.DECLINED, "bad", sentence, dates, due)
    if hold.payment == "authentication_required":
        sentence = say.FIRST_TO_CONFIRM if is_first else say.LATER_TO_CONFIRM
        return Standing(say.TO_CONFIRM, "warn", sentence, dates, due)
    if hold.card is None:
        sentence = say.FIRST_WITHOUT_CARD if is_first else say.LATER_WITHOUT_CARD
        return Standing(say.PAYMENT_DUE, "warn" if is_first else "bad", sentence, dates, due)
    return Standing(say.PAYING, "wait", say.BEING_PAID, {}, due)


def _paused(hold: Hold) -> Standing:
    due = {"amount": (hold.amount_due or hold.amount, hold.currency)}
    if hold.payment == "declined":
        return Standing(say.PAUSED, "bad", say.PAUSED_DECLINED, {}, due)
    if hold.payment == "authentication_required":
        return Standing(say.TO_CONFIRM, "warn", say.PAUSED_TO_CONFIRM, {}, due)
    if hold.card is None:
        return Standing(say.PAUSED, "warn", say.PAUSED_WITHOUT_CARD)
    return Standing(say.RESUMING, "wait", say.BEING_RESUMED)


def _over(hold: Hold) -> Standing:
    if hold.status == "incomplete_expired":
        return Standing(say.EXPIRED, "bad", say.FIRST_PAYMENT_MISSED)
    if hold.ended_at is None:
        return Standing(say.ENDED, "bad", say.PLAN_ENDED)
    return Standing(say.ENDED, "bad", say.PLAN_ENDED_ON, {"date": hold.ended_at})


def _last_day(hold: Hold) -> datetime | None:
    """Return when a cancelled plan ends, if it is one."""
    if hold.cancel_at_period_end:
        return hold.cancel_at or hold.period_ends_at or hold.trial_ends_at
    return hold.cancel_at


def _price(hold: Hold) -> dict[str, tuple[int, str]]:
    return {"amount": (hold.amount, hold.currency)}


def _next(hold: Hold, at: datetime) -> NextCharge | None:
    return NextCharge(hold.amount, hold.currency, at) if hold.amount else None
