"""What the pages show of a change of plan before it is made: what will happen. Words only."""

from __future__ import annotations

from typing import Any

from portal.amounts import charge_words, money, written_date
from portal.billing.billed_invoices import BilledLine
from portal.errors import Problem
from portal.pages.obligation import change_button_words
from portal.plans.catalogue import AddOn
from portal.sites.storefront import Storefront
from portal.subscriptions.estimate import Shown
from portal.subscriptions.hold import Hold
from portal.subscriptions.quote import Quote, moment_of, written
from portal.subscriptions.switching import ENDING, NOW, OTHER_CURRENCY, OWING, PLANNED
from portal.web.languages import say
from portal.web.templates import url_for
from portal.words import translations

_WAYS_ON = {
    ENDING.code: "account.cancel",
    OTHER_CURRENCY.code: "account.cancel",
    OWING.code: "account",
    PLANNED.code: "account.plan",
}


def panel(
    site: Storefront, shown: Shown, hold: Hold | None, note: Problem | None, locale: str
) -> dict[str, Any]:
    """Return what will happen, line by line, with the button that has it happen."""
    quote = shown.quote
    pays = quote.due > 0 or quote.next_amount > 0
    return {
        "problem": None,
        "note": say(note, locale) if note else "",
        "held_name": hold.words if hold else "",
        "plan_name": quote.made_of or shown.offer.name,
        "lines": _lines(shown, hold, locale) if shown.today else [],
        "sentences": [
            *_today(quote, locale),
            _begins(quote, locale),
            _next(quote, locale),
            *(usage_words(add_on, quote, locale) for add_on in shown.usage),
        ],
        "undo": _undo(quote, hold, locale),
        "needs_card": quote.due > 0 and not shown.has_card,
        "button": change_button_words(site, locale, pays=pays),
        "quote": written(quote),
    }


def cannot_context(problem: Problem, locale: str) -> dict[str, Any]:
    """Return why a plan cannot be changed so, and where to go on."""
    _ = translations(locale).gettext
    words = {
        "account.cancel": _("Go to your cancellation"),
        "account": _("Go to your account"),
        "account.plan": _("Back to the plans"),
    }
    if problem.code == OTHER_CURRENCY.code:
        words["account.cancel"] = _("Cancel your plan")
    way = _WAYS_ON.get(problem.code, "account.plan")
    said = say(problem, locale)
    return {"problem": said, "way": url_for(way), "way_words": words[way], "again": None}


def _lines(shown: Shown, hold: Hold | None, locale: str) -> list[tuple[str, str]]:
    """Say the invoice of today line by line, down to what is charged."""
    _ = translations(locale).gettext
    today, quote = shown.today, shown.quote
    assert today is not None
    rows = [(_label(line, shown, hold, locale), line.amount) for line in today.lines]
    rows.append((_("Discount"), -today.discount))
    rows.append((_("Tax"), today.total - today.subtotal + today.discount))
    if today.total > 0:
        rows.append((_("From your credit"), today.amount_due - today.total))
    return [(label, money(amount, quote.currency, locale)) for label, amount in rows if amount]


def _label(line: BilledLine, shown: Shown, hold: Hold | None, locale: str) -> str:
    _ = translations(locale).gettext
    ends = written_date(line.ends_at, locale)
    if line.is_proration and line.amount < 0:
        add_ons = {item.price_stripe_id: item.name for item in hold.add_ons} if hold else {}
        if line.price in add_ons:
            return _("Unused time of {what}, until {ends}").format(
                what=add_ons[line.price], ends=ends
            )
        return _("Unused time of your plan, until {ends}").format(ends=ends)
    plan = shown.names.get(line.price, shown.offer.name)
    return _("{plan}, until {ends}").format(plan=plan, ends=ends)


def _today(quote: Quote, locale: str) -> list[str]:
    _ = translations(locale).gettext
    if quote.due > 0:
        amount = charge_words(quote.due, quote.currency, locale)
        return [_("{amount} is charged today.").format(amount=amount)]
    if quote.total < 0:
        amount = charge_words(-quote.total, quote.currency, locale)
        said = _("{amount} is credited to you today, and taken off your next payments.")
        return [_("Nothing is charged today."), said.format(amount=amount)]
    return [_("Nothing is charged today.")]


def _begins(quote: Quote, locale: str) -> str:
    _ = translations(locale).gettext
    starts = moment_of(quote.takes_effect_at)
    is_same = quote.price_stripe_id == quote.held_price
    if starts is None:
        return _("The change is made at once.") if is_same else _("The new plan begins at once.")
    said = _("The new plan begins on {date}. Until then everything stays as it is.")
    if is_same:
        said = _("The change is made on {date}. Until then everything stays as it is.")
    return said.format(date=written_date(starts, locale))


def _next(quote: Quote, locale: str) -> str:
    _ = translations(locale).gettext
    at = moment_of(quote.next_at)
    if not quote.next_amount or at is None:
        return _("After that, nothing is charged.")
    said = _("The next charge is {amount} on {date}, and then {each}.")
    amount = charge_words(quote.next_amount, quote.currency, locale)
    each = _("every year") if quote.interval == "year" else _("every month")
    return said.format(amount=amount, date=written_date(at, locale), each=each)


def usage_words(add_on: AddOn, quote: Quote, locale: str) -> str:
    """Say what comes on top of a charge for what is used."""
    _ = translations(locale).gettext
    pricing = add_on.pricing(quote.interval, quote.currency)
    assert add_on.usage is not None
    assert pricing is not None
    said = _("What you use from now on comes on top: {amount} for each {unit}.")
    amount = money(pricing.amount, quote.currency, locale)
    return said.format(amount=amount, unit=add_on.usage.unit)


def _undo(quote: Quote, hold: Hold | None, locale: str) -> str:
    _ = translations(locale).gettext
    at = moment_of(quote.takes_effect_at)
    if quote.when != NOW and at is not None:
        said = _("You can take this back until {date}.")
        return said.format(date=written_date(at, locale))
    if hold and hold.status == "trialing" and hold.trial_ends_at:
        said = _("You can change again at no cost until your trial ends on {date}.")
        return said.format(date=written_date(hold.trial_ends_at, locale))
    if quote.due <= 0:
        return _("You can change your plan again at any time.")
    return _("What is charged today is not paid back; you can change your plan again at any time.")
