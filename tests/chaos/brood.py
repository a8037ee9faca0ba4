"""Portals that are born within milliseconds, and die when told to.

    python -m tests.chaos.brood

Does what `portal serve --workers N` does: several processes serve one socket, and another takes
the place of one that dies. Here they are forked from a process that has imported everything and
opened nothing, and it is this one that kills them.

Reads an order, a line of JSON (see `_ORDER` in portals.py), and tells in lines of JSON: the port;
when all stand ready; when the last kill was. Then it takes a letter: f and s (a full disk; space
again) go to the children, k kills them all and ends. At the end of its input it ends them in peace.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import time
from dataclasses import dataclass
from typing import Any

from portal import app, serving
from portal.billing import stripe_wire
from portal.settings import configure
from tests.chaos.fledgling import Order, live

assert app, "imported before the first is born"

# Part of the children that die while they still start.
_TOO_SOON = 0.2
_NEVER = float("inf")
_LETTERS = {b"f": signal.SIGUSR1, b"s": signal.SIGUSR2}


@dataclass
class Child:
    """A portal, what it says through, and when it is to die."""

    pid: int
    mouth: int
    dies_at: float


class Brood:
    """So many portals on one socket, and how many deaths are still to come."""

    def __init__(self, order: Order) -> None:
        self._order, self._kills = order, int(order["kills"])
        self._dice = random.Random(order["seed"])
        self._socket = serving.listen("127.0.0.1", 0)
        self._children: list[Child] = []
        port = self._socket.getsockname()[1]
        configure(**order["settings"], base_url=f"http://127.0.0.1:{port}")
        tell(port=port)
        self._ready = 0

    def live(self) -> None:
        """Bear, kill and bear again until the input ends."""
        for _ in range(self._order["places"]):
            self._bear()
        while True:
            heard = self._listen()
            for child in [child for child in self._children if child.mouth in heard]:
                self._hear(child)
            if 0 in heard:
                letter = os.read(0, 1)
                if letter not in _LETTERS:
                    return self._end(signal.SIGKILL if letter == b"k" else signal.SIGTERM)
                for child in self._children:
                    os.kill(child.pid, _LETTERS[letter])
            for child in [one for one in self._children if one.dies_at <= time.monotonic()]:
                self._kill(child)

    def _listen(self) -> list[int]:
        next_death = min(child.dies_at for child in self._children)
        patience = None if next_death == _NEVER else max(0.0, next_death - time.monotonic())
        return select.select([0, *(child.mouth for child in self._children)], [], [], patience)[0]

    def _bear(self) -> None:
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ours)
            os._exit(live(self._order, self._socket, theirs))
        os.close(theirs)
        dies_too_soon = self._kills > 0 and self._dice.random() < _TOO_SOON
        self._children.append(Child(pid, ours, self._next_death() if dies_too_soon else _NEVER))

    def _next_death(self) -> float:
        return time.monotonic() + self._dice.uniform(*self._order["lives_s"])

    def _hear(self, child: Child) -> None:
        if not os.read(child.mouth, 1):
            tell(ended=self._bury(child))
            self._bear()
        elif self._kills > 0:
            child.dies_at = min(child.dies_at, self._next_death())
        else:
            self._tell_ready()

    def _tell_ready(self) -> None:
        self._ready += 1
        if self._ready == self._order["places"]:
            tell(ready=True)

    def _kill(self, child: Child) -> None:
        if self._kills == 0:
            child.dies_at = _NEVER
            return
        self._kills -= 1
        os.kill(child.pid, signal.SIGKILL)
        self._bury(child)
        self._bear()
        if self._kills == 0:
            tell(last_kill_at=time.time())

    def _bury(self, child: Child) -> int:
        self._children.remove(child)
        os.close(child.mouth)
        return os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])

    def _end(self, how: signal.Signals) -> None:
        for child in self._children:
            os.kill(child.pid, how)
        for child in list(self._children):
            self._bury(child)
        self._socket.close()


def main() -> None:
    """Live by the order."""
    stripe_wire.load()
    order = b""
    # Letter by letter: what follows the line is read as it comes.
    while (letter := os.read(0, 1)) not in (b"", b"\n"):
        order += letter
    Brood(json.loads(order)).live()


def tell(**what: Any) -> None:
    """Say something to whoever ordered this."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
