"""The seller's file, read: a company, its plans and its sites, or every wrong line by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from portal.errors import PortalError
from portal.plans.catalogue import MONTHS
from portal.sites.branding import DEFAULT_ACCENT, accent_problem
from portal.sites.limits import LIMITS

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
Address = Annotated[str, Field(max_length=500, pattern=r"^(https?://\S+)?$")]
Unit = Annotated[str, Field(min_length=1, max_length=40)]
Use = Literal["off", "optional", "required"]


class WrongDeclaration(PortalError):
    """The file cannot be applied; `lines` says why, one sentence for each wrong place."""

    status = 422
    code = "wrong_declaration"

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class DeclaredCompany(_Declared):
    """The seller."""

    key: Key
    name: Annotated[str, Field(min_length=1, max_length=150)]
    support_email: Annotated[str, Field(max_length=254)] = ""
    support_url: Address = ""


class DeclaredQuantity(_Declared):
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


class DeclaredUsage(_Declared):
    """What a meter at Stripe counts: the events of this name that the seller reports to it."""

    event: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
    unit: Unit
    units: Unit
    formula: Literal["sum", "count", "last"] = "sum"


class _Sold(_Declared):
    """Something with prices: month and year map to currency → minor units."""

    key: Key
    name: Annotated[str, Field(min_length=1, max_length=150)]
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


class DeclaredFields(_Declared):
    """Which optional fields the form shows."""

    names: Use = "optional"
    phone: Use = "optional"
    organisation: Use = "off"


class DeclaredBrand(_Declared):
    """The site's own look."""

    accent: str = DEFAULT_ACCENT
    logo: Address = ""
    tagline: Annotated[str, Field(max_length=150)] = ""

    @field_validator("accent")
    @classmethod
    def _legible(cls, accent: str) -> str:
        if problem := accent_problem(accent):
            raise ValueError(str(problem))
        return accent


class DeclaredSite(_Declared):
    """A storefront."""

    key: Key
    name: Annotated[str, Field(min_length=1, max_length=150)]
    host: Annotated[str, Field(max_length=255, pattern=r"^[a-z0-9.-]+$")] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    currency: Annotated[str, Field(pattern=r"^[a-z]{3}$")]
    languages: tuple[str, ...] = ("en",)
    plans: tuple[Key, ...] = ()
    default_plan: Key | None = None
    tax: Literal["none", "rates", "automatic"] = "none"
    tax_rates: tuple[Annotated[str, Field(pattern=r"^txr_\w+$")], ...] = ()
    tax_inclusive: bool = False
    verify_email: Literal["off", "after", "before"] = "after"
    layout: Literal["page", "steps"] = "page"
    passwords: Literal["off", "on"] = "off"
    passkeys: Literal["off", "on"] = "off"
    market: Literal["auto", "none", "eu", "de"] = "auto"
    withdrawal_refund: Literal["full", "unused", "by_hand"] = "full"
    fields: DeclaredFields = DeclaredFields()
    limits: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    brand: DeclaredBrand = DeclaredBrand()
    terms_url: Address = ""
    privacy_url: Address = ""
    terms_version: Annotated[str, Field(max_length=50)] = "1"
    success_url: Address = ""

    @field_validator("limits")
    @classmethod
    def _known_limits(cls, limits: dict[str, int]) -> dict[str, int]:
        for name in limits:
            if name not in LIMITS:
                raise ValueError(f"{name} is no limit: {', '.join(LIMITS)}")
        return limits

    @model_validator(mode="after")
    def _rates_are_named(self) -> DeclaredSite:
        if (self.tax == "rates") != bool(self.tax_rates):
            raise ValueError('tax = "rates" and tax_rates = ["txr_…"] go together')
        return self


class Declaration(_Declared):
    """Everything in the file."""

    company: DeclaredCompany
    plan: tuple[DeclaredPlan, ...]
    add_on: tuple[DeclaredAddOn, ...] = ()
    site: tuple[DeclaredSite, ...]

    @model_validator(mode="after")
    def _names_fit(self) -> Declaration:
        if not self.plan or not self.site:
            raise ValueError("declare at least one [[plan]] and one [[site]]")
        plans = [plan.key for plan in self.plan]
        _only_once("plan", plans)
        _only_once("plan or add-on", [*plans, *(add_on.key for add_on in self.add_on)])
        _only_once("event of an add-on", [each.usage.event for each in self.add_on if each.usage])
        for plan in self.plan:
            _add_ons_fit(plan, {add_on.key: add_on for add_on in self.add_on})
        _only_once("site", [site.key for site in self.site])
        _only_once("country of a site", [site.country for site in self.site])
        for site in self.site:
            for key in (*site.plans, *([site.default_plan] if site.default_plan else ())):
                if key not in plans:
                    raise ValueError(f"site {site.key}: there is no plan {key}")
        return self


def _add_ons_fit(plan: DeclaredPlan, sold: Mapping[str, DeclaredAddOn]) -> None:
    _only_once(f"plan {plan.key}: add-on", list(plan.add_ons))
    for key in plan.add_ons:
        if key not in sold:
            raise ValueError(f"plan {plan.key}: there is no add-on {key}")
        for interval, currency in sorted(plan.priced_in - sold[key].priced_in):
            raise ValueError(f"add-on {key}: no price by the {interval} in {currency}")
        if sold[key].usage and any(not min(amounts.values()) for amounts in plan.prices.values()):
            raise ValueError(f"plan {plan.key} is free, so nobody has a card to pay {key} with")


def read_declaration(text: str) -> Declaration:
    """Read the seller's TOML file.

    Raises:
        WrongDeclaration: with a line for each wrong place.
    """
    try:
        return Declaration.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise WrongDeclaration([str(wrong)]) from wrong
    except ValidationError as wrong:
        raise WrongDeclaration([_line(error) for error in wrong.errors()]) from wrong


def _line(error: Any) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    return f"{place or 'the file'}: {error['msg'].removeprefix('Value error, ')}"


def _only_once(what: str, names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"{what} {', '.join(sorted(twice))} stands there more than once")
