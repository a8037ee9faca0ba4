"""Which of a customer's details Stripe did not take."""

from __future__ import annotations

import pytest

from portal.customers.refusals import detail_of, details_in, is_about_tax_id
from portal.errors import Refused


@pytest.mark.parametrize(
    ("param", "field"),
    [
        ("email", "email"),
        ("phone", "phone"),
        ("name", "last_name"),
        ("business_name", "organisation"),
        ("address[line1]", "line1"),
        ("address[line2]", "line2"),
        ("address[city]", "city"),
        ("address[state]", "state"),
        ("address[postal_code]", "postal_code"),
        ("address[country]", "country"),
        ("address[planet]", "line1"),
        ("address", "line1"),
        ("shipping[address][city]", "shipping"),
        ("metadata[site]", None),
        (None, None),
    ],
)
def test_what_stripe_names_is_a_field_of_the_form(param: str | None, field: str | None) -> None:
    assert detail_of(Refused("parameter_invalid", param=param)) == field


@pytest.mark.parametrize(
    ("reason", "field"),
    [
        ("customer_tax_location_invalid", "line1"),
        ("email_invalid", "email"),
        ("parameter_unknown", None),
        ("parameter_missing", None),
    ],
)
def test_some_reasons_say_it_themselves(reason: str, field: str | None) -> None:
    assert detail_of(Refused(reason, param="phone" if field is None else "name")) == field


def test_what_was_taken_is_no_longer_refused() -> None:
    assert details_in(["phone", "name", "business_name", "metadata"]) == (
        *("phone", "last_name"), "organisation",
    )  # fmt: skip
    assert details_in(["address"]) == (
        *("line1", "line2", "city", "state", "postal_code", "country"),
    )
    assert details_in([]) == ()


@pytest.mark.parametrize(
    ("reason", "param", "is_it"),
    [
        ("parameter_invalid", "tax_id_data[0][value]", True),
        ("parameter_invalid", "type", True),
        ("parameter_invalid", "value", True),
        ("tax_id_invalid", None, True),
        ("parameter_invalid", "name", False),
        ("email_invalid", None, False),
    ],
)
def test_a_tax_id_is_told_from_the_rest(reason: str, param: str | None, is_it: bool) -> None:
    assert is_about_tax_id(Refused(reason, param=param)) is is_it
