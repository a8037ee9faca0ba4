"""Door 000: a customer is onboarded, and subscribed where a plan is named."""

from __future__ import annotations

import re
from typing import Any

import pytest

from portal.access.keys import create_key
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
MADE = "Customer successfully onboarded"
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
    assert told["message"] == MADE
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
    assert "subscriptionLink" not in again.json()
    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_every_field_reaches_the_customer_s_own(program: Program) -> None:
    made = (await program.post(HERE, JOHN)).json()["customer"]
    number = {"email": "n@onboard.example", "phone": 3012345678, "address": {"country": "DE"}}
    german = (await program.post(HERE, number)).json()["customer"]

    ours = (await program.get(f"/v1/customers/{made['id']}")).json()
    assert (ours["first_name"], ours["last_name"]) == ("John", "Doe")
    assert (made["phone"], ours["phone_e164"]) == ("+12025550123", "+12025550123")
    theirs = (await program.get(f"/v1/customers/{german['id']}")).json()
    assert (german["phone"], theirs["phone_e164"]) == ("3012345678", "+493012345678")
    assert ours["address"]["line1"] == "123 Main St"
    assert ours["address"]["state"] == "NY"
    assert ours["address"]["postal_code"] == "10001"


@ON_SQLITE
async def test_the_other_version_s_address_names_are_taken_too(
    shop: Shop, program: Program
) -> None:
    """And where no country is told none is kept: the document's own example is no address of it."""
    address = {"line1": "Unter den Linden 1", "city": "Berlin", "postal_code": "10117"}
    example = {name: text for name, text in JOHN["address"].items() if name != "country"}

    made = await program.post(
        HERE, {"email": "b@onboard.example", "address": address | {"country": "de"}}
    )
    told = []
    for country in ("GB", "NL"):
        await change_site(shop, country=country)
        said = {"email": f"{country}@onboard.example", "address": example, "phone": "+1234567890"}
        told.append((await program.post(HERE, said)).json()["customer"])

    assert made.json()["customer"]["address"] == {
        "street": "Unter den Linden 1",
        "city": "Berlin",
        "state": None,
        "postalCode": "10117",
        "country": "DE",
    }
    assert [one["address"] for one in told] == [example | {"country": None}] * 2


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
    there = await run_sql("SELECT id FROM customer WHERE status <> 'deleted'")
    await shop.stripe.mend()
    mended = await program.post(HERE, JOHN)

    assert none.status_code == 400
    assert {error["pointer"] for error in none.json()["errors"]} == {
        "/email", "/firstName", "/nick",
    }  # fmt: skip
    assert (rules.status_code, rules.json()["code"]) == (400, "invalid_details")
    assert {error["pointer"] for error in rules.json()["errors"]} == {"/phone", "/address/country"}
    assert (refused.status_code, refused.json()["code"], there) == (400, "refused_by_stripe", [])
    # Whom Stripe refused is in nobody's way: the same e-mail with mended data is somebody new.
    assert (mended.status_code, mended.json()["message"]) == (201, MADE)
    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_without_a_key_401_and_without_the_scope_403(shop: Shop, portal: Portal) -> None:
    async with calling(portal) as nobody:
        none = await nobody.post(HERE, JOHN)
    async with calling(portal, "portal_test_sk_made_up") as mallory:
        invalid = await mallory.post(HERE, JOHN)
    async with program_with(portal, scopes=["customers:read"]) as reader:
        weak = await reader.post(HERE, JOHN)
    test = await create_key("comp_1")
    # In production the company is of live mode: then a key of test mode opens nothing.
    await run_sql("UPDATE company SET livemode = {}", True)
    live = await create_key("comp_1", label="live")
    async with calling(portal, test.text) as staging:
        other_mode = await staging.post(HERE, JOHN)

    assert (test.text[:12], live.text[:12]) == ("portal_test_", "portal_live_")
    assert (other_mode.status_code, other_mode.json()["code"]) == (401, "key_invalid")
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
    assert session["flow"]["after_completion"]["redirect"]["return_url"] == f"{APP}/done"
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
    await program.post(HERE, JOHN | {"planId": "reader"})
    await shop.work_in_the_end()
    ours = (await program.get(f"/v1/customers/{made['customer']['id']}")).json()
    assert ours["subscription"]["plan"] == "reader"


@ON_SQLITE
async def test_what_the_document_leaves_open_is_as_at_v1(
    shop: Shop, portal: Portal, program: Program
) -> None:
    long = await program.post(HERE, JOHN | {"firstName": "J" * 256, "lastName": "D" * 255})
    first = await program.post(HERE, JOHN)
    again = await program.post(HERE, JOHN | {"lastName": "Roe"}, headers={"idempotency-key": "a"})
    async with program_with(portal, per_minute=1) as eager:
        fast = [(await eager.post(HERE, JOHN)) for _ in range(2)]

    assert (long.status_code, long.json()["code"]) == (400, "invalid_body")
    assert [error["pointer"] for error in long.json()["errors"]] == ["/firstName"]
    assert again.json()["customer"] == first.json()["customer"]
    assert await run_sql("SELECT id FROM answered") == []
    assert [answer.status_code for answer in fast] == [201, 429]
    assert int(fast[1].headers["retry-after"]) > 0


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
