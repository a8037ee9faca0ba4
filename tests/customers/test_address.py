"""Addresses, country by country. `python -m tests.customers.test_address` writes forms.txt anew."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from stripe.params.checkout import SessionCreateParamsShippingAddressCollection

from portal.customers.address import Address, check_address, countries, form_of, warning_of
from portal.customers.countries import COUNTRIES
from portal.customers.territory import territory
from portal.customers.wording import TEXTS

FORMS = Path(__file__).parent / "forms.txt"
LONDON = {"line1": "12 St James’s Square", "city": "London", "postal_code": "SW1Y 4JH"}


def all_forms() -> str:
    """Write every country's form on a line: name, star if required, label, codes or example."""
    return "".join(f"{country} {_form(country)}\n" for country in sorted(COUNTRIES))


def _form(country: str) -> str:
    examples = territory(country).postal_examples
    notes = {"postal_code": examples[0] if examples else ""}
    return " | ".join(
        f"{field.name}{'*' if field.required else ''} {field.label}".strip()
        + (f": {codes}" if (codes := " ".join(code for code, _ in field.options)) else "")
        + (f" ({note})" if (note := notes.get(field.name)) else "")
        for field in form_of(country).fields
        if field.name != "line2"
    )


def names_of(country: str) -> list[str]:
    return [field.name for field in form_of(country).fields if field.name != "line2"]


def label_of(country: str, name: str) -> str:
    [label] = [field.label for field in form_of(country).fields if field.name == name]
    return label


def test_the_forms_of_all_countries_are_as_committed() -> None:
    assert all_forms() == FORMS.read_text("utf-8")


def test_the_countries_are_those_stripe_ships_to_where_people_are_billed() -> None:
    hints = get_type_hints(SessionCreateParamsShippingAddressCollection)
    [named, _] = get_args(get_args(hints["allowed_countries"])[0])

    nobody_is_billed_in = {"AC", "AQ", "BV", "GS", "TA", "TF", "XK", "ZZ"}

    assert set(get_args(named)) - nobody_is_billed_in | {"XI"} == COUNTRIES


def test_countries_are_sorted_by_their_name_in_the_readers_language() -> None:
    german = [name for _, name in countries("de")]

    assert german.index("Ägypten") < german.index("Albanien") < german.index("Österreich")
    assert german.index("Österreich") < german.index("Philippinen")
    assert ("XI", "Vereinigtes Königreich (Nordirland)") in countries("de")
    assert dict(countries("pt-BR"))["DE"] == "Alemanha"
    assert countries("../../etc/passwd") == countries("xx") == countries("en")
    assert len(countries("ja")) == len(COUNTRIES)


@pytest.mark.parametrize(
    ("country", "order"),
    [
        ("US", ["line1", "city", "state", "postal_code"]),
        ("GB", ["line1", "city", "postal_code"]),
        ("XI", ["line1", "city", "postal_code"]),
        ("DE", ["line1", "postal_code", "city"]),
        ("JP", ["postal_code", "state", "line1"]),
        ("IE", ["line1", "city", "state", "postal_code"]),
        ("HK", ["state", "city", "line1"]),
        ("AE", ["line1", "state"]),
        ("IN", ["line1", "city", "postal_code", "state"]),
        ("BR", ["line1", "city", "state", "postal_code"]),
        ("??", ["line1", "city"]),
    ],
)
def test_fields_come_as_people_there_write_them(country: str, order: list[str]) -> None:
    assert names_of(country) == order


@pytest.mark.parametrize(
    ("country", "name", "label"),
    [
        ("US", "state", "State"),
        ("US", "postal_code", "ZIP code"),
        ("GB", "city", "Town or city"),
        ("GB", "postal_code", "Postcode"),
        ("IE", "postal_code", "Eircode"),
        ("IE", "state", "County"),
        ("JP", "state", "Prefecture"),
        ("IN", "postal_code", "PIN code"),
        ("BR", "postal_code", "CEP"),
        ("AE", "state", "Emirate"),
        ("CA", "state", "Province"),
        ("DE", "postal_code", "Postal code"),
    ],
)
def test_fields_are_called_what_they_are_called_there(country: str, name: str, label: str) -> None:
    assert label_of(country, name) == label


def test_areas_are_named_once_in_a_script_the_reader_knows() -> None:
    [english] = [field.options for field in form_of("JP").fields if field.name == "state"]
    [japanese] = [field.options for field in form_of("JP", "ja").fields if field.name == "state"]

    assert len(english) == len(japanese) == 47
    assert dict(english)["13"] == "Tokyo"
    assert dict(japanese)["13"] == "東京都"


