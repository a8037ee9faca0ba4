"""What somebody takes on by pressing the button, and how they get out of it. Plain functions."""

from __future__ import annotations

from datetime import date

from portal.amounts import charge_words, taxed, written_date
from portal.billing.billed import Discount
from portal.pages.wording import adds_tax, price_words
from portal.plans.calendar import first_charge_on
from portal.plans.catalogue import MONTHS, Chosen
from portal.plans.discounts import Charges, charges, in_time
from portal.sites.market import WITHDRAWAL_DAYS, fixed_words
from portal.sites.storefront import Storefront
from portal.words import translations


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
    if days := chosen.trial_days:
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
        amount=charge_words(due.first, currency, locale, plus_tax=adds_tax(site)),
        price=taxed(price, locale) if adds_tax(site) else price,
        date=written_date(first_charge_on(chosen, today), locale),
    )


def _obligation(chosen: Chosen, due: Charges, discount: Discount | None, locale: str) -> str:
    _ = translations(locale).gettext
    if not due.today and not due.first:
        return _("Nothing is due today. Later it costs {price}, unless you cancel before.")
    if chosen.trial_days and due.first < due.lasting:
        return _(
            "Nothing is due today. On {date} you owe {amount}, and later {price},"
            " unless you cancel before."
        )
    if chosen.trial_days:
        return _("Nothing is due today. From {date} it costs {price}, unless you cancel before.")
    if discount and (discount.months or 0) > MONTHS[chosen.pricing.interval]:
        return _("You order {plan} and owe {amount} today, and later at most {price}.")
    return _("You order {plan} and owe {amount} today, and then {price} from {date}.")


def withdrawal_words(
    site: Storefront, chosen: Chosen | None, discount: Discount | None, locale: str
) -> str:
    """Tell, before it is ordered, of the right to withdraw; "" where there is none or no need."""
    if site.market == "none" or chosen is None or not charges(chosen, discount).lasting:
        return ""
    _ = translations(locale).gettext
    said = _("You can withdraw from the contract within {days} days, without giving a reason.")
    return said.format(days=WITHDRAWAL_DAYS)
