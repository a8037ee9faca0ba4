"""Short lives for the chaos tests: each a process of its own, born within milliseconds.

    python -m tests.chaos.nursery

Reads one order (JSON) a line, forks a child that lives by it, and tells in a line of JSON what the
child said and how it ended. The parent has imported everything and opened nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, cast

import time_machine

from portal import clock
from portal.billing import stripe_gateway, stripe_wire
from portal.billing.gateway import close_gateways
from portal.billing.stripe_lists import StripeLists
from portal.database import close_database, engine, open_database
from portal.deliveries import mail
from portal.ids import new_id
from portal.onboarding import steps
from portal.onboarding.next_stop import next_stop
from portal.onboarding.signup import SignedUp, sign_up
from portal.operations.claim import LEASE
from portal.plans.catalogue import choose
from portal.plans.offers import offers_of
from portal.privacy.erase import erase_what_is_due
from portal.reconciliation import surplus
from portal.reconciliation.sweep import sellers, sweep
from portal.settings import configure
from portal.sites.storefront import find_site
from portal.worker import Worker
from tests.onboarding.shop import details

KILLED = 9
PATIENCE_S = 30.0
_QUICKLY = 10_000.0

Order = dict[str, Any]


def main() -> None:
    """Serve orders until there are no more."""
    stripe_wire.load()
    # Sweeps take their time elsewhere, so that others find room at Stripe.
    cast("Any", surplus).StripeLists = partial(StripeLists, calls_per_s=_QUICKLY)
    for line in sys.stdin:
        print(json.dumps(_raise_child(json.loads(line))), flush=True)


def _raise_child(order: Order) -> dict[str, Any]:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        os._exit(_live(order, theirs))
    os.close(theirs)
    with os.fdopen(ours) as words:
        said = words.read().split()
    return {"said": said, "ended": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}


def _live(order: Order, mouth: int) -> int:
    def say(word: str) -> None:
        os.write(mouth, f"{word}\n".encode())

    try:
        # A later life begins when the leases of the one before it have run out.
        later = clock.now() + (LEASE + timedelta(seconds=1)) * order["life"]
        with time_machine.travel(later, tick=True):
            asyncio.run(_act(order, say))
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


async def _act(order: Order, say: Callable[[str], None]) -> None:
    configure(**order["settings"])
    await open_database(prepare=False)
    if order["fresh_keys"]:
        cast("Any", steps).key_of = lambda op, account: new_id("key")
    if order["dies_at"]:
        _die_at(order["dies_at"])
    worker = Worker()
    if order["sweeps"]:
        for seller in await sellers():
            report = await sweep(seller, full=True, carry_out=True, calls_per_s=_QUICKLY)
            assert not report.problem, report.problem
    if order["erases"]:
        await erase_what_is_due()
    await worker.run_until_idle()
    if order["submits"]:
        await worker.start()
        signed_up = await _submit(order, say)
        await next_stop(signed_up.onboarding or "", wait_s=PATIENCE_S)
        await worker.stop()
        await worker.run_until_idle()
    await close_gateways()
    await close_database()


async def _submit(order: Order, say: Callable[[str], None]) -> SignedUp:
    """Press the button, as often as ordered at once; say so when the first was acknowledged."""
    site, typed = await find_site(None), {"email": order["email"]} | order["typed"]
    chosen = choose(await offers_of(site), "studio", "month", "eur")

    async def press() -> SignedUp:
        signed_up = await sign_up(
            site, details(**typed), chosen=chosen, browser_hash=order["email"]
        )
        say("acknowledged")
        return signed_up

    return (await asyncio.gather(*(press() for _ in range(order["submits"]))))[0]


def _die_at(point: int) -> None:
    """Count every statement, and both sides of a commit, a call and a mail; die at that one."""
    passed = 0

    def step() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os._exit(KILLED)

    our_engine, gateway = cast("Any", engine()), cast("Any", stripe_gateway.StripeGateway)
    running, beginning = our_engine.run_sql, our_engine.new_transaction

    async def run_sql(*given: Any) -> Any:
        step()
        return await running(*given)

    def new_transaction() -> Any:
        transaction = beginning()
        transaction.begin = _around(transaction.begin, step)
        transaction.commit = _around(transaction.commit, step)
        return transaction

    our_engine.run_sql, our_engine.new_transaction = run_sql, new_transaction
    gateway.ask = _around(gateway.ask, step)
    sender = cast("Any", mail)
    sender.hand_over = _around(sender.hand_over, step)


def _around(
    call: Callable[..., Awaitable[Any]], step: Callable[[], None]
) -> Callable[..., Awaitable[Any]]:
    async def around(*given: Any, **named: Any) -> Any:
        step()
        answer = await call(*given, **named)
        step()
        return answer

    return around


if __name__ == "__main__":
    main()
