"""The whole life of customers, in thousands of steps of any order: what must hold, holds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)

from portal.ids import new_id
from portal.onboarding import steps
from portal.pages import changing, signup, status, welcome
from portal.pages.fresh import finish_fetching
from tests.chaos.figures import Figures
from tests.chaos.holding import Broken
from tests.chaos.life import Life
from tests.chaos.scale import SEED, scaled
from tests.chaos.town import town
from tests.local_stripe import LocalStripe

STEPS_A_LIFE = scaled(30, 50)
LIVES = scaled(4, 130)
LEAST_STEPS = scaled(50, 5_000)
# Where nothing of this came to pass, nothing was shown.
COMES_TO_PASS = scaled(
    {"became quiet", "ended ready"},
    {
        "became quiet", "ended ready", "was trialing", "was active", "led to a billing portal",
        "mended what was refused", "crashed at Stripe", "an answer came late", "no answer came",
        "was deleted at Stripe", "plan done", "cancel done", "keep done", "pause done",
    },
)  # fmt: skip
MINUTES = 60


@pytest.fixture
async def stripe(
    database: str, sandbox: LocalStripe, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LocalStripe]:
    """A Stripe, and pages that wait for nothing: the worker works when a rule says so."""
    monkeypatch.setattr(signup, "PATIENCE_S", 0.0)
    monkeypatch.setattr(welcome, "PATIENCE_S", 0.0)
    monkeypatch.setattr(changing, "PATIENCE_S", 0.0)
    monkeypatch.setattr(status, "_POLL_S", 0.0)
    yield sandbox
    await finish_fetching()


async def test_what_must_hold_holds_all_life_long(stripe: LocalStripe, figures: Figures) -> None:
    seen, broken = Counter[str](), list[str]()
    here: dict[str, Any] = {"loop": asyncio.get_running_loop(), "stripe_url": stripe.url}
    machine = type("LifeHere", (Life,), here | {"seen": seen, "broken": broken})
    try:
        await asyncio.to_thread(_live, seed(SEED)(machine))
    finally:
        figures.add(
            f"{seen['steps']:,} steps of {LIVES} lives",
            mark=f"≥ {LEAST_STEPS:,} steps, invariants hold",
            got=f"broken: {broken[0]}"[:80] if broken else "hold",
            met=not broken and seen["steps"] >= LEAST_STEPS,
        )

    assert seen.keys() >= COMES_TO_PASS
    assert seen["steps"] >= LEAST_STEPS


def _live(machine: Any) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=STEPS_A_LIFE,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )


async def test_a_fresh_key_for_each_try_breaks_it(
    stripe: LocalStripe, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "key_of", lambda op, account: new_id("key"))
    async with town(stripe.url) as here:
        await here.people.sign_up("ada", "studio")
        await here.there.go_wrong(kind="reset_after", match="POST /v1/customers", times=1)

        with pytest.raises(Broken) as broken:
            await here.settle_with_its_faults()

    figures.add(
        "a fresh key for each try (control)",
        mark="broken",
        got=str(broken.value)[:60],
        met=True,
    )


async def test_a_browser_that_knows_ada_s_cookies_breaks_it(
    stripe: LocalStripe, figures: Figures
) -> None:
    async with town(stripe.url) as here:
        await here.people.sign_up("ada", "studio")
        await here.work()
        here.people.visitors["mallory"].http.cookies.update(
            here.people.visitors["ada"].http.cookies
        )

        with pytest.raises(Broken) as broken:
            await here.people.press_billing("mallory", "ada")

    figures.add(
        "Mallory with Ada’s cookies (control)", mark="broken", got=str(broken.value), met=True
    )
