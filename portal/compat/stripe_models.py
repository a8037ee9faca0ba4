"""What document 004 takes: a customer's fields as Stripe names them, and how long each may be."""

from __future__ import annotations

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
from portal.web.programs.brackets import in_order
from portal.web.programs.texts import text


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _country(value: str) -> str:
    if value and value not in COUNTRIES:
        sentence = f"Country '{value}' is unknown. Use a 2-character country code, such as 'US'."
        raise PydanticCustomError("country_unknown", sentence)
    return value


def _listed(value: Any) -> Any:
    found = in_order(value)
    return value if found is None else found


Listed = BeforeValidator(_listed)
WRITTEN = r"^[^\u0000]*$"
"""Text on several lines, perhaps."""
Unset = BeforeValidator(lambda value: None if value == "" else value)
"""Empty text takes away what is there: the field is passed, and None."""

Country = Annotated[
    str,
    BeforeValidator(_upper),
    AfterValidator(_country),
    WithJsonSchema({"type": "string", "enum": ["", *sorted(COUNTRIES)]}),
]
Text10 = Annotated[str, text(10)]
Text20 = Annotated[str, text(20)]
Text100 = Annotated[str, text(100)]
Text150 = Annotated[str, text(150)]
Text255 = Annotated[str, text(255)]
Name40 = Annotated[str, text(40, 1)]
Name140 = Annotated[str, text(140, 1)]
Name200 = Annotated[str, text(200, 1)]
Email = Annotated[str, email(254)]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,12}$")]
PaymentMethod = Annotated[str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]{1,250}$")]
CardToken = Annotated[str, StringConstraints(pattern=r"^tok_[A-Za-z0-9_]{1,250}$")]
Clock = Annotated[str, StringConstraints(pattern=r"^clock_[A-Za-z0-9]{1,240}$")]
Opened = Literal["tax_ids", "subscriptions", "default_source"]


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Address(_Fields):
    """Where somebody is; each part may be empty."""

    line1: Text150 | None = None
    line2: Text150 | None = None
    city: Text100 | None = None
    state: Text100 | None = None
    postal_code: Text20 | None = None
    country: Country | None = None


class ShippingTo(_Fields):
    """Who receives things, and where."""

    address: Address
    name: Name200
    phone: Text20 | None = None


class CustomField(_Fields):
    """A line of its own on each invoice."""

    name: Name40
    value: Name140


CustomFields = Annotated[list[CustomField], Field(min_length=1, max_length=4)]


class Rendering(_Fields):
    """How invoices are drawn."""

    amount_tax_display: Literal["exclude_tax", "include_inclusive_tax", ""] | None = None
    template: Text255 | None = None


class InvoiceSettings(_Fields):
    """What stands on their invoices, and how those are paid."""

    custom_fields: Annotated[CustomFields | None, Listed, Unset] = None
    default_payment_method: PaymentMethod | None = None
    footer: Annotated[str, StringConstraints(max_length=2000, pattern=WRITTEN)] | None = None
    rendering_options: Annotated[Rendering | None, Unset] = None


class CashSettings(_Fields):
    """How transfers of money find their invoices."""

    reconciliation_mode: Literal["automatic", "manual", "merchant_default"] | None = None


class CashBalance(_Fields):
    """What holds for money that they have sent ahead."""

    settings: CashSettings | None = None


class Tax(_Fields):
    """What their tax is worked out from."""

    ip_address: Network | None = None
    validate_location: Literal["deferred", "immediately"] | None = None


class TaxIdGiven(_Fields):
    """One tax id, with Stripe's word for what it is."""

    type: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}_[a-z_]{2,27}$")]
    value: Annotated[str, text(50, 1)]


Metadata = dict[str, Annotated[str, StringConstraints(max_length=500, pattern=WRITTEN)]]
Locales = Annotated[list[Text10], Field(max_length=20)]
TaxIds = Annotated[list[TaxIdGiven], Field(max_length=5)]


class _Customer(_Fields):
    """What may be told of a new customer, and of one who is there."""

    address: Annotated[Address | None, Unset] = None
    balance: Annotated[int, Field(ge=-99_999_999, le=99_999_999)] | None = None
    business_name: Text150 | None = None
    cash_balance: CashBalance | None = None
    description: Annotated[str, StringConstraints(max_length=350, pattern=WRITTEN)] | None = None
    email: Email | None = None
    expand: Annotated[list[Opened] | None, Listed] = None
    individual_name: Text150 | None = None
    invoice_prefix: Prefix | None = None
    invoice_settings: InvoiceSettings | None = None
    metadata: Annotated[Metadata | None, Unset] = None
    name: Annotated[str, text(256)] | None = None
    next_invoice_sequence: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    phone: Text20 | None = None
    preferred_locales: Annotated[Locales | None, Listed] = None
    shipping: Annotated[ShippingTo | None, Unset] = None
    source: CardToken | None = None
    tax_exempt: Literal["", "none", "exempt", "reverse"] | None = None
    # A field of that very name would hide one of the model's own.
    validate_: Annotated[Switch | None, Field(alias="validate")] = None


class NewStripeCustomer(_Customer):
    """A new customer."""

    payment_method: PaymentMethod | None = None
    tax: Tax | None = None
    tax_id_data: Annotated[TaxIds | None, Listed] = None
    test_clock: Clock | None = None


class StripeTaxChange(_Fields):
    """What their tax is worked out from, of somebody who is there."""

    ip_address: Network | None = None
    validate_location: Literal["auto", "deferred", "immediately"] | None = None


class StripeChange(_Customer):
    """What changes of a customer; what is not passed stays."""

    default_source: PaymentMethod | None = None
    tax: StripeTaxChange | None = None
