"""Call off what is owed of a customer who is deleted: which of it still goes, and which does not.

Their end at Stripe stands last in their lane, and must not wait for what only changes something.
"""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.payment_adopted import ATTACH_METHOD
from portal.customers.tax_ids_at_stripe import CHANGE_TAX_ID, SET_TAX_ID
from portal.database import run_sql
from portal.onboarding.holds import RELEASE_HOLD
from portal.subscriptions.by_hand import SEND_BY_HAND
from portal.subscriptions.cancel import CANCEL_PLAN, KEEP_PLAN
from portal.subscriptions.pause import PAUSE_PLAN, RESUME_PLAN
from portal.subscriptions.payment import PAY_INVOICE, RESUME_SUBSCRIPTION
from portal.subscriptions.switch import PLAN_SWITCH, STAY_ON_PLAN, SWITCH_PLAN
from portal.subscriptions.withdraw import WITHDRAW_PLAN

_GOES_ON = (SEND_BY_HAND, WITHDRAW_PLAN, RELEASE_HOLD)
"""What still goes: money that is owed back, or only held."""
ONLY_CHANGES = (
    *(UPDATE_CUSTOMER, SET_TAX_ID, CHANGE_TAX_ID, ATTACH_METHOD, PAY_INVOICE),
    *(RESUME_SUBSCRIPTION, CANCEL_PLAN, KEEP_PLAN, PAUSE_PLAN, RESUME_PLAN),
    *(SWITCH_PLAN, PLAN_SWITCH, STAY_ON_PLAN),
)
"""What says nothing any more once they are gone, even if it was begun: it may try for a week.

A plan's end takes along what was planned for it.
"""

# What has not gone out goes no more; what may have made something, or ended it, ends by itself.
_CALL_OFF = f"""DELETE FROM operation WHERE customer = {{}} AND state IN ('ready', 'refused')
 AND lease_token IS NULL AND kind NOT IN ({", ".join("{}" for _ in _GOES_ON)})
 AND NOT (state = 'ready' AND first_sent_at IS NOT NULL
  AND kind NOT IN ({", ".join("{}" for _ in ONLY_CHANGES)}))"""

# Of one whose row is at hand as `customer`: refused before, or begun when they were deleted.
STANDS_IN_THE_WAY = f"""EXISTS (SELECT 1 FROM operation AS before
 WHERE before.lane = 'stripe:' || customer.id AND (before.state = 'refused'
  OR (before.state = 'ready' AND before.lease_token IS NULL
   AND before.kind IN ({", ".join("{}" for _ in ONLY_CHANGES)}))))"""


async def call_off(customer: str) -> None:
    """Take back what a customer's deletion makes idle, in the transaction that holds them."""
    await run_sql(_CALL_OFF, customer, *_GOES_ON, *ONLY_CHANGES)
