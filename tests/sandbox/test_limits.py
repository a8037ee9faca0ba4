"""The request limit: in all and for each endpoint, before idempotency, and counted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
import time_machine

from tests.sandbox.conftest import Control
from tests.sandbox.selling import ADA

KEY = {"idempotency_key": "onb:1"}


async def _refusals(*calls: Any) -> list[stripe.RateLimitError]:
    """Make these calls within one second, however long it takes."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        answers = await asyncio.gather(*calls, return_exceptions=True)
    return [each for each in answers if isinstance(each, stripe.RateLimitError)]


async def test_each_endpoint_has_a_limit_of_its_own(api: Any, control: Control) -> None:
    await control.post("limit", {"per_endpoint": 2})

    refused = await _refusals(
        *(api.customers.create_async(ADA) for _ in range(4)),
        *(api.products.create_async({"name": "Tea"}) for _ in range(3)),
    )

    assert len(refused) == 3
    for each in refused:
        assert each.error is not None
        assert (each.http_status, each.error.code) == (429, "rate_limit")
        assert (each.headers or {})["Stripe-Rate-Limited-Reason"] == "endpoint-rate"


async def test_the_limit_comes_before_the_key(api: Any, control: Control) -> None:
    made = await api.customers.create_async(ADA, KEY)
    await control.post("limit", {"per_second": 0})
    with pytest.raises(stripe.RateLimitError):
        await api.customers.create_async(ADA, KEY)
    with pytest.raises(stripe.RateLimitError):
        await api.customers.create_async({**ADA, "name": "Grace"}, KEY)

    await control.post("limit", {"per_second": None})

    assert (await api.customers.create_async(ADA, KEY)).id == made.id
    assert (await control.get("idempotency"))["mismatches"] == 0


async def test_what_waits_for_its_answer_counts_as_well(api: Any, control: Control) -> None:
    await control.post("latency", {"seconds": 0.2})
    await control.post("limit", {"per_second": 3})

    refused = await _refusals(*(api.customers.create_async(ADA) for _ in range(5)))

    assert len(refused) == 2


async def test_each_second_tells_what_was_answered_and_refused(api: Any, control: Control) -> None:
    await control.post("limit", {"per_second": 3})

    await _refusals(*(api.customers.create_async(ADA) for _ in range(5)))

    rates = await control.get("rates")
    assert (rates["answered"], rates["refused"]) == (3, 2)
    assert sum(each["answered"] for each in rates["seconds"]) == 3
    assert {name for each in rates["seconds"] for name in each["endpoints"]} == {
        "POST /v1/customers"
    }
    assert (await control.get("rates", since="4000000000"))["seconds"] == []
