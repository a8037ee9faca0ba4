"""A key of one site: whom another site of the company has is nobody, and nothing, to it."""

from __future__ import annotations

from typing import Any

import pytest

from portal import clock
from portal.app import Portal
from portal.customers.shown import written
from portal.database import run_sql
from tests.api.calling import ADA, Program, program_with
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.shelves import sell_parts

BY_EMAIL: dict[str, Any] = {"email": ADA["email"]}
AT_002 = "/compat/v1/company/COM-1/country/CON-{}/customer"


@pytest.mark.parametrize(
    ("path", "said", "code"),
    [
        ("/v1/customers", BY_EMAIL, "email_taken"),
        ("/v1/customers", {"external_id": "42"} | BY_EMAIL, "email_taken"),
        ("/compat/onboard/customers", BY_EMAIL | {"planId": "house"}, "email_taken"),
        (
            AT_002.format(2),
            BY_EMAIL | {"customer_identifier": "43", "country_code": "GB"},
            "email_taken",
        ),
    ],
    ids=["v1", "v1 by both", "000", "002"],
)
@ON_SQLITE
async def test_whom_another_site_has_is_not_told(
    shop: Shop, portal: Portal, program: Program, path: str, said: dict[str, Any], code: str
) -> None:
    ada = (await program.post("/v1/customers", ADA | {"external_id": "42"})).json()["id"]
    await shop.work_in_the_end()

    async with program_with(portal, sites=["site_2"]) as elsewhere:
        answer = await elsewhere.post(path, said)
    known = await program.post("/v1/customers", BY_EMAIL)

    told = answer.json()
    assert (answer.status_code, (told.get("error") or told)["code"]) == (409, code), told
    assert ada not in answer.text
    assert "Lovelace" not in answer.text
    assert await shop.stripe.objects("billing_portal.session") == []
    assert known.json()["id"] == ada
    assert len(await run_sql("SELECT id FROM customer")) == 1


@ON_SQLITE
async def test_a_market_takes_nobody_of_another_market_for_its_own(
    shop: Shop, program: Program
) -> None:
    """Though the key may act at both."""
    said = BY_EMAIL | {"customer_identifier": "42", "country_code": "GB"}
    here = await program.post(AT_002.format(1), said)
    there = await program.post(AT_002.format(2), said)
    again = await program.post(AT_002.format(1), said)

    assert (here.status_code, there.status_code, again.status_code) == (200, 409, 200)
    assert there.json()["error"]["code"] == "email_taken"


@ON_SQLITE
async def test_use_of_whom_another_site_has_is_not_counted_nor_its_event_ids_taken(
    shop: Shop, portal: Portal, program: Program
) -> None:
    await sell_parts(shop)
    ada = (await program.post("/v1/customers", ADA | {"plan": "house"})).json()["id"]
    use = {"event_id": "1", "customer": ada, "meter": "calls", "quantity": 3}
    said = {"events": [use | {"at": written(clock.now())}]}

    grace = {"email": "grace@hopper.example", "site": "2", "plan": None}
    theirs = use | {"customer": (await program.post("/v1/customers", grace)).json()["id"]}
    claimed = {"events": [theirs | {"at": written(clock.now())}]}

    async with program_with(portal, sites=["site_2"]) as elsewhere:
        (refused,) = (await elsewhere.post("/v1/usage", said)).json()["data"]
        (claim,) = (await elsewhere.post("/v1/usage", claimed)).json()["data"]
    async with program_with(portal, sites=["site_1"], label="here") as here:
        (taken,) = (await here.post("/v1/usage", said)).json()["data"]

    assert (refused["state"], refused["problem"]["code"]) == ("refused", "customer_unknown")
    assert (claim["state"], taken["state"]) == ("taken", "taken")
