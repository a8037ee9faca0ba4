"""Phone numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.customers.countries import COUNTRIES
from portal.customers.phone import InvalidPhone, example_of, read_phone


@pytest.mark.parametrize(
    ("typed", "country", "digits", "e164"),
    [
        ("+1 (234) 567-8901 x5", "US", "123456789015", "+12345678901"),
        ("030 / 90 18 20", "DE", "030901820", "+4930901820"),
        ("٠٣٠٩٠١٨٢٠", "DE", "030901820", "+4930901820"),
        ("０３-１２３４-５６７８", "JP", "0312345678", "+81312345678"),
        ("028 9024 6609", "XI", "02890246609", "+442890246609"),
        ("+44 20 7946 0958", "US", "442079460958", "+442079460958"),
    ],
)
def test_a_number_keeps_its_spelling_and_gets_its_international_form(
    typed: str, country: str, digits: str, e164: str
) -> None:
    phone = read_phone(f" {typed} ", country)

    assert (phone.typed, phone.digits, phone.e164) == (typed, digits, e164)
    assert phone.is_valid


@pytest.mark.parametrize(
    ("typed", "country"), [("+1234567890", "US"), ("12345", "DE"), ("0" * 20, "GB"), ("123456", "")]
)
def test_a_number_its_country_does_not_know_is_taken_all_the_same(typed: str, country: str) -> None:
    phone = read_phone(typed, country)

    assert (phone.typed, phone.e164, phone.is_valid) == (typed, None, False)


@pytest.mark.parametrize("typed", ["1234", "1" * 21, "", "call me", "٤٤٤٤"])
def test_five_to_twenty_digits_make_a_number(typed: str) -> None:
    with pytest.raises(InvalidPhone) as invalid:
        read_phone(typed, "US")

    assert str(invalid.value.problem) == (
        "Enter a phone number with 5 to 20 digits, like +1 201-555-0123."
    )


@pytest.mark.parametrize(
    ("typed", "code"),
    [("1 " * 30, "phone_too_long"), ("030\x00901820", "phone_invalid")],
)
def test_what_no_column_can_hold_is_refused(typed: str, code: str) -> None:
    with pytest.raises(InvalidPhone) as invalid:
        read_phone(typed, "DE")

    assert invalid.value.problem.code == code


def test_every_country_has_an_example() -> None:
    for country in COUNTRIES:
        example = example_of(country)

        assert read_phone(example, country).is_valid, country


@settings(max_examples=1000)
@given(
    st.text("0123456789+-() x.;#٠٩０９ext=\x00", max_size=60), st.sampled_from(sorted(COUNTRIES))
)
def test_no_text_breaks_it(text: str, country: str) -> None:
    try:
        phone = read_phone(text, country)
    except InvalidPhone:
        return
    assert 5 <= len(phone.digits) <= 20
    assert phone.e164 is None or len(phone.e164) <= 20
