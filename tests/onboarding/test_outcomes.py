"""Every answer that Stripe may give, line by line: in the end one of everything."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal import clock
from portal.database import run_sql, transaction
from portal.operations.save import resume_company
from tests.onboarding.shop import Shop, onboarding, operations

CREATES = ("POST /v1/customers", "POST /v1/subscriptions")


async def ends_well(shop: Shop) -> list[int]:
    """Work to the end; there is one of everything. Return the generations that it took."""
    await shop.work_in_the_end()
    assert await shop.counts() == (1, 1)
    assert (await run_sql("SELECT state FROM onboarding"))[0]["state"] == "ready"
    assert (await run_sql("SELECT COUNT(*) AS n FROM subscription"))[0]["n"] == 1
    return [op["generation"] for op in await operations()]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("match", CREATES)
async def test_no_answer_means_the_same_key(shop: Shop, match: str, when: str) -> None:
    await shop.stripe.fault(match=match, fault="reset", when=when, times=2)
    await shop.sign_up()

    assert await ends_well(shop) == [1, 1]


@pytest.mark.parametrize("status", [409, 429])
@pytest.mark.parametrize("match", CREATES)
async def test_not_begun_means_the_same_key(shop: Shop, match: str, status: int) -> None:
    await shop.stripe.fault(match=match, fault="status", status=status, times=2)
    await shop.sign_up()

    assert await ends_well(shop) == [1, 1]


@pytest.mark.parametrize("match", CREATES)
async def test_a_saved_500_after_the_effect_is_looked_up_and_adopted(
    shop: Shop, match: str
) -> None:
    await shop.stripe.fault(
        match=match, fault="status", status=500, when="after", saved=True, times=1
    )
    await shop.sign_up()

    assert await ends_well(shop) == [1, 1]
    assert all(op["attempts"] == 1 for op in await operations())


@pytest.mark.parametrize("match", CREATES)
async def test_a_saved_500_without_effect_takes_the_next_key(shop: Shop, match: str) -> None:
    await shop.stripe.fault(match=match, fault="status", status=500, saved=True, times=1)
    await shop.sign_up()

    generations = await ends_well(shop)

    assert generations == [2 if match == each else 1 for each in CREATES]


@pytest.mark.parametrize("match", CREATES)
async def test_a_look_up_that_fails_is_not_a_no(shop: Shop, match: str) -> None:
    await shop.stripe.fault(
        match=match, fault="status", status=500, when="after", saved=True, times=1
    )
    await shop.stripe.fault(match="GET /v1/*", fault="reset", times=2)
    await shop.sign_up()

    assert await ends_well(shop) == [1, 1]


@pytest.mark.parametrize("had_effect", [True, False])
async def test_other_parameters_under_the_key_are_looked_up_and_told_of(
    shop: Shop, had_effect: bool, caplog: pytest.LogCaptureFixture
) -> None:
    when = "after" if had_effect else "before"
    await shop.stripe.fault(
        match=CREATES[0], fault="status", status=400, when=when, times=1, type="idempotency_error"
    )
    await shop.sign_up()

    assert await ends_well(shop) == [1 if had_effect else 2, 1]
    assert "parameters_changed" in caplog.text


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("match", CREATES)
async def test_a_day_later_the_key_is_not_trusted(shop: Shop, match: str, when: str) -> None:
    await shop.stripe.fault(match=match, fault="reset", when=when, times=1)
    await shop.sign_up()
    await shop.work()
    await shop.stripe.control("POST", "/clock", {"advance": 25 * 3600})

    with time_machine.travel(clock.now() + timedelta(hours=25), tick=True):
        generations = await ends_well(shop)

    renewed = 2 if when == "before" else 1
    assert generations == [renewed if match == each else 1 for each in CREATES]


async def test_after_a_week_of_trying_it_is_given_up_and_told(shop: Shop) -> None:
    await shop.stripe.fault(match=CREATES[0], fault="reset")
    signed_up = await shop.sign_up()
    await shop.work()
    await run_sql("UPDATE operation SET attempts = 500 WHERE kind = 'create_customer'")

    with time_machine.travel(clock.now() + timedelta(days=8), tick=True):
        await shop.work_in_the_end()

    assert [op["state"] for op in await operations()] == ["failed", "refused"]
    row = await onboarding(signed_up)
    assert (row["state"], await shop.counts()) == ("stuck", (0, 0))


async def test_a_rejected_key_pauses_the_company_and_is_told_once(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.stripe.fault(match="POST /v1/*", fault="status", status=401)
    for name in ("ada", "grace", "mallory"):
        await shop.sign_up(email=f"{name}@lovelace.example")

    with caplog.at_level(logging.ERROR):
        await shop.work()
        await run_sql("UPDATE operation SET next_at = created_at")
        await shop.work()

    assert caplog.text.count("operations.paused") == 1
    assert {op["state"] for op in await operations()} == {"ready"}
    rows = await run_sql("SELECT DISTINCT state FROM onboarding")
    assert [row["state"] for row in rows] == ["accepted"]
    assert len([call for call in await shop.stripe.calls() if call[1] == "/v1/customers"]) <= 3

    await shop.stripe.mend()
    async with transaction():
        await resume_company("comp_1")
    await shop.work_in_the_end()

    assert await shop.counts() == (3, 3)


async def test_a_mistake_of_ours_loses_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from portal.billing.stripe_gateway import StripeGateway

    def mistaken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(StripeGateway, "create_subscription", mistaken)
        await shop.sign_up()
        await shop.work()

    assert "operation.mistake" in caplog.text
    assert await ends_well(shop) == [1, 1]


async def test_an_operation_of_a_newer_version_waits(shop: Shop) -> None:
    await shop.sign_up(None)
    await run_sql("UPDATE operation SET kind = 'fly_to_the_moon'")

    await shop.work()

    (op,) = await operations("ready")
    assert op["error_code"] == "KeyError"
