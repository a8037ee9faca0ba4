"""What /v1 answers of subscriptions, their changes and portal sessions: schemas."""

from __future__ import annotations

from typing import Literal

from portal.api.customer_models import CustomerTold
from portal.api.held_models import Held, Interval, Moment
from portal.web.programs.texts import Told


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


class Subscription(Held):
    """A customer's hold on a plan."""

    customer: str | CustomerTold


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
