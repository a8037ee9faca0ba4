"""Addresses, and who bills are made out to, as our API takes and tells them."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from portal.web.programs.texts import (
    Country,
    Email,
    Phone,
    PostalCode,
    Sent,
    Text100,
    Text150,
    Text250,
    Text255,
    Told,
)


class AddressSent(Sent):
    """A postal address. Of a new one what is left out is empty; of a change it stays."""

    line1: Text150 | None = Field(None, validation_alias=AliasChoices("line1", "street"))
    line2: Text150 | None = None
    line3: Text150 | None = None
    city: Text100 | None = None
    state: Text100 | None = Field(None, description="ISO 3166-2 without the country, or a name.")
    postal_code: PostalCode | None = Field(
        None, validation_alias=AliasChoices("postal_code", "postalCode")
    )
    country: Country | None = Field(None, description="ISO 3166-1 alpha-2, or XI.")


class ShippingSent(Sent):
    """Where things are sent to."""

    name: Text150
    phone: Phone | None = None
    address: AddressSent


class BillingSent(Sent):
    """Who bills are made out to and sent to, where that is somebody else."""

    email: Email | None = None
    first_name: Text150 | None = None
    last_name: Text150 | None = None
    organisation: Text250 | None = None
    phone: Phone | None = None


class TaxIdSent(Sent):
    """A tax id. Its type is told from its form, or by the country, where it is left out."""

    value: Text255
    type: Text255 | None = Field(None, description="Stripe's word, such as eu_vat.")


class AddressTold(Told):
    """A postal address."""

    line1: str | None
    line2: str | None
    line3: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None


class ShippingTold(Told):
    """Where things are sent to."""

    name: str | None
    phone: str | None
    address: AddressTold | None


class BillingTold(Told):
    """Who bills are made out to, where that is somebody else."""

    email: str | None
    first_name: str | None
    last_name: str | None
    organisation: str | None
    phone: str | None


class TaxIdTold(Told):
    """A tax id, and what became of it at Stripe."""

    id: str
    type: str | None
    value: str
    status: str
