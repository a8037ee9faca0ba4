"""What programs tell of a customer, as our columns and as Stripe's parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portal.customers.address import Address
from portal.customers.params import changed_params, contact_params, together
from portal.customers.profile import (
    NOTHING_MORE,
    Profile,
    profile_of,
    search_text,
    with_search,
)
from portal.customers.profile_params import creation_params, profile_params
from portal.customers.profile_read import read_profile
from portal.customers.tables import Customer
from portal.errors import InvalidDetails
from portal.onboarding.params import customer_params
from tests.onboarding.shop import details
from tests.onboarding.test_params import MARKS, Tax

SETTINGS = {
    "description": "Met in Turin", "balance": -500, "individual_name": "Ada King",
    "invoice_prefix": "ADA", "next_invoice_sequence": 7, "test_clock": "clock_1",
    "custom_fields": [{"name": "PO", "value": "1843"}], "rendering": {"template": "inrtem_1"},
    "cash_balance": {"settings": {"reconciliation_mode": "manual"}},
}  # fmt: skip
ALL = Profile(
    external_id="42", name="Augusta Ada King-Noel", display_name="ada", username="ada_l",
    title="Countess", salutation="Dear Countess", time_zone="Europe/London",
    billing_email="bills@lovelace.example", email_hard_bounced=True, locales=("fr", "en"),
    metadata={"crm": "7", "vip": True}, tax_exempt="exempt", auto_collection=False,
    allow_direct_debit=True, created_from_ip="192.0.2.7", invoice_notes="Thank you.",
    imported=True, stripe_settings=SETTINGS,
)  # fmt: skip


def row_of(**columns: Any) -> dict[str, Any]:
    """Return a customer's row in which nothing else was told."""
    return Customer(_ignore_missing=True, **columns).to_dict()


def test_what_is_told_is_read_back_from_the_row_as_it_was() -> None:
    row = row_of(**ALL.columns)

    assert profile_of(row) == ALL


def test_of_a_row_of_which_nothing_was_told_stripe_is_told_nothing() -> None:
    nothing = profile_of(row_of())

    assert creation_params(nothing) == {}
    assert contact_params(details(), nothing) == contact_params(details(), NOTHING_MORE)


def test_what_is_not_passed_touches_no_column() -> None:
    assert NOTHING_MORE.columns == {}
    assert Profile(title="").columns == {"title": ""}


def test_a_customer_is_made_with_all_that_stripe_takes() -> None:
    params = customer_params(details(), Tax("automatic"), MARKS, ALL)

    told: dict[str, Any] = {name: params[name] for name in ("name", "email", "preferred_locales")}
    assert told == {
        "name": "Augusta Ada King-Noel",
        "email": "bills@lovelace.example",
        "preferred_locales": ["fr", "en"],
    }
    assert params["metadata"] == {"crm": "7", "vip": "true"} | MARKS
    assert params["tax"] == {"validate_location": "immediately", "ip_address": "192.0.2.7"}
    assert params["tax_exempt"] == "exempt"
    assert params["invoice_settings"] == {
        "footer": "Thank you.",
        "custom_fields": SETTINGS["custom_fields"],
        "rendering_options": SETTINGS["rendering"],
    }
    plain = ("description", "balance", "individual_name", "invoice_prefix", "cash_balance")
    for name in (*plain, "next_invoice_sequence", "test_clock"):
        assert params[name] == SETTINGS[name]


def test_where_nobody_told_a_place_none_is_checked_for_tax() -> None:
    nowhere = replace(details(), address=Address())

    assert "tax" not in customer_params(nowhere, Tax("automatic"), MARKS)


def test_a_change_tells_what_was_passed_and_empties_what_was_cleared() -> None:
    passed = Profile(invoice_notes="", tax_exempt="none", stripe_settings={"description": None})

    assert profile_params(passed) == {
        "description": "",
        "invoice_settings": {"footer": ""},
        "tax_exempt": "none",
    }
    assert "balance" not in profile_params(Profile(invoice_notes="Thank you."))


def test_a_whole_name_stands_until_it_is_cleared() -> None:
    assert contact_params(details(), Profile(name="Countess Lovelace"))["name"] == (
        "Countess Lovelace"
    )
    assert changed_params(details(), Profile(name=""))["name"] == "Ada Lovelace"


def test_two_updates_in_one_say_what_both_said_and_the_later_where_both_did() -> None:
    first = {"shipping": {"name": "Ada"}, "metadata": {"crm": "7", "region": ""}, "name": "Ada"}
    then = {"metadata": {"region": "XI"}, "name": "Ada Lovelace"}

    assert together(first, then) == {
        "shipping": {"name": "Ada"},
        "metadata": {"crm": "7", "region": "XI"},
        "name": "Ada Lovelace",
    }


def test_a_customer_is_found_by_names_address_and_external_id_without_accents() -> None:
    row = row_of(last_name="Müller-Lüdenscheidt", email="M@x.example", external_id="K 7")

    assert search_text(row) == "muller ludenscheidt m@x example k 7"


def test_only_a_change_of_those_writes_what_is_searched() -> None:
    row = row_of(first_name="Ada")

    assert with_search(row, {"title": "Countess"}) == {"title": "Countess"}
    assert with_search(row, {"last_name": "King"}) == {"last_name": "King", "search": "ada king"}


def test_what_is_passed_is_read_and_null_clears() -> None:
    given = {
        "title": "  Countess ", "time_zone": "US/Eastern", "locales": ["fr", "en-GB"],
        "external_id": None, "tax_exempt": None, "auto_collection": False, "name": None,
    }  # fmt: skip

    assert read_profile(given) == Profile(
        title="Countess", time_zone="US/Eastern", locales=("fr", "en-GB"), external_id=None,
        tax_exempt="none", auto_collection=False, name="",
    )  # fmt: skip
    assert read_profile({}) == NOTHING_MORE
    assert read_profile({"invoice_notes": "Thank you.\nAda"}).invoice_notes == "Thank you.\nAda"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("external_id", "x" * 256, "external_id_too_long"),
        ("name", "x" * 257, "name_too_long"),
        ("display_name", "x" * 101, "display_name_too_long"),
        ("title", "Coun\u202etess", "title_invalid"),
        ("username", "ada lovelace", "username_invalid"),
        ("username", "ädä", "username_invalid"),
        ("time_zone", "Mars/Olympus", "time_zone_invalid"),
        ("tax_exempt", "never", "tax_exempt_invalid"),
        ("locales", ["english, please"], "locales_invalid"),
        ("billing_email", "bills", "email_invalid"),
        ("metadata", {"k" * 41: ""}, "metadata_key_invalid"),
        ("invoice_notes", "x" * 2001, "invoice_notes_too_long"),
    ],
)
def test_what_cannot_be_is_told_at_its_name(name: str, value: Any, code: str) -> None:
    with pytest.raises(InvalidDetails) as refused:
        read_profile({name: value, "salutation": "Dear Ada"})

    assert {each: problem.code for each, problem in refused.value.problems.items()} == {name: code}
