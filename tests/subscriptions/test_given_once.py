"""Money goes back once, whoever works at it, and whatever Stripe answers meanwhile."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from portal import clock
from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.errors import Indeterminate, NotBegun
from portal.operations.backoff import key_of
from portal.steps import STEPS
from portal.subscriptions.withdraw import withdraw
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.subscriptions.giving import (
    DAY_S,
    adjustments,
    as_claimed,
    credit,
    generation,
    give_credit,
    given_back,
    paying,
    problem,
    repeated,
    switch,
    taken_over,
)


@ON_SQLITE
async def test_two_workers_give_back_once(shop: Shop) -> None:
    """One was taken over; of those who hold the lease, by their clocks, both send one key."""
    ada = await paying(shop, "house", refund="unused")
    await ada.passes(20 * DAY_S)
    await ada.sync()
    await withdraw(ada.shop.site, ada.id)
    (row,) = await run_sql("SELECT * FROM operation WHERE kind = 'withdraw_plan'")
    told = json.loads(row["params"]) | {"at": int(clock.now().timestamp()) + 20 * DAY_S}
    await ada.shop.stripe.fault(match="POST /v1/refunds", fault="delay", delay=0.3)
    call = STEPS["withdraw_plan"].call

    await taken_over(2, "next")
    with pytest.raises(NotBegun):
        await call(as_claimed(row, 1, told, "former"))
    assert await given_back(ada) == 0

    both = [call(as_claimed(row, 2, told, "next")) for _ in range(2)]
    ends = await asyncio.gather(*both, return_exceptions=True)

    # Whoever comes while the other is being paid hears so; whoever comes later, how that went.
    assert {type(end) for end in ends if isinstance(end, Exception)} <= {NotBegun}
    (refund,) = await ada.shop.stripe.objects("refund")
    assert refund["amount"] < 4900 / 2
    again = await repeated(ada, **told)
    assert (again.amount, again.problem) == (refund["amount"], "")


@ON_SQLITE
@pytest.mark.parametrize("refund", ["full", "unused"])
async def test_a_payment_whose_answer_was_an_error_is_given_back_once(
    shop: Shop, refund: str
) -> None:
    """An error at a look comes first: no key was used by it."""
    ada = await paying(shop, "house", refund=refund)
    await ada.shop.stripe.fault(match="GET /v1/subscriptions/*", kind="unavailable", times=1)
    await ada.shop.stripe.fault(match="POST /v1/refunds", kind="saved_500_after", times=1)

    await withdraw(ada.shop.site, ada.id)
    after_20_days = {"refund": refund, "at": int(clock.now().timestamp()) + 20 * DAY_S}
    await run_sql(
        "UPDATE operation SET params = {} WHERE kind = 'withdraw_plan'",
        json.dumps({"subscription": ada.subscription} | after_20_days),
    )
    await ada.shop.work_in_the_end()

    (paid,) = await ada.shop.stripe.objects("refund")
    # Of so much, Stripe would pay out the same once more.
    assert paid["amount"] == 4900 if refund == "full" else 1000 < paid["amount"] < 4900 / 2
    assert await problem() == ""


@ON_SQLITE
async def test_a_credit_whose_answer_was_an_error_is_taken_once(shop: Shop) -> None:
    ada = await paying(shop, "house")
    await switch(ada, "pric_studio")
    moved = "POST /v1/customers/*/balance_transactions"
    await ada.shop.stripe.fault(match="GET /v1/subscriptions/*", kind="unavailable", times=1)
    await ada.shop.stripe.fault(match=moved, kind="saved_500_after", times=1)

    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work_in_the_end()

    assert await adjustments(ada) == [3700]
    assert (await given_back(ada), await credit(ada), await problem()) == (4900, 0, "")


@ON_SQLITE
async def test_while_a_payment_may_be_under_way_its_key_is_the_only_one(shop: Shop) -> None:
    """No answer came of another sum under this key; looks that fail meanwhile change nothing."""
    ada = await paying(shop, "house")
    await withdraw(ada.shop.site, ada.id)
    (row,) = await run_sql("SELECT * FROM operation WHERE kind = 'withdraw_plan'")
    gateway = await gateway_of(ada.company)
    (intent,) = await ada.shop.stripe.objects("payment_intent")
    key = f"{key_of(as_claimed(row, 1, {}), gateway.account)}:{intent['id']}"
    await ada.shop.stripe.fault(match="POST /v1/refunds", kind="saved_500", times=1)
    with pytest.raises(Indeterminate):
        await gateway.give_back(intent["id"], 4800, marks={}, key=key)

    for looked in ("subscriptions/*", "invoices", "refunds"):
        await ada.shop.stripe.fault(match=f"GET /v1/{looked}", kind="unavailable", times=1)
        await run_sql("UPDATE operation SET next_at = {} WHERE state = 'ready'", clock.now())
        await ada.shop.work()
    assert (await given_back(ada), await generation()) == (0, 1)

    # Nothing is under way for so long.
    await run_sql("UPDATE operation SET first_sent_at = {}", clock.now() - timedelta(days=1))
    await ada.shop.work_in_the_end()
    assert (await given_back(ada), await generation(), await problem()) == (4900, 2, "")


@ON_SQLITE
async def test_what_is_credited_where_no_credit_was_to_be_moved_is_no_refusal(shop: Shop) -> None:
    ada = await paying(shop, "house")
    await switch(ada, "pric_studio")
    await give_credit(ada, -3700)
    await withdraw(ada.shop.site, ada.id)
    await ada.shop.work_in_the_end()
    assert (await given_back(ada), await problem()) == (1200, "")

    await give_credit(ada, 1000)
    again = await repeated(ada, refund="full")

    assert (again.amount, again.problem) == (1200, "")
    assert (await given_back(ada), await credit(ada)) == (1200, 1000)
