"""Doors 000 to 002, asked again: of whom Stripe refused, and of who is known, with a plan."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from portal.compat.autosubscribe_models import Made
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
from tests.pages.shelves import change_site

KNOWN = "Customer already exists, and"
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
async def test_who_is_known_is_sold_the_plan_once_and_keeps_another(
    shop: Shop, program: Program
) -> None:
    await program.post(HERE, JOHN)

    both = await asyncio.gather(*(program.post(HERE, JOHN | {"planId": "house"}) for _ in range(3)))
    await shop.work_in_the_end()
    again = (await program.post(HERE, JOHN | {"planId": "house"})).json()
    other = as_described(await program.post(HERE, JOHN | {"planId": "studio"}), Onboarded)

    told = sorted(answer.json()["message"] for answer in both)
    assert told == [
        *[f"{KNOWN} is subscribed to the plan"] * 2,
        f"{KNOWN} is subscribed to the plan now",
    ]
    assert all(answer.json()["subscriptionLink"] for answer in both)
    assert (again["message"], bool(again["subscriptionLink"])) == (told[0], True)
    assert other["message"] == f"{KNOWN} holds another plan, which was left as it is"
    assert other["subscriptionLink"] is None
    ours = (await program.get(f"/v1/customers/{other['customer']['id']}")).json()
    assert ours["subscription"]["plan"] == "house"
    assert await shop.counts() == (1, 1)


@ON_SQLITE
async def test_a_plan_that_stripe_does_not_sell_is_told_and_sold_when_that_is_mended(
    shop: Shop, program: Program
) -> None:
    wanted = JOHN | {"planId": "house"}
    await shop.stripe.fault(
        match="POST /v1/subscriptions", fault="status", status=400,
        code="customer_tax_location_invalid",
    )  # fmt: skip
    refused = await program.post(HERE, wanted)
    await shop.stripe.mend()
    mended = await program.post(HERE, wanted | {"address": JOHN["address"] | {"city": "Albany"}})

    assert (refused.status_code, refused.json()["code"]) == (400, "refused_by_stripe")
    assert mended.status_code == 201
    assert mended.json()["subscriptionLink"]
    assert mended.json()["customer"]["address"]["city"] == "Albany"
    assert await shop.counts() == (1, 1)


@ON_SQLITE
async def test_door_002_sells_to_who_is_known_and_tells_what_they_hold(
    shop: Shop, program: Program
) -> None:
    await change_site(shop, default_plan="studio")
    first = as_described(await program.post(HERE, JOHN), Onboarded)["customer"]
    onkar = ONKAR | {"plan_id": "house"}

    sold = await asyncio.gather(*(program.post(AT_002, onkar) for _ in range(3)))
    await shop.work_in_the_end()
    other = as_described(await program.post(AT_002, onkar | {"plan_id": "studio"}), Made)["value"]
    await program.post(f"{AT_002}/{other['tsid']}/cancel_subscription", {"when": "IMMEDIATE"})
    left = as_described(await program.post(AT_002, ONKAR), Made)["value"]
    again = await program.post(AT_002, onkar)
    await shop.work_in_the_end()
    now = (await program.get(f"{AT_002}/{other['tsid']}")).json()["value"]["subscription"]

    assert {answer.status_code for answer in (*sold, again)} == {200}
    assert own_id("cust", other["tsid"]) == first["id"]
    assert (other["subscription"]["plan_id"], other["subscription"]["status"]) == (
        *("house", "ON_HOLD"),
    )
    # The default plan is not for who left; a plan that is named is.
    assert left["subscription"]["status"] == "CANCELLED"
    assert now["plan_id"] == "house"
    assert await shop.counts() == (1, 2)


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
