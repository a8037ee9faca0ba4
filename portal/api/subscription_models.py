"""What /v1 answers of subscriptions, their changes and portal sessions: schemas."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from portal.api.customer_models import CustomerTold
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


class Change(Told):
    """A change that was asked for."""

    id: str
    object: Literal["change"]
    kind: str
    state: Literal["asked", "done", "refused"]
    amount_today: int
    next_amount: int
    next_at: Moment | None
    currency: str | None
    takes_effect_at: Moment | None
    asked_at: Moment


class Subscription(Told):
    """A customer's hold on a plan."""

    id: str
    object: Literal["subscription"]
    customer: str | CustomerTold
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


class ChangedSubscription(Subscription):
    """A subscription, and the change that was asked of it; null: there was nothing to do."""

    change: Change | None


class Subscriptions(Told):
    """What a customer holds and held: what lives first, then the newest."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[Subscription]


class PreviewLine(Told):
    """One line of what is due today."""

    description: str
    amount: int
    proration: bool
    starts_at: Moment
    ends_at: Moment


class Preview(Told):
    """What a change would cost; below zero is credited."""

    object: Literal["preview"]
    subscription: str
    price: str
    made_of: str
    interval: Interval
    currency: str
    when: Literal["now", "period_end"]
    takes_effect_at: Moment | None
    total: int
    due_today: int
    next_amount: int
    next_at: Moment | None
    has_payment_method: bool
    lines: list[PreviewLine]


class PortalSession(Told):
    """Where the customer's billing portal is: a credential for minutes. Lead there, never keep."""

    object: Literal["portal_session"]
    customer: str
    url: str
