"""What goes wrong when the sandbox is told to let it."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.selling import ADA

KEY = {"idempotency_key": "onb:1"}
CREATE = "POST /v1/customers"


async def _count(control: Control) -> int:
    count: int = (await control.get("objects", type="customer"))["count"]
    return count


async def test_a_connection_cut_before_the_effect_leaves_nothing(
    api: Any, control: Control
) -> None:
    await control.post("faults", [{"match": CREATE, "fault": "reset"}])

    with pytest.raises(stripe.APIConnectionError):
        await api.customers.create_async(ADA, KEY)

    assert await _count(control) == 0


async def test_a_connection_cut_after_the_effect_is_mended_by_the_same_key(
    api: Any, control: Control
) -> None:
    await control.post("faults", [{"match": CREATE, "fault": "reset", "when": "after", "times": 1}])
    with pytest.raises(stripe.APIConnectionError):
        await api.customers.create_async(ADA, KEY)

    mended = await api.customers.create_async(ADA, KEY)

    assert mended.last_response.headers["Idempotent-Replayed"] == "true"
    assert await _count(control) == 1


async def test_a_500_after_the_effect_can_be_saved_over_it(api: Any, control: Control) -> None:
    fault = {"match": CREATE, "fault": "status", "when": "after", "saved": True, "times": 1}
    await control.post("faults", [fault])

    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await api.customers.create_async(ADA, KEY)

    assert await _count(control) == 1


async def test_an_effect_can_come_late(api: Any, control: Control) -> None:
    late = {"match": CREATE, "fault": "status", "when": "late", "delay": 600, "times": 1}
    await control.post("faults", [late])
    with pytest.raises(stripe.APIError):
        await api.customers.create_async(ADA)
    at_first = await _count(control)

    await control.post("clock", {"advance": 601})

    assert (at_first, await _count(control)) == (0, 1)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, stripe.InvalidRequestError),
        (401, stripe.AuthenticationError),
        (402, stripe.CardError),
        (403, stripe.PermissionError),
        (409, stripe.APIError),
        (429, stripe.RateLimitError),
        (500, stripe.APIError),
    ],
)
async def test_each_status_rises_as_the_sdks_own_error(
    api: Any, control: Control, status: int, error: type[stripe.StripeError]
) -> None:
    await control.post("faults", [{"match": "* /v1/*", "fault": "status", "status": status}])

    with pytest.raises(stripe.StripeError) as refusal:
        await api.customers.create_async(ADA)

    assert refusal.value.http_status == status
    assert status == 409 or isinstance(refusal.value, error)


async def test_a_fault_with_a_seed_strikes_the_same_requests_again(
    api: Any, control: Control
) -> None:
    async def struck() -> list[bool]:
        await control.delete("faults")
        fault = {"match": CREATE, "fault": "status", "probability": 0.5, "seed": 7}
        await control.post("faults", [fault])
        outcomes = []
        for _ in range(8):
            try:
                await api.customers.create_async(ADA)
                outcomes.append(False)
            except stripe.APIError:
                outcomes.append(True)
        return outcomes

    first = await struck()

    assert first == await struck()
    assert len(set(first)) == 2


async def test_a_hang_gives_no_answer(address: str, control: Control) -> None:
    await control.post("faults", [{"match": CREATE, "fault": "hang", "delay": 5}])
    impatient = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=0.2))
    client = stripe.StripeClient(
        control.key, base_addresses={"api": address}, http_client=impatient
    )

    with pytest.raises(stripe.APIConnectionError):
        await client.v1.customers.create_async(params={"email": "ada@example.com"})

    await impatient.close_async()  # type: ignore[no-untyped-call]
    assert await _count(control) == 0


async def test_every_request_seen_is_listed_with_its_key_and_status(
    api: Any, control: Control
) -> None:
    await api.customers.create_async(ADA, KEY)
    with pytest.raises(stripe.InvalidRequestError):
        await api.customers.retrieve_async("cus_nobody")

    seen = (await control.get("requests"))["requests"]

    assert [(each["method"], each["path"], each["status"]) for each in seen] == [
        ("POST", "/v1/customers", 200),
        ("GET", "/v1/customers/cus_nobody", 404),
    ]
    assert seen[0]["idempotency_key"] == "onb:1"
    assert seen[0]["params"]["address"]["country"] == "GB"


async def test_latency_is_added_to_each_answer(api: Any, control: Control) -> None:
    await control.post("latency", {"seconds": 0.05})

    await api.customers.create_async(ADA)

    assert (await control.get("requests"))["requests"][-1]["duration"] >= 0.05


async def test_a_fault_that_makes_no_sense_is_refused(
    http: aiohttp.ClientSession, control: Control
) -> None:
    url = f"{control.address}/_sandbox/faults?key={control.key}"
    for nonsense in ([{"match": CREATE, "fault": "fire"}], [{"fault": "reset"}], [{"x": 1}]):
        async with http.post(url, json=nonsense) as reply:
            assert reply.status == 400


async def test_more_than_the_limit_a_second_is_429(api: Any, control: Control) -> None:
    await control.post("limit", {"per_second": 3})

    answers = await asyncio.gather(
        *(api.customers.create_async(ADA) for _ in range(6)), return_exceptions=True
    )

    refused = [each for each in answers if isinstance(each, stripe.RateLimitError)]
    assert (len(refused), await _count(control)) == (3, 3)
    await control.post("limit", {"per_second": None})
    assert (await api.customers.create_async(ADA)).email == "ada@example.com"
