"""Doors 000 to 002, asked again of whom Stripe refused."""

from __future__ import annotations

from typing import Any

import pytest

from portal.compat.core_models import CustomerTold
from portal.compat.onboard_models import Onboarded
from portal.database import run_sql
from portal.onboarding.arrival import SignUpRefused, wait_for_customer
from portal.subscriptions.stykite import own_id
from tests.api.calling import Program
from tests.api.test_subscriptions import as_described
from tests.compat.test_autosubscribe import HERE as AT_002
from tests.compat.test_core import HERE as AT_001
from tests.compat.test_onboard import HERE, JOHN, MADE
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop

ONKAR = {"email": JOHN["email"], "customer_identifier": "42", "country_code": "IN"}


async def refusing(shop: Shop, match: str = "POST /v1/customers") -> None:
    """Have Stripe refuse who comes now for good."""
    await shop.stripe.fault(
        match=match, fault="status", status=400, code="email_invalid", param="email"
    )


async def refused_later(shop: Shop, program: Program, **said: Any) -> str:
    """Have door 002 make somebody whom Stripe refuses after the answer; return their id."""
    await refusing(shop)
    made = (await program.post(AT_002, ONKAR | said)).json()["value"]
    customer = own_id("cust", made["tsid"])
    assert customer
    with pytest.raises(SignUpRefused):
        await wait_for_customer(customer)
    await shop.stripe.mend()
    return customer


async def customers() -> list[str]:
    """Return the ids of who is there."""
    return [row["id"] for row in await run_sql("SELECT id FROM customer WHERE status = 'active'")]


@ON_SQLITE
async def test_whom_stripe_refused_after_the_answer_is_made_by_the_next_call(
    shop: Shop, program: Program
) -> None:
    there = await refused_later(shop, program, plan_id="house", phone=12345)

    mended = as_described(await program.post(HERE, JOHN), Onboarded)

    assert (mended["customer"]["id"], mended["message"]) == (there, MADE)
    assert mended["customer"]["lastName"] == "Doe"
    assert await customers() == [there]
    # No plan was named this time.
    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_either_of_e_mail_and_identifier_may_be_what_is_mended(
    shop: Shop, program: Program
) -> None:
    there = await refused_later(shop, program)

    mended = await program.post(AT_002, ONKAR | {"email": "right@onboard.example"})
    await shop.work_in_the_end()
    mixed = await program.post(AT_002, ONKAR | {"email": "other@onboard.example"})

    assert mended.status_code == 200
    assert own_id("cust", mended.json()["value"]["tsid"]) == there
    assert mixed.json()["error"]["code"] == "external_id_taken"
    (row,) = await run_sql("SELECT email, external_id FROM customer")
    assert (row["email"], row["external_id"]) == ("right@onboard.example", "42")
    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_who_was_not_adopted_can_be_sent_again_and_who_is_there_is_refused(
    shop: Shop, program: Program
) -> None:
    there = await shop.stripe.post("customers", {"email": JOHN["email"]})
    body = {"email": JOHN["email"], "payment_gateway_id": there["id"], "old_provider_id": "42"}
    named = {"idempotency-key": "a-name"}
    await refusing(shop, "POST /v1/customers/*")
    refused = await program.post(AT_001, body, headers=named)
    left = await customers()
    await shop.stripe.mend()

    mended = await program.post(AT_001, body, headers=named)
    again = await program.post(AT_001, body)

    assert (refused.status_code, refused.json()["code"], left) == (422, "refused_by_stripe", [])
    assert as_described(mended, CustomerTold)["payment_gateway_id"] == there["id"]
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")
    assert await customers() == [mended.json()["id"]]
    assert await shop.counts() == (1, 0)


@ON_SQLITE
async def test_door_001_begins_anew_with_whom_another_door_had_refused(
    shop: Shop, program: Program
) -> None:
    there = await refused_later(shop, program, plan_id="house")
    wanted = {"email": JOHN["email"], "username": "john", "email_marketing": True}

    mended = as_described(await program.post(AT_001, wanted), CustomerTold)
    await shop.work_in_the_end()

    assert (mended["id"], mended["old_provider_id"], mended["username"]) == (there, "42", "john")
    assert mended["email_marketing"]
    assert await shop.counts() == (1, 0)
