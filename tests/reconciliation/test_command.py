"""`portal reconcile`: it shows by itself, and acts when told to."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.processes import environment
from tests.reconciliation.conftest import Swept, back_up, restore

Told = tuple[int, str, str]
Run = Callable[..., Coroutine[Any, Any, Told]]


@pytest.fixture
def portal(swept: Swept) -> Run:
    """The command, as a process of its own."""

    async def run(*words: str) -> Told:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "portal.cli", "reconcile", *words),
            env=environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, wrong = await asyncio.wait_for(process.communicate(), 120)
        return process.returncode or 0, said.decode(), wrong.decode()

    return run


async def test_it_shows_first_and_acts_when_told_to(swept: Swept, portal: Run) -> None:
    backup = await back_up()
    await swept.people(2)
    await restore(backup)

    code, shown, wrong = await portal("--full")
    assert code == 0, wrong
    assert shown.count("no customer / a customer with our mark / adopted") == 2
    assert "acme: drift 2 (2 adopted)" in shown
    assert "Nothing was changed" in shown
    assert await swept.customers() == []
    assert await portal("--full", "--dry-run") == (0, shown, "")

    code, done, wrong = await portal("--full", "--yes", "--json")
    assert code == 0, wrong
    told = json.loads(done)
    assert (told["company"], told["sweep"], told["carried_out"]) == ("acme", "full", True)
    assert (told["drift"], told["outcomes"]) == (2, {"adopted": 2})
    assert told["differences"][0].keys() == {"object", "ours", "stripe", "action"}
    assert len(await swept.customers()) == 2

    code, after, wrong = await portal("--since", "7d")
    assert code == 0, wrong
    assert "acme: drift 0" in after
    assert "lovelace" not in shown + done + after


async def test_what_it_cannot_do_is_said_plainly(swept: Swept, portal: Run) -> None:
    code, _, wrong = await portal("--since", "tomorrow")
    assert code == 2
    assert "Write it as 36h" in wrong

    await swept.shop.stripe.fault(match="* /v1/*", fault="status", status=401)
    code, said, wrong = await portal()
    assert code == 1
    assert "acme: not compared to the end (key_rejected" in said
    assert "Traceback" not in said + wrong
