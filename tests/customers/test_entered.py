"""An address in one line, as its country writes it."""

from __future__ import annotations

import pytest

from portal.customers.address import Address
from portal.customers.entered import Entered, written


@pytest.mark.parametrize(
    ("address", "line"),
    [
        (
            Address("12 St James’s Square", "Room 2", "", "London", "", "SW1Y 4JH", "GB"),
            "12 St James’s Square, Room 2, London, SW1Y 4JH, United Kingdom",
        ),
        (
            Address("Friedrichstraße 1", city="Berlin", postal_code="10117", country="DE"),
            "Friedrichstraße 1, 10117, Berlin, Germany",
        ),
        (
            Address("1 Main Street", "", "", "Springfield", "IL", "62701", "US"),
            "1 Main Street, Springfield, Illinois, 62701, United States",
        ),
        (Address(country="DE"), "Germany"),
        (Address(), ""),
    ],
)
def test_an_address_is_written_as_its_country_writes_it(address: Address, line: str) -> None:
    assert written(address, "en") == line


def test_where_tax_is_due_is_nothing_personal() -> None:
    assert not Entered("", "", "", "", Address(country="DE", postal_code="10117")).is_personal
    assert Entered("", "", "", "", Address(city="Berlin", country="DE")).is_personal
