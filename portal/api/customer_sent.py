"""A customer as a program sends one: to be made, or changed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, Field

from portal.api.address_models import AddressSent, BillingSent, ShippingSent, TaxIdSent
from portal.web.programs.texts import (
    Address,
    Email,
    GatewayCustomer,
    Intent,
    Key,
    Language,
    Listed,
    Metadata,
    Method,
    Phone,
    Sent,
    SiteName,
    Text50,
    Text100,
    Text200,
    Text255,
    Text256,
    Text2000,
    TimeZone,
    Username,
)

_NAMES = {
    "first_name": AliasChoices("first_name", "firstName"),
    "last_name": AliasChoices("last_name", "lastName"),
}
Count = Annotated[int, Field(ge=0, le=999_999)]


class ConsentsSent(Sent):
    """What they agreed to; what is left out was not asked."""

    terms: bool | None = None
    email_marketing: bool | None = None
    telemarketing: bool | None = None


class PasswordSent(Sent):
    """A password, or what another site kept of one."""

    value: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\u0000]+$")]
    type: Literal[
        "plain_text", "md5", "password_bcrypt", "bcrypt_wordpress", "drupal_v8.2.x", "crypt"
    ]


class AddOnSent(Sent):
    """Something beside the plan, so many of it."""

    key: Key
    quantity: Count = 1


class _Said(Sent):
    """What may be said of a new customer and of one who is there alike."""

    external_id: Text255 | None = Field(None, description="Your own id; one customer each.")
    first_name: Text255 | None = Field(None, validation_alias=_NAMES["first_name"])
    last_name: Text255 | None = Field(None, validation_alias=_NAMES["last_name"])
    name: Text256 | None = Field(None, description="The whole name, where it is not two.")
    display_name: Text100 | None = None
    organisation: Text255 | None = None
    title: Text255 | None = None
    salutation: Text255 | None = None
    username: Username | None = None
    phone: Phone | None = None
    address: AddressSent | None = None
    shipping: ShippingSent | None = None
    billing: BillingSent | None = None
    tax_ids: Annotated[Listed[TaxIdSent], Field(max_length=5)] | None = None
    tax_exempt: Literal["none", "exempt", "reverse"] | None = None
    language: Language | None = None
    locales: Annotated[Listed[Language], Field(max_length=10)] | None = None
    time_zone: TimeZone | None = None
    metadata: Metadata | None = Field(
        None, description="An empty value unsets its key, an empty object all."
    )
    consents: ConsentsSent | None = None
    invoice_notes: Text2000 | None = None
    auto_collection: bool | None = None
    allow_direct_debit: bool | None = None
    email_hard_bounced: bool | None = None
    created_from_ip: Text50 | None = None
    balance: Annotated[int, Field(ge=-99_999_999, le=99_999_999)] | None = Field(
        None, description="Minor units; below zero is what they have to their credit."
    )
    payment_method: Method | None = Field(None, description="pm_…, from Stripe's own form.")


class NewCustomer(_Said):
    """A customer to be made, and the plan they are subscribed to."""

    email: Email
    site: SiteName | None = Field(None, description="Its id or number; else the key's first.")
    email_verified: bool | None = None
    imported: bool | None = None
    skip_email_check: bool | None = Field(None, description="Do not ask DNS about the address.")
    password: PasswordSent | None = None
    gateway_customer_id: GatewayCustomer | None = Field(
        None, description="Your customer at Stripe (cus_…), taken over instead of a new one."
    )
    import_payment_methods: bool | None = None
    payment_intent: Intent | None = Field(
        None, description="pi_… or seti_…, confirmed already, of a customer with a method."
    )
    plan: Key | None = Field(
        None, description="Its key or id. Left out: the site's default plan; null: none."
    )
    interval: Literal["month", "year"] | None = None
    quantity: Count | None = None
    add_ons: Annotated[Listed[AddOnSent], Field(max_length=20)] | None = None
    trial_days: Annotated[int, Field(ge=0, le=730)] | None = None
    coupon: Text200 | None = Field(None, description="A coupon, or a promotion code.")
    success_url: Address | None = None
    cancel_url: Address | None = None


class ChangedCustomer(_Said):
    """What is to be changed of a customer: only what is passed; null clears."""

    email: Email | None = None
    skip_email_check: bool | None = Field(None, description="Do not ask DNS about the address.")
