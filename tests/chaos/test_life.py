"""The whole life of customers, in thousands of steps of any order: what must hold, holds."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portal.ids import new_id
from portal.onboarding import steps
from portal.pages import signup, status, welcome
from portal.pages.fresh import finish_fetching
from tests.chaos.citizens import EVERYBODY, PEOPLE
from tests.chaos.figures import Figures
from tests.chaos.holding import Broken
from tests.chaos.scale import SEED, scaled
from tests.chaos.town import Town, town
from tests.local_stripe import LocalStripe

STEPS_A_LIFE = scaled(30, 50)
LIVES = scaled(5, 120)
# Where nothing of this came to pass, nothing was shown.
COMES_TO_PASS = scaled(
    {"became quiet", "ended ready"},
    {
        "became quiet", "ended ready", "was trialing", "was active", "led to a billing portal",
        "mended what was refused", "crashed at Stripe",
    },
)  # fmt: skip
MINUTES = 60
_WITHIN_S = 120.0

people = st.sampled_from(sorted(PEOPLE))
everybody = st.sampled_from(EVERYBODY)
plans = st.sampled_from(["studio", "house", "reader"])
cards = st.sampled_from(["pm_card_visa", "pm_card_visa", "pm_card_chargeCustomerFail"])
faults = st.sampled_from(
    [
        "reset", "reset_after", "limited", "lock_timeout", "key_in_use", "error", "saved_500",
        "saved_500_after", "unavailable",
    ]
)  # fmt: skip
refusals = st.sampled_from(["email", "phone", "address[postal_code]", "name"])
Result = TypeVar("Result")


class Life(RuleBasedStateMachine):
    """One life of the town; each rule is something that can happen next."""

    loop: asyncio.AbstractEventLoop
    stripe_url: str
    seen: Counter[str]
    broken: list[str]

    def __init__(self) -> None:
        super().__init__()
        self._opened: AbstractAsyncContextManager[Town] = town(self.stripe_url, self.seen)
        self.town = self.run(self._opened.__aenter__())
        self.is_over = False

    def run(self, work: Awaitable[Result]) -> Result:
        """Do something in the test's own loop, where everything lives."""

        async def awaited() -> Result:
            async with asyncio.timeout(_WITHIN_S):
                return await work

        try:
            return asyncio.run_coroutine_threadsafe(awaited(), self.loop).result()
        except Broken as broken:
            self.broken.append(str(broken))
            raise

    @rule(who=people, plan=plans)
    def sign_up(self, who: str, plan: str) -> None:
        self.run(self.town.people.sign_up(who, plan))

    @rule(who=people, plan=plans)
    def sign_up_and_press_twice(self, who: str, plan: str) -> None:
        self.run(self.town.people.sign_up(who, plan))
        self.run(self.town.people.sign_up(who, plan))

    @rule(whose=people, plan=plans)
    def mallory_signs_up_with_a_known_address(self, whose: str, plan: str) -> None:
        if self.run(self.town.people.knows(whose)):
            self.run(self.town.people.sign_up("mallory", plan, as_whom=whose))

    @rule(who=everybody, whose=people)
    def press_billing(self, who: str, whose: str) -> None:
        self.run(self.town.people.press_billing(who, whose))

    @rule(who=people)
    def sign_in(self, who: str) -> None:
        self.run(self.town.people.sign_in(who))

    @rule(who=people, card=cards)
    def add_card(self, who: str, card: str) -> None:
        self.run(self.town.add_card(who, card))

    @rule(who=people, now=st.booleans())
    def cancel(self, who: str, now: bool) -> None:
        self.run(self.town.cancel(who, now=now))

    @rule()
    def work(self) -> None:
        self.run(self.town.work())

    @rule(after_effect=st.booleans())
    def crash(self, after_effect: bool) -> None:
        self.run(self.town.crash(after_effect=after_effect))

    @rule(kind=faults, number=st.integers(0, 99))
    def go_wrong(self, kind: str, number: int) -> None:
        self.run(self.town.go_wrong(kind=kind, match="* /v1/*", probability=0.4, seed=number))

    @rule(param=refusals)
    def refuse_once(self, param: str) -> None:
        refusal = {"fault": "status", "status": 400, "param": param, "times": 1}
        self.run(self.town.go_wrong(match="POST /v1/customers", **refusal))

    @precondition(lambda self: self.town.faults)
    @rule()
    def go_well(self) -> None:
        self.run(self.town.go_well())

    @rule(hours=st.sampled_from([1, 25]))
    def pass_time(self, hours: int) -> None:
        self.run(self.town.pass_time(timedelta(hours=hours)))

    @rule()
    def end_trials(self) -> None:
        self.run(self.town.pass_time(timedelta(days=15)))

    @rule(number=st.integers(0, 99), times=st.integers(1, 3))
    def deliver(self, number: int, times: int) -> None:
        self.run(self.town.deliver(random.Random(number), times=times))

    @rule()
    def lose_events(self) -> None:
        self.run(self.town.deliver(random.Random(0), lose=True))

    @precondition(lambda self: not self.town.faults)
    @rule()
    def sweep(self) -> None:
        self.run(self.town.sweep())

    @rule()
    def settle(self) -> None:
        self.run(self.town.settle())

    @invariant()
    def nobody_is_there_twice(self) -> None:
        if not self.is_over:
            self.run(self.town.check())
            self.seen["steps"] += 1

    def teardown(self) -> None:
        """Let everything end well, and leave."""
        try:
            self.run(self.town.settle())
        finally:
            self.is_over = True
            self.run(self._opened.__aexit__(None, None, None))


@pytest.fixture
async def stripe(
    database: str, sandbox: LocalStripe, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LocalStripe]:
    """A Stripe, and pages that wait for nothing: the worker works when a rule says so."""
    monkeypatch.setattr(signup, "PATIENCE_S", 0.0)
    monkeypatch.setattr(welcome, "PATIENCE_S", 0.0)
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
            mark="invariants hold",
            got=f"broken: {broken[0]}"[:80] if broken else "hold",
            met=not broken,
        )

    assert seen.keys() >= COMES_TO_PASS
    assert seen["steps"] > scaled(50, 4_000)


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
        await here.go_wrong(kind="reset_after", match="POST /v1/customers", times=1)

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
