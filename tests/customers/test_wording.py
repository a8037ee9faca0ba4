"""The codes of what is said at a field: for programs, so they are alike for all countries."""

from __future__ import annotations

import pytest

from portal.customers.address import COUNTRIES
from portal.customers.address_wording import AREAS, PLACES, POSTAL_CODES
from portal.customers.territory import territory
from portal.customers.wording import COUNTRY_INVALID, COUNTRY_MISSING, TERMS_MISSING, TEXTS


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_has_one_code_for_each_way_to_be_wrong(name: str) -> None:
    wording = TEXTS[name]

    codes = (wording.missing.code, wording.too_long.code, wording.hidden.code)

    assert codes == (f"{name}_missing", f"{name}_too_long", f"{name}_invalid")


def test_the_longest_that_is_taken_is_what_the_sentence_says() -> None:
    for name, wording in TEXTS.items():
        assert str(wording.longest) in wording.too_long.sentence, name


@pytest.mark.parametrize("kind", AREAS)
def test_an_area_is_a_state_to_programs_whatever_it_is_called(kind: str) -> None:
    wording = AREAS[kind]

    assert {wording.missing.code, wording.unchosen.code} == {"state_missing"}
    assert wording.unlisted.code == "state_invalid"
    assert wording.label.casefold() in wording.unchosen.sentence.casefold()


@pytest.mark.parametrize("kind", POSTAL_CODES)
def test_a_postal_code_is_one_to_programs_whatever_it_is_called(kind: str) -> None:
    wording = POSTAL_CODES[kind]

    codes = (wording.missing.code, wording.invalid.code, wording.elsewhere.code)

    assert codes == ("postal_code_missing", "postal_code_invalid", "postal_code_elsewhere")
    assert "{example}" in wording.invalid.sentence
    assert "{area}" in wording.elsewhere.sentence


def test_every_other_part_has_a_code_of_its_own() -> None:
    assert {wording.missing.code for wording in PLACES.values()} == {
        "line1_missing",
        "city_missing",
    }
    assert PLACES["city_and_street"].missing.code == PLACES["street"].missing.code
    assert COUNTRY_MISSING.code == "country_missing"
    assert COUNTRY_INVALID.code == "country_invalid"
    assert TERMS_MISSING.code == "terms_missing"


def test_every_countrys_words_are_there() -> None:
    for country in COUNTRIES:
        kinds = territory(country).kinds

        assert {kinds["line1"], kinds["city"]} <= PLACES.keys()
        assert kinds["state"] in AREAS
        assert kinds["postal_code"] in POSTAL_CODES
