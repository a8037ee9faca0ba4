"""What a plan is made of, as the pages show it: its quantity, its add-ons, and what is used."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from portal.amounts import money, written_moment, written_number
from portal.pages import wording
from portal.plans.catalogue import AddOn, Offer, Pricing, Quantity
from portal.subscriptions.hold import HeldItem, Hold
from portal.subscriptions.parts import ADD_ON, QUANTITY
from portal.words import translations


def parts_shown(hold: Hold, offer: Offer, pricing: Pricing, locale: str) -> dict[str, Any] | None:
    """Return the form that changes a plan's quantity and add-ons; None where it has neither."""
    held = {item.key: item for item in hold.add_ons}
    add_ons = [
        _add_on(add_on, price, held.get(add_on.key), locale)
        for add_on in offer.add_ons
        if not add_on.usage and (price := add_on.pricing(pricing.interval, pricing.currency))
    ]
    if offer.quantity is None and not add_ons:
        return None
    number = (hold.plan_item and hold.plan_item.quantity) or 1
    each = wording.price_words(pricing.amount, pricing.interval, pricing.currency, locale)
    return {
        "price": pricing.id,
        "number": offer.quantity and _number(QUANTITY, offer.quantity, number, each, locale),
        "add_ons": add_ons,
    }


def _add_on(add_on: AddOn, pricing: Pricing, held: HeldItem | None, locale: str) -> dict[str, Any]:
    name = f"{ADD_ON}{add_on.key}"
    each = wording.price_words(pricing.amount, pricing.interval, pricing.currency, locale)
    count = (held and held.quantity) or 0
    return {
        "name": name,
        "label": add_on.name,
        "description": add_on.description,
        "price": each,
        "is_held": held is not None,
        "number": add_on.quantity
        and _number(name, add_on.quantity, count, each, locale) | {"label": add_on.name, "min": 0},
    }


def _number(name: str, quantity: Quantity, value: int, each: str, locale: str) -> dict[str, Any]:
    """Return a field for a number, and what one of them costs."""
    _ = translations(locale).gettext
    said = _("{price} for each {unit}").format(price=each, unit=quantity.unit)
    return {
        "name": name,
        "label": quantity.units[:1].upper() + quantity.units[1:],
        "value": value,
        "min": quantity.min,
        "max": quantity.max,
        "note": said,
    }


def held_parts(hold: Hold, locale: str) -> dict[str, Any]:
    """Return what the overview shows of a plan's parts: rows of a label and words."""
    _ = translations(locale).gettext
    rows, plan = [], hold.plan_item
    if plan and plan.sold_by and plan.quantity:
        rows.append((_("Quantity"), plan.sold_by.words(plan.quantity)))
    added = [item.words for item in hold.add_ons if not item.usage]
    if added:
        rows.append((_("Add-ons"), ", ".join(added)))
    counted = [item for item in hold.add_ons if item.usage]
    rows += [(item.name, _used(item, hold, locale)) for item in counted]
    return {"parts": rows, "is_metered": bool(counted)}


def _used(item: HeldItem, hold: Hold, locale: str) -> str:
    _ = translations(locale).gettext
    assert item.usage is not None
    if item.used is None:
        return _("How much you have used is not known just now.")
    quantity = item.used.quantity
    unit = item.usage.unit if quantity == 1 else item.usage.units
    values = {
        "number": written_number(quantity, locale),
        "unit": unit,
        "at": written_moment(item.used.at, locale),
        "amount": money(_cost(quantity, item.each or 0), hold.currency, locale),
    }
    if hold.status == "trialing":
        return _("{number} {unit} so far, as of {at}. Free during your trial.").format(**values)
    return _("{number} {unit} so far, {amount}, as of {at}").format(**values)


def _cost(quantity: Decimal, each: int) -> int:
    return int((quantity * each).quantize(Decimal(1), ROUND_HALF_UP))
