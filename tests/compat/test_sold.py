"""Doors 000 and 002, asked with a plan for who is known: it is sold once, and left due."""

from __future__ import annotations

import asyncio

from portal.compat.autosubscribe_models import Made
from portal.compat.onboard_models import Onboarded
from portal.database import run_sql
from portal.subscriptions.stykite import own_id
from portal.subscriptions.sync import sync_object
from tests.api.calling import Program
from tests.api.test_subscriptions import as_described
from tests.compat.test_autosubscribe import HERE as AT_002
from tests.compat.test_onboard import HERE, JOHN
from tests.databases import ON_SQLITE
from tests.journeys.truth import until_our_copy
from tests.onboarding.shop import Shop
from tests.pages.shelves import change_site

_CHANGED = """INSERT INTO plan_change (id, customer, subscription, kind, state, price, asked_at)
 SELECT 'chng_1', customer, stripe_id, 'switch', 'done', 'pric_house', started_at
 FROM subscription"""
KNOWN = "Customer already exists, and"
ONKAR = {"email": JOHN["email"], "customer_identifier": "42", "country_code": "IN"}


async def adds_card(shop: Shop, stripe_id: str) -> None:
    """Put another card on file, and look at it."""
    told = {"customer": stripe_id}
    card = await shop.stripe.post("payment_methods/pm_card_visa/attach", told)
    default = {"invoice_settings[default_payment_method]": card["id"]}
    await shop.stripe.post(f"customers/{stripe_id}", default)
    await sync_object(shop.site.company_id, stripe_id)


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
    again = as_described(await program.post(AT_002, onkar), Made)["value"]
    at_000 = as_described(await program.post(HERE, JOHN | {"planId": "house"}), Onboarded)
    await shop.work_in_the_end()
    once = await shop.counts()
    never = await program.post(AT_002, onkar | {"plan_id": "reader"})
    await shop.work_in_the_end()
    now = (await program.get(f"{AT_002}/{other['tsid']}")).json()["value"]["subscription"]

    assert {answer.status_code for answer in (*sold, never)} == {200}
    assert own_id("cust", other["tsid"]) == first["id"]
    assert (other["subscription"]["plan_id"], other["subscription"]["status"]) == (
        *("house", "ON_HOLD"),
    )
    # The default plan is not for who left; a plan that is named is, unless it is what they left.
    for told in (left, again):
        assert told["subscription"]["status"] == "CANCELLED"
        assert told["account_link"].endswith("/account")
    assert at_000["message"].startswith(f"{KNOWN} held the plan before")
    assert (at_000["subscriptionLink"], once) == (again["account_link"], (1, 1))
    assert "account_link" not in never.json()["value"]
    assert now["plan_id"] == "reader"
    assert await shop.counts() == (1, 2)


@ON_SQLITE
async def test_a_plan_that_was_changed_away_from_or_paid_back_is_not_sold_again(
    shop: Shop, program: Program
) -> None:
    wanted = JOHN | {"planId": "house"}
    await program.post(HERE, wanted)
    await shop.work_in_the_end()
    over = "UPDATE subscription SET status = 'canceled', ended_at = started_at"
    others = "price_stripe_id = (SELECT stripe_id FROM price WHERE id = 'pric_studio')"
    changed = (
        # Begun with it, changed away from it; sold as it, at Stripe; changed to it and away.
        (f"{over}, {others}",),
        (over, "UPDATE onboarding SET subscription_stripe_id = NULL"),
        (f"{over}, {others}", "UPDATE onboarding SET subscription_stripe_id = NULL", _CHANGED),
    )
    before = await run_sql(
        "SELECT price_stripe_id, subscription_stripe_id FROM subscription"
        " JOIN onboarding ON onboarding.subscription_stripe_id = subscription.stripe_id"
    )
    told = []
    for statements in changed:
        for statement in statements:
            await run_sql(statement)
        told.append((await program.post(HERE, wanted)).json()["message"])
        await run_sql("UPDATE subscription SET price_stripe_id = {}", before[0]["price_stripe_id"])
        await run_sql(
            "UPDATE onboarding SET subscription_stripe_id = {}",
            before[0]["subscription_stripe_id"],
        )

    await run_sql("DELETE FROM plan_change")
    await run_sql("UPDATE subscription SET status = 'incomplete_expired'")
    unpaid = (await program.post(HERE, wanted)).json()
    at_002 = (await program.post(AT_002, ONKAR | {"plan_id": "house"})).json()["value"]

    assert [one.startswith(f"{KNOWN} held the plan before") for one in told] == [True] * 3
    assert unpaid["message"].startswith(f"{KNOWN} did not pay for the plan")
    assert unpaid["subscriptionLink"] == at_002["account_link"]
    assert await shop.counts() == (1, 1)


@ON_SQLITE
async def test_what_is_sold_to_who_is_known_is_paid_by_nothing_that_was_on_file(
    shop: Shop, program: Program
) -> None:
    there = (await program.post(HERE, JOHN)).json()["stripeCustomerId"]
    await adds_card(shop, there)

    sold = (await program.post(HERE, JOHN | {"planId": "house"})).json()
    await shop.work_in_the_end()
    await until_our_copy("subscription", status="incomplete", payment="not_tried")
    (left,) = await run_sql("SELECT stripe_id FROM subscription")
    await sync_object(shop.site.company_id, left["stripe_id"])
    await shop.work_in_the_end()
    (due,) = await run_sql("SELECT status, payment FROM subscription")
    await adds_card(shop, there)

    assert sold["subscriptionLink"]
    assert (due["status"], due["payment"]) == ("incomplete", "not_tried")
    # The control: what they enter themselves pays.
    await until_our_copy("subscription", status="active")
