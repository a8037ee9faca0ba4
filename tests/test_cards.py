"""Numbers of cards are known however they are written; digits of other trades are let be."""

from __future__ import annotations

import pytest

from portal.cards import holds_card, is_card_number, without_cards
from portal.redaction import redacted
from portal.web.programs.insides import look_through
from portal.web.programs.problems import InvalidBody

VISA, AMEX = "4242424242424242", "378282246310005"
WIDE = VISA.translate({ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789"})
ALONE = (
    *(VISA, "4242 4242 4242 4242", "4242-4242-4242-4242", " 4242  4242  4242  4242 "),
    *("4242.4242.4242.4242", "4242/4242/4242/4242", "4242 – 4242 – 4242 – 4242", WIDE),
    *(f"+{VISA}", "4242\u00a04242\u202f4242\u20094242", "42 42 42 42 42 42 42 42"),
    *(AMEX, "3782 822463 10005", "4222222222222", "36227206271667", "6759649826438453"),
)
AMONG_WORDS = (
    *(f"card {VISA}", f"{VISA} 12/30", f"the card:{VISA}, thanks", f"({VISA})", f"pay +{VISA}"),
    *("4242 4242 4242 4242 12/30 123", "4242-4242-4242-4242 1230", "12/2030 4242 4242 4242 4242"),
    *(
        "no. 4242.4242.4242.4242.",
        f"Ada\n{WIDE}\nLondon",
        f"amex {AMEX}",
        "3782 822463 10005 cvc 1",
    ),
)
OTHER_DIGITS = (
    # Phones, as they are written: up to 15 digits, behind a plus or without.
    *(
        "+4915112345678",
        "call +49 151 12345678 or 0151 12345678",
        f"+{AMEX}",
        "020 7946 0958",
    ),
    # Numbers of orders and ids of programs: in a word, uneven, or too long.
    *("ord_4242424242424242", "INV-4242424242424242X", "order 503-1234567-1234561", "42"),
    *("613425648685547541", "cust_01k9abcdefghjkmnpqrstvwxyz", "424242424242424242424"),
    *("2c4b4242-4242-4242-4242-424242424242", "1764000000000", "not a card: 4242424242424241"),
    # Rows of numbers of four digits each, accounts, days and decimals.
    *("rooms 4242 4242 4242 4242 4242 4242", "DE89 4242 4242 4242 4242 42", "52.4242424242424242"),
    *("23.11.2026 - 24.12.2026", "2026-11-22 16:24:55.424242", "12.345.678/0001-95"),
)


@pytest.mark.parametrize("text", ALONE)
def test_a_number_alone_is_known_however_it_is_written(text: str) -> None:
    assert is_card_number(text)
    assert without_cards(text, "…").strip() == "…"


@pytest.mark.parametrize("text", AMONG_WORDS)
def test_a_number_among_words_is_known_and_taken_out(text: str) -> None:
    assert holds_card(text)
    assert not any(number in redacted(text) for number in (VISA, WIDE, AMEX, "4242", "82246"))
    with pytest.raises(InvalidBody):
        look_through({"metadata": {"note": text}})


@pytest.mark.parametrize("text", OTHER_DIGITS)
def test_digits_of_another_trade_pass(text: str) -> None:
    look_through({"metadata": {"note": text, text: "x"}, "external_id": text, "phone": text})


@pytest.mark.parametrize(("name", "ordinary"), [("phone", AMEX), ("external_id", "4222222222222")])
def test_what_may_be_a_phone_or_an_article_passes_as_one(name: str, ordinary: str) -> None:
    look_through({name: ordinary, "tax_ids": [{"value": "36227206271667"}]})

    with pytest.raises(InvalidBody):
        look_through({name: VISA})


def test_an_address_on_the_web_may_name_an_order() -> None:
    look_through({"success_url": f"https://app.example/orders/{VISA}"})


@pytest.mark.parametrize(
    "said", [{VISA: "x"}, {VISA: {}}, {VISA: {VISA: 1}}, {"a": [{f"pan {VISA}": [1]}]}]
)
def test_a_number_as_a_name_is_refused_and_not_told_again(said: dict[str, object]) -> None:
    with pytest.raises(InvalidBody) as refused:
        look_through({"metadata": said})

    assert refused.value.code == "raw_card_refused"
    assert VISA not in str(refused.value)
    assert all(path[0] == "metadata" for path in refused.value.problems)
