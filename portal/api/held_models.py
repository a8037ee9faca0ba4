"""What a customer holds, as /v1 tells of it wherever it does: schemas."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from portal.web.programs.texts import Told

Interval = Literal["month", "year"]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Item(Told):
    """One thing that a subscription is made of."""

    id: str | None
    key: str | None
    name: str | None
    add_on: bool
    quantity: int | None
    amount: int | None
    meter: str | None
    used: str | None


class PlannedChange(Told):
    """A change that comes by itself."""

    plan_name: str
    amount: int
    interval: Interval
    at: Moment


class LatestInvoice(Told):
    """The latest invoice."""

    id: str
    status: str
    amount_due: int


class PaymentMethod(Told):
    """The default payment method; what is no card has no numbers."""

    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None


class Held(Told):
    """A customer's hold on a plan."""

    id: str
    object: Literal["subscription"]
    status: str
    plan: str | None
    plan_name: str | None
    price: str | None
    interval: str
    currency: str
    amount: int
    next_amount: int
    lasting_amount: int
    tax_added: bool
    quantity: int | None
    items: list[Item]
    trial_ends_at: Moment | None
    period_ends_at: Moment | None
    cancel_at_period_end: bool
    cancel_at: Moment | None
    started_at: Moment | None
    ended_at: Moment | None
    paused: bool
    planned: PlannedChange | None
    payment_problem: str | None
    latest_invoice: LatestInvoice | None
    payment_method: PaymentMethod | None


class SubscriptionOfTheirs(Held):
    """A customer's hold on a plan, beside the customer."""

    customer: str
