"""Where it is sold, as the seller's file has it: sites."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from portal.plans.declared import Address, Declared, Key, Name
from portal.sites.branding import DEFAULT_ACCENT, accent_problem
from portal.sites.limits import LIMITS

Use = Literal["off", "optional", "required"]
Origin = Annotated[str, Field(max_length=250, pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]


class DeclaredFields(Declared):
    """Which optional fields the form shows."""

    names: Use = "optional"
    phone: Use = "optional"
    organisation: Use = "off"


class DeclaredBrand(Declared):
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


class DeclaredSite(Declared):
    """A storefront."""

    key: Key
    name: Name
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
    return_origins: tuple[Origin, ...] = ()

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
