"""Every order in which changes at Stripe and the handlers of their events can meet.

A change sets Stripe's state and sends an event. Its handler takes a ticket, fetches, and writes.
The end is right when our copy is what Stripe has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

Step = tuple[str, int]

TICKETED = ("ticket", "fetch", "write")
"""What a handler does when each event has one of its own."""
FOLDED = ("arrive", "claim", "fetch", "write")
"""The same with the inbox: a claim takes whatever has arrived, or finds that another one did."""
PAYLOAD = ("read", "write")
"""What a naive handler does: write what the event says."""

NOTHING_TO_DO = -1


class World(NamedTuple):
    """Stripe's state, our copy, and what each handler holds in its hands."""

    tickets: tuple[int, ...]
    held: tuple[int, ...]
    truth: int = 0
    counter: int = 0
    copy: int = 0
    copy_ticket: int = 0
    has_arrived: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """How many changes there are, how often each is delivered, and what its handlers do."""

    changes: int
    handling: tuple[str, ...] = TICKETED
    deliveries: int = 1
    guarded: bool = True

    @property
    def handlers(self) -> int:
        """Count the handlers; number n handles change n // deliveries + 1."""
        return self.changes * self.deliveries

    def start(self) -> World:
        """Return the world in which nothing has happened."""
        return World((0,) * self.handlers, (0,) * self.handlers)

    def next_steps(self, at: tuple[int, ...]) -> Iterator[Step]:
        """Yield what may happen next; `at` counts the steps of each handler, then the changes."""
        for who in range(self.handlers):
            if at[who] < len(self.handling) and at[-1] > who // self.deliveries:
                yield self.handling[at[who]], who
        if at[-1] < self.changes:
            yield "change", self.handlers

    def after(self, world: World, step: Step) -> World:
        """Return the world after one step."""
        what, who = step
        if what == "change":
            return world._replace(truth=world.truth + 1)
        if what == "arrive":
            return world._replace(has_arrived=True)
        if what == "claim" and not world.has_arrived:
            return world._replace(tickets=_put(world.tickets, who, NOTHING_TO_DO))
        if what in ("ticket", "claim"):
            taken = _put(world.tickets, who, world.counter + 1)
            return world._replace(counter=world.counter + 1, tickets=taken, has_arrived=False)
        if what == "read":
            told = _put(world.held, who, who // self.deliveries + 1)
            return world._replace(held=told, tickets=_put(world.tickets, who, 1))
        if world.tickets[who] == NOTHING_TO_DO:
            return world
        if what == "fetch":
            return world._replace(held=_put(world.held, who, world.truth))
        if self.guarded and world.copy_ticket >= world.tickets[who]:
            return world
        return world._replace(copy=world.held[who], copy_ticket=world.tickets[who])


def _put(values: tuple[int, ...], at: int, value: int) -> tuple[int, ...]:
    return (*values[:at], value, *values[at + 1 :])


def orders(case: Case) -> Iterator[tuple[Step, ...]]:
    """Yield every order of the changes, and of their handlers' steps after each of them."""
    path: list[Step] = []

    def go(at: tuple[int, ...]) -> Iterator[tuple[Step, ...]]:
        is_end = True
        for step in case.next_steps(at):
            is_end = False
            path.append(step)
            yield from go(_put(at, step[1], at[step[1]] + 1))
            path.pop()
        if is_end:
            yield tuple(path)

    yield from go((0,) * (case.handlers + 1))


def count_wrong(case: Case) -> tuple[int, int]:
    """Walk through every order; count those that end wrong, and all."""
    wrong = total = 0
    walks = [((0,) * (case.handlers + 1), case.start())]
    while walks:
        at, world = walks.pop()
        further = [
            (_put(at, step[1], at[step[1]] + 1), case.after(world, step))
            for step in case.next_steps(at)
        ]
        walks += further
        if not further:
            total += 1
            wrong += world.copy != world.truth
    return wrong, total
