"""What a program says of a customer: the same checks as a form's, asking for nothing."""

from __future__ import annotations

from collections.abc import Mapping

from portal.customers.address import Address, check_address, warning_of
from portal.customers.countries import COUNTRIES
from portal.customers.deliverable import is_deliverable
from portal.customers.details import CustomerDetails
from portal.customers.email import UNKNOWN_DOMAIN, Email, InvalidEmail, normalize_email
from portal.customers.phone import InvalidPhone, Phone, read_phone, unlikely
from portal.customers.tax_id import UNLIKELY, TaxId, read_tax_id
from portal.customers.text import clean, has_hidden
from portal.customers.wording import COUNTRY_INVALID
from portal.errors import InvalidDetails, Problem
from portal.settings import settings
from portal.sites.storefront import Storefront

PLACES = ("line1", "line2", "line3", "city", "state", "postal_code")
_MISSING, _UNLISTED = "_missing", "state_invalid"
_NOBODY = Email("", "", "")
_NO_PHONE = Phone("", "", None, is_valid=True)
_NO_TAX_ID = TaxId("", None, is_valid=True)

Given = Mapping[str, str]
Warnings = dict[str, Problem]


async def read_program_details(
    given: Given, site: Storefront, *, skip_dns: bool = False
) -> tuple[CustomerDetails, Warnings]:
    """Read a customer's details, each by the name that the sign-up form has for it.

    Nothing has to be there, the country neither; an area or a postal code that does not fit the
    country's lists, a phone number or a tax id that does not add up, are taken with a warning.
    Without a country a phone number is read as one of the site's, and a tax id by its prefix alone.

    Raises:
        InvalidDetails: every value that cannot be taken.
    """
    said = {name: clean(value) for name, value in given.items()}
    problems: dict[str, Problem] = {}
    warnings: Warnings = {}
    country = said.get("country", "").upper()
    if country and country not in COUNTRIES:
        problems["country"] = COUNTRY_INVALID
        country = ""
    around = country or site.country
    email = _email(said.get("email", ""), problems)
    phone = _phone(said.get("phone", ""), around, problems, warnings)
    tax_id = _tax_id(said.get("tax_id", ""), country, problems, warnings)
    address = _address(said, country, around, problems, warnings)
    reachable = await _reachable(email.domain, skip_dns)
    if reachable is False:
        problems["email"] = UNKNOWN_DOMAIN
    if problems:
        raise InvalidDetails(problems)
    details = CustomerDetails(
        email=email.address,
        email_key=email.key,
        first_name=said.get("first_name", ""),
        last_name=said.get("last_name", ""),
        organisation=said.get("organisation", ""),
        phone=phone.typed,
        phone_e164=phone.e164,
        tax_id=tax_id.value,
        tax_id_type=tax_id.type,
        address=address,
        email_marketing=False,
        terms=False,
        email_unchecked=reachable is None,
        locale=said.get("language") or site.languages[0],
    )
    return details, warnings


async def _reachable(domain: str, skip_dns: bool) -> bool | None:
    if not domain or not settings().check_email_dns:
        return True
    return None if skip_dns else await is_deliverable(domain)


def _email(text: str, problems: dict[str, Problem]) -> Email:
    try:
        return normalize_email(text) if text else _NOBODY
    except InvalidEmail as invalid:
        problems["email"] = invalid.problem
        return _NOBODY


def _phone(text: str, country: str, problems: dict[str, Problem], warnings: Warnings) -> Phone:
    try:
        phone = read_phone(text, country) if text else _NO_PHONE
    except InvalidPhone as invalid:
        problems["phone"] = invalid.problem
        return _NO_PHONE
    if not phone.is_valid:
        warnings["phone"] = unlikely(country)
    return phone


def _tax_id(text: str, country: str, problems: dict[str, Problem], warnings: Warnings) -> TaxId:
    read = read_tax_id(text, country) if text else _NO_TAX_ID
    if isinstance(read, Problem):
        problems["tax_id"] = read
        return _NO_TAX_ID
    if not read.is_valid:
        warnings["tax_id"] = UNLIKELY
    return read


def _address(
    said: Given, country: str, around: str, problems: dict[str, Problem], warnings: Warnings
) -> Address:
    """Read the address by the rules of its country; without one, as it is said."""
    if not country:
        return Address(**{name: said.get(name, "") for name in PLACES})
    address, wrong = check_address(said, country)
    for name, problem in wrong.items():
        if problem.code == _UNLISTED and not has_hidden(said[name]):
            warnings[name] = problem
        elif not problem.code.endswith(_MISSING):
            problems[name] = problem
    if warning := warning_of(address):
        warnings["postal_code"] = warning
    return address
