"""Signing up: one customer, one subscription, whoever asks however often."""

from __future__ import annotations

import asyncio

from portal.database import run_sql
from portal.onboarding.signup import SignedUp
from tests.onboarding.shop import Shop, onboarding, operations


async def test_a_sign_up_makes_one_customer_and_one_subscription(shop: Shop) -> None:
    signed_up = await shop.sign_up()
    await shop.work()

    assert await shop.counts() == (1, 1)
    row = await onboarding(signed_up)
    (subscription,) = await shop.stripe.objects("subscription")
    assert (row["state"], row["subscription_stripe_id"]) == ("ready", subscription["id"])
    assert subscription["status"] == "trialing"
    copies = await run_sql("SELECT stripe_id, status, customer FROM subscription")
    assert [(copy["stripe_id"], copy["status"]) for copy in copies] == [
        (subscription["id"], "trialing")
    ]
    assert copies[0]["customer"] == signed_up.customer


async def test_nothing_is_sent_before_the_commit(shop: Shop) -> None:
    before = len(await shop.stripe.calls())

    await shop.sign_up()

    assert len(await shop.stripe.calls()) == before
    assert [op["state"] for op in await operations()] == ["ready", "ready"]


async def test_a_sign_up_costs_two_calls_besides_the_portal(shop: Shop) -> None:
    before = len(await shop.stripe.calls())
    await shop.sign_up()
    await shop.work()

    assert (await shop.stripe.calls())[before:] == [
        ("POST", "/v1/customers"),
        ("POST", "/v1/subscriptions"),
    ]


async def test_what_was_sent_can_be_recognised_and_our_row_forgets_it(shop: Shop) -> None:
    signed_up = await shop.sign_up()
    owed = await operations()
    await shop.work()

    (customer,) = await shop.stripe.objects("customer")
    (subscription,) = await shop.stripe.objects("subscription")
    assert customer["metadata"] == {
        "portal": "comp_1",
        "site": "site_1",
        "customer": signed_up.customer,
        "onboarding": signed_up.onboarding,
        "operation": owed[0]["op_id"],
    }
    assert subscription["metadata"]["operation"] == owed[1]["op_id"]
    assert "ada@" in owed[0]["params"]
    assert [(op["state"], op["params"]) for op in await operations()] == [("done", "{}")] * 2


async def test_without_a_plan_there_is_a_customer_and_nothing_to_pay(shop: Shop) -> None:
    signed_up = await shop.sign_up(None)
    await shop.work()

    assert await shop.counts() == (1, 0)
    assert (await onboarding(signed_up))["state"] == "ready"


async def test_fifty_submits_at_once_make_one_of_everything(shop: Shop) -> None:
    came = await asyncio.gather(*(shop.sign_up() for _ in range(50)))
    await shop.work()

    assert await shop.counts() == (1, 1)
    assert [each.is_new for each in came].count(True) == 1
    assert all(each.is_own_flow for each in came)
    assert len({each.onboarding for each in came}) == 1
    for table in ("customer", "onboarding", "subscription"):
        assert (await run_sql(f"SELECT COUNT(*) AS n FROM {table}"))[0]["n"] == 1


async def test_a_known_email_from_another_browser_changes_nothing(shop: Shop) -> None:
    ada = await shop.sign_up()
    await shop.work()

    mallory = await shop.sign_up("house", browser="Mallory's", first_name="Mallory")
    await shop.work()

    assert mallory == SignedUp(ada.onboarding, ada.customer, is_new=False, is_own_flow=False)
    assert await shop.counts() == (1, 1)
    (row,) = await run_sql("SELECT first_name FROM customer")
    assert row["first_name"] == "Ada"
    assert {op["kind"] for op in await operations()} == {"create_customer", "create_subscription"}


async def test_without_a_browser_a_known_email_is_nobodys_flow(shop: Shop) -> None:
    await shop.sign_up(browser=None)

    again = await shop.sign_up(browser=None)

    assert not again.is_own_flow


async def test_the_same_form_again_in_the_same_browser_is_the_same_sign_up(shop: Shop) -> None:
    first = await shop.sign_up()
    await shop.work()

    again = await shop.sign_up()
    await shop.work()

    assert again == SignedUp(first.onboarding, first.customer, is_new=False, is_own_flow=True)
    assert len(await operations()) == 2
    assert (await onboarding(first))["state"] == "ready"


async def test_a_correction_before_anything_was_sent_goes_out_by_itself(shop: Shop) -> None:
    await shop.sign_up()
    await shop.sign_up("house", first_name="Augusta Ada")
    await shop.work()

    (customer,) = await shop.stripe.objects("customer")
    (subscription,) = await shop.stripe.objects("subscription")
    assert customer["name"] == "Augusta Ada Lovelace"
    assert subscription["status"] == "incomplete"
    assert len(await operations()) == 2


async def test_a_correction_after_it_was_sent_follows_as_an_update(shop: Shop) -> None:
    first = await shop.sign_up()
    await shop.work()

    await shop.sign_up("house", city="Marylebone")
    await shop.work()

    (customer,) = await shop.stripe.objects("customer")
    assert customer["address"]["city"] == "Marylebone"
    assert await shop.counts() == (1, 1)
    assert (await onboarding(first))["price"] == "pric_studio"


async def test_the_audit_trail_names_no_person(shop: Shop) -> None:
    signed_up = await shop.sign_up()

    (entry,) = await run_sql("SELECT action, object_id, fields FROM audit_entry")
    assert (entry["action"], entry["object_id"]) == ("customer.signed_up", signed_up.customer)
    assert "ada" not in entry["fields"]
