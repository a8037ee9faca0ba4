"""With a file, a restart continues where it was; the program starts and stops promptly."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import stripe

from tests.sandbox.conftest import PATIENCE_S, Control, client_of
from tests.sandbox.selling import ADA, a_price, ada

KEY = "sk_test_kept"


@contextlib.asynccontextmanager
async def running(data: Path) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """Run the program; give its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "portal.sandbox", "--port", "0", "--data", str(data), "--key", KEY,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    said = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
    assert said["key"] == KEY
    try:
        yield said["stripe"], process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)


async def test_a_restart_continues_where_it_was(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    data = tmp_path / "sandbox.sqlite"
    async with running(data) as (address, _), client_of(address, KEY) as client:
        control = Control(http, address, KEY)
        customer, subscription = await _sign_ada_up(client.v1, control)

    async with running(data) as (address, _), client_of(address, KEY) as client:
        control = Control(http, address, KEY)
        again = await client.v1.customers.create_async(
            params={"email": "ada@example.com"}, options={"idempotency_key": "onb:1"}
        )
        waiting = (await control.get("deliveries", state="pending"))["deliveries"]
        clock = await control.get("clock")
        await control.post("clock", {"advance": 15 * 86_400})
        after = await client.v1.subscriptions.retrieve_async(subscription)

    assert again.id == customer
    assert "customer.created" in {each["type"] for each in waiting}
    assert clock["offset"] == 3600
    assert after.status == "canceled"


async def _sign_ada_up(api: Any, control: Control) -> tuple[str, str]:
    await api.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/nobody", "enabled_events": ["customer.created"]}
    )
    await control.post("webhooks", {"paused": True})
    await control.post("clock", {"advance": 3600})
    customer = await api.customers.create_async(
        {"email": "ada@example.com"}, {"idempotency_key": "onb:1"}
    )
    price = await a_price(api, unit_amount=900)
    subscription = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "trial_period_days": 14,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
        }
    )
    return customer.id, subscription.id


async def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    data = tmp_path / "sandbox.sqlite"
    async with running(data) as (address, process), client_of(address, KEY) as client:
        made = [(await ada(client.v1)).id for _ in range(5)]
        process.kill()

    async with running(data) as (address, _), client_of(address, KEY) as client:
        found = [each.id for each in (await client.v1.customers.list_async()).data]

    assert found == made[::-1]


async def test_a_kill_in_the_middle_of_much_loses_nothing_that_was_answered(
    tmp_path: Path,
) -> None:
    data = tmp_path / "sandbox.sqlite"
    answered: dict[int, str] = {}

    async def keep_signing_up(api: Any, numbers: Iterator[int]) -> None:
        with contextlib.suppress(stripe.APIConnectionError):
            for number in numbers:
                made = await api.customers.create_async(*_numbered(number))
                answered[number] = made.id

    async with running(data) as (address, process), client_of(address, KEY) as client:
        numbers = itertools.count()
        going = [asyncio.create_task(keep_signing_up(client.v1, numbers)) for _ in range(30)]
        while len(answered) < 50:  # noqa: ASYNC110 - what is waited for is the other process
            await asyncio.sleep(0.001)
        process.kill()
        await asyncio.gather(*going)

    async with running(data) as (address, _), client_of(address, KEY) as client:
        customers = client.v1.customers
        again = {n: (await customers.create_async(*_numbered(n))).id for n in answered}
        found = [
            each.id
            async for each in (await customers.list_async({"limit": 100})).auto_paging_iter()
        ]

    assert again == answered
    assert len(found) == len(set(found)) >= len(answered)


def _numbered(number: int) -> tuple[Any, Any]:
    return {"email": f"ada+{number}@example.com"}, {"idempotency_key": f"onb:{number}"}


async def test_what_comes_late_comes_after_a_restart_as_well(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    data = tmp_path / "sandbox.sqlite"
    async with running(data) as (address, process), client_of(address, KEY) as client:
        await Control(http, address, KEY).post("faults", {"kind": "late", "delay": 600})
        with pytest.raises(stripe.APIError):
            await client.v1.customers.create_async(ADA)  # type: ignore[arg-type]
        process.kill()

    async with running(data) as (address, _), client_of(address, KEY) as client:
        before = (await client.v1.customers.list_async()).data
        await Control(http, address, KEY).post("clock", {"advance": 601})
        after = (await client.v1.customers.list_async({"email": "ada@example.com"})).data

    assert (before, len(after)) == ([], 1)


async def test_it_stops_soon_even_while_something_hangs(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    async with running(tmp_path / "sandbox.sqlite") as (address, process):
        control = Control(http, address, KEY)
        await control.post("faults", [{"match": "* /v1/*", "fault": "hang"}])
        async with client_of(address, KEY) as client:
            hanging = asyncio.create_task(client.v1.customers.create_async(params={"name": "Ada"}))
            await asyncio.sleep(0.1)

            process.send_signal(signal.SIGTERM)
            # What hangs here hangs for as long as its client has patience.
            async with asyncio.timeout(PATIENCE_S / 2):
                await process.wait()

            with pytest.raises(stripe.APIConnectionError):
                await hanging


async def test_an_account_can_be_emptied(api: Any, control: Control) -> None:
    await api.customers.create_async(ADA)

    await control.post("reset")

    assert (await control.get("objects"))["counts"] == {}
    assert (await control.get("requests"))["requests"] == []
    assert (await api.customers.list_async()).data == []


async def test_the_control_api_is_described_and_refuses_what_it_lacks(
    http: aiohttp.ClientSession, control: Control
) -> None:
    async with http.get(f"{control.address}/_sandbox/docs") as reply:
        text = await reply.text()
    async with http.post(f"{control.address}/_sandbox/fire?key={control.key}") as refused:
        status = refused.status
    async with http.get(f"{control.address}/_sandbox/clock?key=sk_test_mallory") as unknown:
        stranger = unknown.status

    assert "/_sandbox/faults" in text
    assert "POST /v1/customers" in text
    assert (status, stranger) == (404, 401)
