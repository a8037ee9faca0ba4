"""What is ahead for a customer: days left of a trial, a card that expires. Plain functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from portal.errors import Problem
from portal.subscriptions.hold import Card

SOON = timedelta(days=30)
"""How long before a card expires its holder is told, whatever is charged."""

TRIAL_TOLD = timedelta(days=3)
"""How long before a trial ends its customer is written to: half of it, where it is short."""

CARD_EXPIRED = Problem(
    "card_expired", "This card expired on {date}. Add another one so that your plan goes on."
)
CARD_EXPIRES_FIRST = Problem(
    "card_expires_first",
    "This card expires on {date}, before the next charge on {charge}. Add another one by then.",
)
CARD_EXPIRES_SOON = Problem(
    "card_expires_soon", "This card expires on {date}. Add another one by then."
)


_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class CardWarning:
    """What to say of a card; the door writes the dates and fills the sentence with them."""

    sentence: Problem
    tone: Literal["warn", "bad"]
    dates: Mapping[str, datetime]


def days_left(ends: datetime, now: datetime) -> int:
    """Count the days until then as people do: the one that has begun counts, none is below zero."""
    return max(0, -(-(ends - now) // timedelta(days=1)))


def trial_told_at(started: datetime | None, ends: datetime) -> datetime:
    """Return when to write to somebody that their trial ends."""
    before = TRIAL_TOLD if started is None else min(TRIAL_TOLD, max(ends - started, _NO_TIME) / 2)
    return ends - before


def card_warning(card: Card, charges: Iterable[datetime], now: datetime) -> CardWarning | None:
    """Warn of a card that is over before the next of these charges, or within 30 days."""
    ends = card_ends(card)
    if ends is None:
        return None
    last = {"date": ends - timedelta(days=1)}
    if ends <= now:
        return CardWarning(CARD_EXPIRED, "bad", last)
    charge = min(charges, default=None)
    if charge is not None and ends <= charge:
        return CardWarning(CARD_EXPIRES_FIRST, "warn", last | {"charge": charge})
    if ends - now <= SOON:
        return CardWarning(CARD_EXPIRES_SOON, "warn", last)
    return None


def card_ends(card: Card) -> datetime | None:
    """Return when a card is good no longer: its last month counts to the end."""
    if not 1 <= card.exp_month <= 12 or not 1 <= card.exp_year <= 9000:
        return None
    years, month = divmod(card.exp_month, 12)
    return datetime(card.exp_year + years, month + 1, 1, tzinfo=UTC)
