"""Remind customers of what is ahead: their trial ends, their card expires. Each is owed once only.

Every worker looks from time to time; what one has owed another finds named, and leaves.
"""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from portal import clock
from portal.database import is_sqlite, run_sql, transaction
from portal.errors import DatabaseBusy
from portal.operations.enqueue import Owed, enqueue_all
from portal.operations.one_by_one import one_by_one
from portal.operations.wake import wake
from portal.subscriptions.ahead import SOON, TRIAL_TOLD, trial_told_at
from portal.subscriptions.announced import tell_of_trial_end
from portal.subscriptions.mails_owed import SEND_CARD_EXPIRING, SEND_TRIAL_ENDING

BATCH = 200

Row = Mapping[str, Any]

_IS_THERE = "customer.status = 'active'"
_CAN_BE_WRITTEN_TO = (
    f"customer.email IS NOT NULL AND NOT customer.email_hard_bounced AND {_IS_THERE}"
)
_GOES_ON = "NOT subscription.cancel_at_period_end AND subscription.cancel_at IS NULL"
_CARD = (
    "'card:' || billing_profile.payment_method || ':' || billing_profile.card_exp_year"
    " || '-' || billing_profile.card_exp_month"
)


def _trials(name: str) -> str:
    return f"""
SELECT subscription.stripe_id AS id, subscription.started_at, subscription.trial_ends_at,
 customer.id AS customer, customer.company, customer.site, {name} AS once
FROM subscription JOIN customer ON customer.id = subscription.customer
WHERE subscription.status = 'trialing' AND {_GOES_ON} AND {_IS_THERE}
 AND subscription.trial_ends_at > {{}} AND subscription.trial_ends_at <= {{}}
 AND NOT EXISTS (SELECT 1 FROM operation WHERE operation.once = {name})
 AND subscription.stripe_id > {{}} ORDER BY subscription.stripe_id LIMIT {{}}"""


# A card is good to the end of its month.
_CARDS = f"""
SELECT customer.id, customer.id AS customer, customer.company, billing_profile.payment_method,
 {_CARD} AS once
FROM billing_profile JOIN customer ON customer.id = billing_profile.customer
WHERE billing_profile.card_exp_year * 12 + billing_profile.card_exp_month >= {{}}
 AND billing_profile.card_exp_year * 12 + billing_profile.card_exp_month < {{}}
 AND NOT billing_profile.deleted AND {_CAN_BE_WRITTEN_TO}
 AND EXISTS (SELECT 1 FROM subscription WHERE subscription.customer = customer.id
  AND subscription.status IN ('trialing', 'active', 'past_due') AND {_GOES_ON}
  AND subscription.amount > 0)
 AND NOT EXISTS (SELECT 1 FROM operation WHERE operation.once = {_CARD})
 AND customer.id > {{}} ORDER BY customer.id LIMIT {{}}"""


async def owe_reminders() -> None:
    """Owe every reminder whose time has come and that nobody owes yet. Safe to repeat."""
    now = clock.now()
    trials = _trials(_trial_name())
    # Who cannot be written to is told of to the seller all the same.
    await _owe(
        trials, (now, now + TRIAL_TOLD), lambda row: _trial(row, now), also=tell_of_trial_end
    )
    await _owe(_CARDS, (_months(now), _months(now + SOON)), _card)


def _trial_name() -> str:
    """Name the end of a trial by its day: later, it is another end and another reminder."""
    ends = "subscription.trial_ends_at"
    day = f"to_char({ends} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
    if is_sqlite():
        day = f"substr({ends}, 1, 10)"
    return f"'trial:' || subscription.stripe_id || ':' || {day}"


async def _owe(
    select: str,
    window: tuple[Any, Any],
    read: Callable[[Row], Owed | None],
    also: Callable[[Row], Awaitable[None]] | None = None,
) -> None:
    """Go through all rows of the window, so many at a time.

    Where one of them cannot be owed, the others are, one by one.
    """
    after = ""
    while rows := await run_sql(select, *window, after, BATCH):
        after = rows[-1]["id"]
        try:
            await _write(rows, read, also)
        except DatabaseBusy:
            raise
        except Exception:
            each = ([row] for row in rows)
            write = partial(_write, read=read, also=also)
            await one_by_one("reminder", each, write, name=lambda one: str(one[0]["id"]))


async def _write(
    rows: Sequence[Row],
    read: Callable[[Row], Owed | None],
    also: Callable[[Row], Awaitable[None]] | None,
) -> None:
    owed = [(row, found) for row in rows if (found := read(row))]
    if owed:
        async with transaction():
            await enqueue_all([found for _, found in owed])
            for row, _ in owed if also else ():
                assert also is not None
                await also(row)
        wake()


def _trial(row: Row, now: datetime) -> Owed | None:
    started, ends = clock.stored_time(row["started_at"]), clock.stored_time(row["trial_ends_at"])
    if ends is None or trial_told_at(started, ends) > now:
        return None
    params = {"subscription": row["id"], "ends_at": ends.isoformat()}
    return _owed(SEND_TRIAL_ENDING, row, params)


def _card(row: Row) -> Owed:
    return _owed(SEND_CARD_EXPIRING, row, {"payment_method": row["payment_method"]})


def _owed(kind: str, row: Row, params: Mapping[str, Any]) -> Owed:
    return Owed(kind, row["company"], None, params, row["customer"], once=row["once"])


def _months(when: datetime) -> int:
    return when.year * 12 + when.month
