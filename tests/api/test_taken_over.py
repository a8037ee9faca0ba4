"""Who is at Stripe already is taken over by the API, by whoever may."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.access.keys import SCOPES
from portal.app import Portal
from portal.database import run_sql
from tests.api.calling import ADA, Program, program_with
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop


async def test_a_customer_at_stripe_is_taken_over_with_what_they_pay_by(
    shop: Shop, program: Program
) -> None:
    there = await shop.stripe.post("customers", {"email": "ada@lovelace.example"})
    method = {"customer": there["id"]}
    await shop.stripe.post("payment_methods/pm_card_visa/attach", method)
    said = {"gateway_customer_id": there["id"], "import_payment_methods": True, "plan": None}
    made = (await program.post("/v1/customers", ADA | said)).json()
    await shop.work_in_the_end()
    again = await program.post("/v1/customers", ADA | said | {"email": "grace@hopper.example"})

    told = (await program.get(f"/v1/customers/{made['id']}")).json()
    assert told["gateway_customer_id"] == there["id"]
    assert await shop.counts() == (1, 0)
    assert (again.status_code, again.json()["code"]) == (409, "gateway_customer_taken")


@pytest.mark.parametrize(
    ("capture", "hours", "scopes", "path", "status"),
    [
        ("automatic", 25, ["customers:write"], "/v1/customers", 403),
        ("automatic", 25, ["customers:write"], "/compat/api/v2/customers", 403),
        ("automatic", 25, SCOPES, "/v1/customers", 201),
        ("automatic", 23, ["customers:write"], "/v1/customers", 201),
        ("manual", 25, ["customers:write"], "/v1/customers", 201),
    ],
)
@ON_SQLITE
async def test_a_payment_of_long_ago_brings_its_customer_to_who_may_import_alone(
    shop: Shop, portal: Portal, capture: str, hours: int, scopes: list[str], path: str, status: int
) -> None:
    there = await shop.stripe.post("customers", {"email": "ada@former.example"})
    paid = {"amount": 100, "currency": "eur", "customer": there["id"], "confirm": "true"}
    paid |= {"payment_method": "pm_card_visa", "setup_future_usage": "off_session"}
    intent = await shop.stripe.post("payment_intents", paid | {"capture_method": capture})

    with time_machine.travel(clock.now() + timedelta(hours=hours), tick=True):
        async with program_with(portal, scopes=scopes) as program:
            if path.startswith("/v1"):
                said = ADA | {"plan": None, "payment_intent": intent["id"]}
                answer = await program.post(path, said)
            else:
                answer = await program.http.post(path, data={"payment_intent[id]": intent["id"]})

    assert answer.status_code == status, answer.text
    if status == 403:
        assert 'scope="customers:import"' in answer.headers["www-authenticate"]
        assert await run_sql("SELECT id FROM customer") == []
