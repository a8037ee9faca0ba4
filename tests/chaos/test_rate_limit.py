"""Stripe allows half of what we think it does: its refusals teach us, and nobody is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.scale import IS_LONG, scaled
from tests.chaos.tally import tally, until_ready
from tests.onboarding.shop import Shop

PEOPLE = scaled(8, 1000)
STRIPE_ALLOWS = 10
BUDGET = 20.0
LEARNT_AFTER_S = 5
MOST_A_SECOND = 12
DONE_WITHIN_S = scaled(120.0, 900.0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("learns", [True, False], ids=["as-it-is", "never-slower"])
async def test_refusals_teach_what_stripe_allows(
    learns: bool, shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    people = PEOPLE if learns else PEOPLE // 4
    await shop.stripe.control("POST", "/limit", {"per_second": STRIPE_ALLOWS})
    emails = [f"ada{number}@lovelace.example" for number in range(people)]
    for email in emails:
        await shop.sign_up(email=email)

    began = int(time.time())
    async with portals(tmp_path, places=2, stripe_calls_per_s=BUDGET, no_slower=not learns):
        took_s = await until_ready(people, DONE_WITHIN_S)

    seen = (await shop.stripe.control("GET", "/rates", since=began))["seconds"]
    later = [each for each in seen if each["second"] >= seen[0]["second"] + LEARNT_AFTER_S]
    busiest = max((each["answered"] + each["refused"] for each in later), default=0)
    refused = sum(each["refused"] for each in later)
    found = await tally(shop, emails)
    figures.add(
        f"{people} sign-ups, {BUDGET:g} calls a second budgeted, Stripe allows {STRIPE_ALLOWS}"
        + ("" if learns else ", never slower (control)"),
        mark="one of each",
        got=f"{found}; done in {took_s:.0f} s",
        met=found.is_right,
    )
    figures.add(
        f"… calls in the busiest second after the first {LEARNT_AFTER_S}"
        + ("" if learns else ", never slower (control)"),
        mark=f"{'≤' if learns else '>'} {MOST_A_SECOND}" if IS_LONG else "none",
        got=f"{busiest}, {refused} refused in all",
        met=not IS_LONG or (busiest <= MOST_A_SECOND) is learns,
    )
    assert found.is_right, found
