"""Deal with what events ask for: have it brought up to date, or tried again later."""

from __future__ import annotations

import logging

from portal.billing import inbox
from portal.billing.inbox import ClaimedObject
from portal.billing.stripe_events import is_refund
from portal.errors import KeyRejected, NotAllowed, NotBegun, PortalError
from portal.operations.backoff import LONGEST_S, delay, longest
from portal.operations.outcomes import code_of
from portal.operations.pause import pausing, tell_of_permission
from portal.subscriptions.refunds_followed import follow_refund
from portal.subscriptions.sync import look, write
from portal.subscriptions.whose import Found

log = logging.getLogger(__name__)


async def handle(claimed: ClaimedObject) -> None:
    """Bring up to date what events ask for, or have it tried again later: the worker's one call."""
    try:
        found = await _follow(claimed)
    except NotAllowed as missing:
        tell_of_permission(claimed.company, "event", str(missing))
        await _put_off(claimed, missing)
    except KeyRejected as rejected:
        async with pausing(claimed.company, str(rejected)):
            await inbox.release(claimed)
    except Exception as error:
        await _put_off(claimed, error)
    else:
        is_later = found is Found.LATER and not inbox.is_hopeless(claimed)
        if is_later or found is Found.AWAITED:
            await inbox.postpone(claimed, min(LONGEST_S, 0.25 * 2.0 ** min(claimed.attempts, 20)))
        elif found is not Found.OURS:
            await inbox.ignore(claimed)


async def _follow(claimed: ClaimedObject) -> Found:
    if is_refund(claimed.object_id):
        return await follow_refund(claimed)
    return await write(await look(claimed.company, claimed.object_id), claimed)


async def _put_off(claimed: ClaimedObject, error: Exception) -> None:
    """Try again later, up to the day on which nobody tries any more; a mistake of ours is told."""
    if not isinstance(error, PortalError):
        where = claimed.company, claimed.object_id
        log.error("events.mistake company=%s object=%s", *where, exc_info=error)
    if given_up := await inbox.give_up(claimed):
        log.error(
            "events.given_up company=%s object=%s events=%d reason=%s",
            *(claimed.company, claimed.object_id, given_up, code_of(error)),
        )
    is_for_operator = isinstance(error, NotAllowed)
    pause = (longest() if is_for_operator else delay(claimed.attempts + 1)).total_seconds()
    asked = error.retry_after_s if isinstance(error, NotBegun) else None
    await inbox.postpone(claimed, max(pause, asked or 0.0))
