"""What is said about money on the way in: tax, trial, renewal, discounts. Plain functions."""

from __future__ import annotations

from datetime import date

from portal.amounts import money, written_date
from portal.billing.billed import Discount
from portal.plans.calendar import charge_on, first_charge_on
from portal.plans.catalogue import Chosen
from portal.plans.discounts import Charges, reduced_charges
from portal.sites.storefront import Storefront
from portal.words import translations


def tax_note(site: Storefront, locale: str) -> str:
    """Say how tax comes into the prices."""
    _ = translations(locale).gettext
    if site.tax == "none":
        return ""
    if not adds_tax(site):
        return _("Prices include tax.")
    if site.tax == "automatic":
        return _("Tax is worked out from your address and added.")
    return _("Tax is added to these prices.")


def adds_tax(site: Storefront) -> bool:
    """Tell whether tax comes on top of the prices."""
    return site.tax != "none" and not site.tax_inclusive


def price_words(amount: int, interval: str, currency: str, locale: str) -> str:
    """Write a price with its interval, such as €12.00 a month."""
    _ = translations(locale).gettext
    each = _("{amount} a year") if interval == "year" else _("{amount} a month")
    return each.format(amount=money(amount, currency, locale))


def per_words(interval: str, locale: str) -> str:
    """Write an interval after an amount."""
    _ = translations(locale).gettext
    return _("a year") if interval == "year" else _("a month")


def interval_words(interval: str, locale: str) -> str:
    """Name an interval as something to choose."""
    _ = translations(locale).gettext
    return _("Yearly") if interval == "year" else _("Monthly")


def chosen_words(chosen: Chosen) -> str:
    """Name a plan with its quantity, where it begins with more than one."""
    quantity, number = chosen.offer.quantity, chosen.quantity
    name = chosen.offer.name
    return f"{name}, {quantity.words(number)}" if quantity and number > 1 else name


def trial_words(chosen: Chosen, locale: str) -> str:
    """Say how long it is free at first."""
    days = chosen.trial_days
    if not days:
        return ""
    ngettext = translations(locale).ngettext
    said = ngettext("Free for {days} day, then paid.", "Free for {days} days, then paid.", days)
    return said.format(days=days) if chosen.pricing.amount else ""


def then_words(
    chosen: Chosen, due: Charges, discount: Discount | None, today: date, locale: str
) -> str:
    """Say what is charged after today, and when."""
    if not due.first and not due.lasting:
        return ""
    _ = translations(locale).gettext
    interval, currency = chosen.pricing.interval, chosen.pricing.currency
    regular = price_words(due.regular, interval, currency, locale)
    reduced = price_words(due.first, interval, currency, locale)
    on = written_date(first_charge_on(chosen, today), locale)
    if discount is None or due.first == due.regular:
        return _("then {price} from {date}").format(price=regular, date=on)
    count = reduced_charges(chosen, discount, today)
    if count is None:
        return _("then {price} from {date}").format(price=reduced, date=on)
    if count > 1:
        until = written_date(charge_on(chosen, count, today), locale)
        said = _repeated(chosen, locale, is_free=not due.first)
        return said.format(reduced=reduced, price=regular, count=count, date=on, until=until)
    if chosen.trial_days == 0:
        return _("then {price} from {date}").format(price=regular, date=on)
    said = _("then {amount} on {date}, and {price} after that")
    if not due.first:
        said = _("nothing on {date}, and {price} after that")
    return said.format(amount=money(due.first, currency, locale), date=on, price=regular)


def _repeated(chosen: Chosen, locale: str, *, is_free: bool) -> str:
    """Say what several charges cost less, and what it costs after them."""
    _ = translations(locale).gettext
    if chosen.trial_days:
        reduced = _("then {reduced} from {date}, and {price} from {until}")
        return _("nothing before {until}, then {price}") if is_free else reduced
    if chosen.pricing.interval == "year":
        reduced = _("{reduced} for {count} years, then {price}")
        return _("free for {count} years, then {price}") if is_free else reduced
    reduced = _("{reduced} for {count} months, then {price}")
    return _("free for {count} months, then {price}") if is_free else reduced


def cancel_words(chosen: Chosen, today: date, locale: str) -> str:
    """Say how to get out of it."""
    _ = translations(locale).gettext
    if chosen.pricing.amount == 0:
        return ""
    if chosen.trial_days:
        on = written_date(first_charge_on(chosen, today), locale)
        return _("Cancel before {date} and you pay nothing.").format(date=on)
    return _("Cancel at any time from your account.")


def discount_words(discount: Discount, locale: str) -> str:
    """Say what a code gives."""
    spoken = translations(locale)
    _, ngettext = spoken.gettext, spoken.ngettext
    if discount.percent_off is not None:
        off = _("{percent}% off").format(percent=f"{discount.percent_off:g}")
    else:
        amount = money(discount.amount_off or 0, discount.currency or "", locale)
        off = _("{amount} off").format(amount=amount)
    if discount.duration == "once":
        return _("{code}: {off} the first payment").format(code=discount.code, off=off)
    if discount.duration == "repeating" and discount.months:
        count = discount.months
        said = ngettext(
            "{code}: {off} for {count} month", "{code}: {off} for {count} months", count
        )
        return said.format(code=discount.code, off=off, count=count)
    return _("{code}: {off} every payment").format(code=discount.code, off=off)
