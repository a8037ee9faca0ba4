"""Decide what becomes of each thing that a survey noted, and do it if it is to be done."""

from __future__ import annotations

import re

from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import ListedCustomer
from portal.customers.erased import (
    DELETE_CUSTOMER,
    DELETED,
    ERASE_CUSTOMER,
    ERASED,
    owe_end,
)
from portal.customers.tables import Customer
from portal.database import run_sql, transaction
from portal.onboarding.adopt import ADOPT_CUSTOMER
from portal.onboarding.made import is_unused_and_made
from portal.onboarding.steps import CREATE_CUSTOMER, CREATE_SUBSCRIPTION
from portal.operations.enqueue import lane_of_customer
from portal.reconciliation.adopt import adopt_customer, email_is_taken
from portal.reconciliation.claim import claim_customer, claim_subscription
from portal.reconciliation.repair import Sweeper
from portal.reconciliation.report import Difference, Outcome
from portal.reconciliation.surplus import (
    is_surplus_customer,
    is_surplus_subscription,
    was_tried,
)
from portal.subscriptions.doubles import owe_removal
from portal.subscriptions.sync import write

_ENDS = {ERASED: ERASE_CUSTOMER, DELETED: DELETE_CUSTOMER}
_CUSTOMER_ID = re.compile(r"cust_[0-9a-z]{1,35}")


async def settle_stray(sweeper: Sweeper, stray: ListedCustomer) -> Difference | None:
    """Deal with a customer who says they are ours, and whom none of our rows claims."""
    stripe_id, customer = stray.billed.stripe_id, stray.billed.metadata.get("customer", "")
    rows = await Customer.select().where(Customer.id == customer)
    if not _CUSTOMER_ID.fullmatch(customer) or (rows and rows[0]["company"] != sweeper.company):
        return _reported(stripe_id, "no such customer", "a customer with our mark")
    if not rows:
        return await _adopt(sweeper, stray)
    if rows[0]["stripe_id"] == stripe_id:
        return None
    if rows[0]["status"] in _ENDS:
        return await _end(sweeper, stray, rows[0]["status"])
    if rows[0]["stripe_id"] is None:
        return await _claim(sweeper, stray)
    ours = f"{customer} holds {rows[0]['stripe_id']}"
    is_double = await _is_of_signup(stray) and await is_surplus_customer(
        sweeper.lists, sweeper.company, stripe_id, customer
    )
    if not is_double:
        return await _reported_if_there(sweeper, stripe_id, ours)
    return await _remove(sweeper, stripe_id, ours, customer=customer)


async def settle_double(sweeper: Sweeper, double: BilledSubscription) -> Difference | None:
    """Deal with a second subscription of one sign-up."""
    onboarding = double.metadata["onboarding"]
    ours, stripe_id = f"{onboarding} holds another", double.stripe_id
    if not await is_surplus_subscription(sweeper.lists, sweeper.company, stripe_id, onboarding):
        return _reported(stripe_id, ours, f"status {double.status}")
    customer = double.metadata.get("customer", "")
    return await _remove(sweeper, stripe_id, ours, customer=customer, onboarding=onboarding)


async def settle_unclaimed(sweeper: Sweeper, sold: BilledSubscription) -> Difference | None:
    """Deal with a subscription whose sign-up does not know of it: its answer may be under way."""
    onboarding = sold.metadata["onboarding"]
    rows = await run_sql(
        "SELECT customer, subscription_stripe_id AS held FROM onboarding WHERE id = {}", onboarding
    )
    waits = await _waits(rows[0]["customer"], CREATE_SUBSCRIPTION)
    if waits == "ready" or rows[0]["held"]:
        return None
    ours, theirs = f"{onboarding} holds none", f"status {sold.status}"
    if waits == "refused":
        return _reported(sold.stripe_id, ours, theirs)
    if sweeper.carries_out:
        await claim_subscription(sweeper.company, sold)
        await write(await sweeper.look(sold.stripe_id))
    return Difference(sold.stripe_id, ours, theirs, Outcome.ADOPTED)


