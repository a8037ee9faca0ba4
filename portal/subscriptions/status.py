"""A subscription's status in words a customer understands: plain functions of what we hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from portal.errors import Problem
from portal.subscriptions import sentences as say
from portal.subscriptions.hold import Hold

Tone = Literal["ok", "wait", "warn", "bad"]

# Stripe gives a first payment 23 hours, then the subscription expires.
# Source: https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
FIRST_PAYMENT = timedelta(hours=23)


@dataclass(frozen=True, slots=True)
class NextCharge:
    """What will be charged next, after discounts, and when."""

    amount: int
    currency: str
    at: datetime
    plus_tax: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands: a word and a sentence for the reader, and how serious it is.

    The door writes `dates` and `amounts` (minor units, currency) in the reader's language and
    fills the sentence's {placeholders} with them; with `plus_tax` it says so of each amount.
    """

    word: Problem
    tone: Tone
    sentence: Problem
    dates: Mapping[str, datetime] = field(default_factory=dict)
    amounts: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    trial_ends_at: datetime | None = None
    next_charge: NextCharge | None = None
    plus_tax: bool = False


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
    has_invoice = bool(hold.card) or hold.without_card == "create_invoice"
    if hold.is_free or (has_invoice and not hold.coming):
        sentence = say.TRIAL_THEN_FREE if hold.is_free else say.TRIAL_THEN_NOTHING
        return _charged(hold, say.TRIAL, "ok", sentence, ends, trial_ends_at=ends)
    if hold.card:
        sentence = say.TRIAL_DISCOUNTED if _rises(hold) else say.TRIAL_GOES_ON
        return _charged(hold, say.TRIAL, "ok", sentence, ends, trial_ends_at=ends)
    sentence = say.TRIAL_WITHOUT_CARD.get(hold.without_card, say.TRIAL_WITHOUT_CARD["cancel"])
    found = _charged(hold, say.TRIAL, "warn", sentence, ends, trial_ends_at=ends)
    return found if has_invoice else replace(found, next_charge=None)


def _active(hold: Hold) -> Standing:
    if last := _last_day(hold):
        return Standing(say.CANCELLED, "warn", say.ACTIVE_CANCELLED, {"date": last})
    if hold.collection_paused:
        return Standing(say.PAUSED, "warn", say.PAUSED_BY_CHOICE)
    if hold.is_free:
        return Standing(say.ACTIVE, "ok", say.ACTIVE_FREE)
    at = hold.period_ends_at
    if at is None:
        return Standing(say.ACTIVE, "ok", say.ACTIVE_PLAIN)
    if not hold.coming:
        sentence = say.ACTIVE_BECOMES_FREE if hold.planned else say.ACTIVE_NOTHING
        return _charged(hold, say.ACTIVE, "ok", sentence, at)
    if hold.card is None:
        return _charged(hold, say.ACTIVE, "warn", say.ACTIVE_WITHOUT_CARD, at)
    sentence = say.ACTIVE_DISCOUNTED if _rises(hold) else say.ACTIVE_RENEWS
    if hold.planned:
        sentence = say.ACTIVE_CHANGES
    return _charged(hold, say.ACTIVE, "ok", sentence, at)


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
    tone: Tone = "warn" if is_first else "bad"
    if hold.card is None:
        sentence = say.FIRST_WITHOUT_CARD if is_first else say.LATER_WITHOUT_CARD
        return Standing(say.PAYMENT_DUE, tone, sentence, dates, due)
    if hold.payment == "not_tried":
        sentence = say.FIRST_NOT_TRIED if is_first else say.LATER_NOT_TRIED
        return Standing(say.PAYMENT_DUE, tone, sentence, dates, due)
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


def _charged(
    hold: Hold,
    word: Problem,
    tone: Tone,
    sentence: Problem,
    at: datetime,
    *,
    trial_ends_at: datetime | None = None,
) -> Standing:
    """Say how it stands before the next charge, which is at this time, and may be nothing."""
    charge = NextCharge(hold.coming, hold.currency, at, plus_tax=hold.tax_added)
    return Standing(
        word=word,
        tone=tone,
        sentence=sentence,
        dates={"date": at},
        amounts={
            "amount": (hold.coming, hold.currency),
            "later": (hold.lasting, hold.currency),
        },
        trial_ends_at=trial_ends_at,
        next_charge=charge if hold.coming else None,
        plus_tax=hold.tax_added,
    )


def _rises(hold: Hold) -> bool:
    """Tell whether the next charge is less than what it will cost in the end."""
    return hold.coming < hold.lasting
