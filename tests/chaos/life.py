"""One life of the town, as a machine of rules: whatever can happen next, in any order."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.chaos import on_the_wire
from tests.chaos.citizens import BUTTONS, EVERYBODY, PEOPLE
from tests.chaos.holding import Broken
from tests.chaos.town import Town, town

_WITHIN_S = 300.0

people = st.sampled_from(sorted(PEOPLE))
everybody = st.sampled_from(EVERYBODY)
plans = st.sampled_from(["studio", "house", "reader"])
cards = st.sampled_from(["pm_card_visa", "pm_card_visa", "pm_card_chargeCustomerFail"])
buttons = st.sampled_from(sorted(BUTTONS))
# A life goes on for longer than that.
seldom = st.sampled_from([True, *[False] * 5])
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
        self.run(self.town.there.add_card(who, card))

    @rule(who=people, now=st.booleans())
    def cancel(self, who: str, now: bool) -> None:
        self.run(self.town.there.cancel(who, now=now))

    @rule(who=people, plan=plans)
    def change_plan(self, who: str, plan: str) -> None:
        self.run(self.town.people.change_plan(who, plan))

    @rule(who=people, buttons=st.lists(buttons, min_size=1, max_size=2), works=st.booleans())
    def press(self, who: str, buttons: list[str], works: bool) -> None:
        """Have it changed, and perhaps taken back before or after Stripe has done it."""
        for button in buttons:
            self.run(self.town.people.press_button(who, button))
            if works:
                self.run(self.town.work())

    @rule(who=people, then=st.one_of(plans, st.just("pause")))
    def buy_and_change(self, who: str, then: str) -> None:
        """Without this hardly anybody would have a plan to change, or to pause."""
        self.run(self.town.people.sign_up(who, "house"))
        self.run(self.town.work())
        self.run(self.town.there.add_card(who, "pm_card_visa"))
        self.run(self.town.deliver(random.Random(0)))
        self.run(self.town.work())
        if then == "pause":
            self.run(self.town.people.press_button(who, then))
        else:
            self.run(self.town.people.change_plan(who, then))

    @rule(who=people, silently=st.booleans(), really=seldom)
    def delete_customer(self, who: str, silently: bool, really: bool) -> None:
        if really:
            self.run(self.town.there.delete_customer(who, silently=silently))
            self.town.has_lost_events |= silently

    @rule(who=people, silently=st.booleans(), really=seldom)
    def delete_subscription(self, who: str, silently: bool, really: bool) -> None:
        if really:
            self.run(self.town.there.delete_subscription(who, silently=silently))
            self.town.has_lost_events |= silently

    @rule()
    def work(self) -> None:
        self.run(self.town.work())

    @rule(after_effect=st.booleans())
    def crash(self, after_effect: bool) -> None:
        self.run(on_the_wire.crash(self.town, after_effect=after_effect))

    @rule()
    def answer_late(self) -> None:
        self.run(on_the_wire.answer_late(self.town))

    @rule(after_effect=st.booleans(), who=st.one_of(st.none(), people))
    def hang(self, after_effect: bool, who: str | None) -> None:
        self.run(on_the_wire.hang(self.town, after_effect=after_effect, who=who))

    @rule(kind=faults, number=st.integers(0, 99))
    def go_wrong(self, kind: str, number: int) -> None:
        self.run(self.town.there.go_wrong(kind=kind, match="* /v1/*", probability=0.4, seed=number))

    @rule(param=refusals)
    def refuse_once(self, param: str) -> None:
        refusal = {"fault": "status", "status": 400, "param": param, "times": 1}
        self.run(self.town.there.go_wrong(match="POST /v1/customers", **refusal))

    @precondition(lambda self: self.town.there.faults)
    @rule()
    def go_well(self) -> None:
        self.run(self.town.there.go_well())

    @rule(hours=st.sampled_from([1, 25]))
    def pass_time(self, hours: int) -> None:
        self.run(self.town.there.pass_time(timedelta(hours=hours)))

    @rule()
    def end_trials(self) -> None:
        self.run(self.town.there.pass_time(timedelta(days=15)))

    @rule(number=st.integers(0, 99), times=st.integers(1, 3))
    def deliver(self, number: int, times: int) -> None:
        self.run(self.town.deliver(random.Random(number), times=times))

    @rule()
    def lose_events(self) -> None:
        self.run(self.town.deliver(random.Random(0), lose=True))

    @precondition(lambda self: not self.town.there.faults)
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
