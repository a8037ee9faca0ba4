"""A customer of whom card after card is refused: perhaps somebody tries out stolen ones.

Stripe's events are what we know of it, and the inbox is where they stand: of cards that were to be
kept, and of those by which an invoice was to be paid. While it lasts, no page of Stripe's that
takes cards is opened for this customer, by whichever door.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from portal import clock
from portal.audit.record import record
from portal.database import run_sql
from portal.errors import TooMany

MOST_REFUSED = 3
HELD_FOR = timedelta(days=1)
"""So many cards may be refused within a day; after one more it has to be over."""
_ACTION = "payment_method.held"

log = logging.getLogger(__name__)

# By Stripe's time: what is heard late was refused then. The first of a plan's payments in a day is
# not counted: mostly nobody typed a card for it, Stripe tried the one it has. (The type of the
# others stands in it so that its own small index is used.)
_REFUSED = """SELECT refused.created_at FROM (
  SELECT event.created_at FROM customer JOIN inbox_event AS event
   ON event.company = customer.company AND event.object_id = customer.stripe_id
   WHERE customer.id = {} AND event.type = 'setup_intent.setup_failed'
   AND event.state <> 'rejected' AND event.created_at > {}
  UNION ALL
  SELECT tried.created_at FROM (
   SELECT event.created_at, ROW_NUMBER() OVER
     (PARTITION BY event.object_id ORDER BY event.created_at, event.id) AS number
    FROM customer JOIN subscription ON subscription.customer = customer.id
    JOIN inbox_event AS event ON event.company = customer.company
    AND event.object_id = subscription.stripe_id
    WHERE customer.id = {} AND event.type = 'invoice.payment_failed'
    AND event.state <> 'rejected' AND event.created_at > {}) AS tried
   WHERE tried.number > 1) AS refused
 ORDER BY refused.created_at DESC LIMIT {}"""
_TOLD = "SELECT 1 AS told FROM audit_entry WHERE object_id = {} AND action = {} AND at > {} LIMIT 1"


class CardsHeld(TooMany):
    """Too many cards were refused: none can be added until the day is over."""

    code = "cards_held"
    sentence = "Several cards were refused: none can be added for now."
    in_minutes = "Several cards were refused: none can be added for now. Try in {minutes} min."
    in_hours = "Several cards were refused: none can be added for now. Try in {hours} h."


async def refuse_held(customer: str) -> None:
    """Open nothing that takes cards for a customer of whom too many were refused.

    Raises:
        CardsHeld: they were; it says when it is over.
    """
    if until := await _held_until(customer):
        raise CardsHeld(again_in=until - clock.now())


async def tell_of_held(company: str, customer: str) -> None:
    """Write down that cards are held, once a day, in the transaction that holds the customer."""
    if await _held_until(customer) is None:
        return
    if await run_sql(_TOLD, customer, _ACTION, clock.now() - HELD_FOR):
        return
    await record(_ACTION, company=company, actor="worker", object_id=customer)
    log.error("cards.held customer=%s: more than %d were refused", customer, MOST_REFUSED)


async def _held_until(customer: str) -> datetime | None:
    since = clock.now() - HELD_FOR
    refused = await run_sql(_REFUSED, customer, since, customer, since, MOST_REFUSED + 1)
    if len(refused) <= MOST_REFUSED:
        return None
    return clock.stored_moment(refused[-1]["created_at"]) + HELD_FOR
