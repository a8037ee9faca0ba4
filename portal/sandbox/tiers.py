"""Tiers: what a quantity costs when the price of a unit depends on how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from portal.sandbox.errors import invalid, missing
from portal.sandbox.rows import Row

_AMOUNTS = ("flat_amount", "unit_amount")


def read_tiers(given: list[dict[str, Any]], param: str) -> list[Row]:
    """Read tiers: each reaches further than the one before, and the last has no end.

    Raises:
        StripeError: they do not, or one of them costs nothing that is named.
    """
    tiers = [_read_tier(each, f"{param}[{position}]") for position, each in enumerate(given)]
    *ends, last = [tier["up_to"] for tier in tiers]
    if last is not None:
        raise invalid("The last tier must have `up_to` set to `inf`.", f"{param}[up_to]")
    if None in ends or ends != sorted(set(ends)):
        raise invalid("Each tier's `up_to` must be greater than the one before it.", param)
    return tiers


def _read_tier(given: dict[str, Any], param: str) -> Row:
    if given["up_to"] != "inf" and given["up_to"] < 1:
        raise invalid("Invalid positive integer", f"{param}[up_to]", "parameter_invalid_integer")
    if not any(f"{name}{suffix}" in given for name in _AMOUNTS for suffix in ("", "_decimal")):
        raise missing(f"{param}[unit_amount]")
    tier: Row = {"up_to": None if given["up_to"] == "inf" else given["up_to"]}
    for name in _AMOUNTS:
        exact = given.get(f"{name}_decimal", given.get(name))
        amount = None if exact is None else Decimal(exact)
        tier[name] = int(amount) if amount is not None and _is_whole(amount) else None
        tier[f"{name}_decimal"] = None if amount is None else str(amount)
    return tier


def _is_whole(amount: Decimal) -> bool:
    return amount == amount.to_integral_value()


def tiered_amount(tiers: list[Row], mode: str, quantity: Decimal) -> Decimal:
    """Give what a quantity costs: each part at its own tier's price, or all of it at the last's."""
    reached = list(_reached(tiers, quantity))
    if mode == "volume":
        tier, _ = reached[-1]
        return _cost(tier, quantity)
    return sum((_cost(tier, part) for tier, part in reached), Decimal(0))


def _reached(tiers: list[Row], quantity: Decimal) -> Iterator[tuple[Row, Decimal]]:
    """Give the tiers that a quantity reaches, and how much of it falls into each."""
    below = Decimal(0)
    for position, tier in enumerate(tiers):
        if position and quantity <= below:
            return
        end = quantity if tier["up_to"] is None else min(quantity, Decimal(tier["up_to"]))
        yield tier, end - below
        below = end


def _cost(tier: Row, quantity: Decimal) -> Decimal:
    flat = Decimal(tier["flat_amount_decimal"] or 0)
    return flat + Decimal(tier["unit_amount_decimal"] or 0) * quantity
