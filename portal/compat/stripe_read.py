"""What document 004 says of a customer, in our words; what is not passed stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.compat.stripe_errors import ParameterRefused
from portal.compat.stripe_models import Address as GivenAddress
from portal.compat.stripe_models import InvoiceSettings, NewStripeCustomer, StripeChange
from portal.customers.address import Address
from portal.customers.details import CustomerDetails
from portal.customers.email import InvalidEmail, normalize_email
from portal.customers.metadata import LONGEST_KEY, MARKS, check_metadata, merged
from portal.customers.phone import e164_of
from portal.customers.profile import KEEP, Keep, Profile
from portal.customers.shipping import Shipping
from portal.customers.tax_id import TaxId

Given = NewStripeCustomer | StripeChange
_SAME = ("description", "individual_name", "balance", "invoice_prefix", "next_invoice_sequence")


def details_after(given: Given, before: CustomerDetails) -> CustomerDetails:
    """Return the details of a customer with what was passed; empty text takes away.

    Raises:
        ParameterRefused: a value that fits the schema and cannot be taken.
    """
    passed = given.model_fields_set
    changed: dict[str, Any] = {}
    if "email" in passed:
        changed |= _email(given.email or "")
    if "business_name" in passed:
        changed["organisation"] = given.business_name or ""
    if "address" in passed:
        changed["address"] = _address(given.address)
    after = replace(before, **changed)
    if "phone" in passed:
        phone = given.phone or ""
        after = replace(after, phone=phone, phone_e164=e164_of(phone, after.address.country))
    if given.preferred_locales:
        after = replace(after, locale=given.preferred_locales[0])
    if isinstance(given, NewStripeCustomer) and given.tax_id_data:
        first = given.tax_id_data[0]
        after = replace(after, tax_id=first.value, tax_id_type=first.type)
    return after


def method_given(given: Given) -> str:
    """Return what is to be paid by from now on: a method (pm_…), or a card's token (tok_…)."""
    settings = given.invoice_settings
    chosen = settings.default_payment_method if settings else None
    own = given.payment_method if isinstance(given, NewStripeCustomer) else given.default_source
    return given.source or chosen or own or ""


def more_tax_ids(given: NewStripeCustomer) -> tuple[TaxId, ...]:
    """Return the tax ids beside the first, which stands in the details."""
    beside = (given.tax_id_data or [])[1:]
    return tuple(TaxId(each.value, each.type, is_valid=True) for each in beside)


def profile_given(given: Given) -> Profile:
    """Return what was passed beside the details; of metadata, too, only what was passed.

    Raises:
        ParameterRefused: metadata that nobody can keep.
    """
    passed = given.model_fields_set
    settings = given.invoice_settings
    is_noted = settings is not None and "footer" in settings.model_fields_set
    return Profile(
        name=(given.name or "") if "name" in passed else KEEP,
        locales=tuple(given.preferred_locales or ()) if "preferred_locales" in passed else KEEP,
        metadata=_metadata(given.metadata or {}) if "metadata" in passed else KEEP,
        tax_exempt=(given.tax_exempt or "none") if "tax_exempt" in passed else KEEP,
        created_from_ip=_ip(given),
        invoice_notes=(settings.footer or "") if settings and is_noted else KEEP,
        stripe_settings=_only_stripes(given) or KEEP,
    )


def shipping_given(given: Given) -> Shipping | Keep | None:
    """Return where things are sent to from now on; None takes it away."""
    if given.shipping is None:
        return None if "shipping" in given.model_fields_set else KEEP
    to = given.shipping
    return Shipping(to.name, _address(to.address), to.phone or "")


def _email(text: str) -> dict[str, str]:
    if not text:
        return {"email": "", "email_key": ""}
    try:
        read = normalize_email(text)
    except InvalidEmail as invalid:
        raise ParameterRefused(
            "email", f"Invalid email address: {text}", "email_invalid"
        ) from invalid
    return {"email": read.address, "email_key": read.key}


def _address(given: GivenAddress | None) -> Address:
    if given is None:
        return Address()
    told = {name: text.strip() for name, text in given.model_dump(exclude_none=True).items()}
    return Address(**told)


def _metadata(given: Mapping[str, str]) -> Mapping[str, str]:
    for key in given:
        if key in MARKS:
            raise ParameterRefused(f"metadata[{key}]", f"The key {key} is one of the portal's own.")
        if len(key) > LONGEST_KEY:
            raise ParameterRefused(
                f"metadata[{key}]", f"Metadata keys cannot exceed {LONGEST_KEY} characters: {key}"
            )
    if problem := check_metadata(merged({}, given)):
        raise ParameterRefused("metadata", str(problem), problem.code)
    return given


def _ip(given: Given) -> str | Keep:
    if given.tax is None or "ip_address" not in given.tax.model_fields_set:
        return KEEP
    return given.tax.ip_address or ""


def _only_stripes(given: Given) -> dict[str, Any]:
    """Return what only Stripe makes use of; None takes it away."""
    passed = given.model_fields_set
    settings = {name: getattr(given, name) for name in _SAME if name in passed}
    settings = {name: None if value == "" else value for name, value in settings.items()}
    if given.cash_balance and given.cash_balance.settings:
        told = given.cash_balance.settings.model_dump(exclude_none=True)
        settings["cash_balance"] = {"settings": told}
    if given.invoice_settings:
        settings |= _of_invoices(given.invoice_settings)
    if given.tax and given.tax.validate_location:
        settings["validate_location"] = given.tax.validate_location
    if isinstance(given, NewStripeCustomer) and given.test_clock:
        settings["test_clock"] = given.test_clock
    return settings


def _of_invoices(given: InvoiceSettings) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if "custom_fields" in given.model_fields_set:
        fields = given.custom_fields
        told["custom_fields"] = [field.model_dump() for field in fields] if fields else None
    if "rendering_options" in given.model_fields_set:
        options = given.rendering_options
        told["rendering"] = options.model_dump(exclude_none=True) if options else None
    return told
