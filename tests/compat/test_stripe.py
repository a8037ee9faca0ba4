"""Document 004: customers as Stripe's own API has them."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from portal.app import Portal
from portal.compat import arriving
from portal.compat.stripe_queries import StripeList
from portal.database import run_sql
from portal.subscriptions.sync import sync_object
from tests.api.calling import Program, calling, program_with
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop

PATH = "/compat/stripe/v1/customers"
ADA = {
    "email": "ada@lovelace.example",
    "name": "Ada Lovelace",
    "phone": "020 7946 0958",
    "address[line1]": "12 St James’s Square",
    "address[city]": "London",
    "address[postal_code]": "SW1Y 4JH",
    "address[country]": "GB",
    "shipping[name]": "Ada",
    "shipping[address][line1]": "1 Tea Row",
    "shipping[address][country]": "GB",
    "metadata[crm]": "7",
}
# As the document shows the object.
FIELDS = (
    "id", "object", "address", "balance", "created", "currency", "default_source", "delinquent",
    "description", "discount", "email", "invoice_prefix", "invoice_settings", "livemode",
    "metadata", "name", "next_invoice_sequence", "phone", "preferred_locales", "shipping",
    "tax_exempt", "test_clock",
)  # fmt: skip


Form = dict[str, Any]


class Door:
    """What a program does at this door."""

    def __init__(self, program: Program) -> None:
        self.http = program.http

    async def create(self, *forms: Form, status: int = 200, **form: Any) -> Form:
        """Make a customer."""
        return _read(await self.http.post(PATH, data=_whole(forms, form)), status)

    async def update(self, id: str, *forms: Form, status: int = 200, **form: Any) -> Form:
        """Change one."""
        return _read(await self.http.post(f"{PATH}/{id}", data=_whole(forms, form)), status)

    async def get(self, id: str, status: int = 200, query: Form | None = None) -> Form:
        """Retrieve one."""
        return _read(await self.http.get(f"{PATH}/{id}", params=query), status)

    async def delete(self, id: str, status: int = 200) -> Form:
        """Delete one."""
        return _read(await self.http.delete(f"{PATH}/{id}"), status)

    async def list(self, *queries: Form, status: int = 200, **query: Any) -> Form:
        """List some."""
        return _read(await self.http.get(PATH, params=_whole(queries, query)), status)


def _whole(forms: tuple[Form, ...], form: Form) -> Form:
    return {name: value for one in (*forms, form) for name, value in one.items()}


def _read(answer: httpx.Response, status: int) -> Form:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    said: Form = answer.json()
    return said if status == 200 else dict(said["error"])


@pytest.fixture
def door(program: Program) -> Door:
    return Door(program)


async def test_a_customer_is_made_and_told_as_stripe_has_them(shop: Shop, door: Door) -> None:
    form = ADA | {"tax_id_data[0][type]": "gb_vat", "tax_id_data[0][value]": "GB980780684"}
    form |= {"tax_id_data[1][type]": "eu_vat", "tax_id_data[1][value]": "nonsense"}
    form |= {"business_name": "Engines Ltd", "individual_name": "Ada"}
    made = await door.create(form, {"expand[0]": "tax_ids"})

    (there,) = await shop.stripe.objects("customer")
    assert made["id"] == there["id"]
    assert (made["object"], made["name"], made["email"]) == (
        "customer", "Ada Lovelace", "ada@lovelace.example",
    )  # fmt: skip
    assert (made["business_name"], made["individual_name"]) == ("Engines Ltd", "Ada")
    held = await run_sql("SELECT value, refused FROM customer_tax_id")
    assert {row["value"]: bool(row["refused"]) for row in held} == {
        "GB980780684": False,
        "nonsense": True,
    }
    assert (made["phone"], there["phone"]) == ("020 7946 0958", "+442079460958")
    assert made["address"]["postal_code"] == "SW1Y 4JH"
    assert made["shipping"]["address"]["line1"] == "1 Tea Row"
    assert [each["value"] for each in made["tax_ids"]["data"]] == ["GB980780684"]
    assert set(FIELDS) <= made.keys()
    assert await shop.stripe.objects("subscription") == []
    other = await door.create(email=ADA["email"])
    assert other["id"] != made["id"]
    keys = await run_sql("SELECT email_key FROM customer ORDER BY id")
    assert [row["email_key"] for row in keys] == ["ada@lovelace.example", None]
    long = await door.create(email=f"{'a' * 251}@b.c", status=400)
    assert (long["code"], long["param"]) == ("email_invalid", "email")
    nowhere = await door.create({"address[country]": "ZZ"}, status=400)
    assert (nowhere["code"], nowhere["param"]) == ("country_code_invalid", "address[country]")
    northern = await door.update(other["id"], {"address[country]": "XI", "address[city]": "Newry"})
    assert northern["address"]["country"] == "XI"
    (at_stripe,) = [
        one for one in await shop.stripe.objects("customer") if one["id"] == other["id"]
    ]
    assert at_stripe["address"]["country"] == "GB"


@ON_SQLITE
async def test_what_only_stripe_makes_use_of_reaches_it(
    shop: Shop, portal: Portal, door: Door
) -> None:
    made = await door.create(
        {
            "description": "Counts", "balance": "-500", "invoice_prefix": "ADA",
            "next_invoice_sequence": "7", "preferred_locales[0]": "en-GB",
            "preferred_locales[1]": "fr", "tax_exempt": "reverse", "tax[ip_address]": "192.0.2.7",
            "cash_balance[settings][reconciliation_mode]": "manual",
            "invoice_settings[custom_fields][0][name]": "PO",
            "invoice_settings[custom_fields][0][value]": "7",
            "invoice_settings[footer]": "Thanks",
            "invoice_settings[rendering_options][amount_tax_display]": "exclude_tax",
            "validate": "true", "expand[0]": "subscriptions", "expand[1]": "default_source",
        }
    )  # fmt: skip

    assert (made["description"], made["balance"], made["invoice_prefix"]) == ("Counts", -500, "ADA")
    assert (made["next_invoice_sequence"], made["preferred_locales"]) == (7, ["en-GB", "fr"])
    assert made["tax_exempt"] == "reverse"
    settings = made["invoice_settings"]
    assert settings["custom_fields"] == [{"name": "PO", "value": "7"}]
    assert settings["footer"] == "Thanks"
    assert settings["rendering_options"]["amount_tax_display"] == "exclude_tax"
    assert (made["subscriptions"]["data"], made["default_source"]) == ([], None)
    there = await shop.stripe.post(
        f"customers/{made['id']}", {"expand[0]": "tax", "expand[1]": "cash_balance"}
    )
    assert there["cash_balance"]["settings"]["reconciliation_mode"] == "manual"
    assert there["tax"]["ip_address"] == "192.0.2.7"
    wrong = await door.create({"tax[ip_address]": "face"}, status=400)
    assert wrong["param"] == "tax[ip_address]"
    nowhere = {"address[country]": "US", "address[postal_code]": "00000"}
    checked = {"tax[validate_location]": "immediately"}
    untaxed = await door.create(nowhere | checked, status=400)
    assert (untaxed["code"], untaxed["param"]) == ("customer_tax_location_invalid", "address")
    there = await door.create(nowhere | {"tax[validate_location]": "deferred"})
    assert (await door.update(there["id"], checked, status=400))["param"] == "address"
    await door.delete(there["id"])
    opened = await door.get(made["id"], query={"expand[]": ["subscriptions", "tax_ids"]})
    (listed,) = (await door.list({"expand[]": ["data.tax_ids"]}))["data"]
    assert (opened["subscriptions"]["data"], opened["tax_ids"]["data"]) == ([], [])
    assert "subscriptions" not in listed
    assert listed["tax_ids"]["object"] == "list"
    scopes = ("customers:read", "customers:write")
    async with program_with(portal, label="narrow", scopes=scopes) as program:
        narrow, asked = Door(program), {"expand[0]": "subscriptions"}
        await narrow.get(made["id"], 403, asked)
        await narrow.list({"expand[0]": "data.subscriptions"}, status=403)
        for refused in (
            narrow.create(asked, status=403),
            narrow.update(made["id"], asked, status=403),
        ):
            assert (await refused)["code"] == "more_permissions_required"
        assert len((await narrow.list())["data"]) == 1


async def test_metadata_merges_and_our_marks_stay_ours(shop: Shop, door: Door) -> None:
    made = await door.create({"metadata[a]": "1", "metadata[b]": "2"})
    changed = await door.update(made["id"], {"metadata[a]": "", "metadata[c]": "3"})
    emptied = await door.update(made["id"], metadata="")

    assert (made["metadata"], changed["metadata"], emptied["metadata"]) == (
        {"a": "1", "b": "2"}, {"b": "2", "c": "3"}, {},
    )  # fmt: skip
    (there,) = await shop.stripe.objects("customer")
    assert there["metadata"]["portal"] == shop.site.company_id
    refused = await door.update(made["id"], {"metadata[customer]": "cust_1"}, status=400)
    assert refused["param"] == "metadata[customer]"

    told = {f"k{number:02}": str(number) for number in range(50)}
    fifty = await door.update(made["id"], {f"metadata[{key}]": told[key] for key in told})
    fewer = await door.update(made["id"], {"metadata[k00]": "", "metadata[k49]": "last"})
    more = {"metadata[k50]": "50", "metadata[k51]": "51"}
    refused = await door.update(made["id"], more, status=400)
    (there,) = await shop.stripe.objects("customer")
    assert (fifty["metadata"], refused["param"]) == (told, "metadata")
    assert fewer["metadata"] == {key: told[key] for key in told if key != "k00"} | {"k49": "last"}
    assert 44 < len(there["metadata"]) <= 50
    await door.update(made["id"], metadata="")
    for unset in ({"metadata[theirs]": ""}, {"metadata": ""}):
        await shop.stripe.post(f"customers/{made['id']}", {"metadata[theirs]": "1"})
        assert await sync_object(shop.site.company_id, made["id"])
        assert (await door.get(made["id"]))["metadata"] == {"theirs": "1"}
        assert (await door.update(made["id"], unset))["metadata"] == {}
    await run_sql("UPDATE billing_profile SET deleted = {}", True)
    assert (await door.update(made["id"], metadata=""))["metadata"] == {}


@ON_SQLITE
async def test_a_payment_method_comes_with_the_customer(shop: Shop, door: Door) -> None:
    card = await shop.stripe.post("payment_methods", {"type": "card", "card[token]": "tok_visa"})

    made = await door.create(payment_method=card["id"])
    unknown = await door.create(status=400, payment_method="pm_none")

    assert made["invoice_settings"]["default_payment_method"] == card["id"]
    assert (unknown["code"], unknown["param"]) == ("resource_missing", "payment_method")
    assert [one["id"] for one in (await door.list())["data"]] == [made["id"]]


@ON_SQLITE
async def test_a_token_becomes_the_card_and_what_is_owed_is_paid_once(
    shop: Shop, door: Door
) -> None:
    await shop.sign_up("house")
    await shop.work_in_the_end()
    (there,) = await shop.stripe.objects("customer")

    card = await shop.stripe.post("payment_methods", {"type": "card", "card[token]": "tok_visa"})

    chosen = await door.update(there["id"], default_source=card["id"])
    await shop.work_in_the_end()
    assert chosen["invoice_settings"]["default_payment_method"] == card["id"]
    assert [path for _, path in await shop.stripe.calls() if path.endswith("/pay")] == []

    changed = await door.update(there["id"], source="tok_visa")
    await shop.work_in_the_end()
    await door.update(there["id"], source="tok_visa")
    await shop.work_in_the_end()

    assert changed["invoice_settings"]["default_payment_method"].startswith("pm_")
    (sold,) = await shop.stripe.objects("subscription")
    assert sold["status"] == "active"
    paid = [path for _, path in await shop.stripe.calls() if path.endswith("/pay")]
    assert len(paid) == 1
    declined = await door.update(there["id"], status=402, source="tok_chargeDeclined")
    assert (declined["type"], declined["code"]) == ("card_error", "card_declined")
    again = {"idempotency-key": "declined"}
    new = {"source": "tok_chargeDeclined", "email": "grace@hopper.example"}
    told = [await door.http.post(PATH, data=new, headers=again) for _ in range(2)]
    assert [one.status_code for one in told] == [402, 402]
    assert told[0].content == told[1].content
    assert told[1].headers["idempotent-replayed"] == "true"
    assert len(await run_sql("SELECT id FROM customer WHERE status = 'deleted'")) == 1
    number = await door.update(there["id"], {"source[number]": "4242424242424242"}, status=400)
    assert number["code"] == "raw_card_refused"


@ON_SQLITE
async def test_a_customer_on_a_test_clock_is_listed_by_it_alone(shop: Shop, door: Door) -> None:
    clock = await shop.stripe.post("test_helpers/test_clocks", {"frozen_time": "1795348800"})
    on_it = await door.create(test_clock=clock["id"])
    on_none = await door.create(name="Grace")

    assert on_it["test_clock"] == clock["id"]
    await door.create(status=400, test_clock="clock_none")
    assert [one["id"] for one in (await door.list())["data"]] == [on_none["id"]]
    listed = await door.list(test_clock=clock["id"])
    assert [one["id"] for one in listed["data"]] == [on_it["id"]]


@ON_SQLITE
async def test_parameters_that_left_the_api_are_refused_by_name(shop: Shop, door: Door) -> None:
    for param in ("coupon", "promotion_code"):
        refused = await door.create({param: "TEA"}, status=400)
        assert (refused["code"], refused["param"]) == ("parameter_unknown", param)
        assert "subscription" in refused["message"]


async def test_what_is_passed_changes_and_empty_text_takes_away(shop: Shop, door: Door) -> None:
    made = await door.create(ADA)

    changed = await door.update(made["id"], {"description": "Counts", "address[city]": "Leeds"})
    bare = await door.update(made["id"], email="", phone="", shipping="", name="")

    assert (changed["name"], changed["description"]) == ("Ada Lovelace", "Counts")
    assert changed["address"]["city"] == "Leeds"
    assert (changed["address"]["line1"], changed["metadata"]) == (None, {"crm": "7"})
    assert (bare["email"], bare["phone"], bare["shipping"], bare["name"]) == (None,) * 4
    assert bare["description"] == "Counts"
    assert (await door.get(made["id"])) == bare


async def test_a_deleted_customer_remains_as_a_tombstone(shop: Shop, door: Door) -> None:
    await shop.sign_up("studio")
    await shop.work_in_the_end()
    (there,) = await shop.stripe.objects("customer")
    tombstone = {"id": there["id"], "object": "customer", "deleted": True}

    assert await door.delete(there["id"]) == tombstone
    await shop.work_in_the_end()

    (sold,) = await shop.stripe.objects("subscription")
    assert sold["status"] == "canceled"
    assert await door.get(there["id"]) == tombstone
    assert (await door.list())["data"] == []
    for again in (door.delete(there["id"], 404), door.update(there["id"], status=404, name="x")):
        assert (await again)["code"] == "resource_missing"


async def test_the_list_is_newest_first_and_goes_by_its_filters(shop: Shop, door: Door) -> None:
    made = [await door.create(email=f"{name}@example.com") for name in ("ada", "grace", "mallory")]
    first, second, third = (one["id"] for one in made)

    async def ids(*queries: Form, **query: Any) -> tuple[list[str], bool]:
        page = await door.list(*queries, **query)
        assert (page["object"], page["url"]) == ("list", "/v1/customers")
        return [one["id"] for one in page["data"]], page["has_more"]

    assert await ids() == ([third, second, first], False)
    assert await ids(limit=2) == ([third, second], True)
    assert await ids(starting_after=second) == ([first], False)
    assert await ids(ending_before=second) == ([third], False)
    assert await ids(email="grace@example.com") == ([second], False)
    assert await ids(email="Grace@example.com") == ([], False)
    for number, cus in enumerate((first, second, third)):
        at = datetime(2026, 11, 22, 12, 0, number, 500_000, tzinfo=UTC)
        await run_sql("UPDATE customer SET created_at = {} WHERE stripe_id = {}", at, cus)
    noon = (await door.get(first))["created"]
    for bound, told in (
        ("created[gt]", [third]),
        ("created[gte]", [third, second]),
        ("created[lt]", [first]),
        ("created[lte]", [second, first]),
        ("created", [second]),
    ):
        assert await ids({bound: noon + 1}) == (told, False), bound
    assert await ids({"created[gt]": noon, "created[lt]": noon + 2}) == ([second], False)
    both = await door.list(status=400, starting_after=first, ending_before=second)
    assert both["param"] == "ending_before"
    unknown = await door.list(status=400, starting_after="cus_none")
    assert (unknown["code"], unknown["param"]) == ("resource_missing", "starting_after")
    for limit in (0, 101):
        assert (await door.list(status=400, limit=limit))["param"] == "limit"
    assert (await ids(limit=100), StripeList().limit) == (([third, second, first], False), 10)


@ON_SQLITE
async def test_what_cannot_be_taken_is_refused_in_stripe_s_words(shop: Shop, door: Door) -> None:
    missing = await door.create({"shipping[name]": "Ada"}, status=400)
    unreadable = await door.create(status=400, email="a..b@example.com")

    assert missing["code"] == "parameter_missing"
    assert (unreadable["type"], unreadable["code"], unreadable["param"]) == (
        "invalid_request_error", "email_invalid", "email",
    )  # fmt: skip
    assert await shop.stripe.objects("customer") == []
    answer = await door.http.put(PATH)
    assert (answer.status_code, answer.json()["error"]["type"]) == (405, "invalid_request_error")


@ON_SQLITE
async def test_while_stripe_is_down_it_is_503_and_the_repeat_answers(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "WAIT_S", 0.5)
    await shop.stripe.fault(match="POST /v1/customers", fault="status", status=500, times=99)
    named = {"idempotency-key": "ada-1"}

    first = await program.http.post(PATH, data={"name": "Ada"}, headers=named, timeout=30)
    await shop.stripe.mend()
    await shop.work_in_the_end()
    second = await program.http.post(PATH, data={"name": "Ada"}, headers=named)

    assert (first.status_code, second.status_code) == (503, 200)
    assert first.json()["error"]["type"] == "api_error"
    assert first.headers["retry-after"]
    assert len(await shop.stripe.objects("customer")) == 1


@ON_SQLITE
async def test_the_key_is_taken_as_bearer_and_as_basic(
    shop: Shop, portal: Portal, door: Door
) -> None:
    assert (await door.list())["data"] == []
    key = door.http.headers["authorization"].removeprefix("Bearer ")
    basic = base64.b64encode(f"{key}:".encode()).decode()
    async with calling(portal) as nobody:
        let_in = await nobody.get(PATH, headers={"authorization": f"Basic {basic}"})
        refused = await nobody.get(PATH)
    assert let_in.status_code == 200
    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "invalid_request_error")
    async with program_with(portal, scopes=("customers:read",)) as reader:
        forbidden = await Door(reader).create(status=403, name="Ada")
    assert forbidden["code"] == "more_permissions_required"


@ON_SQLITE
async def test_there_is_no_search(shop: Shop, door: Door) -> None:
    searched = await door.get("search", 400, {"query": "name:'Ada'"})

    assert (searched["code"], searched["param"]) == ("parameter_unknown", "query")
    assert (await door.get("search", 404))["code"] == "resource_missing"


@ON_SQLITE
async def test_the_same_key_with_other_parameters_is_an_error(shop: Shop, program: Program) -> None:
    named = {"idempotency-key": "ada-1"}

    made = await program.http.post(PATH, data={"name": "Ada"}, headers=named)
    again = await program.http.post(PATH, data={"name": "Ada"}, headers=named)
    other = await program.http.post(PATH, data={"name": "Grace"}, headers=named)

    assert made.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert len(await shop.stripe.objects("customer")) == 1
    at_once = {"idempotency-key": "ada-2"}
    both = await asyncio.gather(
        *(program.http.post(PATH, data={"name": "Ada"}, headers=at_once) for _ in range(2))
    )
    done, busy = sorted(both, key=lambda answer: answer.status_code)
    assert (done.status_code, busy.status_code) == (200, 409)
    assert busy.json()["error"]["code"] == "idempotency_key_in_use"
    assert len(await shop.stripe.objects("customer")) == 2
