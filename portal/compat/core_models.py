"""What door 001 takes and answers: schemas, in the document's own words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field

from portal.compat.iso_639 import LANGUAGES
from portal.web.programs.texts import (
    Email,
    MetadataKey,
    MetadataValue,
    Phone,
    Sent,
    SiteName,
    Text100,
    Text255,
    Told,
)
from portal.web.programs.texts import text as text_of

Plain = MetadataValue | bool | int | float
Metadata = Annotated[
    dict[MetadataKey, Plain | list[Plain] | None],
    Field(max_length=50, json_schema_extra={"additionalProperties": False}),
]
GatewayId = Annotated[str, Field(pattern=r"^cus_[0-9A-Za-z]{1,250}$")]
Language = Annotated[str, Field(pattern=f"^({LANGUAGES})$")]
PasswordType = Literal[
    "plain_text", "password_bcrypt", "md5", "drupal_v8.2.x", "bcrypt_wordpress", "crypt"
]


class SiteAsked(Sent):
    """Which site."""

    site_id: SiteName = Field(description="Its number; its id is taken too.")


class CustomersAsked(SiteAsked):
    """Which customers: the newest first."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    starting_after: Annotated[str, Field(pattern=r"^cust_[0-9a-z]{1,35}$")] | None = None


class NewCustomer(Sent):
    """A customer to be made: an e-mail, an old_provider_id or a display_name has to be there."""

    email: Email | None = None
    skip_email_dns_validations: bool = False
    first_name: Text255 | None = None
    last_name: Text255 | None = None
    phone: Phone | None = None
    tele_marketing: bool | None = None
    email_marketing: bool | None = None
    email_hardbounce: bool = False
    metadata: Metadata | None = None
    old_provider_id: Annotated[str, text_of(255, 1)] | None = None
    display_name: Text100 | None = None
    organization: Text255 | None = None
    is_imported: bool = False
    tin: Annotated[str, text_of(50)] | None = None
    password: Annotated[str, text_of(200, 1)] | None = None
    password_type: PasswordType | None = None
    username: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,100}$")] | None = None
    title: Text255 | None = None
    salutation: Text255 | None = None
    time_zone: Annotated[str, text_of(50)] | None = Field(
        None, validation_alias=AliasChoices("time_zone", "timezone")
    )
    language: Language | None = None
    payment_gateway_id: GatewayId | None = None
    import_payment_methods: bool = False
    email_verified: bool = Field(
        False, validation_alias=AliasChoices("email_verified", "email_confirm")
    )
    billing_email: Email | None = None


class SourceTold(Told):
    """The default payment method."""

    id: str
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None


class CustomerTold(Told):
    """A customer."""

    id: str
    site_id: int
    email: str | None
    email_confirm: bool
    email_hardbounce: bool
    first_name: str | None
    last_name: str | None
    display_name: str | None
    username: str | None
    title: str | None
    salutation: str | None
    organization: str | None
    phone: str | None
    tin: str | None
    metadata: dict[str, Any]
    old_provider_id: str | None
    email_marketing: bool
    tele_marketing: bool
    is_imported: bool
    has_password: bool
    language: str
    time_zone: str | None
    billing_email: str | None
    avatar: str | None
    payment_gateway_id: str | None
    default_source: SourceTold | None
    created_at: int
    updated_at: int


class Customers(Told):
    """Customers, the newest first."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[CustomerTold]
