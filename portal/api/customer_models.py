"""A customer as our API takes and tells it."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, Field

from portal.web.programs.texts import (
    Country,
    Email,
    Key,
    Language,
    Phone,
    PostalCode,
    Sent,
    SiteName,
    Text100,
    Text150,
    Text255,
    Told,
)


class AddressSent(Sent):
    """A postal address. What is left out is empty."""

    line1: Text150 | None = Field(None, validation_alias=AliasChoices("line1", "street"))
    line2: Text150 | None = None
    line3: Text150 | None = None
    city: Text100 | None = None
    state: Text100 | None = Field(None, description="ISO 3166-2 without the country, or a name.")
    postal_code: PostalCode | None = Field(
        None, validation_alias=AliasChoices("postal_code", "postalCode")
    )
    country: Country | None = Field(None, description="ISO 3166-1 alpha-2, or XI.")


class NewCustomer(Sent):
    """A customer to be made, and the plan they are subscribed to."""

    email: Email
    site: SiteName | None = Field(None, description="Its id or number; else the key's first.")
    first_name: Text255 | None = Field(
        None, validation_alias=AliasChoices("first_name", "firstName")
    )
    last_name: Text255 | None = Field(None, validation_alias=AliasChoices("last_name", "lastName"))
    organisation: Text255 | None = None
    phone: Phone | None = None
    address: AddressSent | None = None
    language: Language | None = None
    plan: Key | None = Field(
        None, description="Its key. Left out: the site's default plan; null: none."
    )
    interval: Literal["month", "year"] | None = None


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


class OnboardingTold(Told):
    """How far their sign-up has come, and what was refused of it."""

    id: str
    state: str
    problem: str | None


class SubscriptionBrief(Told):
    """Their subscription, in short."""

    id: str
    status: str
    plan: str | None
    interval: str | None
    currency: str | None
    amount: int
    trial_ends_at: str | None


class ConsentsTold(Told):
    """What they agreed to."""

    email_marketing: bool
    telemarketing: bool


class CustomerTold(Told):
    """A customer."""

    id: str
    object: Literal["customer"]
    external_id: str | None
    site: str
    email: str | None
    email_verified: bool
    email_hard_bounced: bool
    name: str | None
    display_name: str | None
    first_name: str | None
    last_name: str | None
    organisation: str | None
    title: str | None
    salutation: str | None
    username: str | None
    phone: str | None
    phone_e164: str | None
    invoice_notes: str | None
    created_from_ip: str | None
    address: AddressTold | None
    shipping: ShippingTold | None
    billing: BillingTold
    tax_ids: list[TaxIdTold]
    tax_exempt: Literal["none", "exempt", "reverse"]
    language: str
    locales: list[str]
    time_zone: str | None
    metadata: dict[str, str]
    consents: ConsentsTold
    auto_collection: bool
    allow_direct_debit: bool
    imported: bool
    avatar: str | None
    status: str
    gateway_customer_id: str | None
    onboarding: OnboardingTold | None
    subscription: SubscriptionBrief | None
    balance: int
    warnings: list[str]
    created_at: str
    updated_at: str
    message: str | None = Field(None, description="Said where the customer was there before.")
