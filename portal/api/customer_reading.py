"""What a program sends of a customer, read: every value that a rule refuses, at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from portal.api.address_models import AddressSent, BillingSent, ShippingSent, TaxIdSent
from portal.api.customer_sent import ChangedCustomer, NewCustomer
from portal.customers.billing_contact import THEMSELVES, BilledTo
from portal.customers.details import CustomerDetails
from portal.customers.lenient import PLACES, Warnings, read_program_details
from portal.customers.metadata import is_all_at_stripe
from portal.customers.profile import NOTHING_MORE, Profile
from portal.customers.profile_read import read_profile
from portal.customers.shipping import Shipping
from portal.customers.tax_id import TaxId, read_tax_id
from portal.customers.text import clean
from portal.errors import InvalidDetails, Problem
from portal.sites.storefront import Storefront
from portal.web.programs.problems import Path, WrongValues, problems_of

Said = NewCustomer | ChangedCustomer
Problems = dict[Path, Problem]

CONTACT = ("email", "first_name", "last_name", "organisation", "phone", "language")
_PLAIN = (
    *("external_id", "name", "display_name", "title", "salutation", "username", "invoice_notes"),
    *("time_zone", "locales", "metadata", "tax_exempt", "auto_collection", "allow_direct_debit"),
    *("email_hard_bounced", "imported", "created_from_ip"),
)
_STANDS_AT: Mapping[str, Path] = {"billing_email": ("billing", "email")}
_IP = Problem("ip_address_invalid", "Send an IP address.")
_TYPE = Problem("tax_id_type_mismatch", "This tax ID is not of that type.")
NOT_ALL_AT_STRIPE = "metadata_not_all_at_stripe"


def form_of(said: Said) -> dict[str, str]:
    """Return what was passed by the names that the sign-up form has for it; null is empty."""
    passed = said.model_fields_set
    given = {name: str(getattr(said, name) or "") for name in CONTACT if name in passed}
    if "address" in passed:
        given |= place_of(said.address)
    return given


def place_of(sent: AddressSent | None) -> dict[str, str]:
    """Return an address as far as it was passed; null clears all of it."""
    if sent is None:
        return dict.fromkeys((*PLACES, "country"), "")
    return {name: str(getattr(sent, name) or "") for name in sent.model_fields_set}


def profile_said(said: Said, problems: Problems) -> Profile:
    """Return what was passed beside the form's answers; of metadata what is put over the rest."""
    passed = said.model_fields_set
    told: dict[str, Any] = {name: getattr(said, name) for name in _PLAIN if name in passed}
    if "billing" in passed:
        told["billing_email"] = said.billing.email if said.billing else None
    if said.balance is not None:
        told["stripe_settings"] = {"balance": said.balance}
    if told.get("created_from_ip"):
        told["created_from_ip"] = _ip(told["created_from_ip"], problems)
    try:
        return read_profile(told)
    except InvalidDetails as invalid:
        for name, problem in invalid.problems.items():
            problems[_STANDS_AT.get(name, (name,))] = problem
        return NOTHING_MORE


async def details_said(
    form: Mapping[str, str], site: Storefront, problems: Problems, *, skip_dns: bool
) -> tuple[CustomerDetails | None, Warnings]:
    """Read the form's answers; None where some cannot be taken: then problems say which."""
    try:
        return await read_program_details(form, site, skip_dns=skip_dns)
    except InvalidDetails as invalid:
        problems.update(problems_of(invalid))
        return None, {}


async def shipping_said(
    sent: ShippingSent, site: Storefront, problems: Problems
) -> Shipping | None:
    """Read where things are sent to."""
    form = place_of(sent.address) | {"phone": str(sent.phone or "")}
    wrong: Problems = {}
    details, _ = await details_said(form, site, wrong, skip_dns=True)
    problems.update({("shipping", *path): problem for path, problem in wrong.items()})
    return Shipping(clean(sent.name), details.address, details.phone) if details else None


def billed_to_said(sent: BillingSent | None, before: BilledTo = THEMSELVES) -> BilledTo:
    """Return who bills are made out to, with what was passed in the place of what there was."""
    if sent is None:
        return THEMSELVES
    passed = [name for name in BilledTo.__slots__ if name in sent.model_fields_set]
    return replace(before, **{name: clean(str(getattr(sent, name) or "")) for name in passed})


def tax_ids_said(sent: Iterable[TaxIdSent], country: str, problems: Problems) -> tuple[TaxId, ...]:
    """Read tax ids: each by its form, and as the type that was passed with it."""
    found = []
    for place, one in enumerate(sent):
        read = read_tax_id(one.value, country)
        if isinstance(read, Problem):
            problems[("tax_ids", place, "value")] = read
        elif one.type and read.type and one.type != read.type:
            problems[("tax_ids", place, "type")] = _TYPE
        else:
            found.append(replace(read, type=one.type or read.type))
    return tuple(found)


def refuse(problems: Problems) -> None:
    """Refuse what was sent, if anything of it is wrong.

    Raises:
        WrongValues: every value that a rule refuses.
    """
    if problems:
        raise WrongValues(problems)


def codes_of(warnings: Mapping[str, Problem], profile: Profile) -> list[str]:
    """Return the codes of what was taken, though it is likely not meant so."""
    codes = [warning.code for warning in warnings.values()]
    metadata = profile.given.get("metadata")
    return codes if not metadata or is_all_at_stripe(metadata) else [*codes, NOT_ALL_AT_STRIPE]


def _ip(text: str, problems: Problems) -> str:
    try:
        return str(ip_address(text.strip())) if text.strip() else ""
    except ValueError:
        problems[("created_from_ip",)] = _IP
        return ""
