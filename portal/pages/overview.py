"""The account's first page made ready: every plan somebody holds, what is next, and their card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.amounts import written_date
from portal.customers.contact import home_of
from portal.errors import Problem
from portal.pages.plan_parts import held_parts
from portal.pages.standing import card_shown, charge_shown, standing_shown, without_plan
from portal.pages.wording import price_words
from portal.sites.storefront import Storefront
from portal.subscriptions import sentences
from portal.subscriptions.ahead import card_warning, days_left
from portal.subscriptions.held import all_held_by
from portal.subscriptions.hold import Hold
from portal.subscriptions.status import standing_of
from portal.subscriptions.withdraw import withdrawable
from portal.web.languages import say
from portal.words import translations

_TO_PAY = (sentences.DECLINED, sentences.PAYMENT_DUE)


async def overview_context(customer: str, locale: str) -> dict[str, Any]:
    """Return what the account's first page shows, from our copies.

    A plan that is over is shown beside the others only where none of them lives.
    """
    held, now, home = await all_held_by(customer), clock.now(), await home_of(customer)
    living = [hold for hold in held if not hold.is_over]
    present = living or held[:1]
    return {
        "standing": without_plan(locale, is_under_way=False)["standing"],
        "plans": [_plan(hold, now, locale, can_change=hold is present[0]) for hold in present],
        "withdraw_until": withdraw_until(home, present[0] if present else None, now, locale),
        "former": [_former(hold, locale) for hold in held if hold not in present],
        "card": card_shown(held[0].card, locale) if held else None,
        "warning": _warning(living, now, locale),
    }


def withdraw_until(site: Storefront, hold: Hold | None, now: datetime, locale: str) -> str:
    """Tell the last day on which somebody can withdraw; "" when they cannot, or need not."""
    found = withdrawable(site, hold, now) if hold and not hold.is_free else None
    return written_date(found.last_day, locale) if found else ""


def _plan(hold: Hold, now: datetime, locale: str, *, can_change: bool) -> dict[str, Any]:
    """Make one plan ready to be shown; only the first can be changed here."""
    standing = standing_of(hold, now)
    is_priced = bool(hold.lasting) and not hold.is_over
    return {
        "name": hold.plan_name,
        "price": price_words(hold.lasting, hold.interval, hold.currency, locale)
        if is_priced
        else "",
        "standing": standing_shown(standing, locale),
        "trial": _trial(hold, standing.trial_ends_at, now, locale),
        "next_charge": charge_shown(standing.next_charge, locale),
        "to_confirm": standing.word == sentences.TO_CONFIRM,
        "can_change": can_change and hold.is_running,
        "is_over": hold.is_over and not hold.is_detached,
        "to_pay": standing.word in _TO_PAY and hold.invoice_status == "open",
        **held_parts(hold, locale),
    }


def _trial(hold: Hold, ends: datetime | None, now: datetime, locale: str) -> dict[str, Any] | None:
    """Count a trial's days down: in words, and as a part of the whole where we know its start."""
    if ends is None:
        return None
    left = days_left(ends, now)
    said = translations(locale).ngettext("{days} day left", "{days} days left", left)
    began = hold.started_at
    total = -(-(ends - began) // timedelta(days=1)) if began and began < ends else 0
    return {"left": said.format(days=left), "ends": ends, "total": total, "used": total - left}


def _former(hold: Hold, locale: str) -> dict[str, Any]:
    _ = translations(locale).gettext
    return {"name": hold.plan_name or _("Plan"), "ended": hold.ended_at}


def _warning(living: Sequence[Hold], now: datetime, locale: str) -> dict[str, str] | None:
    """Say that the card will not do, to whoever has a plan that may be charged to it."""
    going_on = [hold for hold in living if hold.lasting and not hold.is_detached]
    if not going_on or going_on[0].card is None:
        return None
    charges = [charge.at for hold in going_on if (charge := standing_of(hold, now).next_charge)]
    found = card_warning(going_on[0].card, charges, now)
    if found is None:
        return None
    values = {name: written_date(when, locale) for name, when in found.dates.items()}
    sentence = Problem(found.sentence.code, found.sentence.sentence, values)
    return {"tone": found.tone, "sentence": say(sentence, locale)}
