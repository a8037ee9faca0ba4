"""What is said about money on the way in: tax, trial, renewal, obligation. Plain functions."""

from __future__ import annotations

from datetime import date

from portal.amounts import charge_words, money, taxed, written_date
from portal.billing.billed import Discount
from portal.plans.calendar import charge_on, first_charge_on
from portal.plans.catalogue import MONTHS, Chosen
from portal.plans.discounts import Charges, charges, in_time, reduced_charges
from portal.sites.market import WITHDRAWAL_DAYS, fixed_words
from portal.sites.storefront import Storefront
from portal.words import translations


def tax_note(site: Storefront, locale: str) -> str:
    """Say how tax comes into the prices."""
    _ = translations(locale).gettext
    if site.tax == "none":
        return ""
    if not _adds_tax(site):
        return _("Prices include tax.")
    if site.tax == "automatic":
        return _("Tax is worked out from your address and added.")
    return _("Tax is added to these prices.")


def _adds_tax(site: Storefront) -> bool:
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
    days = chosen.offer.trial_days
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
    if chosen.offer.trial_days == 0:
        return _("then {price} from {date}").format(price=regular, date=on)
    said = _("then {amount} on {date}, and {price} after that")
    if not due.first:
        said = _("nothing on {date}, and {price} after that")
    return said.format(amount=money(due.first, currency, locale), date=on, price=regular)


def _repeated(chosen: Chosen, locale: str, *, is_free: bool) -> str:
    """Say what several charges cost less, and what it costs after them."""
    _ = translations(locale).gettext
    if chosen.offer.trial_days:
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
    if chosen.offer.trial_days:
        on = written_date(first_charge_on(chosen, today), locale)
        return _("Cancel before {date} and you pay nothing.").format(date=on)
    return _("Cancel at any time from your account.")


def button_words(
    site: Storefront, chosen: Chosen | None, discount: Discount | None, locale: str
) -> str:
    """Write what the button does."""
    spoken = translations(locale)
    _, ngettext = spoken.gettext, spoken.ngettext
    if chosen is None or chosen.pricing.amount == 0:
        return _("Create account")
    is_free = not charges(chosen, discount).lasting
    if site.market != "none" and not is_free:
        # Also where a trial comes first: an obligation that is conditional is one.
        # Source: Court of Justice of the EU, C-400/22
        return order_words(locale)
    if days := chosen.offer.trial_days:
        return ngettext("Start {days}-day trial", "Start {days}-day trial", days).format(days=days)
    return _("Create account") if is_free else _("Continue to payment")


def change_button_words(site: Storefront, locale: str, *, pays: bool) -> str:
    """Write what the button does that changes a plan."""
    _ = translations(locale).gettext
    return order_words(locale) if pays and site.market != "none" else _("Change plan")


def order_words(locale: str) -> str:
    """Write on a button that pressing it costs money, as the law of that language has it."""
    _ = translations(locale).gettext
    return fixed_words(locale)["order"] or _("Order with obligation to pay")


def obligation_words(
    site: Storefront,
    chosen: Chosen | None,
    discount: Discount | None,
    today: date,
    locale: str,
) -> str:
    """Say what pressing the button means."""
    _ = translations(locale).gettext
    discount = in_time(chosen, discount, today) if chosen else None
    due = charges(chosen, discount) if chosen else None
    if chosen is None or due is None or not due.lasting:
        return _("This is free: nothing is due today or later.")
    interval, currency = chosen.pricing.interval, chosen.pricing.currency
    price = price_words(due.lasting, interval, currency, locale)
    said = _obligation(chosen, due, discount, locale)
    return said.format(
        plan=chosen.offer.name,
        amount=charge_words(due.first, currency, locale, plus_tax=_adds_tax(site)),
        price=taxed(price, locale) if _adds_tax(site) else price,
        date=written_date(first_charge_on(chosen, today), locale),
    )


def withdrawal_words(
    site: Storefront, chosen: Chosen | None, discount: Discount | None, locale: str
) -> str:
    """Tell, before it is ordered, of the right to withdraw; "" where there is none or no need."""
    if site.market == "none" or chosen is None or not charges(chosen, discount).lasting:
        return ""
    _ = translations(locale).gettext
    said = _("You can withdraw from the contract within {days} days, without giving a reason.")
    return said.format(days=WITHDRAWAL_DAYS)


def _obligation(chosen: Chosen, due: Charges, discount: Discount | None, locale: str) -> str:
    _ = translations(locale).gettext
    if not due.today and not due.first:
        return _("Nothing is due today. Later it costs {price}, unless you cancel before.")
    if chosen.offer.trial_days and due.first < due.lasting:
        return _(
            "Nothing is due today. On {date} you owe {amount}, and later {price},"
            " unless you cancel before."
        )
    if chosen.offer.trial_days:
        return _("Nothing is due today. From {date} it costs {price}, unless you cancel before.")
    if discount and (discount.months or 0) > MONTHS[chosen.pricing.interval]:
        return _("You order {plan} and owe {amount} today, and later at most {price}.")
    return _("You order {plan} and owe {amount} today, and then {price} from {date}.")


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
