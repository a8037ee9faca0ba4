"""What a test makes different in a portal: mostly what a negative control takes away from it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, cast

from portal.billing import budget
from portal.billing.inbox import keep
from portal.billing.stripe_events import BillingEvent
from portal.database import schema, sqlite_writer
from portal.errors import PortalError
from portal.ids import new_id
from portal.onboarding import steps
from portal.pages import signup
from portal.subscriptions.sync import sync_object
from portal.webhooks import stripe as stripe_door

NEXT_RELEASE: Final = "9999-12-31T00:00:00:000000"
"""The name of a migration that this release does not know."""

_NEVER = 10**9


def weaken(order: Mapping[str, Any]) -> None:
    """Take away, in this process, whatever the order names."""
    for name, take_away in WAYS.items():
        if order[name]:
            take_away()


def _take_a_fresh_key_for_each_try() -> None:
    cast("Any", steps).key_of = lambda op, account: new_id("key")


def _answer_events_first() -> None:
    """Say 200 to an event, and keep it when there is time."""
    held = set[asyncio.Task[None]]()

    async def keep_later(*given: Any, **named: Any) -> None:
        await asyncio.sleep(10)
        await keep(*given, **named)

    async def say_it_is_kept(*given: Any, **named: Any) -> bool:
        held.add(asyncio.create_task(keep_later(*given, **named)))
        return True

    cast("Any", stripe_door).keep = say_it_is_kept


def _work_before_answering() -> None:
    """Fetch what an event is about before saying that it is kept."""

    async def keep_and_fetch(company: str, event: BillingEvent, *, accepted: bool) -> bool:
        with suppress(PortalError):
            await sync_object(company, event.object_id)
        return await keep(company, event, accepted=accepted)

    cast("Any", stripe_door).keep = keep_and_fetch


def _be_the_next_release() -> None:
    """Know a migration more than this release does."""
    known = schema._known

    def and_one_more() -> Mapping[str, Any]:
        return {**known(), NEXT_RELEASE: None}

    cast("Any", schema)._known = and_one_more


def _never_leave_stripe_alone() -> None:
    cast("Any", budget).FAILURES = _NEVER


def _wait_for_stripe() -> None:
    """Keep everybody waiting until Stripe has answered, as who calls it in the request does."""
    _never_leave_stripe_alone()
    cast("Any", signup).PATIENCE_S = _NEVER


def _wait_for_no_lock() -> None:
    """Give up at once where another process writes."""
    cast("Any", sqlite_writer).PATIENCE_S = 0.05


def _never_slow_down() -> None:
    """Take no "too many" to heart."""
    cast("Any", budget.Budget).slow_down = lambda self, now: None


WAYS: Final[Mapping[str, Callable[[], None]]] = {
    "fresh_keys": _take_a_fresh_key_for_each_try,
    "answers_first": _answer_events_first,
    "works_first": _work_before_answering,
    "next_release": _be_the_next_release,
    "no_breaker": _never_leave_stripe_alone,
    "waits_for_stripe": _wait_for_stripe,
    "impatient": _wait_for_no_lock,
    "no_slower": _never_slow_down,
}
