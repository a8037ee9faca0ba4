"""A plan as programs read it: plain functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portal.plans.catalogue import AddOn, Offer, Pricing, Quantity, Usage


def plan_shown(offer: Offer, visibility: str) -> dict[str, Any]:
    """Return all that a program is told of the current version of a plan."""
    return {
        "id": offer.id,
        "object": "plan",
        "key": offer.key,
        "name": offer.name,
        "description": offer.description,
        "features": list(offer.features),
        "visibility": visibility,
        "recommended": offer.recommended,
        "trial_days": offer.trial_days,
        "trial_without_card": offer.trial_without_card,
        "quantity": _quantity(offer.quantity),
        "prices": _prices(offer.prices),
        "add_ons": [_add_on(add_on) for add_on in offer.add_ons],
    }


def _add_on(add_on: AddOn) -> dict[str, Any]:
    return {
        "key": add_on.key,
        "name": add_on.name,
        "description": add_on.description,
        "quantity": _quantity(add_on.quantity),
        "usage": _usage(add_on.usage),
        "prices": _prices(add_on.prices),
    }


def _quantity(quantity: Quantity | None) -> dict[str, Any] | None:
    if quantity is None:
        return None
    return {name: getattr(quantity, name) for name in ("unit", "units", "min", "max")}


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "meter": usage.event,
        "unit": usage.unit,
        "units": usage.units,
        "formula": usage.formula,
    }


def _prices(prices: Iterable[Pricing]) -> list[dict[str, Any]]:
    told = ("id", "interval", "currency", "amount")
    return [{name: getattr(price, name) for name in told} for price in prices]
