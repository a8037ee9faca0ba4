"""The exclusive plans that a customer may have: who may, granting one, and taking that back."""

from __future__ import annotations

from portal import clock
from portal.audit.record import record
from portal.customers.directory import find_by_email, lock_customer
from portal.customers.email import InvalidEmail, normalize_email
from portal.database import run_sql, transaction
from portal.errors import PortalError
from portal.ids import new_id
from portal.sites.companies import company_named


class CannotGrant(PortalError):
    """There is no such company, plan or customer."""

    status = 422
    code = "cannot_grant"


async def own_plans_of(customer: str) -> tuple[str, ...]:
    """Return the keys of the exclusive plans that this customer may have."""
    rows = await run_sql("SELECT plan FROM own_plan WHERE customer = {} ORDER BY id", customer)
    return tuple(row["plan"] for row in rows)


async def grant_plan(plan: str, email: str, *, company: str | None = None) -> bool:
    """Let the customer of this address have an exclusive plan; False when they might before.

    `company` is its key; it may be left out where there is only one.

    Raises:
        CannotGrant: there is no such company, plan or customer, or the plan is not exclusive.
    """
    company_id = await company_named(company, CannotGrant)
    await _refuse_other_plans(company_id, plan)
    customer = await _customer(company_id, email)
    async with transaction():
        await lock_customer(customer)
        if plan in await own_plans_of(customer):
            return False
        await run_sql(
            "INSERT INTO own_plan (id, customer, plan, at) VALUES ({}, {}, {}, {})",
            *(new_id("ownp"), customer, plan, clock.now()),
        )
        await _write_down("customer.plan_granted", company_id, customer)
    return True


async def revoke_plan(plan: str, email: str, *, company: str | None = None) -> bool:
    """Have an exclusive plan no longer be the customer's to choose; False when it was not.

    Whoever holds the plan keeps it: only a change to it is refused from now on.

    Raises:
        CannotGrant: there is no such company or customer.
    """
    company_id = await company_named(company, CannotGrant)
    customer = await _customer(company_id, email)
    async with transaction():
        await lock_customer(customer)
        if plan not in await own_plans_of(customer):
            return False
        await run_sql("DELETE FROM own_plan WHERE customer = {} AND plan = {}", customer, plan)
        await _write_down("customer.plan_revoked", company_id, customer)
    return True


async def _refuse_other_plans(company_id: str, plan: str) -> None:
    rows = await run_sql(
        "SELECT key, visibility FROM plan WHERE company = {} AND current = {} ORDER BY position",
        *(company_id, True),
    )
    kinds = {row["key"]: row["visibility"] for row in rows}
    if kinds.get(plan) == "exclusive":
        return
    exclusive = ", ".join(key for key, kind in kinds.items() if kind == "exclusive") or "none"
    why = f"Plan {plan} is {kinds[plan]}" if plan in kinds else f"There is no plan {plan}"
    raise CannotGrant(f"{why}; exclusive ones, which can be granted: {exclusive}.")


async def _customer(company_id: str, email: str) -> str:
    try:
        found = await find_by_email(company_id, normalize_email(email).key)
    except InvalidEmail as invalid:
        raise CannotGrant("That is no e-mail address.") from invalid
    if found is None:
        raise CannotGrant("No customer has this e-mail address. They sign up first.")
    return str(found.id)


async def _write_down(action: str, company_id: str, customer: str) -> None:
    await record(action, company=company_id, actor="operator", object_id=customer)
