"""Faults are aimed by call, by customer and by chance, and have kinds with names."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
import stripe
import time_machine

from portal.sandbox.fault_kinds import KINDS
from portal.sandbox.wire import Answer, write_answer
from tests.sandbox.conftest import Control
from tests.sandbox.selling import ADA, a_price, ada

KEY = {"idempotency_key": "onb:1"}
CREATE = "POST /v1/customers"


async def _outcomes(api: Any, count: int) -> list[str]:
    """Make so many customers, one after the other; tell what came of each."""
    found = []
    for _ in range(count):
        try:
            await api.customers.create_async(ADA)
            found.append("made")
        except stripe.StripeError as error:
            found.append(str(error.http_status))
    return found


async def _emails(control: Control) -> list[str]:
    return [each["email"] for each in (await control.get("objects", type="customer"))["objects"]]


async def test_a_fault_strikes_from_the_nth_call_so_many_times(api: Any, control: Control) -> None:
    await control.post("faults", {"kind": "error", "match": CREATE, "nth": 3, "times": 2})

    assert await _outcomes(api, 5) == ["made", "made", "500", "500", "made"]


async def test_a_fault_strikes_only_the_customer_it_is_aimed_at(api: Any, control: Control) -> None:
    price = await a_price(api, unit_amount=900)
    made = await ada(api)
    grace = await ada(api, email="grace@example.com")
    await control.post("faults", {"kind": "error", "email": "ada@*"})

    with pytest.raises(stripe.APIError):
        await api.customers.create_async(ADA)
    with pytest.raises(stripe.APIError):
        await api.customers.update_async(made.id, {"name": "Ada King"})
    with pytest.raises(stripe.APIError):
        await api.subscriptions.create_async({"customer": made.id, "items": [{"price": price.id}]})
    renamed = await api.customers.update_async(grace.id, {"name": "Grace"})

    assert renamed.name == "Grace"


async def test_a_mixture_with_a_seed_is_the_same_whatever_happens_between(
    api: Any, control: Control
) -> None:
    mixture = {"kinds": {"error": 0.3, "limited": 0.2, "reset_after": 0.2}, "seed": 7}

    async def run(*, others: bool) -> list[str]:
        await control.delete("faults")
        await control.post("faults", mixture)
        found = []
        for _ in range(20):
            found += await _outcomes(api, 1)
            if others:
                with pytest.raises(stripe.StripeError):
                    await api.products.create_async({})
        return found

    first = await run(others=False)

    assert first == await run(others=True)
    assert set(first) == {"made", "500", "429", "None"}


async def test_a_mixture_counts_what_it_did(api: Any, control: Control) -> None:
    await control.post("faults", {"kinds": {"error": 0.5, "unavailable": 0.5}, "match": CREATE})

    outcomes = await _outcomes(api, 6)

    (described,) = (await control.get("faults"))["faults"]
    assert described["struck"] == 6
    assert described["struck_by"].get("error", 0) == outcomes.count("500")
    assert described["struck_by"].get("unavailable", 0) == outcomes.count("503")


@pytest.mark.parametrize("kind", ["limited", "limited_retry", "lock_timeout"])
async def test_a_429_says_what_it_is_and_whether_to_try_again(
    api: Any, control: Control, kind: str
) -> None:
    await control.post("faults", {"kind": kind})

    with pytest.raises(stripe.RateLimitError) as refusal:
        await api.customers.create_async(ADA)

    code = "lock_timeout" if kind == "lock_timeout" else "rate_limit"
    assert refusal.value.error is not None
    assert refusal.value.error.code == code
    told = (refusal.value.headers or {}).get("Stripe-Should-Retry")
    assert told == ("true" if kind == "limited_retry" else None)


async def test_every_kind_can_be_set(control: Control) -> None:
    await control.post("faults", [{"kind": kind} for kind in KINDS])

    described = (await control.get("faults"))["faults"]

    assert [each["kind"] for each in described] == list(KINDS)


async def test_a_late_object_appears_in_the_accounts_time_and_not_twice(
    api: Any, control: Control
) -> None:
    await control.post("faults", {"kind": "late", "match": CREATE, "delay": 600, "times": 1})
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await api.customers.create_async(ADA, KEY)
    at_first = await _emails(control)
    await control.post("clock", {"advance": 599})
    before = await _emails(control)

    await control.post("clock", {"advance": 2})
    await control.post("clock", {"advance": 3600})

    assert (at_first, before) == ([], [])
    assert await _emails(control) == ["ada@example.com"]
    created = [each["type"] for each in (await control.get("events"))["events"]]
    assert created == ["customer.created"]


async def test_a_late_effect_whose_key_was_used_again_meanwhile_does_not_come(
    api: Any, control: Control
) -> None:
    late = {"kind": "late", "match": CREATE, "saved": False, "delay": 600, "times": 1}
    await control.post("faults", late)
    with pytest.raises(stripe.APIError):
        await api.customers.create_async(ADA, KEY)
    await api.customers.create_async(ADA, KEY)

    await control.post("clock", {"advance": 700})

    assert await _emails(control) == ["ada@example.com"]


async def test_a_kept_answer_can_be_lost_as_well_but_not_refused(
    api: Any, control: Control
) -> None:
    await api.customers.create_async(ADA, KEY)
    await control.post("faults", [{"kind": "error"}, {"kind": "reset", "times": 1}])

    with pytest.raises(stripe.APIConnectionError):
        await api.customers.create_async(ADA, KEY)

    assert (await api.customers.create_async(ADA, KEY)).email == "ada@example.com"


async def test_a_hang_ends_when_the_other_side_gives_up(
    api: Any, address: str, control: Control
) -> None:
    await control.post("faults", {"kind": "hang", "match": CREATE, "times": 1})
    impatient = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=1.0))
    client = stripe.StripeClient(
        control.key, base_addresses={"api": address}, http_client=impatient
    )
    with pytest.raises(stripe.APIConnectionError):
        await client.v1.customers.create_async(ADA, KEY)  # type: ignore[arg-type]
    await impatient.close_async()  # type: ignore[no-untyped-call]

    async with asyncio.timeout(30):
        while (await control.get("idempotency"))["running"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await control.delete("faults")

    assert (await api.customers.create_async(ADA, KEY)).email == "ada@example.com"


async def test_keys_are_counted_and_dropped_after_a_day(api: Any, control: Control) -> None:
    await api.customers.create_async(ADA, KEY)
    await api.customers.create_async(ADA, KEY)
    with pytest.raises(stripe.IdempotencyError):
        await api.customers.create_async({**ADA, "name": "Grace"}, KEY)
    fresh = await control.get("idempotency")

    await control.post("clock", {"advance": 25 * 3600})

    assert fresh == {"kept": 1, "running": 0, "replays": 1, "mismatches": 1, "conflicts": 0}
    assert (await control.get("idempotency"))["kept"] == 0


async def test_an_answer_tells_the_time_it_is_however_long_the_server_stood_still() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    with time_machine.travel(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), tick=False):
        await write_answer(Answer(), send)

    assert (b"date", b"Fri, 02 Jan 2026 03:04:05 GMT") in sent[0]["headers"]


async def test_the_date_of_answers_can_be_off(
    http: aiohttp.ClientSession, control: Control
) -> None:
    async def date() -> Any:
        headers = {"Authorization": f"Bearer {control.key}"}
        async with http.get(f"{control.address}/v1/account", headers=headers) as reply:
            (only,) = reply.headers.getall("Date")
            return parsedate_to_datetime(only)

    right = await date()
    await control.post("date", {"skew": -600})

    assert 590 < (right - await date()).total_seconds() <= 600


@pytest.mark.parametrize(
    "nonsense",
    [{"kind": "fire"}, {"kinds": {"fire": 0.1}}, {"kinds": {"error": 0.7, "reset": 0.6}}],
)
async def test_a_plan_that_makes_no_sense_is_refused(
    http: aiohttp.ClientSession, control: Control, nonsense: Any
) -> None:
    url = f"{control.address}/_sandbox/faults?key={control.key}"
    async with http.post(url, json=nonsense) as reply:
        assert reply.status == 400
