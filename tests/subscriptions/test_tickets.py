"""Every order in which changes at Stripe and the handlers of their events can meet.

A change sets Stripe's state and sends an event. Its handler takes a ticket, fetches, and writes.
The end is right when our copy is what Stripe has. With the ticket it always is; without, not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

Step = tuple[str, int]


@dataclass(slots=True)
class World:
    """Stripe's state, our copy, and what each handler holds in its hands."""

    truth: int = 0
    counter: int = 0
    copy: int = 0
    copy_ticket: int = 0
    tickets: dict[int, int] = field(default_factory=dict)
    fetched: dict[int, int] = field(default_factory=dict)

    def take(self, step: Step, *, guarded: bool) -> None:
        """Let one step happen."""
        what, who = step
        if what == "change":
            self.truth = who
        elif what == "ticket":
            self.counter += 1
            self.tickets[who] = self.counter
        elif what == "fetch":
            self.fetched[who] = self.truth
        elif not guarded:
            self.copy = self.fetched[who]
        elif self.copy_ticket < self.tickets[who]:
            self.copy, self.copy_ticket = self.fetched[who], self.tickets[who]


def orders(changes: int, handling: tuple[str, ...]) -> Iterator[tuple[Step, ...]]:
    """Yield every order of the changes, and of their handlers' steps after each of them."""
    chains = {0: [("change", number) for number in range(1, changes + 1)]} | {
        number: [(step, number) for step in handling] for number in range(1, changes + 1)
    }
    at = dict.fromkeys(chains, 0)
    path: list[Step] = []

    def go() -> Iterator[tuple[Step, ...]]:
        if len(path) == sum(map(len, chains.values())):
            yield tuple(path)
            return
        for number, chain in chains.items():
            if at[number] < len(chain) and (number == 0 or at[0] >= number):
                path.append(chain[at[number]])
                at[number] += 1
                yield from go()
                at[number] -= 1
                path.pop()

    yield from go()


def wrong(changes: int, handling: tuple[str, ...], *, guarded: bool) -> tuple[int, int]:
    """Count the orders that end with a copy which is not the truth, and all orders."""
    bad = total = 0
    for order in orders(changes, handling):
        world = World()
        for step in order:
            world.take(step, guarded=guarded)
        total += 1
        bad += world.copy != world.truth
    return bad, total


@pytest.mark.parametrize("changes", [2, 3])
def test_with_the_ticket_no_order_ends_wrong(changes: int) -> None:
    bad, total = wrong(changes, ("ticket", "fetch", "write"), guarded=True)

    assert total > 30
    assert bad == 0


@pytest.mark.parametrize("changes", [2, 3])
def test_without_the_ticket_some_orders_end_wrong(changes: int) -> None:
    bad, _ = wrong(changes, ("fetch", "write"), guarded=False)

    assert bad > 0


def test_a_ticket_taken_after_the_fetch_guards_nothing() -> None:
    bad, _ = wrong(2, ("fetch", "ticket", "write"), guarded=True)

    assert bad > 0
