"""What /v1 answers of plans, sites and use: schemas."""

from __future__ import annotations

from typing import Literal

from portal.api.held_models import Moment
from portal.web.programs.texts import Sent, SiteName, Told


class Quantity(Told):
    """How many may be taken, and what one and several are called."""

    unit: str
    units: str
    min: int
    max: int


class Usage(Told):
    """What a meter counts."""

    meter: str
    unit: str
    units: str
    formula: str


class Price(Told):
    """What it costs each interval, in minor units."""

    id: str
    interval: Literal["month", "year"]
    currency: str
    amount: int


class AddOn(Told):
    """Something sold beside a plan."""

    key: str
    name: str
    description: str
    quantity: Quantity | None
    usage: Usage | None
    prices: list[Price]


class Plan(Told):
    """The current version of a plan."""

    id: str
    object: Literal["plan"]
    key: str
    name: str
    description: str
    features: list[str]
    visibility: Literal["standard", "exclusive"]
    recommended: bool
    trial_days: int
    trial_without_card: str
    quantity: Quantity | None
    prices: list[Price]
    add_ons: list[AddOn]


class PlansAsked(Sent):
    """Where."""

    site: SiteName | None = None


class Plans(Told):
    """Plans on offer, in their order."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[Plan]


class Site(Told):
    """A storefront."""

    id: str
    object: Literal["site"]
    number: int
    key: str
    name: str
    host: str | None
    company: str
    country: str
    currency: str
    languages: list[str]
    plans: list[str]
    default_plan: str | None
    tax: str
    tax_inclusive: bool
    verify_email: str
    terms_url: str | None
    privacy_url: str | None
    success_url: str | None
    return_origins: list[str]


class Sites(Told):
    """The sites that a key may act for."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[Site]


class UseProblem(Told):
    """Why a use was refused."""

    code: str
    message: str


class UseTaken(Told):
    """What came of one use."""

    event_id: str
    state: Literal["taken", "duplicate", "refused"]
    problem: UseProblem | None


class UsesTaken(Told):
    """What came of each use, in the order they were sent."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[UseTaken]


class UseTotal(Told):
    """How much was used in the present period; null: Stripe has not told yet."""

    object: Literal["usage_total"]
    subscription: str
    item: str
    key: str | None
    meter: str
    quantity: str | None
    as_of: Moment | None
    period_ends_at: Moment | None


class UseTotals(Told):
    """What a customer used, of all that is counted."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[UseTotal]
