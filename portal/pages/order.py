"""The order beside the form: what is bought, what is due today, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.amounts import money
from portal.billing.billed import Discount
from portal.errors import Problem
from portal.pages import wording
from portal.plans.catalogue import MONTHS, Chosen
from portal.plans.discounts import Charges, charges, in_time
from portal.sites.storefront import Storefront
from portal.words import translations


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the order; no amount where a sentence says it."""

    label: str
    amount: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """One way to pay for the same plan."""

    interval: str
    label: str
    amount: int
    per: str


@dataclass(frozen=True, slots=True)
class CouponShown:
    """A code that counts, and what it gives."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Order:
    """All that the templates show of an order, ready to be shown."""

    plan_key: str
    plan_name: str
    price: str
    interval: str
    currency: str
    offers_for_switch: tuple[Interval, ...]
    lines: tuple[Line, ...]
    due_today: int
    then: str
    trial_sentence: str
    tax_note: str
    coupon: CouponShown | None
    coupon_error: Problem | None
    cancel_note: str


def order_of(
    site: Storefront,
    chosen: Chosen,
    discount: Discount | None,
    problem: Problem | None,
    today: date,
    locale: str,
) -> Order:
    """Work out what to show of an order."""
    counting = in_time(chosen, discount, today)
    due = charges(chosen, counting)
    return Order(
        plan_key=chosen.offer.key,
        plan_name=chosen.offer.name,
        price=chosen.pricing.id,
        interval=chosen.pricing.interval,
        currency=chosen.pricing.currency,
        offers_for_switch=_intervals(chosen, locale),
        lines=_lines(chosen, due, locale),
        due_today=due.today,
        then=wording.then_words(chosen, due, counting, today, locale),
        trial_sentence=wording.trial_words(chosen, locale) if due.lasting else "",
        tax_note=wording.tax_note(site, locale) if chosen.pricing.amount else "",
        coupon=_shown(discount, locale, is_over=counting is None),
        coupon_error=problem,
        cancel_note=wording.cancel_words(chosen, today, locale) if due.lasting else "",
    )


def _intervals(chosen: Chosen, locale: str) -> tuple[Interval, ...]:
    same_currency = [p for p in chosen.offer.prices if p.currency == chosen.pricing.currency]
    return tuple(
        Interval(
            price.interval,
            wording.interval_words(price.interval, locale),
            price.amount,
            wording.per_words(price.interval, locale),
        )
        for price in sorted(same_currency, key=lambda price: MONTHS[price.interval])
    )


def _lines(chosen: Chosen, due: Charges, locale: str) -> tuple[Line, ...]:
    _ = translations(locale).gettext
    pricing = chosen.pricing
    name, counted = wording.chosen_words(chosen), _counted(chosen, locale)
    if chosen.trial_days and pricing.amount:
        lasting = wording.price_words(due.lasting, pricing.interval, pricing.currency, locale)
        note = _("{price} after the trial").format(price=lasting) if due.lasting else ""
        return (Line(name, 0, note), *counted)
    each = wording.price_words(chosen.amount, pricing.interval, pricing.currency, locale)
    plan = Line(name, chosen.amount, "" if not pricing.amount else each)
    saved = due.regular - due.today
    return (plan, *counted, *((Line(_("Discount"), -saved),) if saved > 0 else ()))


def _counted(chosen: Chosen, locale: str) -> tuple[Line, ...]:
    """Say what each use costs of what is counted."""
    _ = translations(locale).gettext
    pricing, said = chosen.pricing, _("{price} for each {unit} you use")
    return tuple(
        Line(
            add_on.name,
            None,
            said.format(price=money(each.amount, pricing.currency, locale), unit=add_on.usage.unit),
        )
        for add_on in chosen.offer.add_ons
        if add_on.usage and (each := add_on.pricing(pricing.interval, pricing.currency))
    )


def _shown(discount: Discount | None, locale: str, *, is_over: bool) -> CouponShown | None:
    if discount is None:
        return None
    _ = translations(locale).gettext
    sentence = wording.discount_words(discount, locale)
    if is_over:
        sentence = _("{discount}, which is over before your first payment").format(
            discount=sentence
        )
    return CouponShown(discount.code, sentence)
