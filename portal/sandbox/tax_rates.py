"""Tax rates: made by the seller, or by automatic tax."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.errors import invalid
from portal.sandbox.events import emit
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import named
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.tax_location import RATES, location_of
from portal.sandbox.views import shown

_DETAILS = ("active", "country", "description", "display_name", "jurisdiction", "state", "tax_type")


@operation("POST", "/v1/tax_rates", "TaxRateCreateParams")
def create_tax_rate(call: Call) -> Row:
    """Create a tax rate."""
    account, params = call.account, call.params
    call.only({*_DETAILS, "inclusive", "percentage", "metadata", "expand"})
    if not 0 <= params["percentage"] <= 100:
        raise invalid("Invalid percentage: must be between 0 and 100.", "percentage")
    row = account.add(_new_rate(account, params["percentage"], inclusive=params["inclusive"]))
    take(row, params, *_DETAILS)
    row["metadata"] = new_metadata(params)
    emit(account, "tax_rate.created", row)
    return shown(account, row)


def _new_rate(account: Account, percentage: float, *, inclusive: bool) -> Row:
    return {
        "id": new_id("txr"),
        "object": "tax_rate",
        "active": True,
        "country": None,
        "created": account.now(),
        "description": None,
        "display_name": "",
        "effective_percentage": None,
        "flat_amount": None,
        "inclusive": inclusive,
        "jurisdiction": None,
        "jurisdiction_level": None,
        "livemode": False,
        "metadata": {},
        "percentage": percentage,
        "rate_type": "percentage",
        "state": None,
        "tax_type": None,
        "_is_automatic": False,
    }


@operation("GET", "/v1/tax_rates/{id}", "TaxRateRetrieveParams")
def retrieve_tax_rate(call: Call) -> Row:
    """Give a tax rate."""
    return shown(call.account, call.row("tax_rate", "tax rate"))


@operation("POST", "/v1/tax_rates/{id}", "TaxRateUpdateParams")
def update_tax_rate(call: Call) -> Row:
    """Change a tax rate, except for its percentage."""
    call.only({*_DETAILS, "metadata", "expand"})
    call.row("tax_rate", "tax rate")
    with revising(call.account, "tax_rate", call.ids["id"], "tax_rate.updated") as row:
        take(row, call.params, *_DETAILS)
    return shown(call.account, row)


@operation("GET", "/v1/tax_rates", "TaxRateListParams")
def list_tax_rates(call: Call) -> Row:
    """List tax rates."""
    found = matching(call.account.kind("tax_rate").values(), call.params, "active", "inclusive")
    return listed(call, found, "tax_rate", {"active", "inclusive"})


def rates_named(account: Account, ids: list[str] | None, param: str) -> list[Row]:
    """Find the rates a parameter names."""
    return [
        named(account, "tax_rate", id, f"{param}[{position}]", "tax rate")
        for position, id in enumerate(ids or [])
    ]


def automatic_rates(account: Account, customer: Row, *, inclusive: bool) -> list[Row]:
    """Give the rate automatic tax finds where the customer is; none where nothing is collected.

    Whoever begins something refuses a customer who is nowhere; a renewal goes on without tax.
    """
    country = (location_of(customer) or {}).get("country")
    if country not in RATES:
        return []
    name, percentage = RATES[country]
    for row in account.kind("tax_rate").values():
        if row["_is_automatic"] and row["country"] == country and row["inclusive"] == inclusive:
            return [row]
    row = _new_rate(account, percentage, inclusive=inclusive)
    row |= {"active": False, "country": country, "display_name": name, "jurisdiction": country}
    row |= {
        "effective_percentage": percentage,
        "jurisdiction_level": "country",
        "_is_automatic": True,
    }
    return [account.add(row)]
