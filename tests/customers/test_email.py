"""E-mail addresses: D9 of the threat catalogue, and what people paste."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterator
from itertools import product
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.customers.email import InvalidEmail, normalize_email, suggestion

LOCALS = ["ada", "grace.hopper", "zoë", "mañana", "ñandú+tee", "жанна", "ωmega", "a_1", "o'neil"]
LOCALS += ["søren", "łukasz", "çelik", "ünal", "naïve", "x"]
DOMAINS = ["example.com", "bücher.example", "mail.mañana.example", "例え.example"]
CASES = (str.lower, str.upper, str.title)
FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
AROUND = ("", " ", "\t", "\u200b", "\ufeff", "\u00a0", "\u202a")


def spellings_of(local: str, domain: str) -> Iterator[str]:
    """Spell an address in other cases, Unicode forms and IDN forms, with something around it."""
    in_ascii = domain.encode("idna").decode()
    domains = (domain, domain.upper(), in_ascii, in_ascii.upper())
    for in_case, form, site, around in product(CASES, FORMS, domains, AROUND):
        yield around + unicodedata.normalize(form, f"{in_case(local)}@{site}") + around


def test_spellings_of_one_address_have_one_key() -> None:
    count = 0
    for local, domain in product(LOCALS, DOMAINS):
        spellings = list(spellings_of(local, domain))

        keys = {normalize_email(spelling).key for spelling in spellings}

        count += len(spellings)
        assert len(keys) == 1, (local, domain, keys)
    assert count > 10_000


def test_different_addresses_never_share_a_key() -> None:
    signs = string.ascii_lowercase + string.digits + "+-_"
    addresses = {
        f"{first}{second}{third}@{domain}"
        for first in string.ascii_lowercase
        for second in signs
        for third in string.digits
        for domain in ("example.com", "bücher.example")
    }
    assert len(addresses) > 10_000

    keys = {normalize_email(address).key for address in addresses}

    assert len(keys) == len(addresses)


def test_dots_and_tags_stay_other_addresses() -> None:
    keys = {normalize_email(f"{local}@gmail.com").key for local in ("ada", "a.da", "ada+tea")}

    assert len(keys) == 3


def test_the_spelling_is_kept_for_writing_to() -> None:
    email = normalize_email("  Ada.Lovelace@Example.com ")

    assert (email.address, email.key) == ("Ada.Lovelace@Example.com", "ada.lovelace@example.com")
    assert normalize_email("ada@BÜCHER.example").domain == "xn--bcher-kva.example"


def test_what_an_address_book_leaves_around_is_taken_off() -> None:
    assert normalize_email("\u202aada@example.com\u202c").address == "ada@example.com"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "email_missing"),
        (" \u200b ", "email_missing"),
        ("ada", "email_invalid"),
        ("ada@", "email_invalid"),
        ("ada@lovelace", "email_invalid"),
        ("ada@@example.com", "email_invalid"),
        ("Ada <ada@example.com>", "email_invalid"),
        ("ada@example.com, grace@example.com", "email_invalid"),
        ("ada@[127.0.0.1]", "email_invalid"),
        ("ada\x00@example.com", "email_invalid"),
        ("ada\ufffd@example.com", "email_invalid"),
        ("ada@example.com\r\nBcc: mallory@example.com", "email_invalid"),
        ("ada@exa\u202emple.com", "email_invalid"),
        ("ada@\ud800.com", "email_invalid"),
        ("a" * 255 + "@example.com", "email_too_long"),
    ],
)
def test_what_is_no_address_is_told(typed: str, code: str) -> None:
    with pytest.raises(InvalidEmail) as invalid:
        normalize_email(typed)

    assert invalid.value.problem.code == code


@settings(max_examples=1000)
@given(st.text(max_size=300) | st.builds("{}@{}".format, st.text(), st.text()))
def test_no_text_breaks_it(text: str) -> None:
    try:
        email = normalize_email(text)
    except InvalidEmail:
        return
    assert len(email.address) <= 254
    assert len(email.key) <= 320
    assert email.domain.isascii()


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("yaho.com", "yahoo.com"),
        ("outlok.com", "outlook.com"),
        ("icloud.co", "icloud.com"),
    ],
)
def test_a_slip_of_a_known_domain_is_noticed(domain: str, meant: str) -> None:
    assert suggestion(domain) == meant


@pytest.mark.parametrize(
    "domain", ["gmail.com", "mail.com", "email.com", "ms.com", "acme.com", "mail.de", "posteo.de"]
)
def test_other_domains_are_left_in_peace(domain: str) -> None:
    assert suggestion(domain) is None