async def _adopt(sweeper: Sweeper, stray: ListedCustomer) -> Difference | None:
    """Make the rows again that a restored backup did not have yet."""
    stripe_id, company = stray.billed.stripe_id, sweeper.company
    person = await sweeper.lists.person(stripe_id)
    if person is None:
        return None
    taken = await email_is_taken(company, stray.billed.email)
    if taken:
        return _reported(stripe_id, "another customer has the e-mail", "a customer with our mark")
    if sweeper.carries_out:
        sold = [
            one async for page in sweeper.lists.subscriptions(customer=stripe_id) for one in page
        ]
        if not await adopt_customer(company, stray, person, sold):
            return _reported(stripe_id, "another row in the way", "a customer with our mark")
        for each in (stripe_id, *(one.stripe_id for one in sold)):
            await write(await sweeper.look(each))
    return Difference(stripe_id, "no customer", "a customer with our mark", Outcome.ADOPTED)


async def _claim(sweeper: Sweeper, stray: ListedCustomer) -> Difference | None:
    """Take what Stripe made for a customer of ours that waits for it no longer."""
    stripe_id, customer = stray.billed.stripe_id, stray.billed.metadata["customer"]
    waits = await _waits(customer, CREATE_CUSTOMER, ADOPT_CUSTOMER)
    if waits == "ready":
        return None
    if waits == "refused":
        return _reported(stripe_id, f"{customer} waits to be mended", "a customer with our mark")
    if sweeper.carries_out:
        await claim_customer(sweeper.company, stray)
        await write(await sweeper.look(stripe_id))
    return Difference(stripe_id, f"{customer} holds none", "a customer", Outcome.ADOPTED)


async def _end(sweeper: Sweeper, stray: ListedCustomer, was: str) -> Difference | None:
    """Have somebody deleted whom Stripe made so late that they were erased or deleted before.

    Whom the seller had before, marked by an adoption that came to nothing, is told of and stays.
    """
    stripe_id, customer = stray.billed.stripe_id, stray.billed.metadata["customer"]
    if await _waits(customer, CREATE_CUSTOMER, ADOPT_CUSTOMER) == "ready":
        return None
    if not await is_unused_and_made(sweeper.lists, sweeper.company, stripe_id, customer):
        return await _reported_if_there(sweeper, stripe_id, f"{customer} was {was}")
    if sweeper.carries_out:
        async with transaction():
            await owe_end(_ENDS[was], customer, sweeper.company, stray=stripe_id)
    return Difference(stripe_id, f"{customer} was {was}", "a customer", Outcome.SURPLUS)


async def _remove(
    sweeper: Sweeper, stripe_id: str, ours: str, *, customer: str, onboarding: str = ""
) -> Difference:
    if await was_tried(stripe_id):
        return _reported(stripe_id, ours, "a double that did not go")
    if sweeper.carries_out:
        async with transaction():
            await owe_removal(sweeper.company, stripe_id, customer=customer, onboarding=onboarding)
    return Difference(stripe_id, ours, "a double", Outcome.SURPLUS)


async def _reported_if_there(sweeper: Sweeper, stripe_id: str, ours: str) -> Difference | None:
    if await sweeper.lists.person(stripe_id) is None:
        return None
    return _reported(stripe_id, ours, "a customer who may be in use")


async def _is_of_signup(stray: ListedCustomer) -> bool:
    """Tell whether it was made for a sign-up of the customer whom it names."""
    rows = await run_sql(
        "SELECT customer FROM onboarding WHERE id = {}", stray.billed.metadata.get("onboarding", "")
    )
    return bool(rows) and rows[0]["customer"] == stray.billed.metadata["customer"]


async def _waits(customer: str, kind: str, other: str = "") -> str | None:
    """Return the state of an operation that waits in a customer's lane, if one does."""
    rows = await run_sql(
        "SELECT state FROM operation WHERE lane = {} AND kind IN ({}, {})"
        " AND state IN ('ready', 'refused') ORDER BY id",
        *(lane_of_customer(customer), kind, other),
    )
    return rows[0]["state"] if rows else None


def _reported(stripe_id: str, ours: str, theirs: str) -> Difference:
    return Difference(stripe_id, ours, theirs, Outcome.REPORTED)
