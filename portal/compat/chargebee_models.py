"""What document 003 takes: a customer's fields by its names, and how long each may be."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from portal.compat.emails import Switch, email
from portal.compat.networks import Network
from portal.customers.countries import COUNTRIES
from portal.customers.metadata import LONGEST_KEY, LONGEST_VALUE, MOST_KEYS
from portal.web.programs.texts import SPACES, text

Gateway = Literal[
    "authorize_net", "balanced_payments", "beanstream", "bluepay", "braintree", "chargebee",
    "elavon", "eway", "eway_rapid", "first_data_global", "hdfc", "migs", "nmi", "ogone", "paymill",
    "paypal_payflow_pro", "paypal_pro", "pin", "sage_pay", "stripe", "tco", "wirecard", "worldpay",
]  # fmt: skip
MethodType = Literal[
    "card", "paypal_express_checkout", "amazon_payments", "direct_debit", "automated_bank_transfer"
]


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _country(value: str) -> str:
    if value and value not in COUNTRIES:
        raise PydanticCustomError("country_unknown", "Give an ISO 3166 alpha-2 code, or XI.")
    return value


def _said_as_json(value: Any) -> Any:
    """Read an object that was sent as JSON, which is how the document's clients send it."""
    if not isinstance(value, str) or not value:
        return value or {}
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _plain_values(value: dict[str, Any]) -> dict[str, Any]:
    for key, inner in value.items():
        if len(json.dumps(inner, ensure_ascii=False)) > LONGEST_VALUE + 2:
            raise PydanticCustomError("too_long", "A value has at most 500 characters.")
        if not 0 < len(key) <= LONGEST_KEY:
            raise PydanticCustomError("key_invalid", "A key has 1 to 40 characters.")
    return value


Country = Annotated[
    str,
    BeforeValidator(_upper),
    AfterValidator(_country),
    WithJsonSchema({"type": "string", "enum": ["", *sorted(COUNTRIES)]}),
]
Metadata = Annotated[
    dict[str, Any],
    BeforeValidator(_said_as_json),
    AfterValidator(_plain_values),
    Field(max_length=MOST_KEYS),
    WithJsonSchema({"type": "string", "contentMediaType": "application/json", "const": "{}"}),
]
Own = Annotated[str, StringConstraints(pattern=rf"^[^{SPACES}/?#]{{1,50}}$")]
Text10 = Annotated[str, text(10)]
Text20 = Annotated[str, text(20)]
Text50 = Annotated[str, text(50)]
Text150 = Annotated[str, text(150)]
Text200 = Annotated[str, text(200)]
Text250 = Annotated[str, text(250)]
Email = Annotated[str, email(70)]
Area = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{0,3}$")]
Token = Annotated[str, StringConstraints(max_length=65_000, pattern=r"^[\x21-\x7e]*$")]
CardToken = Annotated[str, StringConstraints(max_length=300, pattern=r"^[\x21-\x7e]*$")]
Notes = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\u0000]*$")]
Seconds = Annotated[int, Field(ge=0, le=253_402_300_799)]


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class BillingAddress(_Fields):
    """Who is billed, and where."""

    first_name: Text150 | None = None
    last_name: Text150 | None = None
    email: Email | None = None
    company: Text250 | None = None
    phone: Text50 | None = None
    line1: Text150 | None = None
    line2: Text150 | None = None
    line3: Text150 | None = None
    city: Text50 | None = None
    state_code: Area | None = None
    state: Text50 | None = None
    zip: Text20 | None = None
    country: Country | None = None


class PaymentIntent(_Fields):
    """A payment that the bank has agreed to, made before."""

    id: Annotated[str, text(150)] | None = None
    gateway_account_id: Text50 | None = None
    gw_token: Token | None = None
    reference_id: Token | None = None


class Card(_Fields):
    """A card, by its token: never by its number."""

    gateway: Gateway | None = None
    tmp_token: CardToken | None = None
    first_name: Text50 | None = None
    last_name: Text50 | None = None
    billing_addr1: Text150 | None = None
    billing_addr2: Text150 | None = None
    billing_city: Text50 | None = None
    billing_state_code: Area | None = None
    billing_state: Text50 | None = None
    billing_zip: Text20 | None = None
    billing_country: Country | None = None
    ip_address: Network | None = None


class PaymentMethod(_Fields):
    """A way to pay that the gateway keeps already."""

    type: MethodType | None = None
    gateway: Gateway | None = None
    reference_id: Text200 | None = None


class ChargebeeChange(_Fields):
    """What changes of a customer; neither the address nor the VAT number."""

    first_name: Text150 | None = None
    last_name: Text150 | None = None
    email: Email | None = None
    phone: Text50 | None = None
    company: Text250 | None = None
    auto_collection: Literal["on", "off"] | None = None
    allow_direct_debit: Switch | None = None
    taxability: Literal["taxable", "exempt"] | None = None
    invoice_notes: Notes | None = None
    meta_data: Metadata | None = None


class NewChargebeeCustomer(ChargebeeChange):
    """A new customer."""

    id: Own | None = None
    vat_number: Text20 | None = None
    vat_number_prefix: Text10 | None = None
    created_from_ip: Network | None = None
    payment_intent: PaymentIntent | None = None
    card: Card | None = None
    payment_method: PaymentMethod | None = None
    billing_address: BillingAddress | None = None


class BillingInfo(_Fields):
    """Who is billed, where, and their VAT number: what is not passed is taken away."""

    billing_address: BillingAddress | None = None
    vat_number: Text20 | None = None
    vat_number_prefix: Text10 | None = None


class ChargebeeEnd(_Fields):
    """How a customer is deleted."""

    delete_payment_method: Switch | None = None


class ChargebeeList(_Fields):
    """Which customers, and how many of them."""

    limit: Annotated[int, Field(ge=1, le=100)] = 10
    offset: Annotated[str, StringConstraints(max_length=1000)] | None = None
    id_is: Annotated[Text50 | None, Field(alias="id[is]")] = None
    email_is: Annotated[Text250 | None, Field(alias="email[is]")] = None
    after: Annotated[Seconds | None, Field(alias="created_at[after]")] = None
    before: Annotated[Seconds | None, Field(alias="created_at[before]")] = None
