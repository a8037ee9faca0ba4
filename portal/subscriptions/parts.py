"""What a subscription is made of: a plan in some quantity, and what is sold beside it. Plain rules.

What is counted comes with the plan that lists it. What stays keeps the price it was taken at, as
long as its interval stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from portal.billing.billed import BilledItem, BilledSubscription
from portal.errors import Problem
from portal.plans.catalogue import AddOn, Offer, Pricing, Quantity, Taken
from portal.plans.choosing import HOW_MANY
from portal.subscriptions.hold import Hold
from portal.subscriptions.switching import OTHER_THINGS, CannotChange, Parts

_NONE: Mapping[str, str] = MappingProxyType({})
QUANTITY, ADD_ONS, ADD_ON = "quantity", "add_ons", "add_on."
"""How an address asks: for so many, whether it says anything of add-ons, and for one of them."""
ASKED = (QUANTITY, ADD_ONS, ADD_ON)


@dataclass(frozen=True, slots=True)
class _Part:
    """One price that there shall be; without an item it is new."""

    item: str | None
    price: str
    quantity: int | None
    each: int
    stays: bool = False

    @property
    def update(self) -> dict[str, Any]:
        known = {"id": self.item} if self.item else {}
        number = {"quantity": self.quantity} if self.quantity else {}
        return known | {"price": self.price} | number


def asked_quantity(offer: Offer, hold: Hold, asked: Mapping[str, str]) -> int | None:
    """Return how many of a plan somebody asked for, else as many as they hold; None: no number.

    Raises:
        CannotChange: it cannot be had so often.
    """
    held = hold.plan_item
    if offer.quantity is None:
        return 1 if held and held.sold_by else None
    if QUANTITY in asked:
        return _number(asked[QUANTITY], offer.quantity, offer.name)
    present = (held and held.quantity) or 1
    return min(max(present, offer.quantity.min), offer.quantity.max)


def asked_add_ons(
    offer: Offer, pricing: Pricing, hold: Hold, asked: Mapping[str, str]
) -> tuple[Taken, ...]:
    """Return which of a plan's add-ons somebody asked for, else those that they hold.

    Raises:
        CannotChange: one cannot be had so often.
    """
    held = {item.key: item.quantity for item in hold.add_ons}
    taken = []
    for add_on in offer.add_ons:
        price = add_on.pricing(pricing.interval, pricing.currency)
        if price is None or price.stripe_id is None:
            continue
        number = _asked(add_on, asked) if ADD_ONS in asked else held.get(add_on.key)
        if add_on.usage:
            taken.append(Taken(add_on, price, None))
        elif number:
            taken.append(Taken(add_on, price, number))
    return tuple(taken)


def _asked(add_on: AddOn, asked: Mapping[str, str]) -> int:
    typed = asked.get(f"{ADD_ON}{add_on.key}", "")
    if add_on.quantity is None or typed.strip() in ("", "0"):
        return int(typed == "1")
    return _number(typed, add_on.quantity, add_on.name)


def _number(typed: str, quantity: Quantity, what: str) -> int:
    text = typed.strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    if quantity.min <= number <= quantity.max:
        return number
    values = {"min": str(quantity.min), "max": str(quantity.max), "what": what}
    raise CannotChange(Problem(HOW_MANY.code, HOW_MANY.sentence, values))


def parts_of(
    found: BilledSubscription,
    pricing: Pricing,
    quantity: int | None = None,
    taken: Sequence[Taken] = (),
    keys: Mapping[str, str] = _NONE,
) -> Parts:
    """Work out what there shall be, given what there is; `keys` names add-ons by their price.

    What we do not sell stays as it is.

    Raises:
        CannotChange: that cannot stay beside what was chosen.
    """
    plan, *others = found.items
    number = plan.quantity if quantity is None else quantity
    beside, ended = _beside(others, taken, keys, is_same_time=pricing.interval == found.interval)
    parts = [_Part(plan.stripe_id, pricing.stripe_id or "", number, pricing.amount), *beside]
    return Parts(
        items=[*(part.update for part in parts if not part.stays), *ended],
        wanted={part.price: part.quantity for part in parts},
        amount=sum(part.each * (part.quantity or 1) for part in parts),
    )


def _beside(
    items: Sequence[BilledItem],
    taken: Sequence[Taken],
    keys: Mapping[str, str],
    *,
    is_same_time: bool,
) -> tuple[list[_Part], list[dict[str, Any]]]:
    """Work out what there shall be beside a plan, and how what ends of it is let go."""
    parts: list[_Part] = []
    ended: list[dict[str, Any]] = []
    left = {each.add_on.key: each for each in taken}
    for item in items:
        key = keys.get(item.price_stripe_id)
        if key is None:
            if not is_same_time:
                raise CannotChange(OTHER_THINGS)
            parts.append(_staying(item, item.quantity))
        elif (each := left.pop(key, None)) is None:
            ended.append({"id": item.stripe_id, "deleted": True})
        elif is_same_time:
            parts.append(_staying(item, each.quantity))
        else:
            parts.append(_taking(each, item.stripe_id))
    return [*parts, *(_taking(each, None) for each in left.values())], ended


def _staying(item: BilledItem, quantity: int | None) -> _Part:
    each = 0 if item.meter else item.each
    stays = quantity == item.quantity
    return _Part(item.stripe_id, item.price_stripe_id, quantity, each, stays)


def _taking(each: Taken, item: str | None) -> _Part:
    amount = 0 if each.add_on.usage else each.pricing.amount
    return _Part(item, each.pricing.stripe_id or "", each.quantity, amount)
