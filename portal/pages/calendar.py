"""When money is due: dates only."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from portal.plans.catalogue import MONTHS, Chosen


def first_charge_on(chosen: Chosen, today: date) -> date:
    """Return the day of the first charge after today: the trial's end, else the renewal."""
    if chosen.offer.trial_days:
        return today + timedelta(days=chosen.offer.trial_days)
    return after_months(today, MONTHS[chosen.pricing.interval])


def after_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of a shorter month."""
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
