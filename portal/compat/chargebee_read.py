"""What document 003 says of a customer, in our words; what is not passed stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.compat.chargebee_errors import ParamWrong
from portal.compat.chargebee_models import (
    BillingAddress,
    BillingInfo,
    ChargebeeChange,
    NewChargebeeCustomer,
)
from portal.compat.chargebee_places import address_of, vat_number
from portal.customers.billing_contact import THEMSELVES, BilledTo
from portal.customers.details import CustomerDetails
from portal.customers.email import InvalidEmail, normalize_email
from portal.customers.metadata import check_metadata, merged
from portal.customers.phone import e164_of
from portal.customers.profile import KEEP, Keep, Profile

_NAMES = {"first_name": "first_name", "last_name": "last_name", "company": "organisation"}


def details_after(given: ChargebeeChange, before: CustomerDetails) -> CustomerDetails:
    """Return the details of a customer with what was passed.

    Raises:
        ParamWrong: a value that fits the schema and cannot be taken.
    """
    passed = given.model_fields_set
    changed: dict[str, Any] = {
        ours: getattr(given, theirs) or ""
        for theirs, ours in _NAMES.items()
        if theirs in passed
    }  # fmt: skip
    if "email" in passed:
        changed |= _email(given.email or "", "email")
    after = replace(before, **changed)
    if isinstance(given, NewChargebeeCustomer):
        after = billed_after(BillingInfo.model_construct(_of_bills(given), **_bills(given)), after)
    if "phone" in passed:
        phone = given.phone or ""
        after = replace(after, phone=phone, phone_e164=e164_of(phone, after.address.country))
    return after


def billed_after(given: BillingInfo, before: CustomerDetails) -> CustomerDetails:
    """Return the details with another address and VAT number: what is not passed is taken away.

    Raises:
        ParamWrong: an area, a postal code or a country that is none.
    """
    address = address_of(given.billing_address, "billing_address")
    tax_id = vat_number(given.vat_number or "", address.country, given.vat_number_prefix or "")
    value, kind = (tax_id.value, tax_id.type) if tax_id else ("", None)
    return replace(before, address=address, tax_id=value, tax_id_type=kind)


def profile_given(given: ChargebeeChange, before: Mapping[str, Any]) -> Profile:
    """Return what was passed beside the details; metadata takes the place of what was `before`.

    Raises:
        ParamWrong: metadata that nobody can keep.
    """
    passed = given.model_fields_set
    return Profile(
        external_id=_own_id(given),
        auto_collection=given.auto_collection != "off" if "auto_collection" in passed else KEEP,
        allow_direct_debit=bool(given.allow_direct_debit)
        if "allow_direct_debit" in passed
        else KEEP,
        tax_exempt=("exempt" if given.taxability == "exempt" else "none")
        if "taxability" in passed
        else KEEP,
        invoice_notes=(given.invoice_notes or "") if "invoice_notes" in passed else KEEP,
        metadata=_metadata(given.meta_data, before) if "meta_data" in passed else KEEP,
        created_from_ip=_ip(given),
        billing_email=_billing_email(given),
    )


def billed_to(address: BillingAddress | None) -> BilledTo:
    """Return who is billed, where that was said."""
    if address is None:
        return THEMSELVES
    return BilledTo(
        first_name=address.first_name or "",
        last_name=address.last_name or "",
        organisation=address.company or "",
        phone=address.phone or "",
    )


def _bills(given: NewChargebeeCustomer) -> dict[str, Any]:
    return {name: getattr(given, name) for name in BillingInfo.model_fields}


def _of_bills(given: NewChargebeeCustomer) -> set[str]:
    return given.model_fields_set & BillingInfo.model_fields.keys()


def _email(text: str, param: str) -> dict[str, str]:
    if not text:
        return {"email": "", "email_key": ""}
    try:
        read = normalize_email(text)
    except InvalidEmail as invalid:
        raise ParamWrong(param, str(invalid.problem)) from invalid
    return {"email": read.address, "email_key": read.key}


def _metadata(given: Mapping[str, Any] | None, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the change that leaves only what was passed: an empty value unsets a key."""
    after = merged({}, given)
    if problem := check_metadata(after):
        raise ParamWrong("meta_data", str(problem))
    return {key: "" for key in before if key not in after} | after


def _own_id(given: ChargebeeChange) -> str | Keep:
    return given.id if isinstance(given, NewChargebeeCustomer) and given.id else KEEP


def _ip(given: ChargebeeChange) -> str | Keep:
    if not isinstance(given, NewChargebeeCustomer):
        return KEEP
    of_the_card = given.card.ip_address if given.card else None
    return given.created_from_ip or of_the_card or KEEP


def _billing_email(given: ChargebeeChange) -> str | Keep:
    if not isinstance(given, NewChargebeeCustomer):
        return KEEP
    return email_of_bills(given.billing_address) or KEEP


def email_of_bills(address: BillingAddress | None) -> str:
    """Return where bills go, if it was said.

    Raises:
        ParamWrong: it is no e-mail address.
    """
    text = (address.email if address else None) or ""
    return _email(text, "billing_address[email]")["email"]
