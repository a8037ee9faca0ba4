"""How a customer's subscription stands, made ready for the templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import clock
from portal.errors import Problem
from portal.subscriptions import sentences
from portal.subscriptions.held import held_by
from portal.subscriptions.status import Card, NextCharge, Standing, Tone, standing_of
from portal.amounts import money, written_date
from portal.web.languages import say
from portal.words import translations


@dataclass(frozen=True, slots=True)
class StandingShown:
    """A standing in the reader's words."""

    word: str
    tone: Tone
    sentence: str


async def standing_context(customer: str, locale: str, *, is_under_way: bool) -> dict[str, Any]:
    """Return what the templates show of a customer's plan, from our copies.

    While a sign-up is under way there is nothing to show yet, and that is said.
    """
    hold = await held_by(customer)
    if hold is None:
        return _without(locale, is_under_way=is_under_way)
    standing = standing_of(hold, clock.now())
    return {
        "plan_name": hold.plan_name,
        "standing": _shown(standing, locale),
        "trial_ends": standing.trial_ends_at,
        "next_charge": _charge(standing.next_charge),
        "card": _card(hold.card, locale),
        "to_confirm": standing.word == sentences.TO_CONFIRM,
    }


def _without(locale: str, *, is_under_way: bool) -> dict[str, Any]:
    _ = translations(locale).gettext
    shown = StandingShown(_("No plan"), "ok", _("You have an account, and no plan yet."))
    if is_under_way:
        word, sentence = say(sentences.CHECKING, locale), say(sentences.BEING_CHECKED, locale)
        shown = StandingShown(word, "wait", sentence)
    return {
        "plan_name": "",
        "standing": shown,
        "trial_ends": None,
        "next_charge": None,
        "card": None,
        "to_confirm": False,
    }


def _shown(standing: Standing, locale: str) -> StandingShown:
    return StandingShown(
        say(standing.word, locale),
        standing.tone,
        say(_filled(standing.sentence, standing.dates, standing.amounts, locale), locale),
    )


def _filled(
    sentence: Problem,
    dates: Mapping[str, datetime],
    amounts: Mapping[str, tuple[int, str]],
    locale: str,
) -> Problem:
    values = {name: written_date(when, locale) for name, when in dates.items()}
    values |= {name: money(*amount, locale) for name, amount in amounts.items()}
    return Problem(sentence.code, sentence.sentence, values)


def _charge(charge: NextCharge | None) -> dict[str, Any] | None:
    if charge is None:
        return None
    return {"amount": charge.amount, "currency": charge.currency, "date": charge.at}


def _card(card: Card | None, locale: str) -> dict[str, str] | None:
    if card is None:
        return None
    _ = translations(locale).gettext
    return {
        "brand": card.brand.replace("_", " ").title() or _("Payment method"),
        "last4": card.last4,
        "exp": f"{card.exp_month:02}/{card.exp_year}",
    }
