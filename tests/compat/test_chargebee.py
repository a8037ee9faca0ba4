"""Document 003: customers from a form."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from typing import Any, get_args

import httpx
import pytest

from portal import clock
from portal.app import Portal
from portal.audit.origin import forget_origins
from portal.compat import arriving
from portal.compat.chargebee_models import ChargebeeList, Gateway, MethodType
from portal.compat.chargebee_rows import ROWS
from portal.database import run_sql
from portal.errors import DatabaseBusy
from portal.onboarding.arrival import SignUpRefused, wait_for_customer
from portal.onboarding.signup import SignedUp
from portal.onboarding.unfinished import ABANDONED, tell_of_unfinished
from portal.onboarding.welcome_mail import write_welcome
from portal.redaction import hidden_now
from portal.subscriptions.sync import sync_object
from tests.api.calling import ADA, Program, calling, program_with
from tests.compat.test_chargebee_read import said
from tests.databases import ON_SQLITE
from tests.deliveries.telling import events, listen_at
from tests.onboarding.shop import Shop
from tests.onboarding.test_welcome_mail import operation

PATH = "/compat/api/v2/customers"
Form = dict[str, Any]
JOHN = {
    "id": "42",
    "first_name": "John",
    "last_name": "Doe",
    "email": "john@doe.example",
    "phone": "+1 202 555 0143",
    "company": "Doe Inc",
    "taxability": "exempt",
    "created_from_ip": "192.0.2.7",
    "invoice_notes": "Thanks",
    "meta_data": '{"crm": 7}',
    "billing_address[first_name]": "Jane",
    "billing_address[email]": "bills@doe.example",
    "billing_address[company]": "Doe Holding",
    "billing_address[phone]": "+1 202 555 0144",
    "billing_address[line1]": "1600 Pennsylvania Avenue NW",
    "billing_address[line2]": "West Wing",
    "billing_address[line3]": "Floor 1",
    "billing_address[city]": "Washington",
    "billing_address[state_code]": "DC",
    "billing_address[zip]": "20500",
    "billing_address[country]": "US",
}


class Door:
    """What a program does at this door."""

    def __init__(self, program: Program) -> None:
        self.http = program.http

    async def post(self, path: str = "", form: Form | None = None, status: int = 200) -> Form:
        """Send a form."""
        return _read(await self.http.post(f"{PATH}{path}", data=form or {}), status)

    async def get(
        self, path: str = "", status: int = 200, query: Form | None = None, **more: Any
    ) -> Form:
        """Ask for something."""
        asked = {**(query or {}), **more}
        return _read(await self.http.get(f"{PATH}{path}", params=asked), status)


def _read(answer: httpx.Response, status: int) -> Form:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    told: Form = answer.json()
    if status != 200:
        assert {"message", "type", "api_error_code"} <= told.keys()
        assert told["http_status_code"] == status
    return told


@pytest.fixture
def door(program: Program) -> Door:
    return Door(program)


async def test_a_customer_is_made_from_a_form_and_told_back(shop: Shop, door: Door) -> None:
    made = (await door.post(form=JOHN))["customer"]
    await shop.work_in_the_end()

    assert (made["id"], made["first_name"], made["email"]) == ("42", "John", "john@doe.example")
    assert (made["object"], made["taxability"], made["auto_collection"]) == (
        "customer", "exempt", "on",
    )  # fmt: skip
    assert (made["meta_data"], made["invoice_notes"]) == ({"crm": 7}, "Thanks")
    assert (await door.get("/42"))["customer"] == made
    (there,) = await shop.stripe.objects("customer")
    assert (there["tax_exempt"], there["invoice_settings"]["footer"]) == ("exempt", "Thanks")
    assert there["address"]["line2"] == "West Wing, Floor 1"
    assert await shop.stripe.objects("subscription") == []
    full = {f"meta_data[{number:040}]": "v" * 500 for number in range(50)}
    other = (await door.post(form=full | {"email": JOHN["email"]}))["customer"]
    assert other["id"].startswith("cust_")
    assert other["meta_data"] == {f"{number:040}": "v" * 500 for number in range(50)}
    for wrong in ({"meta_data[more]": "v"} | full, {f"meta_data[{'k' * 41}]": "v"},
                  {"meta_data[k]": "v" * 501}):  # fmt: skip
        assert (await door.post(form=wrong, status=400))["param"].startswith("meta_data")
    version1 = await door.http.get("/compat/api/v1/customers/42")
    assert version1.json()["customer"]["id"] == "42"


@ON_SQLITE
async def test_lengths_are_kept(shop: Shop, door: Door) -> None:
    longest = {
        "first_name": "f" * 150, "last_name": "l" * 150, "phone": "1-" * 25, "company": "c" * 250,
        "email": f"{'e' * 58}@doe.example",
    }  # fmt: skip

    made = (await door.post(form=longest))["customer"]
    other = (await door.post(form={"email": longest["email"]}))["customer"]
    await shop.work_in_the_end()

    rows = await run_sql("SELECT id, email_key FROM customer")
    assert {row["id"]: row["email_key"] for row in rows} == {
        made["id"]: longest["email"],
        other["id"]: None,
    }
    assert {name: made[name] for name in longest} == longest
    there = await shop.stripe.objects("customer")
    sent = {(one["name"], one.get("business_name")) for one in there}
    assert (f"{'f' * 150} {'l' * 105}", "c" * 150) in sent
    for name, text in longest.items():
        wrong = await door.post(form={name: f"{text}e"}, status=400)
        assert (wrong["api_error_code"], wrong["param"]) == ("param_wrong_value", name)


@ON_SQLITE
async def test_only_a_form_is_taken(shop: Shop, door: Door) -> None:
    answer = await door.http.post(PATH, json={"first_name": "John"})

    assert answer.status_code == 415
    assert answer.json()["api_error_code"] == "invalid_request"


@ON_SQLITE
async def test_who_was_before_the_program_goes_to_the_audit(shop: Shop, door: Door) -> None:
    encoded = base64.b64encode("jöhn@doe.example".encode()).decode()
    before = "chargebee-request-origin-"
    plain = {f"{before}user": "john@doe.example"}
    for who, kept in (
        ({f"{before}device": "iPad"}, ("iPad", "", "")),
        (plain, ("", "john@doe.example", "")),
        (plain | {f"{before}user-encoded": encoded}, ("", "jöhn@doe.example", "")),
        ({f"{before}ip": "192.0.2.8"}, ("", "", "192.0.2.8")),
    ):
        made = await door.http.post(PATH, data={"first_name": "John"}, headers=who)
        (row,) = await run_sql(
            "SELECT device, user_email, ip FROM audit_origin WHERE customer = {}",
            made.json()["customer"]["id"],
        )
        assert (row["device"], row["user_email"], row["ip"]) == kept
    await run_sql("UPDATE audit_origin SET at = {} WHERE ip = ''", clock.now() - timedelta(days=31))
    await forget_origins()
    assert [row["ip"] for row in await run_sql("SELECT ip FROM audit_origin")] == ["192.0.2.8"]
    for name in (f"{before}user-encoded", f"{before}ip"):
        wrong = await door.http.post(PATH, data={}, headers={name: "?"})
        assert (wrong.status_code, wrong.json()["param"]) == (400, name)


@ON_SQLITE
async def test_what_is_not_to_be_sent_is_not(shop: Shop, door: Door) -> None:
    await listen_at(shop.site)
    for name, is_written, is_told, is_reminded in (
        ("", True, True, True),
        ("email", False, True, True),
        ("webhook", True, False, False),
        ("actions", False, False, False),
    ):
        header = {f"chargebee-event-{name}": "all-disabled"} if name else {}
        told = len(await events())
        made = await door.http.post(PATH, data={"email": f"j{name}@doe.example"}, headers=header)
        id = made.json()["customer"]["id"]
        (began,) = await run_sql("SELECT id FROM onboarding WHERE customer = {}", id)
        welcome = await write_welcome(operation(SignedUp(began["id"], id, True, False)))
        assert (welcome is not None, len(await events()) > told) == (is_written, is_told), name
        late = clock.now() - timedelta(days=2)
        await run_sql(
            "UPDATE onboarding SET created_at = {}, state = 'refused' WHERE id = {}",
            *(late, began["id"]),
        )
        await tell_of_unfinished()
        left = [one for one in await events() if one["type"] == ABANDONED and one["customer"] == id]
        assert bool(left) is is_reminded, name


@ON_SQLITE
async def test_a_repeated_request_is_answered_alike(shop: Shop, door: Door) -> None:
    named = {"chargebee-idempotency-key": "john-1"}

    made = await door.http.post(PATH, data={"first_name": "John"}, headers=named)
    again = await door.http.post(PATH, data={"first_name": "John"}, headers=named)
    other = await door.http.post(PATH, data={"first_name": "Jane"}, headers=named)

    assert made.json() == again.json()
    assert again.headers["chargebee-idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["api_error_code"]) == (
        422, "unable_to_process_request",
    )  # fmt: skip


@ON_SQLITE
async def test_an_id_of_the_sellers_own_is_taken_once(shop: Shop, door: Door) -> None:
    await door.post(form={"id": "42"})

    taken = await door.post(form={"id": "42"}, status=400)

    assert (taken["api_error_code"], taken["param"]) == ("duplicate_entry", "id")
    assert (await door.post(form={}))["customer"]["id"].startswith("cust_")
    for wrong in ("4 2", "4/2", "x" * 51):
        assert (await door.post(form={"id": wrong}, status=400))["param"] == "id"


@ON_SQLITE
async def test_by_the_id_of_whom_stripe_refused_after_the_answer_they_begin_anew(
    shop: Shop, door: Door
) -> None:
    jane = (await door.post(form={"email": "jane@doe.example"}))["customer"]
    await shop.stripe.fault(
        match="POST /v1/customers", fault="status", status=400, code="email_invalid", param="email"
    )
    await door.post(form=JOHN)
    (row,) = await run_sql("SELECT id FROM customer WHERE external_id = '42'")
    with pytest.raises(SignUpRefused):
        await wait_for_customer(row["id"])
    await shop.stripe.mend()

    form = JOHN | {"email": "jane@doe.example", "billing_address[company]": "Doe"}
    again = await door.post(form=form | {"card[tmp_token]": "tok_visa"})
    taken = await door.post(form=form, status=400)

    assert (again["customer"]["id"], again["card"]["last4"]) == ("42", "4242")
    assert again["customer"]["billing_address"]["company"] == "Doe"
    assert taken["api_error_code"] == "duplicate_entry"
    keys = await run_sql("SELECT id, email_key FROM customer ORDER BY id")
    assert {one["id"]: one["email_key"] for one in keys} == {
        jane["id"]: "jane@doe.example", row["id"]: None,
    }  # fmt: skip
    assert await shop.counts() == (2, 0)


@ON_SQLITE
async def test_who_pays_by_themselves_is_not_charged(shop: Shop, door: Door) -> None:
    form = {"auto_collection": "off", "allow_direct_debit": "true"}

    plain = (await door.post())["customer"]
    made = (await door.post(form=form))["customer"]
    somewhere = (await door.post(form=form | {"billing_address[country]": "DE"}))["customer"]

    fields = ("auto_collection", "net_term_days", "allow_direct_debit")
    assert [plain[name] for name in fields] == ["on", 0, False]
    for one in (made, somewhere):
        assert [one[name] for name in fields] == ["off", 30, True]
    assert "billing_address" not in made
    assert somewhere["billing_address"]["country"] == "DE"
    assert (await door.post(f"/{made['id']}", {"auto_collection": "on"}))["customer"][
        "net_term_days"
    ] == 0
    asked = ADA | {"plan": "house", "auto_collection": False}
    id = (await door.http.post("/v1/customers", json=asked)).json()["id"]
    await shop.work_in_the_end()
    (sold,) = await shop.stripe.objects("subscription")
    assert (sold["collection_method"], sold["days_until_due"]) == ("send_invoice", 30)
    assert (await door.get(f"/{id}"))["customer"]["auto_collection"] == "off"


@ON_SQLITE
async def test_a_vat_number_is_typed_by_its_country_and_xi_has_a_prefix(
    shop: Shop, door: Door
) -> None:
    form = {"vat_number": "GB980780684", "billing_address[country]": "GB"}
    northern = form | {"billing_address[country]": "XI", "vat_number_prefix": "XI"}

    british, irish = [(await door.post(form=one))["customer"] for one in (form, northern)]
    await shop.work_in_the_end()

    assert (british["vat_number"], irish["vat_number"]) == ("GB980780684", "XI980780684")
    assert irish["billing_address"]["country"] == "XI"
    tax_ids = [one["type"] for one in await shop.stripe.objects("tax_id")]
    assert sorted(tax_ids) == ["eu_vat", "gb_vat"]


@ON_SQLITE
async def test_an_authorised_payment_makes_its_card_theirs(shop: Shop, door: Door) -> None:
    there = await shop.stripe.post("customers", {"name": "John"})
    paid = {
        "amount": 100, "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa",
        "capture_method": "manual", "setup_future_usage": "off_session",
    }  # fmt: skip
    intent = await shop.stripe.post("payment_intents", paid | {"customer": there["id"]})
    grace = await shop.stripe.post("customers", {"name": "Grace"})
    another = await shop.stripe.post("payment_intents", paid | {"customer": grace["id"]})

    made = await door.post(form={"payment_intent[id]": intent["id"]})

    assert (made["card"]["last4"], made["customer"]["card_status"]) == ("4242", "valid")
    (row,) = await run_sql("SELECT stripe_id FROM customer")
    assert row["stripe_id"] == there["id"]
    for form in (
        {"payment_intent[id]": "pi_none"},
        {"payment_intent[gw_token]": "pi_none"},
        {"payment_intent[id]": "anything"},
        {"payment_intent[id]": intent["id"]},
    ):
        wrong = await door.post(form=form, status=400)
        assert (wrong["type"], wrong["api_error_code"]) == ("payment", "payment_intent_invalid")
    form = {"payment_intent[gw_token]": another["id"], "payment_intent[gateway_account_id]": "gw_1"}
    other = await door.post(form=form, status=400)
    assert other["api_error_code"] == "configuration_incompatible"
    token = await door.post(form=form | {"payment_intent[gateway_account_id]": "stripe"})
    assert token["card"]["last4"] == "4242"


@ON_SQLITE
async def test_a_card_by_its_number_is_refused_and_written_nowhere(
    shop: Shop, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    card = {
        "card[number]": "4242424242424242", "card[expiry_month]": "12",
        "card[expiry_year]": "2034", "card[cvv]": "123",
    }  # fmt: skip

    for name, value in card.items():
        refused = await door.post(form={name: value}, status=400)
        assert (refused["api_error_code"], refused["param"]) == ("invalid_request", name)
        for way in ("card[tmp_token]", "payment_intent[id]", "portal session"):
            assert way in refused["message"]
    assert await run_sql("SELECT id FROM customer") == []
    assert "4242424242424242" not in caplog.text
    assert "4242424242424242" in hidden_now()


@ON_SQLITE
async def test_a_token_becomes_their_card(shop: Shop, door: Door) -> None:
    form = {"card[tmp_token]": "tok_visa", "card[gateway]": "stripe", "card[first_name]": "John"}

    made = await door.post(form=form | {"card[ip_address]": "192.0.2.9"})
    again = {"chargebee-idempotency-key": "declined"}
    told = [
        await door.http.post(PATH, data={"card[tmp_token]": "tok_chargeDeclined"}, headers=again)
        for _ in range(2)
    ]
    declined = _read(told[0], 400)

    assert made["card"]["last4"] == "4242"
    assert made["customer"]["payment_method"]["status"] == "valid"
    assert made["customer"]["created_from_ip"] == "192.0.2.9"
    assert declined["api_error_code"] == "payment_method_verification_failed"
    assert told[0].content == told[1].content
    assert told[1].headers["chargebee-idempotency-replayed"] == "true"
    assert len(await run_sql("SELECT id FROM customer WHERE status = 'deleted'")) == 1
    long = {
        f"card[{name}]": "x" * 151
        for name in ("first_name", "last_name", "billing_addr1", "billing_addr2")
    }
    for name, text in (long | {"card[ip_address]": "face", "created_from_ip": "face"}).items():
        assert (await door.post(form={name: text}, status=400))["param"] == name
    assert [one["customer"]["id"] for one in (await door.get())["list"]] == [made["customer"]["id"]]


@ON_SQLITE
async def test_the_address_of_a_card_is_checked_as_any_other(shop: Shop, door: Door) -> None:
    for form, param in (
        ({"card[billing_zip]": "1", "card[billing_country]": "US"}, "card[billing_zip]"),
        ({"card[billing_state_code]": "ZZ", "card[billing_country]": "US"},
         "card[billing_state_code]"),
        ({"card[billing_country]": "ZZ"}, "card[billing_country]"),
        ({"card[billing_state]": "x" * 51}, "card[billing_state]"),
        ({"card[billing_city]": "x" * 51}, "card[billing_city]"),
    ):  # fmt: skip
        wrong = await door.post(form=form, status=400)
        assert (wrong["api_error_code"], wrong["param"]) == ("param_wrong_value", param)
    form = {
        "card[billing_zip]": "85001", "card[billing_country]": "US",
        "card[billing_state]": "Arizona", "card[billing_city]": "Phoenix",
    }  # fmt: skip
    taken = await door.post(form=form | {"card[billing_state_code]": "AZ"})
    assert "billing_address" not in taken["customer"]


@ON_SQLITE
async def test_other_gateways_are_not_set_up_here(shop: Shop, door: Door) -> None:
    for form in (
        {"card[gateway]": "braintree"},
        {"card[tmp_token]": "nonce-from-braintree"},
        {"payment_intent[reference_id]": "abc"},
        *({"payment_method[gateway]": gateway} for gateway in get_args(Gateway)[:3]),
        *({"card[gateway]": gateway} for gateway in get_args(Gateway) if gateway != "stripe"),
        {"payment_method[gateway]": "chargebee", "payment_method[type]": "card"},
    ):
        refused = await door.post(form=form, status=400)
        assert refused["api_error_code"] == "configuration_incompatible"


@ON_SQLITE
async def test_a_method_that_the_gateway_keeps_is_attached(shop: Shop, door: Door) -> None:
    card = await shop.stripe.post("payment_methods", {"type": "card", "card[token]": "tok_visa"})
    form = {"payment_method[type]": "card", "payment_method[gateway]": "stripe"}

    made = await door.post(form=form | {"payment_method[reference_id]": card["id"]})
    unknown = await door.post(form=form | {"payment_method[reference_id]": "pm_none"}, status=400)
    once = await door.post(form=form | {"payment_method[reference_id]": "tok_visa"}, status=400)
    others = [
        await door.post(form=form | {"payment_method[type]": kind}, status=400)
        for kind in get_args(MethodType)
        if kind != "card"
    ]

    assert made["customer"]["payment_method"]["reference_id"] == card["id"]
    for refused in (unknown, once):
        assert refused["api_error_code"] == "payment_method_verification_failed"
    assert {one["api_error_code"] for one in others} == {"configuration_incompatible"}
    assert len(others) == 4


@ON_SQLITE
async def test_who_is_billed_and_where(shop: Shop, door: Door) -> None:
    address = (await door.post(form=JOHN))["customer"]["billing_address"]

    assert address == {
        "first_name": "Jane", "email": "bills@doe.example", "company": "Doe Holding",
        "phone": "+1 202 555 0144", "line1": "1600 Pennsylvania Avenue NW", "line2": "West Wing",
        "line3": "Floor 1", "city": "Washington", "state_code": "DC",
        "state": "District of Columbia", "country": "US", "zip": "20500",
        "validation_status": "not_validated", "object": "billing_address",
    }  # fmt: skip
    await shop.work_in_the_end()
    (there,) = await shop.stripe.objects("customer")
    told = (there["name"], there["business_name"], there["email"], there["phone"])
    assert told == ("John Doe", "Doe Inc", "bills@doe.example", "+12025550143")
    assert (there["address"]["country"], there["address"]["state"]) == ("US", "DC")
    most = {"first_name": 150, "last_name": 150, "company": 250, "phone": 50, "line1": 150,
            "line2": 150, "line3": 150, "city": 50, "state": 50, "zip": 20}  # fmt: skip
    whole = {f"billing_address[{name}]": "1" * length for name, length in most.items()}
    await door.post(form=whole)
    for name, text in (whole | {"billing_address[country]": "Z"}).items():
        wrong = await door.post(form={name: f"{text}1"}, status=400)
        assert (wrong["api_error_code"], wrong["param"]) == ("param_wrong_value", name)


@ON_SQLITE
async def test_states_are_told_by_code_where_the_country_has_them(shop: Shop, door: Door) -> None:
    for country, code, state in (("US", "AZ", "Arizona"), ("CA", "BC", "British Columbia")):
        form = {"billing_address[country]": country, "billing_address[state_code]": code}
        address = (await door.post(form=form))["customer"]["billing_address"]
        assert (address["state_code"], address["state"]) == (code, state)
    prefixed = await door.post(form=form | {"billing_address[state_code]": "CA-BC"}, status=400)
    assert prefixed["param"] == "billing_address[state_code]"


@ON_SQLITE
async def test_a_zip_is_one_of_its_country(shop: Shop, door: Door) -> None:
    form = {"billing_address[country]": "US", "billing_address[zip]": "1234"}

    assert (await door.post(form=form, status=400))["param"] == "billing_address[zip]"
    made = (await door.post(form=form | {"billing_address[zip]": "02139"}))["customer"]
    assert made["billing_address"]["zip"] == "02139"


async def test_an_update_leaves_the_address_and_billing_info_replaces_it(
    shop: Shop, door: Door
) -> None:
    await door.post(form=JOHN)
    await shop.work_in_the_end()

    renamed = (await door.post("/42", {"first_name": "Jack", "meta_data": '{"tier": 1}'}))[
        "customer"
    ]
    refused = [
        await door.post("/42", form, status=400)
        for form in ({"billing_address[city]": "Walnut"}, {"vat_number": "GB980780684"})
    ]
    form = {"billing_address[line1]": "340 S Lemon Ave", "billing_address[country]": "US"}
    billed = (await door.post("/42/update_billing_info", form))["customer"]

    assert (renamed["first_name"], renamed["last_name"]) == ("Jack", "Doe")
    assert renamed["meta_data"] == {"tier": 1}
    assert renamed["billing_address"]["city"] == "Washington"
    assert {one["api_error_code"] for one in refused} == {"invalid_request"}
    assert billed["billing_address"] == {
        "line1": "340 S Lemon Ave", "country": "US", "validation_status": "not_validated",
        "object": "billing_address",
    }  # fmt: skip
    assert billed["first_name"] == "Jack"
    await shop.work_in_the_end()
    (there,) = await shop.stripe.objects("customer")
    assert (there["name"], there["address"]["line1"]) == ("Jack Doe", "340 S Lemon Ave")


@ON_SQLITE
async def test_a_customer_is_deleted_once(shop: Shop, door: Door) -> None:
    id = (await shop.sign_up("studio")).customer
    await shop.work_in_the_end()

    kept = await door.post(f"/{id}/delete", {"delete_payment_method": "false"}, status=400)
    named = {"chargebee-idempotency-key": "gone"}
    told = [await door.http.post(f"{PATH}/{id}/delete", headers=named) for _ in range(2)]
    gone = _read(told[0], 200)
    await shop.work_in_the_end()

    assert kept["api_error_code"] == "configuration_incompatible"
    assert gone["customer"] == {"id": id, "deleted": True, "object": "customer"}
    assert told[1].content == told[0].content
    assert told[1].headers["chargebee-idempotency-replayed"] == "true"
    (there,), (sold,) = [await shop.stripe.objects(kind) for kind in ("customer", "subscription")]
    assert (there["deleted"], sold["status"]) == (True, "canceled")
    for again in (door.get(f"/{id}", 404), door.post(f"/{id}/delete", status=404)):
        assert (await again)["api_error_code"] == "resource_not_found"


@ON_SQLITE
async def test_the_list_goes_on_from_its_offset(shop: Shop, door: Door) -> None:
    for number in range(5):
        await door.post(form={"id": str(number), "email": f"john{number}@doe.example"})

    first = await door.get(limit=2)
    second = await door.get(limit=2, offset=first["next_offset"])
    third = await door.get(limit=2, offset=second["next_offset"])

    ids = [one["customer"]["id"] for page in (first, second, third) for one in page["list"]]
    assert ids == ["4", "3", "2", "1", "0"]
    assert "next_offset" not in third
    for query in ({"id[is]": "3"}, {"email[is]": "john3@doe.example"}):
        (only,) = (await door.get(query=query))["list"]
        assert only["customer"]["id"] == "3"
    at = first["list"][0]["customer"]["created_at"]
    for bound, none in (("after", at + 60), ("before", at - 60)):
        assert len((await door.get(query={f"created_at[{bound}]": 2 * at - none}))["list"]) == 5
        assert (await door.get(query={f"created_at[{bound}]": none}))["list"] == []
    for query in ({"offset": "anything"}, {"limit": "0"}, {"limit": "101"}):
        wrong = await door.get(status=400, query=query)
        assert (wrong["api_error_code"], wrong["param"]) == ("param_wrong_value", next(iter(query)))
    assert (len((await door.get(limit=100))["list"]), ChargebeeList().limit) == (5, 10)


@ON_SQLITE
async def test_the_answer_tells_card_contacts_and_credits(shop: Shop, door: Door) -> None:
    made = await door.post(form={"id": "42", "card[tmp_token]": "tok_visa"})
    (there,) = await shop.stripe.objects("customer")
    await shop.stripe.post(f"customers/{there['id']}", {"balance": "-500"})
    assert await sync_object(shop.site.company_id, there["id"])

    told = (await door.get("/42"))["customer"]

    assert (told["contacts"], told["payment_method"]["gateway"]) == ([], "stripe")
    assert (made["customer"]["account_credits"], told["account_credits"]) == (0, 500)
    assert (told["refundable_credits"], told["excess_payments"]) == (0, 0)
    (row,) = await run_sql("SELECT created_at FROM customer")
    assert told["created_at"] == int(clock.stored_moment(row["created_at"]).timestamp())
    assert told["payment_method"].items() >= {"type": "card", "status": "valid"}.items()
    assert told["payment_method"]["reference_id"].startswith("pm_")
    assert made["card"]["masked_number"] == "************4242"


@ON_SQLITE
async def test_what_lies_around_the_document_has_no_path(shop: Shop, door: Door) -> None:
    await door.post(form={"id": "42"})

    assert (await door.get("/42"))["customer"]["contacts"] == []
    around = ("/compat/api/v2/portal_sessions", f"{PATH}/42/add_contact", f"{PATH}/42/contacts")
    for path in around:
        answer = await door.http.post(path, data={})
        assert answer.status_code == 404
        assert answer.json()["api_error_code"] == "resource_not_found"


@ON_SQLITE
async def test_every_failure_has_the_document_s_words(
    shop: Shop, portal: Portal, door: Door
) -> None:
    async with calling(portal) as nobody:
        unknown = await Door(nobody).get(status=401)
    async with program_with(portal, scopes=("customers:read",)) as reader:
        forbidden = await Door(reader).post(form={"id": "1"}, status=403)
    missing = await door.get("/nobody", 404)
    method = await door.http.delete(f"{PATH}/42")
    async with program_with(portal, label="hasty", per_minute=1) as hasty:
        await hasty.get(PATH)
        slower = await hasty.get(PATH)

    assert unknown["api_error_code"] == "api_authentication_failed"
    assert forbidden["api_error_code"] == "api_authorization_failed"
    assert missing["api_error_code"] == "resource_not_found"
    assert _read(method, 405)["api_error_code"] == "http_method_not_supported"
    assert set(method.headers["allow"].split(", ")) >= {"GET", "POST"}
    assert _read(slower, 429)["api_error_code"] == "api_request_limit_exceeded"
    assert int(slower.headers["retry-after"]) > 0


@ON_SQLITE
async def test_what_fails_on_our_side_has_the_document_s_words(
    shop: Shop, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.post(form={"id": "42"})
    await run_sql("UPDATE customer SET metadata = '{'")
    broken = await door.http.get(f"{PATH}/42")
    monkeypatch.setattr(arriving, "WAIT_S", 0.3)
    await shop.stripe.fault(match="POST /v1/customers", fault="status", status=500, times=99)
    named, form = {"chargebee-idempotency-key": "john-1"}, {"card[tmp_token]": "tok_visa"}
    first, busy = await asyncio.gather(
        *(door.http.post(PATH, data=form, headers=named, timeout=30) for _ in range(2))
    )
    await shop.stripe.mend()
    await shop.work_in_the_end()
    again = await door.http.post(PATH, data=form, headers=named)

    assert _read(broken, 500)["api_error_code"] == "internal_error"
    assert broken.headers["request-id"]
    assert _read(busy, 409)["api_error_code"] == "invalid_state_for_request"
    assert _read(first, 503)["api_error_code"] == "internal_temporary_error"
    assert (busy.headers["retry-after"], first.headers["retry-after"]) == ("1", "5")
    assert said(DatabaseBusy())["api_error_code"] == "db_connection_failure"
    assert (again.status_code, again.json()["card"]["last4"]) == (200, "4242")
    assert len(await run_sql("SELECT id FROM customer")) == 2


@ON_SQLITE
async def test_what_cannot_be_taken_is_refused_at_its_parameter(shop: Shop, door: Door) -> None:
    for form, code, param in (
        ({"email": "john"}, "param_wrong_value", "email"),
        ({"email": "a..b@doe.example"}, "param_wrong_value", "email"),
        ({"auto_collection": "maybe"}, "param_wrong_value", "auto_collection"),
        ({"meta_data": "none"}, "param_wrong_value", "meta_data"),
        ({"first_nmae": "John"}, "invalid_request", "first_nmae"),
    ):
        wrong = await door.post(form=form, status=400)
        assert (wrong["api_error_code"], wrong["param"]) == (code, param)
    assert len({row.id for row in ROWS}) == len(ROWS)
