"""Document 003's addresses and VAT numbers: checked by the rules of their country."""

from __future__ import annotations

from portal.compat.chargebee_errors import ParamWrong
from portal.compat.chargebee_models import BillingAddress
from portal.customers.address import Address
from portal.customers.postal_code import normalize_postal_code
from portal.customers.tax_id import TaxId, read_tax_id
from portal.customers.territory import territory
from portal.customers.text import fold

WITH_STATES = ("US", "CA", "IN")
"""The countries whose states are named by their code."""
_NORTHERN_IRELAND = "XI"


def address_of(given: BillingAddress | None, param: str) -> Address:
    """Read a billing address; its state by code where that is how the country names it.

    Raises:
        ParamWrong: naming the part that is none of the country's.
    """
    if given is None:
        return Address()
    country = given.country or ""
    return Address(
        line1=given.line1 or "",
        line2=given.line2 or "",
        line3=given.line3 or "",
        city=given.city or "",
        state=state_of(given.state_code or "", given.state or "", country, f"{param}[state_code]"),
        postal_code=zip_of(given.zip or "", country, f"{param}[zip]"),
        country=country,
    )


def state_of(code: str, name: str, country: str, param: str) -> str:
    """Return the code of a state where the country has codes, else its name.

    Raises:
        ParamWrong: the country has no such code.
    """
    if not code:
        spellings = territory(country).spellings if country in WITH_STATES else {}
        return spellings.get(fold(name), name)
    known = {area.code for area in territory(country).areas} if country in WITH_STATES else set()
    if code.upper() not in known:
        raise ParamWrong(param, "Send a state's code without its country, of US, CA or IN.")
    return code.upper()


def zip_of(text: str, country: str, param: str) -> str:
    """Return a postal code as its country writes it.

    Raises:
        ParamWrong: it can be none of the country's.
    """
    if not text or not country:
        return text
    read = normalize_postal_code(text, territory(country))
    if read is None:
        raise ParamWrong(param, f"This is no postal code of {country}.")
    return read


def vat_number(text: str, country: str, prefix: str) -> TaxId | None:
    """Read a VAT number, in Northern Ireland with another prefix; untyped where none fits."""
    if not text:
        return None
    if prefix and country == _NORTHERN_IRELAND:
        text = prefix[:2].upper() + text[2:]
    read = read_tax_id(text, country)
    return read if isinstance(read, TaxId) else TaxId(text, None, is_valid=False)
