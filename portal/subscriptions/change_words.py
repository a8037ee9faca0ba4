"""What came of a change, in sentences: the pages say it, and the mails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.amounts import charge_words, written_date
from portal.customers.time_zone import in_zone
from portal.errors import Problem
from portal.subscriptions.hold import OVER
from portal.subscriptions.left import Left, to_customer
from portal.words import translations

TO_CONFIRM = "to_confirm"
BY_HAND = Problem(
    "by_hand",
    "Your withdrawal counts, but your plan could not be ended by itself. We do it by hand, and pay"
    " back to you what you paid within 14 days.",
)

_REFUSED = {
    "already_over": Problem("already_over", "Your plan has ended, so this could not be done."),
    "changed_meanwhile": Problem(
        "changed_meanwhile",
        "Your plan was changed elsewhere in the meantime, so nothing was done. Look at it again.",
    ),
    "stale": Problem(
        "stale", "The amounts have changed since you saw them, so nothing was done. Look again."
    ),
}
_CARD = Problem(
    "card_refused",
    "Your card was declined, so nothing was changed and nothing was charged. Try another card.",
)
_NO_CARD = Problem(
    "card_missing",
    "There is no payment method, so nothing was changed. Add one and try again.",
)
_OTHER = Problem(
    "change_refused",
    "This could not be done, and nothing was charged. Try again, or write to us.",
)


def refusal_of(code: str) -> Problem:
    """Say why a change was refused, by the code that was written down of it."""
    if code in _REFUSED:
        return _REFUSED[code]
    if code == "card_missing":
        return _NO_CARD
    return _CARD if code.startswith(("card_", "authentication", "payment_")) else _OTHER


def done_words(told: Mapping[str, Any], locale: str) -> list[str]:
    """Say what a change has done; `told` is what `details_of` returns."""
    _ = translations(locale).gettext
    match told["kind"]:
        case "keep":
            return [_("You took your cancellation back. Your plan goes on.")]
        case "withdraw":
            return withdrawn_words(told, locale)
        case "stay":
            return [_("You took the planned change back. Your plan stays as it is.")]
        case "pause":
            return [_("Your plan is paused. Nothing is charged until you resume it.")]
        case "resume":
            return [_("Your plan goes on, and is charged again from its next period.")]
        case "plan":
            return [*_planned(told, locale), _("Until then you can take the change back.")]
        case "switch":
            return [*_switched(told, locale), *_next(told, locale)]
    return []


def withdrawn_words(told: Mapping[str, Any], locale: str) -> list[str]:
    """Say what comes, or came, of a withdrawal; what Stripe refused of it, people do."""
    _ = translations(locale).gettext
    if told["state"] == "asked":
        return [_("Your plan ends at once. What you paid is paid back to you within 14 days.")]
    if told["state"] == "refused" and told["held_status"] not in OVER:
        return [_(BY_HAND.sentence)]
    said = [_("You have withdrawn from your contract. Your plan has ended.")]
    if told["amount_today"]:
        back = _("{amount} is paid back to you, the way you paid it.")
        said.append(back.format(amount=_amount(told, "amount_today", locale)))
    problem = Left.REFUSED if told["state"] == "refused" else told["problem"]
    if problem:
        said.append(to_customer(problem, locale, is_part=bool(told["amount_today"])))
    return said


def _planned(told: Mapping[str, Any], locale: str) -> list[str]:
    _ = translations(locale).gettext
    said = _("Your plan changes to {plan} on {date}. {amount} is charged then.")
    if not told["next_amount"]:
        said = _("Your plan changes to {plan} on {date}. Nothing is charged then.")
    amount = _amount(told, "next_amount", locale)
    date = _date(told, "takes_effect_at", locale)
    return [said.format(plan=told["plan_name"], date=date, amount=amount)]


def _switched(told: Mapping[str, Any], locale: str) -> list[str]:
    _ = translations(locale).gettext
    said = [_("Your plan is {plan} now.").format(plan=told["plan_name"])]
    amount = _amount(told, "amount_today", locale)
    if told["problem"] == TO_CONFIRM:
        more = _("Your bank wants you to confirm the payment of {amount}.")
    elif told["amount_today"] > 0:
        more = _("{amount} was charged for the change.")
    elif told["amount_today"] < 0:
        more = _("{amount} is credited to you, and taken off your next payments.")
    else:
        more = _("Nothing was charged for the change.")
    return [*said, more.format(amount=amount)]


def _next(told: Mapping[str, Any], locale: str) -> list[str]:
    _ = translations(locale).gettext
    if not told["next_amount"] or told["next_at"] is None:
        return []
    amount, date = _amount(told, "next_amount", locale), _date(told, "next_at", locale)
    return [_("The next charge is {amount} on {date}.").format(amount=amount, date=date)]


def _date(told: Mapping[str, Any], name: str, locale: str) -> str:
    """Write a day by its customer's clocks, on a page as in a mail."""
    return written_date(in_zone(told[name], told["time_zone"]), locale)


def _amount(told: Mapping[str, Any], name: str, locale: str) -> str:
    """Write an amount as Stripe's preview told it: with its tax."""
    return charge_words(abs(told[name]), told["currency"], locale) if told["currency"] else ""
