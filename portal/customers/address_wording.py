"""What parts of an address are called in different countries, and the sentences that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.customers.wording import N_
from portal.errors import Problem


@dataclass(frozen=True, slots=True)
class PlaceWording:
    """A street or a city by one of its names."""

    label: str
    missing: Problem


@dataclass(frozen=True, slots=True)
class AreaWording:
    """A state or the like: typed where we know no list, else chosen from one."""

    label: str
    missing: Problem
    unchosen: Problem
    unlisted: Problem


@dataclass(frozen=True, slots=True)
class PostalWording:
    """A postal code by one of its names."""

    label: str
    missing: Problem
    invalid: Problem
    elsewhere: Problem


LINE2 = N_("Apartment, suite or building")

PLACES: Mapping[str, PlaceWording] = {
    "street": PlaceWording(
        N_("Street address"), Problem("line1_missing", "Enter your street address.")
    ),
    "city_and_street": PlaceWording(
        N_("City, ward and street"), Problem("line1_missing", "Enter your city, ward and street.")
    ),
    "city": PlaceWording(N_("City"), Problem("city_missing", "Enter your city.")),
    "post_town": PlaceWording(
        N_("Town or city"), Problem("city_missing", "Enter your town or city.")
    ),
    "suburb": PlaceWording(
        N_("Suburb or city"), Problem("city_missing", "Enter your suburb or city.")
    ),
    "district": PlaceWording(N_("District"), Problem("city_missing", "Enter your district.")),
}

AREAS: Mapping[str, AreaWording] = {
    "state": AreaWording(
        N_("State"),
        Problem("state_missing", "Enter your state."),
        Problem("state_missing", "Choose your state."),
        Problem("state_invalid", "Choose a state from the list."),
    ),
    "province": AreaWording(
        N_("Province"),
        Problem("state_missing", "Enter your province."),
        Problem("state_missing", "Choose your province."),
        Problem("state_invalid", "Choose a province from the list."),
    ),
    "prefecture": AreaWording(
        N_("Prefecture"),
        Problem("state_missing", "Enter your prefecture."),
        Problem("state_missing", "Choose your prefecture."),
        Problem("state_invalid", "Choose a prefecture from the list."),
    ),
    "emirate": AreaWording(
        N_("Emirate"),
        Problem("state_missing", "Enter your emirate."),
        Problem("state_missing", "Choose your emirate."),
        Problem("state_invalid", "Choose an emirate from the list."),
    ),
    "county": AreaWording(
        N_("County"),
        Problem("state_missing", "Enter your county."),
        Problem("state_missing", "Choose your county."),
        Problem("state_invalid", "Choose a county from the list."),
    ),
    "region": AreaWording(
        N_("Region"),
        Problem("state_missing", "Enter your region."),
        Problem("state_missing", "Choose your region."),
        Problem("state_invalid", "Choose a region from the list."),
    ),
    "department": AreaWording(
        N_("Department"),
        Problem("state_missing", "Enter your department."),
        Problem("state_missing", "Choose your department."),
        Problem("state_invalid", "Choose a department from the list."),
    ),
    "parish": AreaWording(
        N_("Parish"),
        Problem("state_missing", "Enter your parish."),
        Problem("state_missing", "Choose your parish."),
        Problem("state_invalid", "Choose a parish from the list."),
    ),
    "island": AreaWording(
        N_("Island"),
        Problem("state_missing", "Enter your island."),
        Problem("state_missing", "Choose your island."),
        Problem("state_invalid", "Choose an island from the list."),
    ),
    "governorate": AreaWording(
        N_("Governorate"),
        Problem("state_missing", "Enter your governorate."),
        Problem("state_missing", "Choose your governorate."),
        Problem("state_invalid", "Choose a governorate from the list."),
    ),
    "district": AreaWording(
        N_("District"),
        Problem("state_missing", "Enter your district."),
        Problem("state_missing", "Choose your district."),
        Problem("state_invalid", "Choose a district from the list."),
    ),
    "municipality": AreaWording(
        N_("Municipality"),
        Problem("state_missing", "Enter your municipality."),
        Problem("state_missing", "Choose your municipality."),
        Problem("state_invalid", "Choose a municipality from the list."),
    ),
    "area": AreaWording(
        N_("Area"),
        Problem("state_missing", "Enter your area."),
        Problem("state_missing", "Choose your area."),
        Problem("state_invalid", "Choose an area from the list."),
    ),
    "province_or_city": AreaWording(
        N_("Province or city"),
        Problem("state_missing", "Enter your province or city."),
        Problem("state_missing", "Choose your province or city."),
        Problem("state_invalid", "Choose a province or city from the list."),
    ),
    "county_or_city": AreaWording(
        N_("County or city"),
        Problem("state_missing", "Enter your county or city."),
        Problem("state_missing", "Choose your county or city."),
        Problem("state_invalid", "Choose a county or city from the list."),
    ),
}

POSTAL_CODES: Mapping[str, PostalWording] = {
    "postal": PostalWording(
        N_("Postal code"),
        Problem("postal_code_missing", "Enter your postal code."),
        Problem("postal_code_invalid", "Enter a postal code like {example}."),
        Problem("postal_code_elsewhere", "Check the postal code: it may not be in {area}."),
    ),
    "postcode": PostalWording(
        N_("Postcode"),
        Problem("postal_code_missing", "Enter your postcode."),
        Problem("postal_code_invalid", "Enter a postcode like {example}."),
        Problem("postal_code_elsewhere", "Check the postcode: it may not be in {area}."),
    ),
    "zip": PostalWording(
        N_("ZIP code"),
        Problem("postal_code_missing", "Enter your ZIP code."),
        Problem("postal_code_invalid", "Enter a ZIP code like {example}."),
        Problem("postal_code_elsewhere", "Check the ZIP code: it may not be in {area}."),
    ),
    "eircode": PostalWording(
        N_("Eircode"),
        Problem("postal_code_missing", "Enter your Eircode."),
        Problem("postal_code_invalid", "Enter an Eircode like {example}."),
        Problem("postal_code_elsewhere", "Check the Eircode: it may not be in {area}."),
    ),
    "pin": PostalWording(
        N_("PIN code"),
        Problem("postal_code_missing", "Enter your PIN code."),
        Problem("postal_code_invalid", "Enter a PIN code like {example}."),
        Problem("postal_code_elsewhere", "Check the PIN code: it may not be in {area}."),
    ),
    "cep": PostalWording(
        N_("CEP"),
        Problem("postal_code_missing", "Enter your CEP."),
        Problem("postal_code_invalid", "Enter a CEP like {example}."),
        Problem("postal_code_elsewhere", "Check the CEP: it may not be in {area}."),
    ),
}
