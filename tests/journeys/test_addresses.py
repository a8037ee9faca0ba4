"""Ten countries, each with its own words and its own form of an address."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import Person
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.steps import COUNTRY, choose, choose_country, field, fill, heading, send

pytestmark = ON_SQLITE


@dataclass(frozen=True, slots=True)
class Place:
    """An address as its people write it, and as Stripe should have it."""

    country: str
    typed: Person
    at_stripe: dict[str, str]
    absent: tuple[str, ...] = ()
    region: str | None = None


PLACES = {
    "US": Place(
        "United States",
        {
            "Street address": "1600 Pennsylvania Ave NW",
            "City": "Washington",
            "State": "District of Columbia",
            "ZIP code": "20500-0003",
        },
        {
            "line1": "1600 Pennsylvania Ave NW",
            "city": "Washington",
            "state": "DC",
            "postal_code": "20500-0003",
        },
    ),
    "GB": Place(
        "United Kingdom",
        {"Street address": "10 Downing Street", "Town or city": "London", "Postcode": "sw1a2aa"},
        {"line1": "10 Downing Street", "city": "London", "postal_code": "SW1A 2AA"},
        absent=("State", "ZIP code"),
    ),
    "DE": Place(
        "Germany",
        {"Street address": "Platz der Republik 1", "Postal code": "11011", "City": "Berlin"},
        {"line1": "Platz der Republik 1", "city": "Berlin", "postal_code": "11011"},
        absent=("State",),
    ),
    "JP": Place(
        "Japan",
        {
            "Postal code": "１００−０００１",
            "Prefecture": "Tokyo",
            "City, ward and street": "千代田区千代田1-1",
        },
        {"line1": "千代田区千代田1-1", "state": "13", "postal_code": "100-0001"},
        absent=("City",),
    ),
    "IE": Place(
        "Ireland",
        {
            "Street address": "Kildare Street",
            "Town or city": "Dublin",
            "County": "Co. Dublin",
            "Eircode": "D02 A272",
        },
        {"line1": "Kildare Street", "city": "Dublin", "state": "D", "postal_code": "D02 A272"},
    ),
    "HK": Place(
        "Hong Kong SAR China",
        {"Area": "Kowloon", "District": "Tsim Sha Tsui", "Street address": "18 Salisbury Road"},
        {"line1": "18 Salisbury Road", "city": "Tsim Sha Tsui", "state": "Kowloon"},
        absent=("Postal code",),
    ),
    "IN": Place(
        "India",
        {
            "Street address": "Janpath 1",
            "City": "New Delhi",
            "PIN code": "110001",
            "State": "Delhi",
        },
        {"line1": "Janpath 1", "city": "New Delhi", "state": "DL", "postal_code": "110001"},
    ),
    "BR": Place(
        "Brazil",
        {
            "Street address": "Avenida Paulista 1578",
            "City": "São Paulo",
            "State": "São Paulo",
            "CEP": "01310200",
        },
        {
            "line1": "Avenida Paulista 1578",
            "city": "São Paulo",
            "state": "SP",
            "postal_code": "01310-200",
        },
    ),
    "AE": Place(
        "United Arab Emirates",
        {"Street address": "Sheikh Zayed Road 1", "Emirate": "Dubai"},
        {"line1": "Sheikh Zayed Road 1", "state": "DU"},
        absent=("Postal code", "City"),
    ),
    "XI": Place(
        "United Kingdom (Northern Ireland)",
        {
            "Street address": "Donegall Square South",
            "Town or city": "Belfast",
            "Postcode": "BT1 5GS",
        },
        {"line1": "Donegall Square South", "city": "Belfast", "postal_code": "BT1 5GS"},
        region="XI",
    ),
}


@pytest.mark.parametrize("code", PLACES)
async def test_an_address_arrives_as_its_country_writes_it(
    shop: Shop, page: Page, code: str
) -> None:
    place = PLACES[code]
    await choose(page, "Studio")
    await fill(page, {"Email": "ada@lovelace.example", COUNTRY: place.country} | place.typed)
    for label in place.absent:
        await expect(field(page, label)).to_have_count(0)
    await send(page, "Studio")

    await expect(heading(page, "Add payment method")).to_be_visible()
    customer = await shop.customer_at_stripe()
    written = {part: text for part, text in customer["address"].items() if text}
    country = "GB" if code == "XI" else code
    assert written == place.at_stripe | {"country": country}
    assert customer["metadata"].get("region") == place.region
    assert await shop.books() == ONE_OF_EACH


async def test_what_was_typed_survives_a_journey_round_the_world(page: Page) -> None:
    await choose(page, "Studio")
    await fill(page, {"Email": "ada@lovelace.example", COUNTRY: "United States"})
    await fill(page, {"Street address": "1 Market Street", "City": "Springfield"})
    await fill(page, {"State": "Illinois", "ZIP code": "62701"})

    for country, city, code in (
        ("United Kingdom", "Town or city", "Postcode"),
        ("Germany", "City", "Postal code"),
        ("India", "City", "PIN code"),
        ("Brazil", "City", "CEP"),
        ("United States", "City", "ZIP code"),
    ):
        await choose_country(page, country)
        await expect(field(page, code)).to_have_value("62701")
        await expect(field(page, city)).to_have_value("Springfield")
        await expect(field(page, "Street address")).to_have_value("1 Market Street")

    await choose_country(page, "Hong Kong SAR China")
    await expect(field(page, "District")).to_have_value("Springfield")
    await choose_country(page, "Japan")
    await expect(field(page, "City, ward and street")).to_have_value("1 Market Street")
    await expect(field(page, "Email")).to_have_value("ada@lovelace.example")
