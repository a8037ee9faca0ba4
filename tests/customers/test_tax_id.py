"""Tax ids in Stripe's types."""

from __future__ import annotations

import re
from typing import get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe.params import CustomerCreateParamsTaxIdDatum

from portal.customers.countries import COUNTRIES
from portal.customers.tax_id import TaxId, read_tax_id
from portal.customers.tax_types import NOT_OFFERED, TAX_TYPES, TaxType
from portal.errors import Problem


def test_our_types_are_those_of_the_sdk() -> None:
    [literal, _] = get_args(get_type_hints(CustomerCreateParamsTaxIdDatum)["type"])

    ours = {kind.type for kind in TAX_TYPES}

    assert ours.isdisjoint(NOT_OFFERED)
    assert ours | set(NOT_OFFERED) == set(get_args(literal))


@pytest.mark.parametrize("kind", TAX_TYPES, ids=lambda kind: f"{kind.country}-{kind.type}")
def test_every_type_takes_its_own_example_as_it_is_written(kind: TaxType) -> None:
    read = read_tax_id(kind.example, kind.country)

    assert isinstance(read, TaxId)
    assert (read.type, read.value) == (kind.type, kind.example)


@pytest.mark.parametrize(
    ("typed", "country", "type", "value"),
    [
        ("de 136 695 976", "DE", "eu_vat", "DE136695976"),
        ("136695976", "DE", "eu_vat", "DE136695976"),
        ("094259216", "GR", "eu_vat", "EL094259216"),
        ("IE6433435F", "DE", "eu_vat", "IE6433435F"),
        ("980780684", "GB", "gb_vat", "GB980780684"),
        ("GB 980 7806 84", "XI", "gb_vat", "GB980780684"),
        ("XI110305878", "XI", "eu_vat", "XI110305878"),
        ("110305878", "XI", "eu_vat", "XI110305878"),
        ("40303265045", "MC", "eu_vat", "FR40303265045"),
        ("911144442", "US", "us_ein", "91-1144442"),
        ("CHE100155212MWST", "CH", "ch_vat", "CHE-100.155.212 MWST"),
        ("CHE-100.155.212 TVA", "CH", "ch_vat", "CHE-100.155.212 TVA"),
        ("16727230000197", "BR", "br_cnpj", "16.727.230/0001-97"),
        ("NO 995 525 828", "NO", "no_vat", "995525828MVA"),
        ("ES B58378431", "ES", "eu_vat", "ESB58378431"),
        ("27aapfu0939f1zv", "IN", "in_gst", "27AAPFU0939F1ZV"),
        ("٣٠٠٠٠٠٠٠٠٠٠٠٠٠٣", "SA", "sa_vat", "300000000000003"),
        ("EU372000041", "US", "eu_oss_vat", "EU372000041"),
    ],
)
def test_an_id_finds_its_type_and_stripes_spelling(
    typed: str, country: str, type: str, value: str
) -> None:
    assert read_tax_id(typed, country) == TaxId(value, type, is_valid=True)


def test_wrong_check_digits_are_taken_but_noted() -> None:
    assert read_tax_id("DE123456789", "DE") == TaxId("DE123456789", "eu_vat", is_valid=False)


def test_a_country_without_a_type_keeps_the_id_for_us() -> None:
    assert read_tax_id("NIF 42", "DZ") == TaxId("NIF 42", None, is_valid=True)


@pytest.mark.parametrize(
    ("typed", "country", "sentence"),
    [
        ("x", "GB", "Enter a VAT number like GB980780684, or leave it empty."),
        ("x", "US", "Enter a tax ID like 91-1144442, or leave it empty."),
        ("--", "DZ", "Enter your tax ID with its letters and digits."),
        ("9" * 51, "US", "Enter a tax ID of at most 50 characters."),
        ("91\x001144442", "US", "Enter your tax ID without hidden characters."),
    ],
)
def test_what_is_none_is_told_with_an_example(typed: str, country: str, sentence: str) -> None:
    read = read_tax_id(typed, country)

    assert isinstance(read, Problem)
    assert str(read) == sentence


@settings(max_examples=800)
@given(st.data())
def test_no_id_of_any_form_breaks_its_check(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(TAX_TYPES))
    plain = data.draw(st.from_regex(re.compile(kind.form, re.ASCII), fullmatch=True))

    read = read_tax_id(plain, kind.country)

    assert isinstance(read, TaxId)
    assert len(read.value) <= 50


@settings(max_examples=300)
@given(st.text(max_size=60), st.sampled_from(sorted(COUNTRIES)))
def test_no_text_breaks_it(text: str, country: str) -> None:
    read = read_tax_id(text, country)

    assert str(read) if isinstance(read, Problem) else len(read.value) <= 50