def test_no_area_is_there_twice() -> None:
    for country in COUNTRIES:
        for field in form_of(country).fields:
            codes, names = [code for code, _ in field.options], [name for _, name in field.options]

            assert len(set(codes)) == len(codes), country
            assert len(set(names)) == len(names), country


@pytest.mark.parametrize(
    ("country", "typed", "code"),
    [
        ("IN", "KA", "KA"),
        ("IN", "karnataka", "KA"),
        ("IN", "TS", "TG"),
        ("US", "ca", "CA"),
        ("US", " California ", "CA"),
        ("US", "Armed Forces (AE)", "AE"),
        ("US", "AP", "AP"),
        ("AE", "دبي", "DU"),
        ("AE", "Dubai", "DU"),
        ("JP", "東京都", "13"),
        ("CA", "quebec", "QC"),
        ("ES", "Alava", "VI"),
        ("IE", "Co. Dublin", "D"),
        ("IE", "co dublin", "D"),
        ("TW", "連江縣", "LIE"),
        ("GB", "Kent", "Kent"),
        ("DE", "", ""),
    ],
)
def test_an_area_is_found_by_code_or_name_in_any_script(
    country: str, typed: str, code: str
) -> None:
    address, problems = check_address({"state": typed}, country)

    assert address.state == code
    assert "state" not in problems


@pytest.mark.parametrize(
    ("country", "typed", "code"),
    [
        ("US", "02139", "02139"),
        ("US", "94103-1234", "94103-1234"),
        ("US", "941031234", "94103-1234"),
        ("US", "CA 94103", "94103"),
        ("US", "٩٤١٠٣", "94103"),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", " SW1A  1AA ", "SW1A 1AA"),
        ("XI", "bt15gs", "BT1 5GS"),
        ("JP", "〒１５４−００２３", "154-0023"),
        ("JP", "1540023", "154-0023"),
        ("BR", "40301110", "40301-110"),
        ("IE", "a65f4e2", "A65 F4E2"),
        ("CA", "k1a 0b1", "K1A 0B1"),
        ("NL", "1234ab", "1234 AB"),
        ("DE", "D-10117", "10117"),
        ("FI", "FI-00550", "00550"),
        ("LV", "1073", "LV-1073"),
        ("SE", "11455", "114 55"),
        ("PT", "2725079", "2725-079"),
        ("IN", "560 001", "560001"),
        ("CN", "100096", "100096"),
        ("HK", "999077", ""),
        ("AE", "00000", ""),
        ("DE", "", ""),
    ],
)
def test_a_postal_code_is_written_as_its_country_does(country: str, typed: str, code: str) -> None:
    address, problems = check_address({"postal_code": typed}, country)

    assert address.postal_code == code
    assert "postal_code" not in problems or not typed


@pytest.mark.parametrize(
    ("country", "typed", "sentence"),
    [
        ("US", "2139", "Enter a ZIP code like 95014."),
        ("US", "SW1A 1AA", "Enter a ZIP code like 95014."),
        ("GB", "94103", "Enter a postcode like EC1Y 8SY."),
        ("XI", "x", "Enter a postcode like BT1 5GS."),
        ("IE", "1234", "Enter an Eircode like A65 F4E2."),
        ("IN", "5600", "Enter a PIN code like 110034."),
        ("BR", "40301", "Enter a CEP like 40301-110."),
        ("DE", "1011\x007", "Enter a postal code like 26133."),
        ("DE", "1" * 10_000, "Enter a postal code like 26133."),
        ("US", "", "Enter your ZIP code."),
        ("IE", "", None),
    ],
)
def test_a_wrong_postal_code_is_told_with_an_example(
    country: str, typed: str, sentence: str | None
) -> None:
    _, problems = check_address({"postal_code": typed}, country)

    assert (str(problems["postal_code"]) if sentence else None) == sentence


def test_every_countrys_example_is_one_of_its_codes() -> None:
    for country in COUNTRIES:
        for example in territory(country).postal_examples:
            address, problems = check_address({"postal_code": example}, country)

            assert "postal_code" not in problems, (country, example)
            assert address.postal_code.replace(" ", "") == example.replace(" ", "")


@pytest.mark.parametrize(
    ("country", "typed", "sentences"),
    [
        ("JP", {}, ["Enter your postal code.", "Choose your prefecture.",
                    "Enter your city, ward and street."]),
        ("GB", {}, ["Enter your street address.", "Enter your town or city.",
                    "Enter your postcode."]),
        ("AE", {"line1": "1", "state": "Kent"}, ["Choose an emirate from the list."]),
        ("HN", {"line1": "1", "city": "x"}, ["Enter your department."]),
        ("MO", {"line1": "x" * 151}, ["Shorten the street address to 150 characters."]),
        ("MO", {"line1": "a\x07b"}, ["Enter your street address without hidden characters."]),
    ],
)  # fmt: skip
def test_every_problem_comes_in_the_order_of_the_form(
    country: str, typed: dict[str, str], sentences: list[str]
) -> None:
    _, problems = check_address(typed, country)

    assert [str(problem) for problem in problems.values()] == sentences


