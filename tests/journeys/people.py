"""What people type, under the words that their form shows them."""

from __future__ import annotations

Person = dict[str, str]

ADA: Person = {
    "Email": "ada@lovelace.example",
    "First name": "Ada",
    "Last name": "Lovelace",
    "Phone": "+44 20 7946 0958",
    "Country or region": "United Kingdom",
    "Street address": "12 St James’s Square",
    "Town or city": "London",
    "Postcode": "SW1Y 4JH",
}

GRACE: Person = {
    "Email": "grace@hopper.example",
    "First name": "Grace",
    "Last name": "Hopper",
    "Phone": "+1 202 555 0143",
    "Country or region": "United States",
    "Street address": "1600 Pennsylvania Avenue NW",
    "City": "Washington",
    "State": "District of Columbia",
    "ZIP code": "20500",
}

MALLORY: Person = {
    "Email": "mallory@trudy.example",
    "First name": "Mallory",
    "Last name": "Trudy",
    "Country or region": "Germany",
    "Street address": "Friedrichstraße 1",
    "Postal code": "10117",
    "City": "Berlin",
}
