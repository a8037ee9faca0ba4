"""What door 002 takes and answers: schemas, in the document's own words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from portal.web.programs.texts import (
    Country,
    Email,
    Key,
    Phone,
    Sent,
    Text20,
    Text100,
    Text255,
    Told,
)
from portal.web.programs.texts import text as text_of

Milliseconds = Annotated[int, Field(ge=0, le=253_402_300_799_999)]
Quantity = (
    Annotated[int, Field(ge=0, le=999_999_999_999)]
    | Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$")]
)


class NewSubscriber(Sent):
    """A customer to be made, and subscribed at once."""

    email: Email
    customer_identifier: Annotated[str, text_of(255, 1)]
    country_code: Country
    first_name: Text255 | None = None
    last_name: Text255 | None = None
    phone: Phone | None = None
    state_code: Text100 | None = None
    city: Text100 | None = None
    zipcode: Text20 | Annotated[int, Field(ge=0, le=9_999_999_999)] | None = None
    trial_days: Annotated[int, Field(ge=0, le=730)] | None = None
    plan_id: Key | None = None


class SubscriptionWanted(Sent):
    """What a subscription shall be; what is left out stays as it is."""

    subscription_tsid: Text255 | None = None
    plan_id: Key | None = None
    quantity: Annotated[int, Field(ge=1, le=999_999)] | None = None
    end_date: Milliseconds | None = None


class CancelWanted(Sent):
    """When a subscription ends."""

    subscription_tsid: Text255 | None = None
    when: Literal["END_OF_CYCLE", "IMMEDIATE"] = "END_OF_CYCLE"


class Reading(Sent):
    """What was used by a time."""

    timestamp: Milliseconds
    meter_id: Annotated[str, text_of(100, 1)]
    qty: Quantity


class Readings(RootModel[Annotated[list[Reading], Field(min_length=1, max_length=100)]]):
    """What was used."""


class AddressTold(Told):
    """An address, with the names that its codes stand for."""

    city: str | None
    country: str | None
    line1: str | None
    line2: str | None
    state: str | None
    city_code: str | None
    country_code: str | None
    postal_code: str | None
    state_code: str | None


class SubscriberTold(Told):
    """A customer."""

    email: str | None
    firstName: str
    lastName: str
    phone: str
    address: AddressTold
    tsid: str
    customer_identifier: str | None
    created_at: int
    updated_at: int
    company_tsid: str
    country_tsid: str


class SubscriptionTold(Told):
    """A subscription."""

    subscription_tsid: str
    status: Literal["ACTIVE", "TRIAL", "ON_HOLD", "PAUSE", "CANCELLED"]
    reason: str | None
    plan_id: str | None
    plan_name: str | None
    quantity: int | None
    interval: str
    currency: str
    amount: int
    trial_ends_at: int | None
    period_ends_at: int | None
    ends_at: int | None
    ended_at: int | None


class Subscribed(SubscriberTold):
    """A customer with the subscription; null: there is none yet."""

    subscription: SubscriptionTold | None


class UseTold(Told):
    """What came of one reading; the problem's code where it was refused."""

    meter_id: str
    timestamp: int
    state: Literal["taken", "duplicate", "refused"]
    problem: str | None


class TotalTold(Told):
    """What was used in the present period; null: Stripe has not told yet."""

    meter_id: str
    qty: str | None
    timestamp: int | None


class Taken(SubscriberTold):
    """A customer; who was known, with what they hold or held; an account_link: not sold again."""

    subscription: SubscriptionTold | None = None
    account_link: str | None = None


class Made(Told):
    """The answer's envelope."""

    status: Literal[True]
    value: Taken


class Found(Told):
    """The answer's envelope."""

    status: Literal[True]
    value: Subscribed


class Changed(Told):
    """The answer's envelope."""

    status: Literal[True]
    value: SubscriptionTold


class Used(Told):
    """The answer's envelope."""

    status: Literal[True]
    value: list[UseTold]


class Totals(Told):
    """The answer's envelope."""

    status: Literal[True]
    value: list[TotalTold]


class WhatIsWrong(Told):
    """What went wrong; of wrong values each field's name."""

    code: str
    message: str
    fields: list[str]


class Refused(Told):
    """The envelope of what went wrong."""

    status: Literal[False]
    error: WhatIsWrong
