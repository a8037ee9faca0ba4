"""What document 003 says, in our words and back: plain functions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import pytest
from pydantic import ValidationError

from portal.compat.chargebee_errors import NotConfigured, ParamWrong, chargebee_shaped
from portal.compat.chargebee_models import BillingInfo, ChargebeeChange, NewChargebeeCustomer
from portal.compat.chargebee_read import (
    billed_after,
    billed_to,
    details_after,
    profile_given,
)
from portal.compat.chargebee_shapes import customer_shown, deleted_shown, listed
from portal.compat.nobody import NOBODY
from portal.customers.address import Address
from portal.customers.billing_contact import BilledTo
from portal.customers.profile import NOTHING_MORE, profile_of
from portal.errors import InvalidDetails, Problem, TooMany
from portal.onboarding.arrival import SignUpRefused
from portal.subscriptions.profiles import KeptProfile
from portal.web.failures import failure_of
from portal.web.programs.brackets import nested
from portal.web.programs.insides import wrong_values

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCOPE = {"method": "POST", "path": "/compat/api/v2/customers"}
ROW: dict[str, Any] = {
    "id": "cust_1", "external_id": "42", "first_name": "Ada", "last_name": "Lovelace",
    "email": "ada@lovelace.example", "phone": "+44 20 7946 0958", "organisation": "",
    "tax_id": "GB980780684", "auto_collection": True, "allow_direct_debit": False,
    "created_from_ip": "", "tax_exempt": "none", "billing_email": "", "invoice_notes": "",
    "line1": "1600 Pennsylvania Avenue NW", "line2": "", "line3": "", "city": "Washington",
    "state": "DC", "postal_code": "20500", "country": "US", "created_at": NOON, "updated_at": NOON,
}  # fmt: skip
TOLD = {
    name: getattr(NOTHING_MORE, name) for name in NOTHING_MORE.__slots__
} | {"locales": "[]", "metadata": '{"crm": 7}', "stripe_settings": "{}"}  # fmt: skip


def new(form: str) -> NewChargebeeCustomer:
    return NewChargebeeCustomer.model_validate(nested(parse_qsl(form, keep_blank_values=True)))


def change(form: str) -> ChargebeeChange:
    return ChargebeeChange.model_validate(nested(parse_qsl(form, keep_blank_values=True)))


def billing(form: str) -> BillingInfo:
    return BillingInfo.model_validate(nested(parse_qsl(form, keep_blank_values=True)))


def said_of(form: str) -> dict[str, Any]:
    """Return what is answered to a form that breaks the schema."""
    try:
        new(form)
    except ValidationError as invalid:
        return said(wrong_values(invalid))
    raise AssertionError(f"{form} was taken")


def said(error: Exception) -> dict[str, Any]:
    shaped = chargebee_shaped(SCOPE, failure_of(error), error)
    return {**shaped.body, "status": shaped.status}


def kept(**changed: Any) -> KeptProfile:
    values: dict[str, Any] = {
        "stripe_id": "cus_1", "deleted": False, "object": '{"balance": -500}',
        "payment_method": "pm_1", "card_brand": "visa", "card_last4": "4242",
        "card_exp_month": 12, "card_exp_year": 2034,
    }  # fmt: skip
    return KeptProfile(**(values | changed))


def test_a_new_customer_is_read_whole() -> None:
    meta = quote_plus(json.dumps({"crm": 7, "tier": {"name": "gold"}}))
    given = new(
        "id=42&first_name=Ada&last_name=Lovelace&email=Ada@Lovelace.example"
        "&phone=%2B44+20+7946+0958&company=Engines&auto_collection=off&allow_direct_debit=true"
        f"&taxability=exempt&created_from_ip=192.0.2.7&invoice_notes=Thanks&meta_data={meta}"
        "&billing_address[line1]=12+St&billing_address[line3]=C&billing_address[city]=London"
        "&billing_address[country]=gb&billing_address[zip]=sw1y4jh&vat_number=GB980780684"
        "&billing_address[first_name]=Grace&billing_address[email]=bills@hopper.example"
    )

    details = details_after(given, NOBODY)

    assert (details.first_name, details.last_name, details.organisation) == (
        "Ada", "Lovelace", "Engines",
    )  # fmt: skip
    assert (details.email_key, details.phone_e164) == ("ada@lovelace.example", "+442079460958")
    assert details.address == Address(
        line1="12 St", line3="C", city="London", country="GB", postal_code="SW1Y 4JH"
    )
    assert (details.tax_id, details.tax_id_type) == ("GB980780684", "gb_vat")
    assert profile_given(given, {}).given == {
        "external_id": "42", "auto_collection": False, "allow_direct_debit": True,
        "tax_exempt": "exempt", "created_from_ip": "192.0.2.7", "invoice_notes": "Thanks",
        "metadata": {"crm": 7, "tier": {"name": "gold"}}, "billing_email": "bills@hopper.example",
    }  # fmt: skip
    assert billed_to(given.billing_address) == BilledTo(first_name="Grace")


def test_an_update_leaves_what_it_does_not_name() -> None:
    before = details_after(new("first_name=Ada&billing_address[city]=London&vat_number=1"), NOBODY)

    assert details_after(change("last_name=Lovelace"), before).first_name == "Ada"
    assert details_after(change("first_name="), before).first_name == ""
    assert profile_given(change(""), {"a": "1"}).given == {}
    said = profile_given(change('meta_data={"b": 2}'), {"a": "1", "b": "1"}).given
    assert said == {"metadata": {"a": "", "b": 2}}
    with pytest.raises(ValidationError):
        change("billing_address[city]=Paris")
    with pytest.raises(ValidationError):
        change("vat_number=2")


def test_billing_info_is_replaced_whole() -> None:
    before = details_after(
        new("first_name=Ada&billing_address[city]=London&vat_number=GB980780684"
            "&billing_address[country]=GB"), NOBODY,
    )  # fmt: skip

    after = billed_after(billing("billing_address[line1]=1+Row"), before)

    assert after.address == Address(line1="1 Row")
    assert (after.tax_id, after.tax_id_type, after.first_name) == ("", None, "Ada")


@pytest.mark.parametrize(
    ("form", "value", "kind"),
    [
        ("vat_number=980780684&billing_address[country]=GB", "GB980780684", "gb_vat"),
        ("vat_number=FR12345678901&billing_address[country]=FR", "FR12345678901", "eu_vat"),
        ("vat_number=anything&billing_address[country]=GB", "anything", None),
        ("vat_number=anything", "anything", None),
    ],
)
def test_a_vat_number_is_typed_where_it_can_be(form: str, value: str, kind: str | None) -> None:
    details = details_after(new(form), NOBODY)

    assert (details.tax_id, details.tax_id_type) == (value, kind)


def test_in_northern_ireland_another_prefix_may_be_put_on() -> None:
    form = "vat_number=GB980780684&vat_number_prefix=XI&billing_address[country]="

    assert details_after(new(f"{form}XI"), NOBODY).tax_id == "XI980780684"
    assert details_after(new(f"{form}GB"), NOBODY).tax_id == "GB980780684"


@pytest.mark.parametrize(
    ("form", "state"),
    [
        ("[state_code]=az&billing_address[country]=US", "AZ"),
        ("[state_code]=BC&billing_address[country]=CA", "BC"),
        ("[state_code]=TN&billing_address[country]=IN", "TN"),
        ("[state]=Arizona&billing_address[country]=US", "AZ"),
        ("[state]=Bayern&billing_address[country]=DE", "Bayern"),
        ("[state]=Somewhere", "Somewhere"),
    ],
)
def test_a_state_is_kept_by_its_code_where_it_has_one(form: str, state: str) -> None:
    details = details_after(new(f"billing_address{form}"), NOBODY)

    assert details.address.state == state


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ("[state_code]=ZZ&billing_address[country]=US", "billing_address[state_code]"),
        ("[state_code]=BY&billing_address[country]=DE", "billing_address[state_code]"),
        ("[state_code]=AZ", "billing_address[state_code]"),
        ("[zip]=1234&billing_address[country]=US", "billing_address[zip]"),
        ("[zip]=SW1Y&billing_address[country]=DE", "billing_address[zip]"),
    ],
)
def test_what_is_none_of_the_countrys_is_named(form: str, param: str) -> None:
    with pytest.raises(ParamWrong) as refused:
        details_after(new(f"billing_address{form}"), NOBODY)

    assert refused.value.param == param


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        (f"id={'4' * 51}", "param_wrong_value", "id"),
        (f"first_name={'x' * 151}", "param_wrong_value", "first_name"),
        (f"email={'x' * 60}@example.com", "param_wrong_value", "email"),
        (f"phone={'1' * 51}", "param_wrong_value", "phone"),
        (f"company={'x' * 251}", "param_wrong_value", "company"),
        (f"vat_number={'1' * 21}", "param_wrong_value", "vat_number"),
        (f"invoice_notes={'x' * 2001}", "param_wrong_value", "invoice_notes"),
        ("auto_collection=maybe", "param_wrong_value", "auto_collection"),
        ("taxability=never", "param_wrong_value", "taxability"),
        ("created_from_ip=here", "param_wrong_value", "created_from_ip"),
        ("created_from_ip=face", "param_wrong_value", "created_from_ip"),
        ("meta_data=none", "param_wrong_value", "meta_data"),
        ("billing_address[country]=ZZ", "param_wrong_value", "billing_address[country]"),
        ("card[gateway]=stripes", "param_wrong_value", "card[gateway]"),
        ("payment_method[type]=gold", "param_wrong_value", "payment_method[type]"),
        ("entity_code=A", "invalid_request", "entity_code"),
    ],
)
def test_what_breaks_the_schema_is_told_by_its_parameter(form: str, code: str, param: str) -> None:
    told = said_of(form)

    assert (told["status"], told["type"]) == (400, "invalid_request")
    assert (told["api_error_code"], told["param"]) == (code, param)
    assert told["message"].startswith(param)


def test_a_failure_has_the_documents_words() -> None:
    gateway = NotConfigured("card[gateway]", "Only Stripe is set up here.")

    assert said(gateway) == {
        "message": "Only Stripe is set up here.", "type": "invalid_request",
        "api_error_code": "configuration_incompatible", "param": "card[gateway]",
        "error_code": "configuration_incompatible", "error_msg": "Only Stripe is set up here.",
        "http_status_code": 400, "status": 400,
    }  # fmt: skip
    assert said(TooMany())["api_error_code"] == "api_request_limit_exceeded"
    assert said(ValueError("inside"))["api_error_code"] == "internal_error"
    assert "inside" not in said(ValueError("inside"))["message"]


def test_a_field_of_ours_is_told_by_the_documents_parameter() -> None:
    wrong = Problem("wrong", "Wrong.")
    refused = [said(SignUpRefused(field, "no", "No.")) for field in ("line1", "postal_code", "")]
    ours = [
        said(InvalidDetails({field: wrong}))["param"]
        for field in ("organisation", "tax_id", "metadata", "state", "email")
    ]

    assert [one.get("param") for one in refused] == [
        "billing_address[line1]", "billing_address[zip]", None,
    ]  # fmt: skip
    assert ours == ["company", "vat_number", "meta_data", "billing_address[state]", "email"]
    assert said_of("organisation=x")["param"] == "organisation"
    assert said(SignUpRefused("payment_method", "card_declined", ""))["type"] == "payment"


def test_a_customer_is_shown_without_what_is_not_known() -> None:
    shown = customer_shown(ROW, profile_of(TOLD), BilledTo(first_name="Grace"), kept(), NOON)

    assert shown["customer"] == {
        "id": "42", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@lovelace.example",
        "phone": "+44 20 7946 0958", "vat_number": "GB980780684", "auto_collection": "on",
        "net_term_days": 0, "allow_direct_debit": False, "created_at": 1795348800,
        "taxability": "taxable", "updated_at": 1795348800, "pii_cleared": "active",
        "resource_version": 1795348800000, "deleted": False, "object": "customer",
        "billing_address": {
            "first_name": "Grace", "line1": "1600 Pennsylvania Avenue NW", "city": "Washington",
            "state_code": "DC", "state": "District of Columbia", "country": "US", "zip": "20500",
            "validation_status": "not_validated", "object": "billing_address",
        },
        "card_status": "valid", "contacts": [],
        "payment_method": {
            "object": "payment_method", "type": "card", "gateway": "stripe",
            "gateway_account_id": "stripe", "status": "valid", "reference_id": "pm_1",
        },
        "promotional_credits": 0, "refundable_credits": 0, "excess_payments": 0,
        "unbilled_charges": 0, "account_credits": 500, "meta_data": {"crm": 7},
    }  # fmt: skip
    assert (shown["card"]["masked_number"], shown["card"]["customer_id"]) == (
        "************4242", "42",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("month", "year", "status"),
    [(12, 2026, "valid"), (11, 2026, "expiring"), (10, 2026, "expired")],
)
def test_a_card_tells_how_long_it_holds(month: int, year: int, status: str) -> None:
    its = kept(card_exp_month=month, card_exp_year=year)

    shown = customer_shown(ROW, profile_of(TOLD), BilledTo(), its, NOON)

    assert shown["customer"]["card_status"] == shown["card"]["status"] == status


def test_without_a_card_there_is_none_and_without_an_own_id_it_is_ours() -> None:
    bare = ROW | {"external_id": None, "country": "", "line1": "", "city": "", "state": ""}

    shown = customer_shown(bare | {"postal_code": ""}, profile_of(TOLD), BilledTo(), None, NOON)

    paying = customer_shown(
        ROW | {"auto_collection": False}, profile_of(TOLD), BilledTo(), None, NOON
    )
    assert (paying["customer"]["auto_collection"], paying["customer"]["net_term_days"]) == (
        "off",
        30,
    )
    assert "card" not in shown
    assert "billing_address" not in shown["customer"]
    assert (shown["customer"]["id"], shown["customer"]["card_status"]) == ("cust_1", "no_card")
    assert deleted_shown("42")["customer"]["deleted"] is True
    assert listed([shown], None) == {"list": [shown]}
    assert listed([], "next") == {"list": [], "next_offset": "next"}
