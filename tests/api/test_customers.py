"""Customers by the API: made, found known, told whole."""

from __future__ import annotations

import pytest

from portal.api.customer_models import CustomerTold
from portal.app import Portal
from portal.database import run_sql
from tests.api.calling import ADA, Program, calling, program_with
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop


async def test_a_customer_is_made_with_a_plan_and_a_known_one_is_left_alone(
    shop: Shop, program: Program
) -> None:
    made = await program.post("/v1/customers", ADA | {"plan": "studio"})
    await shop.work_in_the_end()
    again = await program.post("/v1/customers", ADA | {"first_name": "Grace"})

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["id"] == again.json()["id"]
    assert again.json()["first_name"] == "Ada"
    assert again.json()["message"] == "Customer already exists"
    assert again.json()["subscription"]["plan"] == "studio"
    assert again.json()["onboarding"]["state"] == "ready"
    assert again.json()["gateway_customer_id"].startswith("cus_")
    assert await shop.counts() == (1, 1)
    for answer in (made, again):
        CustomerTold.model_validate_json(answer.content, strict=True)


async def test_one_without_a_plan_is_retrieved(shop: Shop, program: Program) -> None:
    made = (await program.post("/v1/customers", ADA | {"plan": None})).json()
    told = await program.get(f"/v1/customers/{made['id']}")

    assert told.status_code == 200
    assert told.json()["email"] == ADA["email"]
    assert told.json()["address"]["postal_code"] == "SW1Y 4JH"
    assert told.json()["subscription"] is None
    assert {"ratelimit", "ratelimit-policy", "request-id"} <= set(told.headers)


async def test_nobody_made_by_a_program_is_taken_for_a_sign_up_that_was_left(
    shop: Shop, program: Program
) -> None:
    await program.post("/v1/customers", ADA)

    (entry,) = await run_sql("SELECT actor FROM audit_entry WHERE action = 'customer.signed_up'")
    assert entry["actor"] == program.key_id


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({"email": "ada"}, 400, "invalid_body", "/email"),
        ({"first_name": "Ada"}, 400, "invalid_body", "/email"),
        (ADA | {"trial": 3}, 400, "invalid_body", "/trial"),
        (ADA | {"first_name": 3}, 400, "invalid_body", "/first_name"),
        (ADA | {"first_name": "a\x00"}, 400, "invalid_body", "/first_name"),
        (ADA | {"first_name": "4242 4242 4242 4242"}, 400, "raw_card_refused", "/first_name"),
        (ADA | {"card": {"number": "1"}}, 400, "raw_card_refused", "/card/number"),
        (ADA | {"address": {"postal_code": "0", "country": "DE"}}, 422, "invalid_details",
         "/address/postal_code"),
        (ADA | {"address": {"country": "QQ"}}, 422, "invalid_details", "/address/country"),
        (ADA | {"email": "a@b@c.example"}, 400, "invalid_body", "/email"),
        (ADA | {"email": "a..b@c.example"}, 422, "invalid_details", "/email"),
    ],
)  # fmt: skip
@ON_SQLITE
async def test_what_is_wrong_is_named(
    program: Program, body: object, status: int, code: str, pointer: str
) -> None:
    answer = await program.post("/v1/customers", body)

    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), told
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in told["errors"]]
    assert await run_sql("SELECT id FROM customer") == []


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff",
        b'{"email": NaN}',
        b"[" * 5000,
        b"[" * 400 + b"]" * 400,
        b"[" * 900 + b"]" * 900,
        b"[" * 990 + b"]" * 990,
    ],
)
@ON_SQLITE
async def test_what_is_no_json_is_refused(program: Program, content: bytes) -> None:
    kind = {"content-type": "application/json"}
    answer = await program.http.post("/v1/customers", content=content, headers=kind)

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_body"


async def test_a_number_without_a_fraction_is_whole(shop: Shop, program: Program) -> None:
    kind = {"content-type": "application/json"}
    body = b'{"email": "ada@lovelace.example", "plan": null, "balance": -5.0e2}'
    made = await program.http.post("/v1/customers", content=body, headers=kind)

    assert (made.status_code, made.json()["balance"]) == (201, -500)


async def test_a_named_request_without_a_body_is_done_once(shop: Shop, program: Program) -> None:
    await program.post("/v1/customers", ADA | {"plan": "studio"})
    await shop.work_in_the_end()
    (held,) = await run_sql("SELECT stripe_id FROM subscription")
    kind = {"content-type": "multipart/form-data; boundary=x", "idempotency-key": "resume-1"}
    path = f"/v1/subscriptions/{held['stripe_id']}/resume"
    answers = [await program.http.post(path, content=b"x", headers=kind) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].headers["idempotent-replayed"] == "true"


async def test_who_asks_comes_before_what_is_asked(shop: Shop, portal: Portal) -> None:
    async with calling(portal) as nobody, calling(portal, "portal_test_sk_no") as stranger:
        missing = await nobody.post("/v1/customers", {})
        invalid = await stranger.post("/v1/customers", {})
    async with (
        program_with(portal, scopes=["customers:read"]) as reader,
        program_with(portal, kind="pk") as widget,
    ):
        lacking = await reader.post("/v1/customers", {})
        published = await widget.get("/v1/customers/cust_1")
        foreign = await reader.get("/v1/customers/cust_1")
    assert (missing.status_code, missing.json()["code"]) == (401, "key_missing")
    assert missing.headers["www-authenticate"] == 'Bearer realm="portal"'
    assert (invalid.status_code, invalid.json()["code"]) == (401, "key_invalid")
    assert 'error="invalid_token"' in invalid.headers["www-authenticate"]
    assert (lacking.status_code, published.status_code, foreign.status_code) == (403, 403, 404)
    assert 'scope="customers:write"' in lacking.headers["www-authenticate"]


async def test_a_key_that_asks_too_fast_has_to_wait(shop: Shop, portal: Portal) -> None:
    async with program_with(portal, per_minute=4) as hasty:
        answers = [await hasty.get("/v1/customers/cust_1") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[0].headers["ratelimit"] == '"key";r=2;t=30'


async def test_who_tries_keys_has_to_wait(shop: Shop, portal: Portal) -> None:
    async with calling(portal, "portal_test_sk_no") as stranger:
        codes = {(await stranger.get("/v1/customers/cust_1")).status_code for _ in range(20)}

    assert codes == {401, 429}


@ON_SQLITE
async def test_what_a_key_may_not_is_counted_as_well(shop: Shop, portal: Portal) -> None:
    async with program_with(portal, kind="pk", per_minute=4) as hasty:
        answers = [await hasty.get("/v1/customers/cust_1") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]


@ON_SQLITE
async def test_behind_many_wrong_keys_only_one_that_is_known_is_looked_at(
    shop: Shop, portal: Portal
) -> None:
    async with program_with(portal, label="known") as known, program_with(portal) as new:
        await known.get("/v1/customers/cust_1")
        async with calling(portal, "portal_test_sk_no") as stranger:
            for _ in range(20):
                await stranger.get("/v1/customers/cust_1")
        codes = [(await one.get("/v1/customers/cust_1")).status_code for one in (known, new)]

    assert codes == [404, 429]
