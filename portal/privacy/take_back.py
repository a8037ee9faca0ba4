"""Take back a customer whom a program's request has made, when Stripe refuses what it told.

Docs: docs/decisions/0030-once-more.md
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.clock import stored_moment
from portal.customers.directory import customer_of
from portal.customers.erased import says_erased
from portal.customers.follow import ACTOR as STRIPE
from portal.customers.payment_adopted import ATTACH_METHOD
from portal.customers.tables import Customer
from portal.customers.tax_ids_at_stripe import CHANGE_TAX_ID
from portal.database import run_sql
from portal.onboarding.adopt import ADOPT_CUSTOMER
from portal.onboarding.holds import RELEASE_HOLD
from portal.onboarding.steps import CREATE_CUSTOMER
from portal.privacy.delete import delete_customer

_OF_A_SIGN_UP = (CREATE_CUSTOMER, ADOPT_CUSTOMER, CHANGE_TAX_ID, ATTACH_METHOD)
_OWED = "SELECT kind, state, subject, done_at FROM operation WHERE customer = {} ORDER BY id"
_HELD = "SELECT 1 AS held FROM subscription WHERE customer = {} LIMIT 1"
_TOUCHED = """SELECT 1 AS touched FROM audit_entry WHERE object_id = {} AND at > {}
 AND actor <> {} AND action <> 'customer.signed_up' LIMIT 1"""


async def take_back(customer_id: str, *, actor: str) -> bool:
    """Delete a customer of whom nothing came but a refusal; True: they are gone, now or before.

    Whoever was at Stripe before us, holds or was promised a plan, or was changed since by anybody,
    stays: the request that made them came to more by then than it can take back.
    """
    if await delete_customer(customer_id, actor=actor, only_if=_came_to_nothing):
        return True
    return says_erased(str((await customer_of(customer_id)).status))


async def _came_to_nothing(customer: Customer) -> bool:
    """Tell it in the transaction that holds them, and all that is owed of them."""
    id = str(customer.id)
    owed = await run_sql(_OWED, id)
    newest = {one["kind"]: one for one in owed}
    made = newest.get(CREATE_CUSTOMER) or newest.get(ADOPT_CUSTOMER)
    if made is None or await run_sql(_HELD, id):
        return False
    if not all(_is_of(made["subject"], one) for one in owed):
        return False
    if not customer.stripe_id:
        return made["state"] == "refused" and not await _is_touched(id, customer.created_at)
    method = newest.get(ATTACH_METHOD)
    if ADOPT_CUSTOMER in newest or method is None or method["state"] != "failed":
        return False
    return not await _is_touched(id, stored_moment(made["done_at"]))


async def _is_touched(id: str, since: datetime) -> bool:
    """Tell whether anybody has changed them since, which may be nothing to Stripe."""
    return bool(await run_sql(_TOUCHED, id, since, STRIPE))


def _is_of(onboarding: str, one: Mapping[str, Any]) -> bool:
    """Tell whether an operation is one that the sign-up itself owed."""
    if one["kind"] == RELEASE_HOLD:
        return True
    return one["kind"] in _OF_A_SIGN_UP and one["subject"] == onboarding
