"""A customer by the API with all that can be said of one; and what a key may not say."""

from __future__ import annotations

from typing import Any

import pytest

from portal.api.customer_models import CustomerTold
from portal.api.examples import NEW_CUSTOMER
from portal.app import Portal
from portal.database import run_sql
from tests.api.calling import ADA, Program, program_with
from tests.customers.pictures import picture
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop

NOT_SAID = {"plan", "interval"}


async def test_all_that_is_said_is_told_again(shop: Shop, program: Program) -> None:
    made = await program.post("/v1/customers", {**NEW_CUSTOMER, "balance": -500})
    await shop.work_in_the_end()

    told = (await program.get(f"/v1/customers/{made.json()['id']}")).json()
    CustomerTold.model_validate(told, strict=True)
    assert made.status_code == 201
    said = {name: value for name, value in NEW_CUSTOMER.items() if name not in NOT_SAID}
    assert _within(said | {"site": "site_1"}, told) == []
    assert told["subscription"]["plan"] == "studio"
    assert told["balance"] == -500
    assert told["onboarding"]["state"] == "ready"
    (theirs,) = await shop.stripe.objects("customer")
    assert theirs["metadata"]["crm"] == "7"
    assert theirs["balance"] == -500


@pytest.mark.parametrize(
    ("said", "scope"),
    [
        ({"trial_days": 3}, "trials:override"),
        ({"password": {"value": "correct horse battery", "type": "plain_text"}},
         "customers:import"),
        ({"gateway_customer_id": "cus_1"}, "customers:import"),
        ({"imported": True}, "customers:import"),
        ({"email_verified": True}, "customers:import"),
        ({"skip_email_check": True}, "customers:import"),
    ],
)  # fmt: skip
@ON_SQLITE
async def test_a_key_says_only_what_it_may(
    shop: Shop, portal: Portal, said: dict[str, Any], scope: str
) -> None:
    async with program_with(portal, scopes=["customers:write"]) as program:
        answer = await program.post("/v1/customers", ADA | said)

    assert answer.status_code == 403
    assert f'scope="{scope}"' in answer.headers["www-authenticate"]
    assert await run_sql("SELECT id FROM customer") == []


async def test_a_trial_parts_and_a_password_are_taken(shop: Shop, program: Program) -> None:
    said = {"plan": "studio", "trial_days": 3, "email_verified": True}
    said |= {"password": {"value": "correct horse battery", "type": "plain_text"}}
    made = (await program.post("/v1/customers", ADA | said)).json()
    await shop.work_in_the_end()

    assert made["email_verified"] is True
    (sold,) = await shop.stripe.objects("subscription")
    assert sold["trial_end"] - sold["trial_start"] == 3 * 24 * 3600
    (kept,) = await run_sql("SELECT scheme FROM password")
    assert kept["scheme"] == "argon2id"


@pytest.mark.parametrize(
    ("said", "status", "code", "pointer"),
    [
        ({"plan": "nothing"}, 404, "plan_not_on_offer", None),
        ({"site": "9"}, 404, "not_found", None),
        ({"success_url": "https://elsewhere.example/"}, 422, "return_url_not_listed", None),
        ({"time_zone": "Mars/Olympus"}, 422, "invalid_details", "/time_zone"),
        ({"created_from_ip": "here"}, 422, "invalid_details", "/created_from_ip"),
        ({"tax_ids": [{"value": "GB980780684", "type": "eu_vat"}]}, 422, "invalid_details",
         "/tax_ids/0/type"),
        ({"password": {"value": "x", "type": "md5"}}, 422, "invalid_details", "/password/value"),
        ({"shipping": {"name": "Ada", "address": {"postal_code": "1", "country": "DE"}}}, 422,
         "invalid_details", "/shipping/address/postal_code"),
        ({"plan": "studio", "coupon": "NONE"}, 422, "invalid_details", "/coupon"),
        ({"plan": "studio", "add_ons": [{"key": "x"}]}, 422, "invalid_details", "/add_ons"),
        ({"gateway_customer_id": "cus_none"}, 422, "gateway_customer_unknown", None),
        ({"payment_intent": "pi_none"}, 422, "payment_intent_unusable", None),
        ({"metadata": {"a[b]": "1"}}, 400, "invalid_body", None),
        ({"username": "a da"}, 400, "invalid_body", "/username"),
    ],
)  # fmt: skip
@ON_SQLITE
async def test_what_a_rule_refuses_is_named(
    program: Program, said: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    answer = await program.post("/v1/customers", ADA | said)

    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), told
    if pointer:
        assert [error["pointer"] for error in told["errors"]] == [pointer]
    assert await run_sql("SELECT id FROM customer") == []


async def test_one_form_brings_a_customer_and_their_picture(shop: Shop, program: Program) -> None:
    form = {"email": "ada@lovelace.example", "address[city]": "London", "auto_collection": "false"}
    form |= {"tax_ids[0][value]": "GB980780684", "metadata[crm]": "7", "plan": "reader"}
    made = await program.http.post(
        "/v1/customers", data=form, files={"avatar": ("ada.png", picture())}
    )
    wrong = await program.http.post(
        "/v1/customers", data=form | {"email": "b@c.example"}, files={"avatar": ("a.png", b"no")}
    )

    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["address"]["city"], told["auto_collection"]) == ("London", False)
    assert (told["metadata"], told["tax_ids"][0]["value"]) == ({"crm": "7"}, "GB980780684")
    assert (await program.get(told["avatar"])).headers["content-type"] == "image/webp"
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/avatar")
    assert len(await run_sql("SELECT id FROM customer")) == 1


async def test_an_external_id_is_one_customers(shop: Shop, program: Program) -> None:
    first = await program.post("/v1/customers", ADA | {"external_id": "42"})
    other = await program.post(
        "/v1/customers", ADA | {"external_id": "42", "email": "grace@hopper.example"}
    )

    assert (first.status_code, other.status_code) == (201, 409)
    assert other.json()["code"] == "external_id_taken"


def _within(said: Any, told: Any, where: str = "") -> list[str]:
    """Return where something that was said is not told again."""
    if isinstance(said, dict):
        return [
            wrong for name in said for wrong in _within(said[name], told[name], f"{where}/{name}")
        ]
    if isinstance(said, list) and said and isinstance(said[0], dict):
        pairs = zip(said, told, strict=True)
        return [wrong for one, other in pairs for wrong in _within(one, other, where)]
    return [] if said == told else [f"{where}: {told!r}, not {said!r}"]
