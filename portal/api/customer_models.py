"""A customer as our API tells of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from portal.api.address_models import AddressTold, BillingTold, ShippingTold, TaxIdTold
from portal.api.held_models import SubscriptionOfTheirs
from portal.web.programs.texts import Told


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
    subscription: SubscriptionBrief | SubscriptionOfTheirs | None = Field(
        description="In short; whole where expand[]=subscription asks for it."
    )
    balance: int
    warnings: list[str]
    created_at: str
    updated_at: str
    message: str | None = Field(None, description="Said where the customer was there before.")


class Tombstone(Told):
    """What is left of a customer who was deleted."""

    id: str
    object: Literal["customer"]
    deleted: Literal[True]
    deleted_at: str | None


class Erasing(Told):
    """A customer who is being erased, here and at Stripe."""

    id: str
    state: Literal["erasing"]


class CustomerList(Told):
    """Customers, the newest first; of who was deleted or erased, what is left."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[CustomerTold | Tombstone]
