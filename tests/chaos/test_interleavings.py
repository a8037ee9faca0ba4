"""Whatever order changes and handlers come in, our copy ends as Stripe has it; by the ticket alone.

Once as a model, through every order; once through our tables, where the inbox, the ticket and the
guarded write are the real ones and only the moment and the answer of a fetch are the test's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from portal import clock
from portal.billing.billed import BilledSubscription
from portal.billing.gateway import gateway_of
from portal.billing.inbox import claim_events, keep
from portal.billing.stripe_events import BillingEvent
from portal.billing.stripe_gateway import StripeGateway
from portal.database import run_sql, transaction
from portal.subscriptions import sync
from portal.subscriptions.copies import KEEP_SUBSCRIPTION
from portal.subscriptions.heard import handle
from tests.chaos.figures import Figures
from tests.chaos.orders import FOLDED, PAYLOAD, TICKETED, Case, Step, count_wrong, orders
from tests.chaos.scale import scaled
from tests.onboarding.shop import Shop
from tests.subscriptions.conftest import Subscriber, subscriber

# M9: two changes, three changes, and two that are each delivered twice; then with the inbox.
CASES = scaled(
    (Case(2), Case(3), Case(2, FOLDED)),
    (Case(2), Case(3), Case(2, deliveries=2), Case(2, FOLDED), Case(3, FOLDED)),
)
ON_TABLES = scaled((Case(2, FOLDED),), (Case(2, FOLDED), Case(3)))
_GUARD = "subscription.ticket < excluded.ticket AND "


def test_with_the_ticket_no_order_ends_wrong(figures: Figures) -> None:
    found = [count_wrong(case) for case in CASES]

    wrong, total = (sum(each) for each in zip(*found, strict=True))
    _tell(figures, "every order of 2–3 changes and their handlers", wrong, total)
    assert [each for each, _ in found] == [0] * len(CASES)
    assert [total for _, total in found][:2] == [35, 5775]


@pytest.mark.parametrize(
    ("name", "handling"), [("the ticket off", TICKETED), ("the payload written", PAYLOAD)]
)
def test_without_it_some_orders_end_wrong(
    figures: Figures, name: str, handling: tuple[str, ...]
) -> None:
    found = [count_wrong(Case(changes, handling, guarded=False)) for changes in (2, 3)]

    wrong, total = (sum(each) for each in zip(*found, strict=True))
    _tell(figures, f"the same with {name} (control)", wrong, total, is_control=True)
    assert all(wrong > 0 for wrong, _ in found)


def test_a_ticket_taken_after_the_fetch_guards_nothing() -> None:
    wrong, _ = count_wrong(Case(2, ("fetch", "ticket", "write")))

    assert wrong > 0


async def test_on_our_tables_no_order_ends_wrong(
    shop: Shop, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = await set_up(shop, monkeypatch)

    wrong, total = await play(stage, ON_TABLES)

    _tell(figures, "the orders on our tables", wrong, total)
    assert wrong == 0
    assert total >= 126


async def test_on_our_tables_without_the_guard_some_orders_end_wrong(
    shop: Shop, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = await set_up(shop, monkeypatch)
    assert _GUARD in KEEP_SUBSCRIPTION
    monkeypatch.setattr(sync, "KEEP_SUBSCRIPTION", KEEP_SUBSCRIPTION.replace(_GUARD, ""))

    wrong, total = await play(stage, [Case(2, FOLDED)])

    _tell(figures, "the same with the guard off (control)", wrong, total, is_control=True)
    assert wrong > 0


def _tell(figures: Figures, test: str, wrong: int, total: int, *, is_control: bool = False) -> None:
    mark, met = ("some wrong", wrong > 0) if is_control else ("0 wrong", wrong == 0)
    figures.add(test, mark=mark, got=f"{wrong:,} of {total:,} wrong", met=met)


# The orders on real tables


@dataclass(slots=True)
class Fetch:
    """A handler between its ticket and its write."""

    task: asyncio.Task[None]
    answer: asyncio.Future[BilledSubscription]
    held: BilledSubscription | None = None


@dataclass(slots=True)
class Stage:
    """Ada's subscription, at Stripe as the test says, and the handlers on their way."""

    ada: Subscriber
    truth: BilledSubscription
    asked: asyncio.Queue[asyncio.Future[BilledSubscription]] = field(default_factory=asyncio.Queue)
    fetches: dict[int, Fetch] = field(default_factory=dict)

    async def take(self, step: Step, deliveries: int) -> None:
        """Let one step happen."""
        what, who = step
        if what == "change":
            self.truth = replace(self.truth, amount=self.truth.amount + 1)
        elif what == "arrive":
            await self.arrive(who // deliveries)
        elif what == "claim":
            await self.claim(who)
        elif what == "ticket":
            await self.arrive(who // deliveries)
            await self.claim(who)
        elif who in self.fetches and what == "fetch":
            self.fetches[who].held = self.truth
        elif who in self.fetches:
            await self.write(self.fetches.pop(who))

    async def arrive(self, change: int) -> None:
        """Keep the event of a change, as the door for webhooks does."""
        type, now = "customer.subscription.updated", clock.now()
        told = self.ada.subscription
        event = BillingEvent(f"evt_{change}", type, told, now, False, None, "0" * 64)
        await keep(self.ada.company, event, accepted=True)

    async def claim(self, who: int) -> None:
        """Claim what has arrived, and handle it as far as its question to Stripe."""
        for claimed in await claim_events(1, f"lease_{who}"):
            task = asyncio.create_task(handle(claimed))
            self.fetches[who] = Fetch(task, await self.asked.get())

    async def write(self, fetch: Fetch) -> None:
        """Let a handler have its answer."""
        assert fetch.held is not None
        fetch.answer.set_result(fetch.held)
        await fetch.task

    async def begin_anew(self) -> None:
        """Forget events and tickets, and have our copy as old as it was."""
        async with transaction():
            await run_sql("DELETE FROM inbox_event")
            await run_sql("UPDATE subscription SET ticket = 0, amount = 0")
            await run_sql("UPDATE ticket SET value = 0")

    async def is_right(self) -> bool:
        """Tell whether our copy is what Stripe has."""
        return bool((await self.ada.copy())["amount"] == self.truth.amount)


async def set_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Have Ada sign up; from then on the test answers every fetch of her subscription."""
    ada = await subscriber(shop, "studio")
    gateway = await gateway_of(ada.company)
    stage = Stage(ada, await gateway.fetch_subscription(ada.subscription))

    async def fetch(*given: Any, **named: Any) -> BilledSubscription:
        answer: asyncio.Future[BilledSubscription] = asyncio.Future()
        stage.asked.put_nowait(answer)
        return await answer

    monkeypatch.setattr(StripeGateway, "fetch_subscription", fetch)
    return stage


async def play(stage: Stage, cases: Iterable[Case]) -> tuple[int, int]:
    """Play every order of these cases; count those that end wrong, and all."""
    wrong = total = 0
    for case in cases:
        for order in orders(case):
            await stage.begin_anew()
            for step in order:
                await stage.take(step, case.deliveries)
            total += 1
            wrong += not await stage.is_right()
    return wrong, total
