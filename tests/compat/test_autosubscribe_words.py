"""The words of document 002: plain."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.compat.autosubscribe_words import (
    country_name,
    customer_value,
    state_name,
    subscription_value,
    zip_code,
)
from portal.ids import new_id
from portal.subscriptions.hold import HeldItem, Hold
from portal.subscriptions.stykite import document_id, own_id, status_word

AT = datetime(2024, 6, 8, 9, 6, 41, 565000, tzinfo=UTC)
ROW = {
    "id": "cust_01k9abc",
    "company": "comp_01k9abd",
    "site": "site_01k9abe",
    "email": "ada@lovelace.example",
    "external_id": "c56164ad",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "phone": "8149712450",
    "line1": "",
    "line2": "",
    "city": "Bangalore",
    "state": "KA",
    "postal_code": "416013",
    "country": "IN",
    "created_at": AT,
    "updated_at": AT,
}


def test_a_customer_is_written_as_in_the_document() -> None:
    value = customer_value(ROW)

    assert json.loads(json.dumps(value)) == {
        "email": "ada@lovelace.example",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "phone": "8149712450",
        "address": {
            "city": "Bangalore",
            "country": "India",
            "line1": None,
            "line2": None,
            "state": "Karnataka",
            "city_code": "Bangalore",
            "country_code": "IN",
            "postal_code": "416013",
            "state_code": "KA",
        },
        "tsid": "CUS-01K9ABC",
        "customer_identifier": "c56164ad",
        "created_at": 1717837601565,
        "updated_at": 1717837601565,
        "company_tsid": "COM-01K9ABD",
        "country_tsid": "CON-01K9ABE",
    }
    german = {"country": "DE", "state": "Bayern", "line1": "Ring 1", "postal_code": "01067"}
    address = customer_value(ROW | german)["address"]
    assert (address["country"], address["state"], address["state_code"]) == (
        *("Germany", "Bayern", None),
    )
    assert (address["line1"], address["postal_code"]) == ("Ring 1", "01067")


def test_names_are_made_from_codes() -> None:
    assert country_name("XI") == "United Kingdom (Northern Ireland)"
    assert country_name("") is None
    assert state_name("US", "CA") == "California"
    assert state_name("DE", "Bayern") == "Bayern"
    assert state_name("DE", "") is None


@pytest.mark.parametrize(
    ("given", "country", "text"),
    [
        *((2139, "US", "02139"), (1067, "DE", "01067"), (1000, "FR", "01000")),
        *((8001, "ES", "08001"), (600000, "JP", "0600000"), (950, "PL", "00950")),
        *((416013, "IN", "416013"), (1010, "AT", "1010"), (12345, "GB", "12345")),
        *((7, "HK", "7"), ("02139", "US", "02139"), (None, "US", "")),
    ],
)
def test_a_zip_code_is_text_and_a_number_gets_its_zeros_back(
    given: str | int | None, country: str, text: str
) -> None:
    assert zip_code(given, country) == text


@given(st.sampled_from(["cust", "comp", "site"]))
def test_an_id_comes_back_from_the_document_s_form(prefix: str) -> None:
    ours = new_id(prefix)

    assert own_id(prefix, document_id(ours)) == ours
    assert own_id(prefix, ours) == ours


@pytest.mark.parametrize(
    "written", ["", "CUS-", "CUS_01", "COM-01K9", "cust-01", "cust_", "CUS-01'--", "CUS-é", "CUS-٣"]
)
def test_what_is_no_id_is_none(written: str) -> None:
    assert own_id("cust", written) is None


def test_every_status_has_the_document_s_word() -> None:
    told = {
        status: status_word(status, collection_paused=False)
        for status in (
            *("active", "trialing", "past_due", "unpaid", "incomplete", "paused", "canceled"),
            *("incomplete_expired", "something new"),
        )
    }

    assert list(told.values()) == [
        *("ACTIVE", "TRIAL", "ON_HOLD", "ON_HOLD", "ON_HOLD", "PAUSE", "CANCELLED"),
        *("CANCELLED", "ON_HOLD"),
    ]
    assert status_word("active", collection_paused=True) == "PAUSE"
    assert status_word("canceled", collection_paused=True) == "CANCELLED"


def test_a_subscription_is_told_in_the_document_s_words() -> None:
    item = HeldItem("si_1", "price_1", 3, "house", "House", each=4900)
    hold = Hold(
        "sub_1", "past_due", "House", 14700, "eur", "month", None, plan_key="house",
        period_ends_at=AT, items=(item,),
    )  # fmt: skip

    value = subscription_value(hold)

    assert value is not None
    assert (value["status"], value["reason"]) == ("ON_HOLD", "PAYMENT_FAILED")
    assert (value["plan_id"], value["quantity"]) == ("house", 3)
    assert value["period_ends_at"] == 1717837601565
    assert value["ends_at"] is None
    assert subscription_value(None) is None
