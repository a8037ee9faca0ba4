"""`portal erase`: who that is, and erased when told to."""

from __future__ import annotations

import asyncio
import sys

from portal.database import run_sql
from portal.privacy.at_once import erase_at_once, known_as
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.people import ADA
from tests.processes import environment


async def portal(*words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portal.cli", "erase", *words),
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode or 0, said.decode()


@ON_SQLITE
async def test_it_erases_when_told_to(shop: Shop) -> None:
    customer = (await shop.sign_up()).customer
    await shop.work_in_the_end()

    code, said = await portal(ADA["email"], "--yes")

    assert (code, said) == (0, f"{customer}\n{customer}: erased.\n")
    (row,) = await run_sql("SELECT status, last_name FROM customer")
    assert (row["status"], row["last_name"]) == ("erased", "")
    (there,) = await shop.stripe.objects("customer")
    assert there["deleted"]


async def test_somebody_is_known_by_address_or_id_until_erased(shop: Shop) -> None:
    customer = (await shop.sign_up()).customer
    assert await known_as(ADA["email"].upper()) == [customer]
    assert await known_as(customer) == [customer]
    assert await known_as("nobody@canary.example") == []

    assert await erase_at_once([customer]) == [
        f"{customer}: erased here; a worker goes on at Stripe."
    ]
    await shop.work_in_the_end()

    assert await erase_at_once([customer]) == [f"{customer}: erased."]
    assert await known_as(ADA["email"]) == []
    assert len(await run_sql("SELECT id FROM erasure")) == 1