def test_the_example_of_document_002_is_taken_with_a_warning() -> None:
    typed = {"line1": "1 MG Road", "city": "Bangalore", "state": "KA", "postal_code": "416013"}

    address, problems = check_address(typed, "IN")

    assert (problems, address.state) == ({}, "KA")
    assert str(warning_of(address)) == "Check the PIN code: it may not be in Karnataka."


@pytest.mark.parametrize(
    ("address", "warns"),
    [
        (Address(state="CA", postal_code="02139", country="US"), True),
        (Address(state="MA", postal_code="02139", country="US"), False),
        (Address(state="AE", postal_code="09012", country="US"), False),
        (Address(postal_code="M2 5BQ", country="XI"), True),
        (Address(postal_code="BT48 7NN", country="XI"), False),
        (Address(postal_code="10117", country="DE"), False),
        (Address(country="HK"), False),
    ],
)
def test_a_code_of_another_area_is_a_warning(address: Address, warns: bool) -> None:
    assert (warning_of(address) is not None) is warns


def test_a_city_keeps_its_spelling() -> None:
    address, _ = check_address({"city": " Mountain View ", "line3": "c/o Ada"}, "US")

    assert (address.city, address.line3) == ("Mountain View", "c/o Ada")


@pytest.mark.parametrize("country", ["GB", "JP", "DE", ""])
def test_a_second_line_stands_behind_the_first_and_may_stay_empty(country: str) -> None:
    fields = form_of(country).fields
    names = [field.name for field in fields]
    second = fields[names.index("line2")]

    assert names.index("line2") == names.index("line1") + 1
    assert "line3" not in names
    assert (second.required, second.kind, second.autocomplete) == (False, "text", "address-line2")


@pytest.mark.parametrize("name", ["line1", "line2", "line3", "city"])
def test_every_line_of_an_address_is_checked(name: str) -> None:
    longest = TEXTS[name].longest

    _, fits = check_address(LONDON | {name: "x" * longest}, "GB")
    _, too_long = check_address(LONDON | {name: "x" * (longest + 1)}, "GB")
    _, hidden = check_address(LONDON | {name: "So\u2028ho"}, "GB")

    assert fits == {}
    assert too_long[name].code == f"{name}_too_long"
    assert hidden[name].code == f"{name}_invalid"


@pytest.mark.parametrize(
    ("locale", "name"),
    [
        ("ar", "أيرلندا الشمالية"), ("de-AT", "Nordirland"), ("en", "Northern Ireland"),
        ("es", "Irlanda del Norte"), ("fr", "Irlande du Nord"), ("ja", "北アイルランド"),
        ("pt_BR", "Irlanda do Norte"), ("fi", "Northern Ireland"),
    ],
)  # fmt: skip
def test_northern_ireland_has_its_name_in_each_of_our_languages(locale: str, name: str) -> None:
    assert dict(countries(locale))["XI"].endswith(f"({name})")


def test_newer_codes_of_an_area_are_those_the_data_has() -> None:
    spellings = territory("IN").spellings

    assert [spellings[code] for code in ("cg", "od", "ts", "uk")] == ["CT", "OR", "TG", "UT"]
    assert spellings["chhattisgarh"] == spellings["ct"] == "CT"


def test_an_area_that_has_a_form_of_its_own_is_in_no_other() -> None:
    assert (
        not {"macau", "taiwan", "hong kong", "澳门", "台湾", "香港"}
        & territory("CN").spellings.keys()
    )
    assert len(territory("CN").areas) == 31
    assert "севастополь" not in territory("RU").spellings
    assert {area.code for area in territory("TW").areas} >= {"KIN", "LIE"}


def test_where_the_data_gives_no_example_there_is_none() -> None:
    for country in COUNTRIES:
        place = territory(country)
        assert all(place.postal_examples)
        assert bool(place.postal_examples) >= (place.postal_codes is not None)
    assert territory("AE").postal_examples == ()
    assert territory("XI").postal_examples[0] == "BT1 5GS"


def test_a_code_of_belfast_lies_in_northern_ireland_only() -> None:
    def warned(code: str, country: str) -> bool:
        return warning_of(Address(postal_code=code, country=country)) is not None

    assert not warned("BT1 5GS", "XI")
    assert warned("SW1Y 4JH", "XI")
    assert not warned("", "XI")


if __name__ == "__main__":
    FORMS.write_text(all_forms(), "utf-8")
