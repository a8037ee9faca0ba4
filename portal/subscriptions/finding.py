"""Find what a company's customers hold: every question names the company."""

from __future__ import annotations

from dataclasses import dataclass

from portal.customers.erased import says_erased
from portal.database import run_sql
from portal.subscriptions.held import all_held_by
from portal.subscriptions.hold import Hold


@dataclass(frozen=True, slots=True)
class Holder:
    """A customer, the site they came in by, and what they hold: what lives first."""

    customer: str
    site: str
    held: tuple[Hold, ...]

    def hold(self, stripe_id: str) -> Hold | None:
        """Return the one subscription of theirs with this id."""
        return next((hold for hold in self.held if hold.stripe_id == stripe_id), None)


async def holder_of(company: str, subscription: str) -> Holder | None:
    """Return whose subscription (sub_…) it is; None where the company has no such."""
    rows = await run_sql(
        "SELECT customer.id, customer.site, customer.status FROM subscription"
        " JOIN customer ON customer.id = subscription.customer"
        " WHERE customer.company = {} AND subscription.stripe_id = {}",
        *(company, subscription),
    )
    return await _holder(rows)


async def holder_named(company: str, customer: str) -> Holder | None:
    """Return a customer (cust_…) with what they hold; None where the company has no such."""
    rows = await run_sql(
        "SELECT id, site, status FROM customer WHERE company = {} AND id = {}",
        *(company, customer),
    )
    return await _holder(rows)


async def _holder(rows: list[dict[str, str]]) -> Holder | None:
    if not rows or says_erased(rows[0]["status"]):
        return None
    held = tuple(await all_held_by(rows[0]["id"]))
    return Holder(rows[0]["id"], rows[0]["site"], held)
