"""What is sold, as the seller's file has it: plans, and add-ons beside them."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from portal.plans.catalogue import MONTHS
from portal.plans.declared import Declared, Key, Name

Unit = Annotated[str, Field(min_length=1, max_length=40)]


class DeclaredQuantity(Declared):
    """How many may be taken, and what one and several are called."""

    unit: Unit
    units: Unit
    min: Annotated[int, Field(ge=1, le=99_999)] = 1
    max: Annotated[int, Field(ge=1, le=99_999)] = 999

    @model_validator(mode="after")
    def _is_a_range(self) -> DeclaredQuantity:
        if self.min > self.max:
            raise ValueError("min is above max")
        return self


class DeclaredUsage(Declared):
    """What a meter at Stripe counts: the events of this name that the seller reports to it."""

    event: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
    unit: Unit
    units: Unit
    formula: Literal["sum", "count", "last"] = "sum"


class _Sold(Declared):
    """Something with prices: month and year map to currency → minor units."""

    key: Key
    name: Name
    description: str = ""
    quantity: DeclaredQuantity | None = None
    prices: dict[str, dict[str, Annotated[int, Field(ge=0, le=99_999_999)]]]

    @field_validator("prices")
    @classmethod
    def _known_words(cls, prices: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        if not prices or not all(prices.values()):
            raise ValueError("give it at least one price, such as month = { eur = 1200 }")
        for interval, amounts in prices.items():
            if interval not in MONTHS:
                raise ValueError(f"{interval} is no interval: month or year")
            for currency in amounts:
                if not re.fullmatch("[a-z]{3}", currency):
                    raise ValueError(f"{currency} is no currency: three lower-case letters")
        return prices

    @property
    def priced_in(self) -> set[tuple[str, str]]:
        """Return the intervals and currencies it can be had in."""
        return {(every, money) for every, amounts in self.prices.items() for money in amounts}


class DeclaredAddOn(_Sold):
    """Something sold beside plans; the price of what is counted is that of one unit."""

    usage: DeclaredUsage | None = None

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> DeclaredAddOn:
        if self.usage and self.quantity:
            raise ValueError("quantity and usage do not go together: what is used is counted")
        return self


class DeclaredPlan(_Sold):
    """A plan, and the keys of what can be had beside it."""

    add_ons: tuple[Key, ...] = ()
    features: tuple[str, ...] = ()
    trial_days: Annotated[int, Field(ge=0, le=730)] = 0
    trial_without_card: Literal["cancel", "pause", "create_invoice"] = "cancel"
    downgrade: Literal["period_end", "now"] = "period_end"
    pausable: bool = False
    visibility: Literal["standard", "exclusive", "archived"] = "standard"
    recommended: bool = False
    next_steps: tuple[str, ...] = ()
