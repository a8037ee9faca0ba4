"""Nothing goes out past the budget and the breaker."""

from __future__ import annotations

import asyncio
import time

import pytest

from portal.billing.budget import FAILURES
from portal.billing.gateway import (
    REQUEST_S,
    close_gateways,
    companies_answered_again,
    gateway_of,
    held_companies,
    open_gateway,
    share_calls,
)
from portal.billing.stripe_gateway import StripeGateway
from portal.billing.stripe_transport import PacedTransport
from portal.database import run_sql
from portal.errors import KeyRejected, NotAllowed, NotBegun, Unanswered
from portal.settings import configure
from tests.local_stripe import LocalStripe
from tests.onboarding.conftest import shop
from tests.onboarding.shop import Shop

__all__ = ["shop"]


async def fail(gateway: StripeGateway, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Unanswered):
            await gateway.fetch_customer("cus_1")


async def test_after_failures_in_a_row_nothing_more_is_sent(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    await sandbox.fault(match="GET /v1/customers/*", fault="reset")
    await fail(gateway, FAILURES)
    sent = len(await sandbox.calls())

    with pytest.raises(NotBegun) as raised:
        await gateway.fetch_customer("cus_1")

    assert len(await sandbox.calls()) == sent
    assert raised.value.retry_after_s is not None
    assert 0 < raised.value.retry_after_s <= 6.0


async def test_a_no_is_an_answer(gateway: StripeGateway) -> None:
    for _ in range(FAILURES + 1):
        with pytest.raises(Exception, match="resource_missing"):
            await gateway.fetch_customer("cus_none")

    assert not gateway.transport.breaker.is_open


async def test_a_company_is_held_while_stripe_is_down_and_told_once_when_it_is_back(
    shop: Shop,
) -> None:
    gateway = await gateway_of(shop.site.company_id)
    await shop.stripe.fault(match="GET /v1/customers/*", fault="reset")
    await fail(gateway, FAILURES)
    assert held_companies() == [shop.site.company_id]
    assert companies_answered_again() == []

    await shop.stripe.mend()
    breaker = gateway.transport.breaker
    breaker._opened_at, breaker._probe_at = time.monotonic() - 5.0, time.monotonic()
    with pytest.raises(Exception, match="resource_missing"):
        await gateway.fetch_customer("cus_1")

    assert held_companies() == []
    assert companies_answered_again() == [shop.site.company_id]
    assert companies_answered_again() == []


async def test_what_waited_for_stripe_is_done_as_soon_as_it_answers(shop: Shop) -> None:
    await shop.stripe.fault(match="POST /v1/customers", fault="reset", times=1)
    await shop.sign_up()
    await shop.work()
    assert await shop.counts() == (0, 0)
    transport = (await gateway_of(shop.site.company_id)).transport
    transport._answers_again = True  # As after a breaker that closed.

    await shop.work()

    assert await shop.counts() == (1, 1)


async def test_what_fails_beside_what_is_answered_is_not_tried_without_a_pause(shop: Shop) -> None:
    """Looking them up is answered, and closes the breaker that making them has opened."""
    await shop.stripe.fault(match="POST /v1/customers", fault="status", status=503)
    for number in range(12):
        await shop.sign_up(email=f"ada{number}@lovelace.example")
    async with asyncio.timeout(30):
        await shop.work()

    tries = await run_sql("SELECT MAX(attempts) AS most FROM operation")
    assert tries[0]["most"] <= 5


async def test_too_many_is_taken_to_heart(gateway: StripeGateway, sandbox: LocalStripe) -> None:
    await sandbox.fault(match="GET /v1/customers/*", fault="status", status=429, times=1)
    before = gateway.transport.budget.rate(time.monotonic())

    with pytest.raises(NotBegun):
        await gateway.fetch_customer("cus_1")

    assert gateway.transport.budget.rate(time.monotonic()) < before * 0.8


async def test_an_object_that_is_locked_slows_nothing_else(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    await sandbox.fault(match="GET /v1/customers/*", kind="lock_timeout", times=1)

    with pytest.raises(NotBegun):
        await gateway.fetch_customer("cus_1")

    budget = gateway.transport.budget
    assert budget.rate(time.monotonic()) == budget.calls_per_s


async def test_a_person_goes_before_what_nobody_waits_for(sandbox: LocalStripe) -> None:
    configure(stripe_calls_per_s=1.0)
    gateway = open_gateway(sandbox.key)
    customer = await gateway.create_customer({"email": "ada@lovelace.example"}, key="k")
    owed = [asyncio.create_task(gateway.fetch_customer(customer)) for _ in range(12)]
    await asyncio.sleep(0.1)

    await gateway.fetch_customer(customer, within_s=REQUEST_S)

    assert sum(not task.done() for task in owed) >= 6
    assert gateway.transport.has_line
    for task in owed:
        task.cancel()
    await asyncio.gather(*owed, return_exceptions=True)
    await close_gateways()


async def test_who_would_stand_in_line_too_long_is_sent_home_unsent(
    sandbox: LocalStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.billing.stripe_transport._IN_LINE_S", 0.05)
    configure(stripe_calls_per_s=1.0)
    gateway = open_gateway(sandbox.key)

    ends = await asyncio.gather(
        *(gateway.fetch_customer("cus_1") for _ in range(6)), return_exceptions=True
    )

    unsent = [end for end in ends if isinstance(end, NotBegun)]
    assert len(unsent) >= 4
    assert len(await sandbox.calls()) == len(ends) - len(unsent)
    await close_gateways()


async def ask_at_once(gateway: StripeGateway, times: int) -> list[BaseException | object]:
    asked = (gateway.fetch_customer("cus_1") for _ in range(times))
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_once_a_key_is_refused_nobody_who_stands_in_line_is_sent(
    sandbox: LocalStripe,
) -> None:
    configure(stripe_calls_per_s=4.0)
    gateway = open_gateway(sandbox.key)
    await sandbox.control("POST", f"/keys/{sandbox.key}/revoke")

    ends = await ask_at_once(gateway, 40)

    assert all(isinstance(end, KeyRejected) for end in ends)
    # Three at once, and then four in every second that the first answer takes.
    assert 1 <= len(await sandbox.calls()) <= 12
    await close_gateways()


async def test_if_nobody_were_turned_away_all_would_be_sent(
    sandbox: LocalStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(PacedTransport, "turn_away", lambda self, reason: None)
    configure(stripe_calls_per_s=80.0)
    gateway = open_gateway(sandbox.key)
    await sandbox.control("POST", f"/keys/{sandbox.key}/revoke")

    await ask_at_once(gateway, 80)

    assert len(await sandbox.calls()) == 80
    await close_gateways()


async def test_who_comes_after_a_refusal_is_sent_and_a_missing_permission_turns_nobody_away(
    sandbox: LocalStripe,
) -> None:
    configure(stripe_calls_per_s=4.0)
    gateway = open_gateway(sandbox.key)
    missing = {"status": 403, "code": "more_permissions_required", "message": "No."}
    await sandbox.fault(match="GET /v1/customers/*", fault="status", times=1, **missing)

    ends = await ask_at_once(gateway, 5)
    assert [type(end) for end in ends].count(NotAllowed) == 1
    assert len(await sandbox.calls()) == 5

    gateway.transport.turn_away("refused a moment ago")
    with pytest.raises(Exception, match="resource_missing"):
        await gateway.fetch_customer("cus_1")
    await close_gateways()


async def test_processes_share_the_calls_of_present_and_later_gateways(
    gateway: StripeGateway,
) -> None:
    share_calls(3)
    later = open_gateway("sk_test_later")
    try:
        assert gateway.transport.budget.processes == later.transport.budget.processes == 3
    finally:
        share_calls(1)
