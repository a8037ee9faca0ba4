"""Where a customer is for tax, and what the sandbox's pretended tax is there."""

from __future__ import annotations

import re
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError
from portal.sandbox.rows import Row
from portal.sandbox.views import include

RATES: dict[str, tuple[str, float]] = {
    "AT": ("VAT", 20.0), "AU": ("GST", 10.0), "BE": ("VAT", 21.0), "CA": ("GST", 5.0),
    "CH": ("VAT", 8.1), "DE": ("VAT", 19.0), "DK": ("VAT", 25.0), "ES": ("VAT", 21.0),
    "FI": ("VAT", 25.5), "FR": ("VAT", 20.0), "GB": ("VAT", 20.0), "IE": ("VAT", 23.0),
    "IN": ("GST", 18.0), "IT": ("VAT", 22.0), "JP": ("JCT", 10.0), "LU": ("VAT", 17.0),
    "NL": ("VAT", 21.0), "NO": ("VAT", 25.0), "NZ": ("GST", 15.0), "PL": ("VAT", 23.0),
    "PT": ("VAT", 23.0), "SE": ("VAT", 25.0),
}  # fmt: skip
"""Country to the name and percentage of its tax: a pretence, to see tax on an invoice."""

_POSTCODES = {
    "US": re.compile(r"\d{5}(-\d{4})?"),
    "CA": re.compile(r"[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d"),
}
_NO_COUNTRY = {"XX", "ZZ"}


def location_of(customer: Row) -> Row | None:
    """Say where the customer is taxed; None when the address does not tell.

    In the US and Canada a postcode of the right form is needed, and "00000" is nowhere.
    """
    shipping = (customer.get("shipping") or {}).get("address")
    for source, address in (
        ("shipping_destination", shipping),
        ("billing_address", customer.get("address")),
    ):
        country = (address or {}).get("country")
        if not address or not country or country in _NO_COUNTRY:
            continue
        pattern = _POSTCODES.get(country)
        postcode = address.get("postal_code") or ""
        if postcode == "00000" or (pattern and not pattern.fullmatch(postcode)):
            return None
        return {"country": country, "source": source, "state": address.get("state")}
    if customer.get("_ip_address"):
        return {"country": "US", "source": "ip_address", "state": None}
    return None


def checked_location(customer: Row, tax: dict[str, Any], *, changed: bool) -> None:
    """Keep the tax details given, and refuse an address nobody can tax if that was asked for.

    Raises:
        StripeError: `customer_tax_location_invalid`, with `tax[validate_location]=immediately`.
    """
    if "ip_address" in tax:
        customer["_ip_address"] = tax["ip_address"] or None
    if changed and tax.get("validate_location") == "immediately":
        require_location(customer)


def require_location(customer: Row) -> Row:
    """Give the location, or refuse as Stripe does.

    Raises:
        StripeError: `customer_tax_location_invalid`.
    """
    location = location_of(customer)
    if location is None:
        raise StripeError(
            400,
            "The customer's location isn't recognized. Set a valid customer address in order to"
            " automatically calculate tax.",
            code="customer_tax_location_invalid",
        )
    return location


@include("customer", "tax")
def customer_tax(account: Account, customer: Row) -> Row:
    """Give `customer.tax`."""
    location = location_of(customer)
    status = "unrecognized_location"
    if location:
        status = "supported" if location["country"] in RATES else "not_collecting"
    return {
        "automatic_tax": status,
        "ip_address": customer["_ip_address"],
        "location": location,
        "provider": "stripe",
    }
