"""Door 000: a customer is onboarded, and subscribed where a plan is named."""

from __future__ import annotations

import re
from typing import Any

import pytest

from portal.app import Portal
from portal.compat.onboard_models import Onboarded
from portal.database import run_sql
from tests.api.calling import Program, calling, program_with
from tests.api.test_subscriptions import as_described
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.shelves import change_site

HERE = "/compat/onboard/customers"
APP = "https://app.example"
JOHN: dict[str, Any] = {
    "email": "john@onboard.example",
    "firstName": "John",
    "lastName": "Doe",
    "phone": "+12025550123",
    "address": {
        "street": "123 Main St",
        "city": "New York",
        "state": "NY",
        "postalCode": "10001",
        "country": "US",
    },
}
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def test_a_customer_is_made_and_answered_in_the_document_s_shape(
    shop: Shop, program: Program
) -> None:
    made = await program.post(HERE, JOHN)

    told = as_described(made, Onboarded)
    customer = told["customer"]
    assert made.status_code == 201
    assert set(told) == {"customer", "stripeCustomerId", "message"}
    assert told["message"] == "Customer successfully onboarded"
    assert told["stripeCustomerId"] == customer["stripeCustomerId"]
    assert (await shop.stripe.objects("customer"))[0]["id"] == told["stripeCustomerId"]
    assert customer["address"] == JOHN["address"]
    assert all(_ISO.fullmatch(customer[name]) for name in ("createdAt", "updatedAt"))
    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_the_same_e_mail_again_returns_the_present_customer_unchanged(
    shop: Shop, program: Program
) -> None:
    first = await program.post(HERE, JOHN)
    again = await program.post(HERE, JOHN | {"email": "JOHN@onboard.example", "firstName": "Jon"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["customer"] == first.json()["customer"]
    assert again.json()["message"] == "Customer already exists"
    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_every_field_reaches_the_customer_s_own(program: Program) -> None:
    made = (await program.post(HERE, JOHN)).json()["customer"]

    ours = (await program.get(f"/v1/customers/{made['id']}")).json()
    assert (ours["first_name"], ours["last_name"]) == ("John", "Doe")
    assert ours["phone_e164"] == "+12025550123"
    assert ours["address"]["line1"] == "123 Main St"
    assert ours["address"]["state"] == "NY"
    assert ours["address"]["postal_code"] == "10001"


@ON_SQLITE
async def test_the_other_version_s_address_names_are_taken_too(program: Program) -> None:
    address = {"line1": "Unter den Linden 1", "city": "Berlin", "postal_code": "10117"}

    made = await program.post(HERE, {"email": "b@onboard.example", "address": address})

    assert made.json()["customer"]["address"] == {
        "street": "Unter den Linden 1",
        "city": "Berlin",
        "state": None,
        "postalCode": "10117",
        "country": "DE",
    }


@ON_SQLITE
async def test_every_wrong_field_is_named_with_400(shop: Shop, program: Program) -> None:
    none = await program.post(HERE, {"firstName": 7, "nick": "J"})
    rules = await program.post(
        HERE, {"email": "john@onboard.example", "phone": "1", "address": {"country": "ZZ"}}
    )
    await shop.stripe.fault(
        match="POST /v1/customers", fault="status", status=400, code="email_invalid", param="email"
    )
    refused = await program.post(HERE, JOHN)

    assert none.status_code == 400
    assert {error["pointer"] for error in none.json()["errors"]} == {
        "/email", "/firstName", "/nick",
    }  # fmt: skip
    assert (rules.status_code, rules.json()["code"]) == (400, "invalid_details")
    assert {error["pointer"] for error in rules.json()["errors"]} == {"/phone", "/address/country"}
    assert (refused.status_code, refused.json()["code"]) == (400, "refused_by_stripe")


@ON_SQLITE
async def test_without_a_key_401_and_without_the_scope_403(shop: Shop, portal: Portal) -> None:
    async with calling(portal) as nobody:
        none = await nobody.post(HERE, JOHN)
    async with calling(portal, "portal_test_sk_made_up") as mallory:
        invalid = await mallory.post(HERE, JOHN)
    async with program_with(portal, scopes=["customers:read"]) as reader:
        weak = await reader.post(HERE, JOHN)

    assert (none.status_code, none.json()["code"]) == (401, "key_missing")
    assert (invalid.status_code, invalid.json()["code"]) == (401, "key_invalid")
    assert (weak.status_code, weak.json()["code"]) == (403, "insufficient_scope")
    assert not await run_sql("SELECT id FROM customer")


@ON_SQLITE
async def test_with_a_plan_the_answer_links_to_the_billing_portal(
    shop: Shop, portal: Portal, program: Program
) -> None:
    await change_site(shop, return_origins=f'["{APP}"]')
    wanted = JOHN | {"planId": 2, "successUrl": f"{APP}/done", "cancelUrl": f"{APP}/back"}

    made = await program.post(HERE, wanted)
    await shop.work_in_the_end()
    free = await program.post(HERE, {"email": "free@onboard.example", "planId": "reader"})
    async with program_with(portal, scopes=["customers:write"]) as weak:
        bare = await weak.post(HERE, wanted | {"email": "weak@onboard.example"})
    elsewhere = await program.post(HERE, wanted | {"cancelUrl": "https://mallory.example/"})
    unknown = await program.post(HERE, wanted | {"planId": 9})

    told = as_described(made, Onboarded)
    assert told["subscriptionLink"].startswith(shop.stripe.url)
    ours = (await program.get(f"/v1/customers/{told['customer']['id']}")).json()
    assert ours["subscription"]["plan"] == "house"
    session = (await shop.stripe.objects("billing_portal.session"))[-1]
    assert session["return_url"] == f"{APP}/back"
    assert free.json()["subscriptionLink"] is bare.json()["subscriptionLink"] is None
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (400, "return_url_not_listed")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "plan_not_on_offer")


@ON_SQLITE
async def test_the_link_is_kept_nowhere_and_a_repeat_has_another(
    shop: Shop, program: Program
) -> None:
    named = {"idempotency-key": "a-name"}

    first = await program.post(HERE, JOHN | {"planId": "house"}, headers=named)
    kept = await run_sql("SELECT id FROM answered")
    again = await program.post(HERE, JOHN | {"planId": "house"}, headers=named)

    links = {answer.json()["subscriptionLink"] for answer in (first, again)}
    assert len(links - {None}) == 2
    assert first.json()["customer"]["id"] == again.json()["customer"]["id"]
    assert kept == await run_sql("SELECT id FROM answered") == []
    assert len(await run_sql("SELECT id FROM customer")) == 1


@ON_SQLITE
async def test_without_a_plan_there_is_no_subscription(shop: Shop, program: Program) -> None:
    await change_site(shop, default_plan="studio")

    made = (await program.post(HERE, JOHN)).json()

    ours = (await program.get(f"/v1/customers/{made['customer']['id']}")).json()
    assert ours["subscription"] is None
    assert "subscriptionLink" not in made


@ON_SQLITE
async def test_stripe_down_is_503_and_the_repeat_completes(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.compat.onboard.WAIT_S", 0.3)
    await shop.stripe.fault(match="POST /v1/customers", fault="reset")
    down = await program.post(HERE, JOHN)
    await shop.stripe.mend()
    await shop.work_in_the_end()
    up = await program.post(HERE, JOHN)

    assert (down.status_code, down.json()["code"]) == (503, "billing_unavailable")
    assert int(down.headers["retry-after"]) > 0
    assert up.status_code == 201
    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_what_lies_around_the_document_has_no_path(program: Program) -> None:
    for path in ("/compat/onboard/policyholders", "/compat/onboard/invoices"):
        assert (await program.get(path)).status_code == 404
    assert (await program.patch(HERE, {})).status_code == 405
