"""What door 000 takes and answers: schemas, in the document's own words."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from portal.web.programs.texts import (
    Country,
    Email,
    Key,
    Phone,
    PostalCode,
    Sent,
    Text100,
    Text150,
    Text255,
    Told,
)

Place = Annotated[int, Field(ge=1, le=999)]
Url = Annotated[str, Field(max_length=500, pattern=r"^https?://[!-~]+$")]


class AddressSent(Sent):
    """An address, by the names of either version of the document."""

    street: Text150 | None = None
    line1: Text150 | None = None
    line2: Text150 | None = None
    city: Text100 | None = None
    state: Text100 | None = None
    postalCode: PostalCode | None = None
    postal_code: PostalCode | None = None
    country: Country | None = None


class NewCustomer(Sent):
    """A customer to be onboarded."""

    email: Email
    firstName: Text255 | None = None
    lastName: Text255 | None = None
    phone: Phone | None = None
    address: AddressSent | None = None
    planId: Place | Key | None = Field(
        None, description="The place in the site's list of plans, from 1; or a plan's key."
    )
    successUrl: Url | None = None
    cancelUrl: Url | None = None


class AddressTold(Told):
    """An address."""

    street: str | None
    city: str | None
    state: str | None
    postalCode: str | None
    country: str | None


class CustomerTold(Told):
    """A customer."""

    id: str
    email: str
    firstName: str | None
    lastName: str | None
    phone: str | None
    address: AddressTold
    stripeCustomerId: str
    createdAt: str
    updatedAt: str


class Onboarded(Told):
    """A customer, made or known; with a plan, where its payment is taken."""

    customer: CustomerTold
    stripeCustomerId: str
    message: str
    subscriptionLink: str | None = None
