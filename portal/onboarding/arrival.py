"""Wait until Stripe has the customer whom a program made: some doors answer in Stripe's ids."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from portal.billing.gateway import held_companies
from portal.database import run_sql
from portal.errors import PortalError
from portal.operations.wake import listening

WAIT_S = 10.0
# Another process's worker may have done it, and it cannot tell us.
_LOOK_EVERY_S = 0.25

_SELECT = """SELECT customer.company, customer.stripe_id, onboarding.id AS onboarding,
 onboarding.state, onboarding.problem_field, onboarding.problem_code, onboarding.problem_text
 FROM customer LEFT JOIN onboarding ON onboarding.customer = customer.id
 WHERE customer.id = {} ORDER BY onboarding.created_at DESC, onboarding.id DESC LIMIT 1"""

_FIRST = "SELECT id FROM onboarding WHERE customer = {} ORDER BY created_at, id LIMIT 1"


class SignUpRefused(PortalError):
    """Stripe refused what a program told of a customer, or what it has them pay by.

    field: of the details, or payment_method, gateway_customer_id; "": it is the seller's own.
    reason: Stripe's code; said: its sentence, for the seller.
    """

    status = 422
    code = "refused_by_stripe"
    sentence = "Stripe did not take that."

    def __init__(self, field: str, reason: str, said: str) -> None:
        super().__init__(f"{reason} ({field})")
        self.field, self.reason, self.said = field, reason, said


async def wait_for_customer(customer_id: str, wait_s: float = WAIT_S) -> str | None:
    """Return a customer's id at Stripe (cus_…) once there is one; None: not so soon.

    Nobody is kept waiting where nothing is begun at Stripe. Safe to ask again.

    Raises:
        SignUpRefused: there will be none as things are.
    """
    row = await _wait(customer_id, wait_s, lambda row: row["stripe_id"] is not None)
    return str(row["stripe_id"]) if row else None


async def wait_for_plan(customer_id: str, wait_s: float) -> bool:
    """Wait until a customer's last sign-up has all that was asked; False: not so soon.

    Raises:
        SignUpRefused: Stripe did not take them, or did not sell them the plan.
    """
    return bool(await _wait(customer_id, wait_s, lambda row: row["state"] in (None, "ready")))


async def first_onboarding(customer_id: str) -> str:
    """Return the id of the sign-up by which a customer came; "": they never came by one."""
    rows = await run_sql(_FIRST, customer_id)
    return str(rows[0]["id"]) if rows else ""


async def _wait(
    customer_id: str, wait_s: float, is_there: Callable[[dict[str, Any]], bool]
) -> dict[str, Any] | None:
    until = time.monotonic() + wait_s
    (row,) = await run_sql(_SELECT, customer_id)
    with listening(row["onboarding"] or customer_id) as news:
        while True:
            (row,) = await run_sql(_SELECT, customer_id)
            if is_there(row):
                return row
            if row["state"] in ("refused", "stuck"):
                raise SignUpRefused(row["problem_field"], row["problem_code"], row["problem_text"])
            left = until - time.monotonic()
            if left <= 0 or row["company"] in held_companies():
                return None
            await news.heard(min(_LOOK_EVERY_S, left))
