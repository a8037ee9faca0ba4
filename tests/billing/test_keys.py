"""A worker looks at each company's Stripe key as it starts; a Stripe that is down is no matter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from portal import clock, settings
from portal.billing import keys
from portal.billing.gateway import close_gateways, gateway_of
from portal.billing.keys import check_keys
from portal.billing.stripe_gateway import StripeGateway
from portal.database import run_sql, transaction
from portal.operations.save import pause_company
from portal.sites.tables import Company
from portal.upkeep import Upkeep
from portal.worker import Worker
from tests.local_stripe import LocalStripe

MAY = [
    *("customer_write", "tax_id_write", "subscription_write", "subscription_schedule_write"),
    *("invoice_write", "customer_portal_write", "payment_method_read", "product_read"),
    *("plan_read", "coupon_read", "promotion_code_read", "event_read", "charge_write"),
    "credit_note_read",
]


@pytest.fixture
async def stripe(database: str, sandbox: LocalStripe) -> AsyncIterator[LocalStripe]:
    """The account that a company sells through."""
    await Company.insert(
        Company(
            id="comp_1", key="acme", name="Acme", stripe_account=sandbox.account,
            created_at=clock.now(),
        )
    )  # fmt: skip
    yield sandbox
    await close_gateways()


async def use_key(stripe: LocalStripe, *permissions: str) -> None:
    """Have the settings name a restricted key of the account."""
    made = await stripe.control("POST", "/keys", {"permissions": permissions})
    settings.configure(stripe_key=made["key"])


async def held() -> list[str]:
    return [row["reason"] for row in await run_sql("SELECT reason FROM pause")]


async def until_held() -> None:
    async with asyncio.timeout(10):
        while not await held():  # noqa: ASYNC110 - another task's doing, in the database
            await asyncio.sleep(0.05)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


async def test_a_good_key_is_looked_at_with_one_call_and_nothing_is_said(
    stripe: LocalStripe, caplog: pytest.LogCaptureFixture
) -> None:
    await check_keys()

    assert await stripe.calls() == [("GET", "/v1/account")]
    assert await held() == []
    assert told(caplog) == []


async def test_a_revoked_key_holds_its_company_and_is_told_once(
    stripe: LocalStripe, caplog: pytest.LogCaptureFixture
) -> None:
    await stripe.control("POST", f"/keys/{stripe.key}/revoke")

    await asyncio.gather(check_keys(), check_keys())

    assert len(await held()) == 1
    # One that looked later may tell that it is still wrong.
    (line,) = [line for line in told(caplog) if line.startswith("operations.paused")]
    assert "company=comp_1" in line
    assert stripe.key not in caplog.text


async def test_a_key_of_another_account_holds_its_company(
    stripe: LocalStripe, caplog: pytest.LogCaptureFixture
) -> None:
    await Company.update({Company.stripe_account: "acct_other"}, force=True)

    await check_keys()

    (reason,) = await held()
    assert reason == f"The Stripe key is of {stripe.account}, but customers are at acct_other."
    assert len(told(caplog)) == 1


async def test_a_key_of_the_other_mode_holds_its_company(stripe: LocalStripe) -> None:
    await Company.update({Company.livemode: True}, force=True)

    await check_keys()

    assert "other mode" in (await held())[0]


async def test_a_restricted_key_that_may_do_what_we_do_is_good(
    stripe: LocalStripe, caplog: pytest.LogCaptureFixture
) -> None:
    await use_key(stripe, *MAY)

    await check_keys()

    assert await held() == []
    assert told(caplog) == []


@pytest.mark.parametrize(
    ("missing", "said"),
    [("customer_portal_write", "write billing portal sessions"), ("event_read", "read events")],
)
async def test_a_permission_that_is_missing_is_told_once_and_holds_nobody(
    stripe: LocalStripe, caplog: pytest.LogCaptureFixture, missing: str, said: str
) -> None:
    await use_key(stripe, *(each for each in MAY if each != missing))

    await check_keys()

    assert await held() == []
    assert told(caplog) == [f"stripe_key.may_not company=comp_1 {said}"]


async def test_a_key_that_may_do_nothing_is_told_in_stripes_words(
    stripe: LocalStripe, caplog: pytest.LogCaptureFixture
) -> None:
    await use_key(stripe, "charge_read")

    await check_keys()

    assert await held() == []
    (line,) = told(caplog)
    assert "does not have the required permissions" in line


async def test_a_company_that_was_held_goes_on_with_a_good_key_and_not_with_a_bad_one(
    stripe: LocalStripe, caplog: pytest.LogCaptureFixture
) -> None:
    async with transaction():
        await pause_company("comp_1", "api_key_expired")
    await stripe.control("POST", f"/keys/{stripe.key}/revoke")
    await check_keys()
    assert len(await held()) == 1
    assert told(caplog)[0].startswith("stripe_key.still_wrong company=comp_1")

    await stripe.control("POST", f"/keys/{stripe.key}/restore")
    await check_keys()

    assert await held() == []


@pytest.mark.parametrize(
    "down", [{"fault": "status", "status": 500}, {"fault": "hang", "delay": 1.0}]
)
async def test_stripe_down_holds_nobody_and_is_asked_again_later(
    stripe: LocalStripe,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    down: dict[str, Any],
) -> None:
    monkeypatch.setattr(keys, "AGAIN_S", 0.05)
    await Company.update({Company.stripe_account: "acct_other"}, force=True)
    await stripe.fault(match="GET /v1/account", **down)
    upkeep = Upkeep()

    began = time.monotonic()
    await upkeep.do_what_is_due()
    assert time.monotonic() - began < 1.0

    await asyncio.sleep(0.5)
    assert await held() == []
    assert told(caplog) == []
    await stripe.mend()
    await until_held()
    await upkeep.stop()


async def test_one_company_that_cannot_be_looked_at_keeps_no_other_from_it(
    stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    old = Company(id="comp_0", key="old", name="Old", created_at=clock.now() - timedelta(days=1))
    await Company.insert(old)

    async def break_on(company: str) -> StripeGateway:
        if company == "comp_0":
            raise ZeroDivisionError
        return await gateway_of(company)

    monkeypatch.setattr(keys, "gateway_of", break_on)
    await stripe.control("POST", f"/keys/{stripe.key}/revoke")

    await check_keys()

    assert len(await held()) == 1
    assert "stripe_key.check_failed company=comp_0" in caplog.text


async def test_a_worker_looks_as_it_starts(stripe: LocalStripe) -> None:
    await stripe.control("POST", f"/keys/{stripe.key}/revoke")
    worker = Worker()
    await worker.start()

    await until_held()

    await worker.stop()
