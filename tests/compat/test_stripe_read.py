"""What document 004 says, in our words and back: plain functions."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pydantic import ValidationError

from portal.compat.nobody import NOBODY
from portal.compat.stripe_errors import NoSuchCustomer, ParameterRefused, stripe_shaped
from portal.compat.stripe_models import NewStripeCustomer, StripeChange
from portal.compat.stripe_read import (
    details_after,
    method_given,
    more_tax_ids,
    profile_given,
    shipping_given,
)
from portal.compat.stripe_shapes import customer_list, customer_object, tombstone
from portal.customers.address import Address
from portal.customers.profile import KEEP
from portal.customers.shipping import Shipping
from portal.errors import InvalidDetails, Problem
from portal.web.failures import failure_of
from portal.web.programs.brackets import nested
from portal.web.programs.insides import wrong_values

SCOPE = {"method": "POST", "path": "/compat/stripe/v1/customers"}


def new(form: str) -> NewStripeCustomer:
    return NewStripeCustomer.model_validate(nested(parse_qsl(form, keep_blank_values=True)))


def change(form: str) -> StripeChange:
    return StripeChange.model_validate(nested(parse_qsl(form, keep_blank_values=True)))


def said_of(form: str) -> dict[str, Any]:
    """Return what is answered to a form that breaks the schema."""
    try:
        new(form)
    except ValidationError as invalid:
        return said(wrong_values(invalid))
    raise AssertionError(f"{form} was taken")


def said(error: Exception) -> dict[str, Any]:
    shaped = stripe_shaped(SCOPE, failure_of(error), error)
    assert shaped.status == 400
    return dict(shaped.body["error"])


def test_a_new_customer_is_read_whole() -> None:
    given = new(
        "email=Ada@Lovelace.example&name=Ada+Lovelace&phone=%2B442079460958"
        "&business_name=Engines+Ltd&address[line1]=12+St&address[country]=gb"
        "&preferred_locales[0]=en-GB&preferred_locales[1]=fr"
        "&tax_id_data[0][type]=gb_vat&tax_id_data[0][value]=GB980780684"
        "&tax_id_data[1][type]=eu_vat&tax_id_data[1][value]=FR12345678901"
    )

    details = details_after(given, NOBODY)

    assert (details.email, details.email_key) == ("Ada@Lovelace.example", "ada@lovelace.example")
    assert details.phone_e164 == "+442079460958"
    assert (details.organisation, details.locale) == ("Engines Ltd", "en-GB")
    assert details.address == Address(line1="12 St", country="GB")
    assert (details.tax_id, details.tax_id_type) == ("GB980780684", "gb_vat")
    assert [(each.value, each.type) for each in more_tax_ids(given)] == [
        ("FR12345678901", "eu_vat")
    ]
    profile = profile_given(given).given
    assert profile == {"name": "Ada Lovelace", "locales": ("en-GB", "fr")}


def test_what_only_stripe_uses_is_kept_apart() -> None:
    given = new(
        "description=Counts&balance=-500&invoice_prefix=ADA&next_invoice_sequence=7"
        "&individual_name=Ada&cash_balance[settings][reconciliation_mode]=manual"
        "&invoice_settings[custom_fields][0][name]=PO&invoice_settings[custom_fields][0][value]=7"
        "&invoice_settings[rendering_options][amount_tax_display]=exclude_tax"
        "&invoice_settings[footer]=Thanks&tax[ip_address]=192.0.2.7&tax_exempt=reverse"
        "&test_clock=clock_1&validate=true"
    )

    told = profile_given(given).given

    assert told["stripe_settings"] == {
        "description": "Counts", "balance": -500, "invoice_prefix": "ADA",
        "next_invoice_sequence": 7, "individual_name": "Ada",
        "cash_balance": {"settings": {"reconciliation_mode": "manual"}},
        "custom_fields": [{"name": "PO", "value": "7"}],
        "rendering": {"amount_tax_display": "exclude_tax"}, "test_clock": "clock_1",
    }  # fmt: skip
    assert (told["invoice_notes"], told["created_from_ip"], told["tax_exempt"]) == (
        "Thanks", "192.0.2.7", "reverse",
    )  # fmt: skip


def test_what_is_not_passed_is_not_changed_and_empty_text_takes_away() -> None:
    before = details_after(new("email=ada@l.example&phone=12345&address[city]=London"), NOBODY)

    assert details_after(change(""), before) == before
    assert profile_given(change("")).given == {}
    bare = details_after(change("email=&phone=&address="), before)
    assert (bare.email, bare.email_key, bare.phone, bare.address) == ("", "", "", Address())
    assert profile_given(change("name=&tax_exempt=")).given == {
        "name": "",
        "tax_exempt": "none",
    }
    assert details_after(change("address[line1]=1+Row"), before).address == Address(line1="1 Row")


def test_metadata_is_what_was_passed_and_our_marks_are_nobody_elses() -> None:
    assert profile_given(change("metadata[a]=&metadata[b]=2")).given == {
        "metadata": {"a": "", "b": "2"}
    }
    assert profile_given(change("metadata=")).given == {"metadata": {}}
    assert method_given(new("source=tok_visa")) == "tok_visa"
    assert method_given(change("default_source=pm_1")) == "pm_1"
    assert method_given(change("")) == ""
    for form, param in (
        ("metadata[portal]=x", "metadata[portal]"),
        (f"metadata[{'k' * 41}]=x", f"metadata[{'k' * 41}]"),
        ("&".join(f"metadata[k{number}]=x" for number in range(51)), "metadata"),
    ):
        with pytest.raises(ParameterRefused) as refused:
            profile_given(change(form))
        assert refused.value.param == param


def test_shipping_needs_a_name_and_a_place() -> None:
    form = "shipping[name]=Ada&shipping[phone]=12345&shipping[address][city]=London"
    assert shipping_given(new(form)) == Shipping("Ada", Address(city="London"), "12345")
    assert shipping_given(change("shipping=")) is None
    assert shipping_given(change("")) is KEEP
    assert said_of("shipping[name]=Ada") == {
        "type": "invalid_request_error",
        "code": "parameter_missing",
        "param": "shipping[address]",
        "message": "Missing required param: shipping[address].",
    }


@pytest.mark.parametrize(
    ("form", "code", "param", "message"),
    [
        ("name=Ada&nmae=x", "parameter_unknown", "nmae", "Received unknown parameter: nmae"),
        ("address[street]=x", "parameter_unknown", "address[street]", "unknown parameter"),
        ("coupon=SUMMER", "parameter_unknown", "coupon", "on the subscription"),
        ("promotion_code=promo_1", "parameter_unknown", "promotion_code", "on the subscription"),
        ("balance=much", "parameter_invalid_integer", "balance", "Invalid integer"),
        ("email=ada", "email_invalid", "email", "email"),
        ("address[country]=Britain", "country_code_invalid", "address[country]", "2-character"),
        (f"name={'x' * 257}", None, "name", "256"),
        ("address=here", None, "address", "Invalid object"),
        ("preferred_locales=en", None, "preferred_locales", "Invalid array"),
        ("invoice_prefix=ada", None, "invoice_prefix", ""),
        ("expand[0]=sources", None, "expand[0]", ""),
        ("source=card_1", None, "source", ""),
    ],
)
def test_what_breaks_the_schema_is_told_as_stripe_tells_it(
    form: str, code: str | None, param: str, message: str
) -> None:
    told = said_of(form)

    assert (told["type"], told.get("code"), told["param"]) == ("invalid_request_error", code, param)
    assert message in told["message"]


def test_the_object_is_stripes_without_our_marks() -> None:
    kept = json.dumps(
        {
            "id": "cus_1", "object": "customer", "phone": None, "default_source": "card_1",
            "metadata": {"portal": "comp_1", "site": "site_1", "customer": "cust_1", "region": "XI",
                         "onboarding": "onbo_1", "operation": "op_1", "crm": "7"},
            "tax_ids": {"object": "list", "url": "", "has_more": False, "data": [{"id": "txi_1"}]},
        }
    )  # fmt: skip

    plain = customer_object(kept, phone="020 7946 0958", created=7)
    opened = customer_object(kept, phone="", created=7, opened={"tax_ids", "subscriptions"})

    assert plain == {
        "id": "cus_1", "object": "customer", "phone": "020 7946 0958", "default_source": None,
        "discount": None, "metadata": {"crm": "7"}, "created": 7,
    }  # fmt: skip
    assert opened["tax_ids"]["data"] == [{"id": "txi_1"}]
    assert opened["subscriptions"]["url"] == "/v1/customers/cus_1/subscriptions"
    assert tombstone("cus_1") == {"id": "cus_1", "object": "customer", "deleted": True}
    assert customer_list([plain], has_more=True) == {
        "object": "list", "url": "/v1/customers", "has_more": True, "data": [plain],
    }  # fmt: skip


def test_what_stripe_has_no_room_for_is_told_beside_what_it_has() -> None:
    ours = {f"k{number:02}": number for number in range(50)} | {"portal": "x"}
    there = {f"k{number:02}": "theirs" for number in range(1, 44)} | {"portal": "comp_1"}
    kept = json.dumps(
        {"id": "cus_1", "metadata": there | {"region": "XI"}, "address": {"country": "GB"}}
    )

    shown = customer_object(kept, phone="", created=7, metadata=ours)

    told = {f"k{number:02}": "theirs" for number in range(1, 44)}
    assert shown["metadata"] == told | {f"k{number}": str(number) for number in range(44, 50)}
    assert shown["address"] == {"country": "XI"}


def test_a_field_of_ours_is_told_by_its_parameter() -> None:
    wrong = Problem("wrong", "Wrong.")

    params = [
        said(InvalidDetails({name: wrong}))["param"]
        for name in ("organisation", "tax_id", "metadata")
    ]

    assert params == ["business_name", "tax_id_data[0][value]", "metadata"]


@pytest.mark.parametrize("text", ["face", "1.2.3", ":", "192.0.2.256"])
def test_an_address_of_a_network_is_one(text: str) -> None:
    assert said_of(f"tax[ip_address]={text}")["param"] == "tax[ip_address]"
    assert profile_given(new("tax[ip_address]=2001:DB8::1")).created_from_ip == "2001:db8::1"


def test_who_is_not_there_is_told_by_their_id() -> None:
    error = NoSuchCustomer("cus_none")

    shaped = stripe_shaped(SCOPE, failure_of(error), error)

    assert shaped.status == 404
    assert shaped.body["error"] == {
        "type": "invalid_request_error",
        "code": "resource_missing",
        "param": "id",
        "message": "No such customer: 'cus_none'",
    }
