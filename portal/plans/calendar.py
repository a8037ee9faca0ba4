"""When money is due: dates only."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from portal.plans.catalogue import MONTHS, Chosen


def charge_on(chosen: Chosen, number: int, today: date) -> date:
    """Return the day of a charge, counted from 0: at the trial's end, or today where is none."""
    first = today + timedelta(days=chosen.trial_days)
    return after_months(first, number * MONTHS[chosen.pricing.interval])


def first_charge_on(chosen: Chosen, today: date) -> date:
    """Return the day of the first charge after today: the trial's end, else the renewal."""
    return charge_on(chosen, 0 if chosen.trial_days else 1, today)


def after_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of a shorter month."""
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
