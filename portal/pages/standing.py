"""How a customer's subscription stands, made ready for the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal import clock
from portal.amounts import charge_words
from portal.subscriptions import sentences
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import Card
from portal.subscriptions.standing_words import words_of
from portal.subscriptions.status import NextCharge, Standing, Tone, standing_of
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
        return without_plan(locale, is_under_way=is_under_way)
    standing = standing_of(hold, clock.now())
    return {
        "plan_name": hold.plan_name,
        "standing": standing_shown(standing, locale),
        "trial_ends": standing.trial_ends_at,
        "next_charge": charge_shown(standing.next_charge, locale),
        "card": card_shown(hold.card, locale),
        "to_confirm": standing.word == sentences.TO_CONFIRM,
        "is_running": hold.is_running,
    }


def without_plan(locale: str, *, is_under_way: bool) -> dict[str, Any]:
    """Return what the templates show of somebody who holds nothing, or nothing yet."""
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
        "is_running": not is_under_way,
    }


def standing_shown(standing: Standing, locale: str) -> StandingShown:
    """Say a standing in the reader's language."""
    return StandingShown(say(standing.word, locale), standing.tone, words_of(standing, locale))


def charge_shown(charge: NextCharge | None, locale: str) -> dict[str, Any] | None:
    """Write the amount of the next charge."""
    if charge is None:
        return None
    said = charge_words(charge.amount, charge.currency, locale, plus_tax=charge.plus_tax)
    return {"amount": said, "date": charge.at}


def card_shown(card: Card | None, locale: str) -> dict[str, str] | None:
    """Name a payment method as its holder knows it."""
    if card is None:
        return None
    _ = translations(locale).gettext
    return {
        "brand": card.brand.replace("_", " ").title() or _("Payment method"),
        "last4": card.last4,
        "exp": f"{card.exp_month:02}/{card.exp_year}",
    }
